/** Checkouts with mistakes, oddities and odd names in them: what is told, and that the rest goes on. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, compiled, lockAll, PINNED, POETRY_LOCK, PYPROJECT, UV_LOCK } from '../support/checkout.ts';
import { relock, relockJson, statuses } from '../support/cli.ts';
import { folder, git, type Files } from '../support/folder.ts';

describe('broken files', () => {
  it('are named with their lines, and the others go on', { timeout: 60_000 }, async () => {
    const { outer, root } = checkout({
      'good/requirements.in': 'six<1.16\n',
      'good/requirements.txt': compiled('pip-compile requirements.in'),
      'uv/pyproject.toml': PYPROJECT,
      'uv/uv.lock': 'version = 1\n\n[[package]\nname = "x"\n',
      'uv-manifest/pyproject.toml': '[project]\nname = "a\nversion = 1\n',
      'uv-manifest/uv.lock': UV_LOCK,
      'conflict/pyproject.toml': PYPROJECT,
      'conflict/uv.lock': 'version = 1\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n',
      'poetry-manifest/pyproject.toml': '[tool.poetry]\nname = "a"\nversion = "1\n',
      'poetry-manifest/poetry.lock': POETRY_LOCK,
      'pipfile/Pipfile': '[packages\nsix = "*"\n',
      'pipfile/Pipfile.lock': '{}\n',
      'pylock/pylock.toml': 'lock-version = "1.0"\npackages = [\n',
      'latin/requirements.in': Buffer.from('# caf\u00e9\nsix\n', 'latin1'),
      'latin/requirements.txt': compiled('pip-compile requirements.in'),
      'latin-lock/requirements.txt': Buffer.from('# caf\u00e9\nsix==1.14.0\n', 'latin1'),
      'proto/Pipfile': '[packages]\n"__proto__" = "*"\n[__proto__]\nx = 1\n',
      'proto/Pipfile.lock': '{"__proto__": {"default": {}}, "_meta": 1}\n',
      'poetry/pyproject.toml':
        '[tool.poetry]\nname = "a"\nversion = "1"\ndescription = ""\nauthors = []\n[tool.poetry.dependencies]\npython = "^3.11"\n',
      'poetry/poetry.lock': POETRY_LOCK.replace('package = []', '[[package]]\nname = '),
      'json/Pipfile': '[packages]\n\n[requires]\npython_version = "3.11"\n',
      'json/Pipfile.lock': '{\n  "_meta": {\n    "hash": oops\n  }\n}\n',
    });
    const { code, json, targets } = await lockAll(
      { outer, root },
      '--target',
      '{good,uv,uv-manifest,conflict,poetry-manifest,pipfile,latin,latin-lock,poetry,json}/*',
    );
    expect(code).toBe(0);
    expect(statuses(json)).toMatchObject({
      'good/requirements.txt': 'updated',
      'uv/uv.lock': 'skipped: lock-unreadable',
      'uv-manifest/uv.lock': 'skipped: manifest-unreadable',
      'conflict/uv.lock': 'skipped: lock-unreadable',
      'poetry-manifest/poetry.lock': 'skipped: manifest-unreadable',
      'pipfile/Pipfile.lock': 'skipped: manifest-unreadable',
      'poetry/poetry.lock': 'updated',
      'json/Pipfile.lock': 'skipped: lock-unreadable',
      'latin/requirements.txt': 'skipped: not-utf8',
      'latin-lock/requirements.txt': 'skipped: not-utf8',
    });
    const told = (path: string): string => targets.get(path)?.reason?.message ?? '';
    expect(told('uv/uv.lock')).toMatch(/^uv\/uv\.lock:3: not valid TOML/u);
    expect(told('uv-manifest/uv.lock')).toMatch(/uv-manifest\/pyproject\.toml:2\b/u);
    expect(told('conflict/uv.lock')).toMatch(/^conflict\/uv\.lock:2: an unresolved merge conflict/u);
    expect(told('poetry-manifest/poetry.lock')).toMatch(
      /^poetry-manifest\/pyproject\.toml:3: not valid TOML/u,
    );
    expect(told('pipfile/Pipfile.lock')).toMatch(/^pipfile\/Pipfile:1: not valid TOML/u);
    const noted = (path: string): string => targets.get(path)?.notes.join('\n') ?? '';
    expect(noted('poetry/poetry.lock')).toContain('poetry/poetry.lock:3: not valid TOML');
    expect(told('json/Pipfile.lock')).toContain('json/Pipfile.lock:3: not valid JSON');
    const plan = await relockJson(['plan', root, '--target', '{proto,pylock}/*']);
    expect(plan.targets.get('pylock/pylock.toml')?.reason?.message).toMatch(
      /^pylock\/pylock\.toml:3: not valid TOML/u,
    );
  });

  it('of fifty megabytes cost neither memory nor time', { timeout: 30_000 }, async () => {
    const { root } = checkout({
      'requirements.in': 'six\n',
      'poetry/pyproject.toml': '[tool.poetry]\nname = "a"\nversion = "1"\n',
      'requirements/base.txt': compiled('pip-compile base.in'),
      'requirements.txt': compiled('pip-compile requirements.in'),
      'poetry/poetry.lock': POETRY_LOCK,
      'notes.txt': '',
    });
    for (const path of ['requirements.txt', 'poetry/poetry.lock', 'requirements/base.txt', 'notes.txt']) {
      truncateSync(join(root, path), 50 * 1024 * 1024);
    }
    const started = performance.now();
    const { json, targets } = await relockJson(['plan', root], {
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(statuses(json)).toEqual({
      'poetry/poetry.lock': 'skipped: too-large',
      'requirements.txt': 'skipped: too-large',
      'requirements/base.txt': 'skipped: too-large',
    });
    expect(targets.get('requirements.txt')?.reason?.message).toContain('52428800 bytes');
  });

  it('keep their line ends and their BOM', { timeout: 30_000 }, async () => {
    const lock = compiled('pip-compile requirements.in').replaceAll('\n', '\r\n');
    const { root } = checkout({
      'crlf/requirements.in': 'six<1.16\r\n',
      'crlf/requirements.txt': lock,
      'bom/requirements.txt': '\uFEFFsix==1.14.0\r\n# the last\r\n',
      'bom-in/requirements-dev.in': '\uFEFFsix<1.16\n',
      'bom-in/requirements-dev.txt': compiled('pip-compile requirements-dev.in', 'requirements-dev.in'),
    });
    expect((await relock(['run', root, ...PINNED, '--write'])).code).toBe(0);
    const read = (path: string): string => readFileSync(join(root, path), 'utf8');
    expect(read('crlf/requirements.txt')).toBe(lock.replace('1.14.0', '1.15.0'));
    expect(read('bom/requirements.txt')).toBe('\uFEFFsix==1.17.0\r\n# the last\r\n');
    expect(read('bom-in/requirements-dev.txt')).toContain('\nsix==1.15.0\n');
  });
});

describe('pairs', () => {
  it('of locks and manifests that do not match are told apart', { timeout: 30_000 }, async () => {
    const { outer, root } = checkout({
      'two/requirements.in': 'six<1.16\n',
      'two/requirements.txt': compiled('pip-compile requirements.in'),
      'two/requirements-more.txt': compiled(
        'pip-compile --output-file=requirements-more.txt requirements.in',
      ),
      'twins/pyproject.toml': PYPROJECT,
      'twins/uv.lock': UV_LOCK,
      'twins/poetry.lock': POETRY_LOCK,
      'no-lock/pyproject.toml': '[tool.poetry]\nname = "a"\nversion = "1"\n',
      'no-lock/Pipfile': '[packages]\n',
      'no-lock/requirements.in': 'six\n',
      'no-manifest/poetry.lock': POETRY_LOCK,
      'no-manifest/Pipfile.lock': '{}\n',
      'no-manifest/uv.lock': UV_LOCK,
      'no-manifest/requirements.txt': compiled('pip-compile gone.in', 'gone.in'),
    });
    const { json, targets } = await lockAll({ outer, root }, '--target', '{two,no-*}/*');
    expect(statuses(json)).toMatchObject({
      'two/requirements.txt': 'updated',
      'two/requirements-more.txt': 'updated',
      'no-lock/pyproject.toml': 'skipped: lock-missing',
      'no-lock/Pipfile': 'skipped: lock-missing',
      'no-lock/requirements.in': 'skipped: lock-missing',
      'no-manifest/poetry.lock': 'skipped: manifest-missing',
      'no-manifest/Pipfile.lock': 'skipped: manifest-missing',
      'no-manifest/uv.lock': 'skipped: manifest-missing',
      'no-manifest/requirements.txt': 'skipped: manifest-missing',
    });
    expect(targets.get('no-manifest/requirements.txt')?.reason?.message).toContain('gone.in');
    const twins = (await relockJson(['plan', root, '--target', 'twins/*'])).targets;
    expect(twins.get('twins/uv.lock')?.status).toBe('planned');
    expect(twins.get('twins/poetry.lock')?.reason).toMatchObject({
      code: 'ambiguous-manifest',
      message: expect.stringContaining('is locked by twins/uv.lock too'),
    });
  });

  it.each([
    ['a folder', folder()],
    ['a repository without a commit', join(git(folder(), 'init', '-q', '.') + folder())],
  ])('none at all in %s is nothing to do', { timeout: 20_000 }, async (_, root) => {
    const nothing = 'No lock to re-lock was found. There is nothing to propose.\n';
    expect(await relock(['run', root, '--quiet'])).toMatchObject({ code: 0, stdout: nothing, stderr: '' });
    expect(await relockJson(['plan', root])).toMatchObject({
      code: 0,
      json: { targets: [], pullRequest: null },
    });
  });
});

describe('names', () => {
  const NAMES = [
    'a b',
    'quo"te',
    "apo'strophe",
    'new\nline',
    'ünï-☃',
    '-dash',
    '--pip-args',
    '$(touch x)',
    '`touch x`',
  ];
  const MORE = [
    'semi;touch x',
    'star*',
    'back\\slash',
    '%41',
    '#hash',
    '[br]{a,b}',
    '~',
    'esc\u001B[31m',
    'a|b',
    '@me',
  ];

  it('are only names', { timeout: 60_000 }, async () => {
    const all = [...NAMES, ...MORE];
    const files = all.flatMap((name, at) => [
      [`${name}/requirements.in`, 'six<1.16\n'],
      [`${name}/requirements.txt`, compiled('pip-compile requirements.in')],
      // Names that a header can hold as they are.
      ...(/^[\w@%+=:,./-]+$/u.test(name)
        ? [
            [`files/${name}.in`, 'six<1.16\n'],
            [`files/${name}.txt`, compiled(`pip-compile files/${name}.in`, `files/${name}.in`)],
          ]
        : [[`other/${at}`, '']]),
    ]);
    const { outer, root } = checkout(Object.fromEntries(files) as Files);
    const { code, json, stdout } = await lockAll({ outer, root });
    expect(json.targets.filter(({ status }) => status !== 'updated')).toEqual([]);
    expect(json.targets.length).toBeGreaterThan(all.length);
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001B');
    const body = json.pullRequest?.body ?? '';
    expect(body).toContain('(cd ./-dash && ');
    expect(body.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(body.replace(/```[^]*```/u, '').replaceAll(/`[^`\n]*`/gu, '')).not.toMatch(/@me\b/u);

    const plan = await relock(['plan', root]);
    expect(plan.stdout).not.toContain('\u001B');
    const written = await relock([
      'run',
      root,
      ...PINNED.slice(0, 2),
      '--write',
      '--target',
      '{new*,-dash,a b}/*',
    ]);
    expect(written.stderr).not.toContain('\u001B');
    expect(readFileSync(join(root, 'new\nline/requirements.txt'), 'utf8')).toContain('six==1.15.0');
    expect(readFileSync(join(root, '-dash/requirements.txt'), 'utf8')).toContain('six==1.15.0');
  });

  it('that are no UTF-8 are passed by', { timeout: 30_000 }, async () => {
    const { outer, root } = checkout({
      'requirements.in': 'six<1.16\n',
      'requirements.txt': compiled('pip-compile requirements.in'),
    });
    writeFileSync(
      Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x63, 0xe9]), Buffer.from('.txt')]),
      'six==1\n',
    );
    git(root, 'add', '-A');
    const { json } = await lockAll({ outer, root });
    expect(statuses(json)).toEqual({ 'requirements.txt': 'updated' });
  });
});
