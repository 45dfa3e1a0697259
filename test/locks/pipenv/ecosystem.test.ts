import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/config/defaults.ts';
import type { Policy } from '../../../src/config/policy.ts';
import type { Facts } from '../../../src/locks/ecosystem.ts';
import { pipenvEcosystem } from '../../../src/locks/pipenv/ecosystem.ts';
import { pipenvRunsOn } from '../../../src/locks/pipenv/pipenv-version.ts';
import { factsOf, resultOf, treeOf } from '../../support/drive-lock.ts';
import { commandOf, detectorOf, reasonOf } from '../../support/one-lock.ts';

const LOCK = `{"_meta": {"requires": {"python_version": "3.9"}, "sources": []}, "default": {}, "develop": {}}\n`;
const SOURCE = `[[source]]\nname = "pypi"\nurl = "https://pypi.org/simple"\nverify_ssl = true\n`;
const PIPFILE = `${SOURCE}
[packages]
idna = "==3.4"

[dev-packages]
six = "*"

[requires]
python_version = "3.11"
`;

const { detect, only } = detectorOf(pipenvEcosystem);

const files = { 'app/Pipfile.lock': LOCK, 'app/Pipfile': PIPFILE };
const pythons = ['3.13.0', '3.11.7', '3.6.15'].map((version) => ({
  version,
  path: `/p/${version}/bin/python`,
}));
const newestTool = (_name: string, python: string | null) => (python === '3.6' ? '2022.4.8' : '2026.10.3');

function facts(more: Partial<Facts> = {}): Facts {
  return factsOf(treeOf(files), { pythons, newestTool, ...more });
}

describe('detect', () => {
  it('plans a lock for the Python of its Pipfile', () => {
    expect(only(files).target).toEqual({
      path: 'app/Pipfile.lock',
      kind: 'pipenv',
      manifests: ['app/Pipfile'],
      inputs: ['app/Pipfile'],
      writes: ['app/Pipfile.lock'],
      tool: {
        name: 'pipenv',
        version: null,
        from: 'nothing in the repository says: the newest for its Python',
      },
      python: { version: '3.11', from: 'app/Pipfile:13 [requires] python_version = "3.11"' },
      cwd: 'app',
      command: ['pipenv', 'lock'],
      remotes: [],
      notes: [],
    });
  });

  it.each([
    [
      'the full version first',
      PIPFILE.replace('python_version = "3.11"', 'python_full_version = "3.11.4"'),
      LOCK,
      '3.11.4',
    ],
    [
      'the lock, when the Pipfile does not say',
      PIPFILE.replace('[requires]\npython_version = "3.11"\n', ''),
      LOCK,
      '3.9',
    ],
    [
      'the interpreter of an old lock',
      SOURCE,
      '{"_meta": {"host-environment-markers": {"python_version": "3.6", "python_full_version": "3.6.4"}}}',
      '3.6.4',
    ],
    ['nothing', SOURCE, '{"_meta": {}}', null],
    ['a range is no version', PIPFILE.replace('"3.11"', '">=3.11"'), '{"_meta": {}}', null],
  ])('learns the Python: %s', (_what, pipfile, lock, version) => {
    expect(only({ 'Pipfile.lock': lock, Pipfile: pipfile }).target.python.version).toBe(version);
  });

  it.each([
    [
      'a Dockerfile',
      { 'app/Dockerfile': 'FROM python:3.11\nRUN pip install "pipenv==2023.12.1"\n' },
      '2023.12.1',
      'app/Dockerfile:2 pipenv==2023.12.1',
    ],
    [
      'a variable of a Dockerfile',
      { Dockerfile: 'ARG PIPENV_VERSION=2024.0.1\n' },
      '2024.0.1',
      'Dockerfile:1 PIPENV_VERSION=2024.0.1',
    ],
    [
      'the nearest Dockerfile',
      {
        Dockerfile: 'RUN pip install pipenv==2021.5.29',
        'app/Dockerfile': 'RUN pip install pipenv==2023.9.8',
      },
      '2023.9.8',
      'app/Dockerfile:1 pipenv==2023.9.8',
    ],
    [
      'a workflow',
      { '.github/workflows/ci.yml': 'steps:\n- run: pip install pipenv==2022.1.8\n' },
      '2022.1.8',
      '.github/workflows/ci.yml:2 pipenv==2022.1.8',
    ],
    [
      'the Pipfile',
      {
        'app/Pipfile': PIPFILE.replace('six = "*"', 'pipenv = "==2025.0.1"'),
        Dockerfile: 'pipenv==2021.5.29',
      },
      '2025.0.1',
      'app/Pipfile:10',
    ],
    [
      'no pin',
      { Dockerfile: 'RUN pip install pipenv>=2023 pipenv-setup==3.2.0' },
      null,
      'nothing in the repository says: the newest for its Python',
    ],
  ])('learns the Pipenv: %s', (_what, more, version, from) => {
    expect(only({ ...files, ...more }).target.tool).toEqual({ name: 'pipenv', version, from });
  });

  it('lists what it must reach, and notes credentials of the environment', () => {
    const pipfile = `${PIPFILE}
[[source]]
name = "inside"
url = "https://$USER:\${PASSWORD}@pypi.example.com/simple"

[docs]
lib = {git = "https://git.example.com/lib.git", ref = "v1"}
tool = {git = "git@git.example.com:acme/tool.git"}
wheel = {file = "https://example.com/a.whl"}
own = {path = ".", editable = true}
`;
    const { remotes, notes, inputs } = only({ ...files, 'app/Pipfile': pipfile, 'app/setup.py': '' }).target;
    expect(remotes).toEqual([
      { url: 'https://pypi.example.com/simple', purpose: 'extra-index', namedIn: 'app/Pipfile:17' },
      { url: 'https://git.example.com/lib.git', purpose: 'git', namedIn: 'app/Pipfile:20' },
      { url: 'ssh://git@git.example.com/acme/tool.git', purpose: 'git', namedIn: 'app/Pipfile:21' },
      { url: 'https://example.com/a.whl', purpose: 'url', namedIn: 'app/Pipfile:22' },
    ]);
    expect(notes).toEqual([
      expect.stringContaining('The source inside of app/Pipfile takes its credentials'),
    ]);
    expect(inputs).toEqual(['app/Pipfile', 'app/setup.py']);
  });

  it.each([
    ['no Pipfile', { 'Pipfile.lock': LOCK }, 'manifest-missing', 'Pipfile.lock has no Pipfile'],
    ['no lock', { Pipfile: PIPFILE }, 'lock-missing', 'Pipfile has no Pipfile.lock'],
    [
      'broken TOML',
      { 'Pipfile.lock': LOCK, Pipfile: '[packages]\na = ' },
      'manifest-unreadable',
      'Pipfile:2: not valid TOML',
    ],
    [
      'a merge conflict',
      { 'Pipfile.lock': '{\n<<<<<<< HEAD\n', Pipfile: PIPFILE },
      'lock-unreadable',
      'Pipfile.lock:2: an unresolved merge conflict',
    ],
    [
      'a path outside',
      { 'Pipfile.lock': LOCK, Pipfile: '[packages]\na = {path = "../a"}\n' },
      'path-outside-repository',
      'Pipfile:2 wants `../a`',
    ],
  ] as const)('leaves alone: %s', (_what, given, code, message) => {
    const { locks, skips } = detect(given);
    expect(locks).toEqual([]);
    expect(skips).toMatchObject([{ kind: 'pipenv', reason: { code } }]);
    expect(skips[0]?.reason.message).toContain(message);
  });
});

describe('the command', () => {
  it('runs Pipenv on the very Python that the lock is for', () => {
    const command = commandOf(only(files).next(facts(), []));
    expect(command).toMatchObject({
      tool: { name: 'pipenv', version: '2026.10.3', python: '3.11.7', with: [] },
      argv: ['pipenv', 'lock'],
      cwd: 'app',
      outputs: ['app/Pipfile.lock'],
      timeoutSeconds: 60,
    });
    expect(command.env).toMatchObject({ PIPENV_DONT_USE_PYENV: '1' });
    expect(command.env).not.toHaveProperty('PIPENV_PYPI_MIRROR');
  });

  it('takes an old Pipenv for an old Python', () => {
    const old = { ...files, 'app/Pipfile': PIPFILE.replace('"3.11"', '"3.6"') };
    expect(commandOf(only(old).next(facts(), [])).tool).toMatchObject({
      version: '2022.4.8',
      python: '3.6.15',
    });
  });

  it('takes another patch of the Python, and says so', () => {
    const exact = {
      ...files,
      'app/Pipfile': PIPFILE.replace('python_version = "3.11"', 'python_full_version = "3.11.4"'),
    };
    const lock = only(exact);
    const step = lock.next(facts(), []);
    expect(commandOf(step).tool.python).toBe('3.11.7');
    expect(lock.next(facts(), [resultOf(step, { 'app/Pipfile.lock': LOCK })])).toEqual({
      do: 'done',
      solver: 'pipenv 2026.10.3',
      notes: ['Locked with Python 3.11.7, since 3.11.4 is not installed.'],
    });
  });

  it('replaces a pin that does not run on the Python, and says so', () => {
    const pinned = { ...files, Dockerfile: 'RUN pip install pipenv==2018.11.26' };
    const lock = only(pinned);
    const step = lock.next(facts(), []);
    expect(commandOf(step).tool.version).toBe('2026.10.3');
    const done = lock.next(facts(), [resultOf(step, { 'app/Pipfile.lock': LOCK })]);
    expect(done).toHaveProperty('notes', [
      expect.stringContaining(
        'Pipenv 2018.11.26 (Dockerfile:1 pipenv==2018.11.26) does not run on Python 3.11',
      ),
    ]);
  });

  it.each<[string, Record<string, string>, Partial<Facts>, string, string]>([
    [
      'no such Python',
      { 'app/Pipfile': PIPFILE.replace('"3.11"', '"3.10"') },
      {},
      'python-missing',
      'is for Python 3.10 (app/Pipfile:13',
    ],
    [
      'Python 2',
      { 'app/Pipfile': PIPFILE.replace('"3.11"', '"2.7"') },
      { pythonDownloads: true },
      'tool-does-not-run-on-locked-python',
      'No Pipenv can be run on Python 2.7',
    ],
    [
      'nothing at all',
      { 'app/Pipfile': SOURCE, 'app/Pipfile.lock': '{"_meta": {}}' },
      { pythons: [] },
      'python-missing',
      'Nothing says which Python',
    ],
  ])('fails for %s', (_what, more, given, code, message) => {
    const why = reasonOf(only({ ...files, ...more }).next(facts(given), []));
    expect(why.code).toBe(code);
    expect(why.message).toContain(message);
  });

  it('does not replace a version that the policy orders', () => {
    const policy: Policy = { ...NO_POLICY, locks: [{ path: '**', toolVersion: '2021.5.29' }] };
    expect(reasonOf(only(files, policy).next(facts(), []))).toMatchObject({
      code: 'tool-does-not-run-on-locked-python',
      message: expect.stringContaining('Pipenv 2021.5.29 (the policy of this repository)'),
      fix: expect.stringContaining('Pipenv 2026.10.3'),
    });
  });

  it('lets uv bring a Python that is not there', () => {
    const other = { ...files, 'app/Pipfile': PIPFILE.replace('"3.11"', '"3.12"') };
    const command = commandOf(only(other).next(facts({ pythonDownloads: true }), []));
    expect([command.tool.python, command.argv]).toEqual(['3.12', ['pipenv', 'lock']]);
  });
});

describe('another index', () => {
  const index = { url: 'https://mirror.example.com/simple', isMirror: true, hasVersionJson: false };

  it('does nothing for a cool-down', () => {
    const pipfile = `${PIPFILE}\n[[source]]\nname = "inside"\nurl = "https://pypi.example.com/simple"\n`;
    const lock = only({ ...files, 'app/Pipfile': pipfile });
    const given = facts({ cutoff: '2026-01-01T00:00:00Z' });
    const step = lock.next(given, []);
    expect(commandOf(step).env).not.toHaveProperty('PIPENV_PYPI_MIRROR');
    expect(lock.next(given, [resultOf(step, { 'app/Pipfile.lock': LOCK })])).toMatchObject({ notes: [] });
  });

  it('spells out the default source for the while, else Pipenv would lock the mirror', () => {
    const bare = {
      'app/Pipfile.lock': LOCK,
      'app/Pipfile': '[packages]\nidna = "*"\n[requires]\npython_version = "3.11"',
    };
    const given = facts({ index, tree: treeOf(bare) });
    const lock = only(bare);
    const write = lock.next(given, []);
    expect(write).toEqual({ do: 'write', files: { 'app/Pipfile': `${bare['app/Pipfile']}\n\n${SOURCE}` } });
    const run = lock.next(given, [resultOf(write)]);
    expect(commandOf(run).env).toHaveProperty('PIPENV_PYPI_MIRROR');
    const ran = resultOf(run, { 'app/Pipfile.lock': LOCK });
    const restore = lock.next(given, [resultOf(write), ran]);
    expect(restore).toEqual({ do: 'write', files: { 'app/Pipfile': bare['app/Pipfile'] } });
    expect(lock.next(given, [resultOf(write), ran, resultOf(restore)])).toMatchObject({ do: 'done' });
    const failed = resultOf(run, {}, 1);
    expect(lock.next(given, [resultOf(write), failed])).toEqual(restore);
    expect(lock.next(given, [resultOf(write), failed, resultOf(restore)])).toMatchObject({ do: 'fail' });
    // Without another index there is nothing to hide.
    expect(lock.next(facts({ tree: treeOf(bare) }), [])).toMatchObject({ do: 'run' });
  });

  it.each([
    ['https://pypi.python.org/simple', 'https://pypi.org/simple'],
    ['http://pypi.python.org/simple/', 'https://pypi.org/simple'],
    ['https://pypi.org/simple', undefined],
    ['http://pypi.org/simple', undefined],
    ['https://pypi.example.com/simple', undefined],
  ])('asks the public index at its present host for %s', (url, mirror) => {
    const lock = only({ ...files, 'app/Pipfile': PIPFILE.replace('https://pypi.org/simple', url) });
    const step = lock.next(facts(), []);
    expect(commandOf(step).env['PIPENV_PYPI_MIRROR']).toBe(mirror);
    const locked = LOCK.replace('[]', `[{"url": "${url}"}]`);
    const done = lock.next(facts(), [resultOf(step, { 'app/Pipfile.lock': locked })]);
    expect(done).toMatchObject({ do: 'done', notes: [] });
  });

  it('lets a Pipfile name both hosts of the public index', () => {
    const old = SOURCE.replace('"pypi"', '"old"').replace('pypi.org', 'pypi.python.org');
    const lock = only({ ...files, 'app/Pipfile': `${old}\n${PIPFILE}` });
    const step = lock.next(facts(), []);
    const locked = LOCK.replace('[]', '[{"url": "https://pypi.org/simple"}]');
    expect(lock.next(facts(), [resultOf(step, { 'app/Pipfile.lock': locked })])).toMatchObject({
      do: 'done',
    });
  });

  it.each([
    ['nothing', null, 'tool-failed'],
    [
      'the index it was given',
      LOCK.replace('[]', '[{"url": "https://mirror.example.com/simple"}]'),
      'unexpected-write',
    ],
  ])('refuses %s', (_what, text, code) => {
    const lock = only(files);
    const step = lock.next(facts({ index }), []);
    expect(reasonOf(lock.next(facts({ index }), [resultOf(step, { 'app/Pipfile.lock': text })])).code).toBe(
      code,
    );
  });
});

it('reads direct packages from the Pipfile of the same time', () => {
  const text = '{"_meta": {}, "default": {"idna": {"version": "==3.4"}}}';
  const lock = only(files);
  expect(lock.parse(text, () => PIPFILE).packages).toMatchObject([{ direct: true }]);
  expect(lock.parse(text, () => null).packages).toMatchObject([{ direct: false }]);
});

it.each([
  ['2018.11.26', '3.7', true],
  ['2018.11.26', '3.11', false],
  ['2022.4.8', '3.6.15', true],
  ['2022.4.21', '3.6', false],
  ['2023.10.3', '3.7', true],
  ['2023.10.20', '3.7', false],
  ['2025.0.4', '3.9', true],
  ['2025.1.1', '3.9', false],
  ['2026.10.3', '3.13', true],
  [null, '3.6', true],
  [null, '2.7', false],
])('Pipenv %s on Python %s: %s', (pipenv, python, runs) => {
  expect(pipenvRunsOn(pipenv, python)).toBe(runs);
});
