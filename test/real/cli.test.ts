/** Relock from end to end, as its users start it: real git, real lockers, the real index as it stood in June 2025. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cachedTool,
  mixedRepository,
  moves,
  relock,
  relockJson,
  snapshot,
  statuses,
} from '../support/cli.ts';
import { execute } from '../support/drive-lock.ts';
import { addFiles, folder, git } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const PINNED = ['--exclude-newer', '2025-06-01'];
const LOCKS = [
  'api/uv.lock',
  'legacy/Pipfile.lock',
  'requirements/base.txt',
  'requirements/dev.txt',
  'tools/requirements.txt',
  'worker/poetry.lock',
];
const MOVES = {
  'api/uv.lock': ['wsproto 1.1.0 -> 1.2.0 (minor)', 'h11 0.13.0 -> 0.16.0 (minor)'],
  'legacy/Pipfile.lock': ['colorama 0.4.4 -> 0.4.6 (patch)'],
  'requirements/base.txt': ['idna 3.3 -> 3.10 (minor)'],
  'requirements/dev.txt': ['idna 3.3 -> 3.10 (minor)', 'iniconfig 1.1.1 -> 2.1.0 (major)'],
  'tools/requirements.txt': ['click 8.1.3 -> 8.2.1 (minor)', 'platformdirs 2.5.2 -> 4.3.8 (major)'],
  'worker/poetry.lock': ['iniconfig 1.1.1 -> 2.1.0 (major)', 'pluggy 1.0.0 -> 1.6.0 (minor)'],
};
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCHEMA: unknown = JSON.parse(readFileSync(join(ROOT, 'config/schema/result.schema.json'), 'utf8'));

function all(value: string): Readonly<Record<string, string>> {
  return Object.fromEntries(LOCKS.map((path) => [path, value]));
}

function expectSchema(json: unknown): void {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  ajv.validate(SCHEMA as object, json);
  expect(ajv.errors).toBeNull();
}

let first: Awaited<ReturnType<typeof relockJson>> & { readonly untouched: boolean };
// It fetches uv and installs Poetry and Pipenv, unless an earlier one left them in the test's cache.
beforeAll(async () => {
  const root = mixedRepository();
  const before = snapshot(root);
  const result = await relockJson(['run', root, ...PINNED]);
  first = { ...result, untouched: isDeepStrictEqual(snapshot(root), before) };
}, 180_000);

describe('plan', () => {
  it('says what would be done, and does nothing', { timeout: 20_000 }, async () => {
    const root = mixedRepository();
    const before = snapshot(root);
    const cache = join(folder(), 'cache');
    const env = { XDG_CACHE_HOME: cache };
    const { code, json, targets, stderr } = await relockJson(['plan', root], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectSchema(json);
    expect(statuses(json)).toEqual(all('planned'));
    expect(json.pullRequest).toBeNull();
    expect(targets.get('worker/poetry.lock')).toMatchObject({
      kind: 'poetry',
      tool: { name: 'poetry', version: '1.8.5', from: 'header of worker/poetry.lock' },
      python: { version: '3.11', from: 'worker/pyproject.toml:9 python = "^3.11"' },
      manifests: ['worker/pyproject.toml'],
      cwd: 'worker',
    });
    expect(targets.get('requirements/dev.txt')).toMatchObject({
      kind: 'pip-compile',
      python: { version: '3.11', from: 'header of requirements/dev.txt:2' },
      manifests: ['requirements/dev.in'],
      cwd: '.',
    });
    expect(targets.get('legacy/Pipfile.lock')).toMatchObject({ kind: 'pipenv', python: { version: '3.11' } });
    expect(targets.get('tools/requirements.txt')).toMatchObject({
      kind: 'pinned',
      python: { version: null },
    });
    // Neither a tool nor a download, which all go there.
    expect(existsSync(cache)).toBe(false);
    expect(snapshot(root)).toEqual(before);
  });

  it('prints the same for people, without escape codes in a pipe', { timeout: 20_000 }, async () => {
    const { code, stdout, stderr } = await relock(['plan', mixedRepository(), '--target', 'api/**']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('api/uv.lock (uv)\n  from     api/pyproject.toml\n');
    expect(stdout).toContain('command  (cd api && uv lock --upgrade)');
    expect(stdout).toMatch(/requirements\/base\.txt \(pip-compile, not-selected\)/u);
    expect(stdout).toMatch(/^1 lock to re-lock, 5 files left alone\.\n$/mu);
    expect(stdout).not.toContain('\u001B');
  });
});

describe('run', () => {
  it('shows what moved and leaves the checkout alone', () => {
    const { code, json, targets, stderr, untouched } = first;
    expect(code).toBe(0);
    expectSchema(json);
    expect(statuses(json)).toEqual(all('updated'));
    expect(moves(json)).toEqual(MOVES);
    expect(json.cutoff).toBe('2025-06-02T00:00:00Z');
    expect(targets.get('api/uv.lock')?.changes).toMatchObject([
      { name: 'wsproto', direct: true, via: [], origin: null },
      { name: 'h11', direct: false, via: ['wsproto'], source: null },
    ]);
    expect(targets.get('worker/poetry.lock')?.solver).toBe('poetry 1.8.5');
    expect(targets.get('requirements/base.txt')?.solver).toMatch(/^uv \d/u);
    expect(json.pullRequest?.title).toBe('Re-lock 6 locks: 8 packages moved (2 major)');
    expect(json.pullRequest?.body).toContain('| `h11` | `0.13.0` → `0.16.0` | minor | through `wsproto` |');
    expect(stderr).toContain('Found 6 locks to re-lock.\n');
    for (const path of LOCKS) expect(stderr).toMatch(new RegExp(`^${path}: updated, \\d changes?, `, 'mu'));
    expect(stderr).not.toContain('\u001B');
    expect(untouched).toBe(true);
  });

  it('writes the locks and nothing else; then there is nothing to propose', { timeout: 90_000 }, async () => {
    const root = mixedRepository();
    const check = await relock(['run', root, ...PINNED, '--check', '--target', 'requirements/*', '--quiet']);
    expect({ code: check.code, stderr: check.stderr }).toEqual({ code: 3, stderr: '' });
    expect(git(root, 'status', '--porcelain')).toBe('');

    const written = await relock(['run', root, ...PINNED, '--write']);
    expect(written.code).toBe(0);
    expect(written.stdout).toMatch(
      /^# Re-lock 6 locks: 8 packages moved \(2 major\)\n\n\*\*8 packages moved/u,
    );
    expect(written.stdout).toMatch(/\n$/u);
    expect(written.stdout).not.toContain('\u001B');
    expect(git(root, 'status', '--porcelain').split('\n')).toEqual([
      ...LOCKS.map((path) => ` M ${path}`),
      '',
    ]);
    expectNoTrace(root);
    await expectAccepted(root);

    const before = snapshot(root);
    const again = await relockJson(['run', root, ...PINNED, '--check']);
    expect(again.code).toBe(0);
    expect(statuses(again.json)).toEqual(all('unchanged'));
    expect(again.json.pullRequest).toBeNull();
    const few = ['--target', 'requirements/*', '--target', 'api/*'];
    const told = await relock(['run', root, ...PINNED, ...few, '--write']);
    expect(told.stdout).toBe('Every lock is up to date. There is nothing to propose.\n');
    expect(told.code).toBe(0);
    expect(snapshot(root)).toEqual(before);
  });

  it('works on a folder that is no git checkout, and narrows', { timeout: 60_000 }, async () => {
    const root = folder();
    cpSync(mixedRepository(), root, { recursive: true, filter: (path) => !path.endsWith('/.git') });
    const narrow = ['--target', 'tools/*', '-t', 'api/uv.lock'];
    const { code, json } = await relockJson(['run', root, ...PINNED, ...narrow, '--write']);
    expect(code).toBe(0);
    expect(statuses(json)).toEqual({
      ...all('skipped: not-selected'),
      'api/uv.lock': 'updated',
      'tools/requirements.txt': 'updated',
    });
    expect(readFileSync(join(root, 'tools/requirements.txt'), 'utf8')).toBe(
      '# Pinned by hand.\nclick==8.2.1  # the command line\nplatformdirs==4.3.8\n',
    );
  });

  it('goes on when a group fails, writes the others, and exits with 1', { timeout: 60_000 }, async () => {
    const root = mixedRepository();
    addFiles(root, {
      'requirements/dev.in': '-r base.in\n-c base.txt\nidna<3\n',
      'requirements/base.in': 'idna>=3\n',
    });
    const base = readFileSync(join(root, 'requirements/base.txt'), 'utf8');
    const args = ['run', root, ...PINNED, '--target', 'requirements/*', '--target', 'tools/*', '--write'];
    const { code, json, targets } = await relockJson(args);
    expect(code).toBe(1);
    expect(statuses(json)).toMatchObject({
      'requirements/base.txt': 'skipped: group-failed',
      'requirements/dev.txt': 'failed: unsatisfiable',
      'tools/requirements.txt': 'updated',
    });
    expect(targets.get('requirements/dev.txt')?.reason?.detail).toContain('idna');
    expect(json.pullRequest?.body).toContain('`requirements/dev.txt`');
    expect(readFileSync(join(root, 'requirements/base.txt'), 'utf8')).toBe(base);
    expect(git(root, 'status', '--porcelain', 'requirements/*.txt')).toBe('');
    expect(readFileSync(join(root, 'tools/requirements.txt'), 'utf8')).toContain('click==8.2.1');
  });
});

/** What the cool-down needs on the way (a loopback index, an option that uv writes down) must not stay. */
function expectNoTrace(root: string): void {
  for (const path of LOCKS) {
    const text = readFileSync(join(root, path), 'utf8');
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|exclude-newer|\[options\]|\[package\.source\]|relock/u);
  }
  expect(readFileSync(join(root, 'legacy/Pipfile.lock'), 'utf8')).toContain(
    '"url": "https://pypi.org/simple"',
  );
}

async function expectAccepted(root: string): Promise<void> {
  const uv = await findUv();
  const lock = await execute(uv, ['lock', '--check'], join(root, 'api'));
  expect(lock).toMatchObject({ exitCode: 0 });
  for (const name of ['base', 'dev']) {
    const path = `requirements/${name}.txt`;
    const text = readFileSync(join(root, path), 'utf8');
    const compile = ['pip', 'compile', '--quiet', '--no-header', '--python-version', '3.11'];
    const compiled = await execute(uv, [...compile, `requirements/${name}.in`, '--output-file', path], root);
    expect(compiled).toMatchObject({ exitCode: 0 });
    expect(text.endsWith(`#\n${readFileSync(join(root, path), 'utf8')}`)).toBe(true);
    writeFileSync(join(root, path), text);
  }
  const poetry = await execute(
    cachedTool('poetry-1.8.5-', 'poetry'),
    ['check', '--lock'],
    join(root, 'worker'),
  );
  expect(poetry).toMatchObject({ exitCode: 0 });
  const pipenv = await execute(cachedTool('pipenv-', 'pipenv'), ['verify'], join(root, 'legacy'), {
    HOME: folder(),
    PIPENV_IGNORE_VIRTUALENVS: '1',
  });
  expect(pipenv).toMatchObject({ exitCode: 0 });
}

describe('the command line', () => {
  const NAMES_A_LINE = { 'relock.toml': '[tools]\npython-download = false\n' };

  it.each<[string, string[], number, RegExp]>([
    [
      'no command',
      [],
      2,
      /^A command is missing: plan, run, scan, init or db update\.\nSee relock --help\.\n$/u,
    ],
    ['an unknown command', ['runn'], 2, /There is no command runn\. Did you mean run\?/u],
    ['an unknown option', ['run', '.', '--wirte'], 2, /There is no option --wirte\. Did you mean --write\?/u],
    ['an option of run', ['plan', '.', '--write'], 2, /--write belongs to run and init, not to plan\./u],
    ['both of two', ['run', '.', '--write', '--check'], 2, /use one of them/u],
    ['a wrong date', ['run', '.', '--exclude-newer', 'soon'], 2, /^--exclude-newer: /u],
    ['no such folder', ['plan', 'nowhere'], 2, /nowhere cannot be read: /u],
    [
      'no such settings',
      ['run', '.', '--settings', 'none.toml'],
      2,
      /^The settings none\.toml cannot be read/u,
    ],
    ['wrong settings', ['run', '.', '--settings', 'relock.toml'], 2, /^relock\.toml:2: .*python-downloads/u],
  ])('answers %s', { timeout: 10_000 }, async (_, args, code, told) => {
    const result = await relock(args, { cwd: folder(NAMES_A_LINE) });
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(told);
    expect(result.stderr).not.toMatch(/\n {4}at /u);
  });

  it.each(['plan', 'run'])(
    'names the lines of a wrong policy in %s',
    { timeout: 10_000 },
    async (command) => {
      const root = mixedRepository();
      addFiles(root, {
        '.github/relock.toml': '# ours\nsolvr = "uv"\n\n[[lock]]\npath = "*"\npython = 3.11\n',
      });
      const { code, stdout, stderr } = await relock([command, root]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^\.github\/relock\.toml:2: .*solver/mu);
      expect(stderr).toMatch(/^\.github\/relock\.toml:6: /mu);
      expect(git(root, 'status', '--porcelain')).toBe('?? .github/\n');
    },
  );

  it('tells a target that nothing matches from an empty repository', { timeout: 20_000 }, async () => {
    const { code, stdout } = await relock(['run', mixedRepository(), '--target', 'nowhere/*']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        'No lock to re-lock matches --target nowhere/*; `relock plan` lists all of them. There is nothing to propose.\n',
    });
  });

  it('obeys the policy of the repository', { timeout: 30_000 }, async () => {
    const root = mixedRepository();
    const policy =
      'exclude-newer = "2024-01-01"\nignore = ["legacy/**"]\n\n[[lock]]\npath = "worker/*"\nenabled = false\n';
    addFiles(root, { '.github/relock.toml': policy });
    const { json } = await relockJson([
      'run',
      root,
      '--target',
      'api/*',
      '--target',
      'worker/*',
      '-t',
      'legacy/*',
    ]);
    expect(statuses(json)).toMatchObject({
      'api/uv.lock': 'updated',
      'legacy/Pipfile.lock': 'skipped: excluded-by-config',
      'worker/poetry.lock': 'skipped: excluded-by-config',
    });
    expect(moves(json)).toMatchObject({
      'api/uv.lock': ['wsproto 1.1.0 -> 1.2.0 (minor)', 'h11 0.13.0 -> 0.14.0 (minor)'],
    });
  });

  it.each([['--help'], ['-h'], ['help']])(
    '%s tells all there is to know',
    { timeout: 10_000 },
    async (word) => {
      const { code, stdout, stderr } = await relock([word]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const options = ['--target', '--json', '--write', '--check', '--exclude-newer', '--settings'];
      for (const option of [
        ...options,
        '--severity',
        '--with',
        '--db',
        '--sarif',
        '--ecosystem',
        '--no-scan',
      ]) {
        expect(stdout).toContain(option);
      }
      expect(stdout).toContain('130  interrupted');
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
    },
  );

  it('tells its version', { timeout: 10_000 }, async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await relock(['--version'])).toMatchObject({ code: 0, stdout: `relock ${version}\n`, stderr: '' });
  });

  it("takes a relative path from the caller's folder, also through npm", { timeout: 20_000 }, async () => {
    const root = mixedRepository();
    const cwd = dirname(root);
    const direct = await relock(['plan', root.slice(cwd.length + 1), '--target', 'api/*'], { cwd });
    expect(direct.stdout).toContain('1 lock to re-lock');
    const npm = ['--prefix', ROOT, 'run', '--silent', 'relock', '--', 'plan', '.', '--target', 'api/*'];
    const { stdout, exitCode } = await execute('npm', npm, root, { PATH: process.env['PATH'] ?? '' });
    expect({ stdout, exitCode }).toEqual({ stdout: direct.stdout, exitCode: 0 });
  });
});
