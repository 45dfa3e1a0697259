import { describe, expect, it } from 'vitest';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { Change, Reason, TargetResult } from '../../src/model.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest, type ReportInput } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { target } from '../support/locks.ts';

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

function updated(path: string, changes: readonly Change[], more: Partial<TargetResult> = {}): TargetResult {
  return {
    target: target(path),
    status: 'updated',
    reason: null,
    seconds: 1.25,
    changes,
    solver: 'uv 0.13.9',
    notes: [],
    files: [{ path, text: 'x', executable: false }],
    ...more,
  };
}

function failed(path: string, reason: Partial<Reason> = {}): TargetResult {
  const why = {
    code: 'unsatisfiable',
    message: 'a wants b<2, c wants b>=2.',
    fix: 'Loosen one.',
    detail: 'words',
    ...reason,
  } as const;
  return { ...updated(path, []), status: 'failed', reason: why, files: [] };
}

function write(results: readonly TargetResult[], more: Partial<ReportInput> = {}) {
  return writePullRequest({
    job: { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null },
    results,
    skips: [],
    seconds: 12.4,
    notes: [],
    links: new Map(),
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    ...more,
  });
}

describe('the title', () => {
  it.each<[string, readonly TargetResult[], string]>([
    [
      'one lock',
      [updated('requirements.txt', [change('a')])],
      'Re-lock requirements.txt: 1 package moved (1 major)',
    ],
    [
      'several, the same package counted once',
      [
        updated('a.txt', [change('a', { kind: 'minor' })]),
        updated('b.txt', [change('a', { kind: 'minor' }), change('b', { kind: 'patch' })]),
      ],
      'Re-lock 2 locks: 2 packages moved',
    ],
    [
      'a failure beside',
      [updated('a.txt', [change('a')]), failed('b.txt')],
      'Re-lock a.txt: 1 package moved (1 major, 1 failed)',
    ],
    ['failures only', [failed('a.txt'), failed('b.txt')], 'Re-lock: 2 locks could not be made'],
    [
      'a hostile path',
      [updated('@me/`x`.txt', [change('a')])],
      'Re-lock _me/_x_.txt: 1 package moved (1 major)',
    ],
  ])('names %s', (_, results, title) => {
    expect(write(results).title).toBe(title);
  });
});

describe('the body', () => {
  it('tells the verdict first, then what to review, the tables, failures, and how to do it by hand', () => {
    const poetry = target('poetry.lock', {
      kind: 'poetry',
      tool: { name: 'poetry', version: '1.8.5', from: 'header' },
      python: { version: '3.11', from: 'Dockerfile:1 FROM python:3.11' },
      command: ['poetry', 'lock'],
      notes: ['pyproject.toml had moved on since the lock was made.'],
    });
    const { body } = write(
      [
        updated('requirements.txt', [
          change('django', { from: '4.2.1', to: '5.0' }),
          change('idna', {
            from: '3.4',
            to: '3.10',
            kind: 'minor',
            direct: false,
            via: ['requests', 'yarl'],
          }),
          change('sqlparse', { from: null, to: '0.5', kind: 'new', direct: false, via: ['django'] }),
          change('fork', {
            from: '1',
            to: '1',
            kind: 'source',
            source: { from: null, to: 'git+https://u:p@h/f@abc' },
          }),
          change('six', { from: '1', to: '1', kind: 'hash', direct: false }),
        ]),
        {
          ...updated('poetry.lock', [change('django', { from: '4.2.1', to: '5.0', groups: ['dev'] })], {
            solver: 'poetry 1.8.5',
          }),
          target: poetry,
        },
        { ...updated('uv.lock', []), status: 'unchanged', files: [] },
        failed('b.txt'),
      ],
      {
        skips: [
          {
            path: 'pdm.lock',
            kind: 'pdm',
            reason: { code: 'unsupported-kind', message: 'No PDM yet.', fix: '', detail: '' },
          },
        ],
        links: new Map([
          [
            'django@5.0',
            { changelog: 'https://x.test/c', releases: 'https://x.test/r', compare: null, home: null },
          ],
        ]),
      },
    );
    expect(body).toMatchInlineSnapshot(`
      "**5 packages moved in 2 of 4 locks: 1 major, 1 minor, 1 new, 1 from another source, 1 with other hashes only; \`b.txt\` failed; known vulnerabilities were not checked: nothing changed.**

      ## Review first

      **Other sources**
      - \`fork\` from the index to \`git+https://h/f@abc\`, direct in \`requirements.txt\`

      **Major versions**
      - \`django\` \`4.2.1\` → \`5.0\`, direct in both locks ([changelog](https://x.test/c), [releases](https://x.test/r))

      **New packages**
      - \`sqlparse\` \`0.5\`, through \`django\` in \`requirements.txt\`

      ## \`poetry.lock\`

      1 package: 1 major. It was solved by \`poetry 1.8.5\` for Python \`3.11\` (Dockerfile:1 FROM python:3.11) in 1.3 s.

      > pyproject.toml had moved on since the lock was made.

      | Package | Change | Kind | Why | Groups | Links |
      | --- | --- | --- | --- | --- | --- |
      | \`django\` | \`4.2.1\` → \`5.0\` | major | direct | \`dev\` | [changelog](https://x.test/c), [releases](https://x.test/r) |

      ## \`requirements.txt\`

      5 packages: 1 major, 1 minor, 1 new, 1 from another source, 1 with other hashes only. It was solved by \`uv 0.13.9\` in 1.3 s.

      | Package | Change | Kind | Why | Links |
      | --- | --- | --- | --- | --- |
      | \`django\` | \`4.2.1\` → \`5.0\` | major | direct | [changelog](https://x.test/c), [releases](https://x.test/r) |
      | \`idna\` | \`3.4\` → \`3.10\` | minor | through \`requests\`, \`yarl\` |  |
      | \`sqlparse\` | \`0.5\` | new | through \`django\` |  |
      | \`fork\` | from the index to \`git+https://h/f@abc\` | source | direct |  |

      <details>
      <summary>1 package with other hashes of the same version (files were added or removed on the index)</summary>

      \`six\`

      </details>

      ## Not re-locked

      - \`b.txt\`: a wants b&lt;2, c wants b>=2. Loosen one. (\`unsatisfiable\`)

      <details>
      <summary>What the tool said of <code>b.txt</code></summary>

      \`\`\`text
      words
      \`\`\`

      </details>

      Up to date already: \`uv.lock\`.

      <details>
      <summary>Left alone: 1 file</summary>

      - \`pdm.lock\` (pdm): No PDM yet. (\`unsupported-kind\`)

      </details>

      <details>
      <summary>How to make these locks by hand</summary>

      \`\`\`sh
      uvx fake lock requirements.txt
      uvx --from poetry==1.8.5 poetry lock
      \`\`\`

      </details>

      ---
      Made by Relock in 12 s.
      "
    `);
  });

  it('shows the locks by path, and the commands as they were made: those that others read come first', () => {
    const { body } = write([updated('z.txt', [change('a')]), updated('a.txt', [change('a')])]);
    expect(body.indexOf('## `a.txt`')).toBeLessThan(body.indexOf('## `z.txt`'));
    expect(body).toContain('uvx fake lock z.txt\nuvx fake lock a.txt\n');
  });

  it.each([
    ['poetry', '1.8.5', 'poetry 1.8.5', 'uvx --from poetry==1.8.5 poetry lock'],
    ['poetry', '1.8.3', 'poetry 1.8.3', 'uvx --from poetry==1.8.3 --with pkginfo==1.12.0 poetry lock'],
    ['poetry', null, 'poetry 2.1.4', 'uvx --from poetry==2.1.4 poetry lock'],
    ['poetry', null, 'poetry', 'uvx poetry lock'],
    ['pip-compile', '7.4.1', 'uv 0.13.9', 'uvx --python 3.9 --from pip-tools==7.4.1 pip-compile lock'],
    ['pip-compile', null, 'pip-tools 7.5.0', 'uvx --python 3.9 --from pip-tools==7.5.0 pip-compile lock'],
    ['uv', '0.8.0', 'uv 0.8.0', 'uv lock'],
  ])('names what made a lock: %s %s, solved by %s', (name, version, solver, line) => {
    const made = target('x', {
      tool: { name, version, from: 'header' },
      python: { version: '3.9', from: 'Dockerfile:1' },
      command: [name, 'lock'],
    });
    expect(write([{ ...updated('x', [change('a')], { solver }), target: made }]).body).toContain(
      `\n${line}\n`,
    );
  });

  it.each([
    ['uv', "; by hand add `--exclude-newer 2026-11-01T00:00:00Z` to uv's commands."],
    ['poetry', '.'],
  ])('says of the cool-down what the commands of %s do not show', (name, end) => {
    const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: '2026-11-01T00:00:00Z' } as const;
    const made = { ...updated('x', [change('a')]), target: target('x', { command: [name, 'lock'] }) };
    const said = "Releases since `2026-11-01T00:00:00Z` were hidden by Relock's cool-down";
    expect(write([made], { job }).body).toContain(`\n\`\`\`\n\n${said}${end}\n\n</details>`);
    expect(write([made]).body).not.toContain('hidden');
  });

  it('does not name a file twice in one breath', () => {
    const reason = { code: 'unsupported-kind', message: 'x.lock: not made.', fix: '', detail: '' } as const;
    const { body } = write(
      [updated('a.txt', [change('a')], { notes: ['a.txt: solved anew.', 'a.txt:3 is odd.'] })],
      { skips: [{ path: 'x.lock', kind: 'unknown', reason }] },
    );
    expect(body).toContain('> solved anew.  \n> a.txt:3 is odd.');
    expect(body).toContain('- `x.lock` (unknown): not made. (`unsupported-kind`)');
  });

  it.each([
    [['a.txt'], '`a.txt` failed; 2 locks held back with it;'],
    [['a.txt', 'b.txt'], '`a.txt` and `b.txt` failed; 2 locks held back with them;'],
  ])('counts what is held back with %j', (paths, words) => {
    const held = ['x.txt', 'y.txt'].map((path) => ({ ...failed(path), status: 'skipped' as const }));
    expect(write([...paths.map((path) => failed(path)), ...held]).body).toContain(words);
  });

  it('says what the cool-down let in, and the notes of the run', () => {
    const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: '2026-11-01T00:00:00Z' } as const;
    const { body } = write([updated('a.txt', [change('a')])], {
      job,
      notes: ['Poetry used the mirror plugin.'],
    });
    expect(body).toContain(
      'Cool-down: releases uploaded at or after `2026-11-01T00:00:00Z` were kept out, but where a note above says otherwise. Poetry used the mirror plugin.',
    );
  });

  it('makes foreign text harmless wherever it stands', () => {
    const evil = '@team <b>#1</b> [x](https://evil.test) `';
    const { body } = write(
      [
        updated(`a ${evil}.txt`, [change(`p ${evil}`, { via: [evil], groups: [evil], direct: false })], {
          notes: [evil],
        }),
        failed('b.txt', { message: evil, fix: evil, detail: `${evil}\n\`\`\`\n</details>` }),
      ],
      {
        skips: [
          { path: evil, kind: 'unknown', reason: { code: 'internal', message: evil, fix: '', detail: '' } },
        ],
      },
    );
    const outsideCode = body
      .replaceAll('\\`', '')
      .replace(/^(?<f>`{3,})[^\n]*\n[\s\S]*?\n\k<f>$/gmu, '')
      .replace(/(?<t>`+)(?!`)[\s\S]*?(?<!`)\k<t>(?!`)/gu, '')
      .replace(/<code>.*?<\/code>/gu, '');
    expect(outsideCode).not.toMatch(/@team|#1|<b>|\]\(https:\/\/evil/u);
  });

  it('stays under the limit of a forge, keeps the verdict, and says what it left out', () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      change(`package-number-${index}`, { direct: index % 10 === 0 }),
    );
    const { body } = write([
      updated('a.txt', many),
      updated('b.txt', many),
      failed('c.txt', { detail: 'x'.repeat(9000) }),
    ]);
    expect(body.length).toBeLessThan(65_536);
    expect(body).toMatch(/^\*\*3,000 packages moved in 2 of 3 locks: 3,000 major; `c\.txt` failed/u);
    expect(body).toContain('Left out: ');
    expect(body).toContain("the tool's words about c.txt");
  });

  it('folds a move that several locks share into one line of the review', () => {
    const { body } = write([
      updated('a.txt', [change('django')]),
      updated('b.txt', [change('django')]),
      updated('c.txt', [change('flask')]),
    ]);
    expect(body).toContain('- `django` `1.0` → `2.0`, direct in `a.txt`, `b.txt`');
  });
});
