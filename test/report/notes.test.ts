import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/model.ts';
import type { NotesVersion, ReleaseNotes } from '../../src/notes/model.ts';
import { noteKey } from '../../src/notes/note-key.ts';
import type { Move } from '../../src/report/count.ts';
import { notesSections } from '../../src/report/notes.ts';

function change(name: string, more: Partial<Change> = {}): Change {
  return {
    name,
    from: '1.0',
    to: '2.0',
    kind: 'major',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

function move(one: Change): Move {
  return { change: one, locks: ['a.lock'], direct: true, via: [] };
}

function version(name: string, text: string, breaking = false): NotesVersion {
  const url = `https://github.com/a/b/releases/tag/v${name}`;
  return { version: name, date: '2024-01-31', title: name, text, breaking, url };
}

function notes(name: string, more: Partial<ReleaseNotes> = {}): ReleaseNotes {
  return {
    package: name,
    from: '1.0',
    to: '2.0',
    source: 'releases',
    versions: [],
    truncated: false,
    problem: null,
    url: 'https://github.com/a/b/releases',
    compare: null,
    ...more,
  };
}

function sections(all: readonly (readonly [Change, ReleaseNotes])[], budget = 5000): string {
  const known = new Map(all.map(([one, found]) => [noteKey(one) ?? '', found]));
  return notesSections(
    all.map(([one]) => move(one)),
    known,
    budget,
  )
    .map(({ text }) => text)
    .join('\n\n');
}

describe('the section of release notes', () => {
  it('has a fold for each package, what may break first', () => {
    const versions = [
      version('2.0', '- new\n- Dropped support for Python 3.8, said @user', true),
      version('1.5', '- fixed'),
    ];
    expect(sections([[change('a'), notes('a', { versions })]])).toBe(
      `## Release notes

What their own people wrote of 1 direct move; links, mentions and pictures in it were taken apart.

May break, in their own words: \`a\`.

<details>
<summary><code>a</code> <code>1.0</code> → <code>2.0</code>: 2 versions, 1 with something that may break</summary>

**May break** in **[\`2.0\`](https://github.com/a/b/releases/tag/v2.0)** (2024-01-31):

- Dropped support for Python 3.8, said @\u2060user

**[\`2.0\`](https://github.com/a/b/releases/tag/v2.0)** (2024-01-31)

- new

**[\`1.5\`](https://github.com/a/b/releases/tag/v1.5)** (2024-01-31)

- fixed

See [all releases](https://github.com/a/b/releases).

</details>

`,
    );
  });

  it('says what it has no room for', () => {
    const versions = ['2.0', '1.5', '1.4'].map((name) => version(name, 'words '.repeat(100)));
    expect(sections([[change('a'), notes('a', { versions })]], 900)).toContain(
      'Not shown here: 2 older versions. See [all releases](https://github.com/a/b/releases).',
    );
  });

  it('says of whom nothing was found, and why', () => {
    const problem = 'neither releases nor a changelog speak of these versions.';
    const text = sections([
      [change('a'), notes('a', { problem })],
      [change('b'), notes('b', { problem, url: null })],
    ]);
    expect(text).toContain(`- No notes for [\`a\`](https://github.com/a/b/releases) and \`b\`: ${problem}`);
  });

  it('is not there when nobody looked', () => {
    expect(notesSections([move(change('a'))], new Map(), 5000)).toEqual([]);
  });

  it.each([
    ['an indirect move', { direct: false }],
    ['a new package', { from: null }],
    ['a removed one', { to: null }],
    ['a downgrade', { from: '3.0' }],
    ['other hashes', { from: '2.0' }],
    ['a package of conda', { conda: { platforms: [], manager: 'conda', channel: null, build: null } }],
  ] as const)('wants none for %s', (_, more) => {
    expect(noteKey(change('a', more))).toBeNull();
  });
});
