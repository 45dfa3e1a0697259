import { describe, expect, it } from 'vitest';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { Change, CondaChange, TargetResult } from '../../src/model.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest, type ReportInput } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { target } from '../support/locks.ts';

function change(name: string, more: Partial<Change> = {}, conda: Partial<CondaChange> = {}): Change {
  return {
    name,
    from: '1.0',
    to: '1.1',
    kind: 'minor',
    direct: true,
    via: [],
    groups: [],
    origin: 'conda:conda-forge',
    source: null,
    ...more,
    conda: { platforms: [], manager: 'conda', channel: 'conda-forge', build: null, ...conda },
  };
}

function rebuilt(name: string, from: string, to: string, platforms: readonly string[] = []): Change {
  const more = { from: '1.0', to: '1.0', kind: 'build', direct: false, via: ['python'] } as const;
  return change(name, more, { build: { from, to }, platforms });
}

function write(changes: readonly Change[], more: Partial<ReportInput> = {}, path = 'conda-lock.yml') {
  return writePullRequest({
    job: { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null },
    results: [made(path, changes)],
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

function made(path: string, changes: readonly Change[]): TargetResult {
  return {
    target: target(path, {
      kind: 'conda-lock',
      tool: { name: 'conda-lock', version: '4.0.3', from: 'newest' },
      python: { version: '3.8', from: 'environment.yml:4' },
      command: ['conda-lock', 'lock', '-f', 'environment.yml', '--lockfile', path],
    }),
    status: 'updated',
    reason: null,
    seconds: 3.25,
    changes,
    solver: 'conda-lock 4.0.3',
    notes: [],
    files: [{ path, text: 'x', executable: false }],
  };
}

describe('the report of a conda lock', () => {
  it('has manager and platforms where they tell something, and folds what was only rebuilt', () => {
    const { title, body } = write([
      change('numpy', { from: '1.26.4', to: '2.1.0', kind: 'major' }),
      change('ucrt', { from: null, to: '10.0', kind: 'new', direct: false }, { platforms: ['win-64'] }),
      change('click', { origin: null }, { manager: 'pip', channel: null }),
      change('pandas', {
        from: '2.2',
        to: '2.3',
        kind: 'source',
        source: { from: 'conda:defaults', to: 'conda:conda-forge' },
      }),
      change(
        'rich',
        {
          from: '13',
          to: '13',
          kind: 'source',
          origin: null,
          source: { from: 'conda:conda-forge', to: null },
        },
        { manager: 'pip', channel: null },
      ),
      rebuilt('zlib', 'h0_0', 'h1_1', ['linux-64', 'osx-64']),
      rebuilt('bzip2', '*_0', '*_1'),
      change('xz', { to: '1.0', kind: 'hash' }),
    ]);
    expect(title).toBe('Re-lock conda-lock.yml: 8 packages moved (1 major)');
    expect(body).toMatchInlineSnapshot(`
      "**8 packages moved in 1 lock: 1 major, 1 minor, 1 new, 2 from another source, 2 rebuilt, 1 with other hashes only; known vulnerabilities were not checked: nothing changed.**

      ## Review first

      **Other sources**
      - \`pandas\` \`2.2\` → \`2.3\`, from channel \`defaults\` to \`conda-forge\`, direct
      - \`rich\` from conda (\`conda-forge\`) to pip, direct

      **Major versions**
      - \`numpy\` \`1.26.4\` → \`2.1.0\`, direct

      **New packages**
      - \`ucrt\` \`10.0\`, indirect on \`win-64\`

      ## \`conda-lock.yml\`

      8 packages: 1 major, 1 minor, 1 new, 2 from another source, 2 rebuilt, 1 with other hashes only. It was solved by \`conda-lock 4.0.3\` for Python \`3.8\` (environment.yml:4) in 3.3 s.

      | Package | Change | Kind | Why | Manager | Platforms |
      | --- | --- | --- | --- | --- | --- |
      | \`numpy\` | \`1.26.4\` → \`2.1.0\` | major | direct | conda | all |
      | \`ucrt\` | \`10.0\` | new | indirect | conda | \`win-64\` |
      | \`click\` | \`1.0\` → \`1.1\` | minor | direct | pip | all |
      | \`pandas\` | \`2.2\` → \`2.3\`, from channel \`defaults\` to \`conda-forge\` | source | direct | conda | all |
      | \`rich\` | from conda (\`conda-forge\`) to pip | source | direct | pip | all |

      <details>
      <summary>2 packages rebuilt: the same version, another build</summary>

      | Package | Change | Kind | Why | Platforms |
      | --- | --- | --- | --- | --- |
      | \`zlib\` | \`1.0\` build \`h0_0\` → \`h1_1\` | build | through \`python\` | \`linux-64\`, \`osx-64\` |
      | \`bzip2\` | \`1.0\` build \`*_0\` → \`*_1\` | build | through \`python\` | all |

      </details>

      <details>
      <summary>1 package with other hashes of the same version (files were added or removed on the index)</summary>

      \`xz\`

      </details>

      <details>
      <summary>How to make these locks by hand</summary>

      \`\`\`sh
      uvx --from conda-lock==4.0.3 conda-lock lock -f environment.yml --lockfile conda-lock.yml
      \`\`\`

      conda-lock needs micromamba, mamba or conda (\`--conda PATH\`). Remove the old lock first: its pip pins stay otherwise.

      </details>

      ---
      Made by Relock in 12 s.
      "
    `);
  });

  it('has none of those columns where all is conda on all platforms', () => {
    expect(write([change('numpy')]).body).toContain(
      '| Package | Change | Kind | Why |\n| --- | --- | --- | --- |\n| `numpy` | `1.0` → `1.1` | minor | direct |\n',
    );
  });

  it.each<[string, Partial<Change>, Partial<CondaChange>, string]>([
    [
      'another channel',
      { source: { from: 'conda:defaults', to: 'conda:https://c/x' } },
      {},
      '`1.0` → `1.1`, from channel `defaults` to `https://c/x`',
    ],
    [
      'pip in place of conda',
      { to: '1.0', source: { from: 'conda:defaults', to: null } },
      { manager: 'pip' },
      'from conda (`defaults`) to pip',
    ],
    [
      'conda in place of pip',
      { to: '1.0', source: { from: 'git+https://h/x@1', to: 'conda:defaults' } },
      {},
      'from pip (`git+https://h/x@1`) to conda (`defaults`)',
    ],
    [
      'a version spelled otherwise',
      { to: '1.0.0', kind: 'build' },
      { build: { from: 'a_0', to: 'b_1' } },
      '`1.0` → `1.0.0` build `a_0` → `b_1`',
    ],
    [
      'hostile words',
      { from: '1', to: '1', kind: 'build' },
      { build: { from: '`@team|', to: '<b>' } },
      '`1` build `` `@team\\| `` → `<b>`',
    ],
  ])('says of %s', (_, more, conda, words) => {
    const kind = more.kind ?? 'source';
    expect(write([change('x', { ...more, kind }, conda)]).body).toContain(`| \`x\` | ${words} | ${kind} |`);
  });

  it('counts a package that moved in two ways once', () => {
    const { title, body } = write([
      change('a', {}, { platforms: ['linux-64'] }),
      change('a', { to: '1.0.1', kind: 'patch' }, { platforms: ['win-64'] }),
    ]);
    expect(title).toBe('Re-lock conda-lock.yml: 1 package moved');
    expect(body).toContain('1 package: 1 minor, 1 patch. It was solved');
  });

  it('reviews rebuilt packages nowhere', () => {
    expect(write([rebuilt('zlib', 'h0_0', 'h1_1')]).body).not.toContain('Review first');
  });

  it('keeps hundreds of rebuilt packages in one fold under the limit of a forge', () => {
    const many = Array.from({ length: 2000 }, (_, index) => rebuilt(`package-${index}`, '*_0', '*_1'));
    const { body } = write([change('numpy', { kind: 'major' }), ...many]);
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain('1 major, 2,000 rebuilt;');
    expect(body).toContain('| `numpy` |');
    expect(body).toContain('Left out: packages of conda-lock.yml that were rebuilt.');
    expect(write(many.slice(0, 300)).body).toContain(
      '<summary>300 packages rebuilt: the same version, another build</summary>',
    );
  });

  it('gives a conda package no links of a Python package with its name', () => {
    const page = { changelog: 'https://x.test/c', releases: null, compare: null, home: null };
    const links = new Map([['numpy@2.0', page]]);
    const moved = { from: '1.0', to: '2.0', kind: 'major' } as const;
    expect(write([change('numpy', moved)], { links }).body).not.toContain('x.test');
    const byPip = change('numpy', moved, { manager: 'pip', channel: null });
    expect(write([byPip], { links }).body).toContain('([changelog](https://x.test/c))');
  });

  it('folds what moved alike in several locks, but not conda with pip, nor other platforms', () => {
    const moved = { from: '1.0', to: '2.0', kind: 'major' } as const;
    const results = [
      made('a.yml', [change('p', moved), change('q', moved)]),
      made('b.yml', [change('p', moved), change('q', moved, { platforms: ['win-64'] })]),
      made('c.yml', [change('p', moved, { manager: 'pip', channel: null })]),
    ];
    const review = write([], { results }).body.split('## `a.yml`')[0];
    expect(review).toContain(
      [
        '- `p` `1.0` → `2.0`, direct in `a.yml`, `b.yml`',
        '- `q` `1.0` → `2.0`, direct in `a.yml`',
        '- `q` `1.0` → `2.0`, direct in `b.yml` on `win-64`',
        '- `p` `1.0` → `2.0`, direct in `c.yml`',
      ].join('\n'),
    );
  });

  it('says how to make it by hand: its own Python, a solver, and the old lock taken away', () => {
    expect(write([change('numpy')]).body).toContain(
      '```sh\nuvx --from conda-lock==4.0.3 conda-lock lock -f environment.yml --lockfile conda-lock.yml\n```\n\nconda-lock needs micromamba, mamba or conda (`--conda PATH`). Remove the old lock first: its pip pins stay otherwise.\n',
    );
  });
});
