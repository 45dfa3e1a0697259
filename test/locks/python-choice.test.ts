import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/config/policy.ts';
import { choosePython } from '../../src/locks/python-choice.ts';
import { lowerBound, readVersion } from '../../src/locks/python-versions.ts';
import type { PythonChoice, Tree } from '../../src/model.ts';

const POLICY: Policy = {
  excludeNewer: null,
  ignore: [],
  solver: 'auto',
  locks: [],
  allowHosts: [],
  images: { pin: false, tags: 'off', ignore: [] },
  builtImages: [],
  scan: { with: 'auto', severity: 'low', ignore: [], upload: false },
};

function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files).sort();
  return { paths, files: new Map(paths.map((path) => [path, { kind: 'text', text: files[path] ?? '' }])) };
}

function ask(
  files: Readonly<Record<string, string>>,
  lock: string,
  {
    manifests = [],
    inLock = null,
    policy = POLICY,
  }: { manifests?: string[]; inLock?: PythonChoice | null; policy?: Policy } = {},
) {
  return choosePython(treeOf({ [lock]: '', ...files }), policy, { lock, manifests, inLock });
}

const INSTALL = 'COPY requirements.txt .\nRUN pip install -r requirements.txt\n';

describe('order of sources', () => {
  const all = {
    Dockerfile: `FROM python:3.11-slim\n${INSTALL}`,
    '.python-version': '3.12\n',
    'pyproject.toml': '[project]\nrequires-python = ">=3.9"\n',
    '.github/workflows/ci.yml': "        python-version: '3.13'\n",
  };
  const inLock = { version: '3.10', from: 'header' };

  it('policy first', () => {
    const policy: Policy = { ...POLICY, locks: [{ path: '*.txt', python: '3.8' }] };
    expect(ask(all, 'requirements.txt', { policy, inLock })).toEqual({
      version: '3.8',
      from: 'python of [[lock]] in .github/relock.toml',
      notes: [],
    });
  });

  it('then the lock, with a note where the image disagrees', () => {
    const answer = ask(all, 'requirements.txt', { inLock });
    expect(answer).toMatchObject(inLock);
    expect(answer.notes).toEqual([
      expect.stringContaining('Dockerfile:1 FROM python:3.11-slim installs it on 3.11'),
    ]);
  });

  it('no note where only the patch differs', () => {
    expect(ask(all, 'requirements.txt', { inLock: { version: '3.11.7', from: 'x' } }).notes).toEqual([]);
  });

  it('then Dockerfile, version file, manifest, workflow', () => {
    const files: Record<string, string> = { ...all };
    const seen = [];
    for (const next of ['Dockerfile', '.python-version', 'pyproject.toml', '.github/workflows/ci.yml']) {
      seen.push(ask(files, 'requirements.txt'));
      delete files[next];
    }
    seen.push(ask(files, 'requirements.txt'));
    expect(seen).toEqual([
      { version: '3.11', from: 'Dockerfile:1 FROM python:3.11-slim', notes: [] },
      { version: '3.12', from: '.python-version:1 3.12', notes: [] },
      { version: '3.9', from: 'pyproject.toml:2 requires-python = ">=3.9"', notes: [] },
      { version: '3.13', from: '.github/workflows/ci.yml:1 python-version: 3.13', notes: [] },
      { version: null, from: 'nothing in the repository says', notes: [] },
    ]);
  });
});

describe('Dockerfiles', () => {
  const on = (version: string, rest: string): string => `FROM python:${version}\n${rest}`;
  it.each<[string, Readonly<Record<string, string>>, string, string | null]>([
    [
      'nearest wins',
      { Dockerfile: on('3.9', 'COPY a/requirements.txt .'), 'a/Dockerfile': on('3.10', INSTALL) },
      'a/requirements.txt',
      '3.10',
    ],
    [
      'own folder is the context first',
      { 'a/Dockerfile': on('3.10', INSTALL), 'a/requirements.txt': '' },
      'requirements.txt',
      null,
    ],
    [
      'the root is the context of docker/Dockerfile',
      { 'docker/Dockerfile': on('3.10', 'COPY . .\nRUN pip install -r requirements/prod.txt') },
      'requirements/prod.txt',
      '3.10',
    ],
    [
      'a neighbour of the installed file',
      {
        Dockerfile: on('3.10', 'COPY requirements requirements\nRUN pip install -r requirements/prod.txt'),
        'requirements/prod.txt': '',
      },
      'requirements/base.txt',
      '3.10',
    ],
    [
      'another service is not asked',
      { 'a/Dockerfile': on('3.10', 'COPY . .\nRUN poetry install'), 'a/poetry.lock': '' },
      'b/poetry.lock',
      null,
    ],
    [
      'poetry install of the root is not of b',
      { Dockerfile: on('3.10', 'COPY . .\nRUN poetry install'), 'poetry.lock': '' },
      'b/poetry.lock',
      null,
    ],
    [
      'a folder copied',
      { Dockerfile: on('3.10', 'COPY b /app\nRUN poetry install'), 'poetry.lock': '' },
      'b/poetry.lock',
      '3.10',
    ],
    [
      'poetry install without copying the lock by name',
      { Dockerfile: on('3.10', 'COPY . .\nRUN poetry install --no-root') },
      'poetry.lock',
      '3.10',
    ],
    ['pipenv', { Dockerfile: on('3.10', 'COPY Pipfile* ./\nRUN pipenv sync') }, 'Pipfile.lock', '3.10'],
    [
      'uv by bind mount',
      { Dockerfile: on('3.10', 'RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync') },
      'uv.lock',
      '3.10',
    ],
    ['no install, no answer', { Dockerfile: on('3.10', 'COPY . .\nRUN make') }, 'requirements.txt', null],
    [
      'docs are not what the image installs',
      { Dockerfile: on('3.10', `COPY . .\n${INSTALL}`), 'requirements.txt': '' },
      'docs/requirements.txt',
      null,
    ],
    [
      'the last stage that installs it',
      { Dockerfile: `FROM python:3.9\n${INSTALL}FROM python:3.12\n${INSTALL}FROM debian\n` },
      'requirements.txt',
      '3.12',
    ],
    [
      'Dockerfile before its variants',
      {
        Dockerfile: on('3.12', INSTALL),
        'Dockerfile.dev': on('3.9', INSTALL),
        'dev.Dockerfile': on('3.8', INSTALL),
      },
      'requirements.txt',
      '3.12',
    ],
    [
      'a path below the working folder',
      {
        Dockerfile: on(
          '3.12',
          'COPY . /srv\nRUN pip3 install --no-cache-dir --requirement=/srv/a/requirements.txt',
        ),
      },
      'a/requirements.txt',
      '3.12',
    ],
  ])('%s', (_name, files, lock, version) => {
    expect(ask(files, lock).version).toBe(version);
  });

  it('says which other Dockerfile disagrees', () => {
    const answer = ask(
      { Dockerfile: on('3.12', INSTALL), 'Dockerfile.old': on('3.9', INSTALL) },
      'requirements.txt',
    );
    expect(answer.notes).toEqual([expect.stringContaining('Dockerfile.old:1 FROM python:3.9')]);
  });

  it('has no version for PyPy, and says so', () => {
    const answer = ask(
      { Dockerfile: `FROM pypy:3.10\n${INSTALL}`, '.python-version': '3.9' },
      'requirements.txt',
    );
    expect(answer.version).toBeNull();
    expect(answer.notes).toEqual([expect.stringContaining('pypy')]);
  });
});

describe('version files', () => {
  it.each<[Readonly<Record<string, string>>, string | null, string]>([
    [
      { 'a/.python-version': '# for a\n\n3.11.4\n', '.python-version': '3.9' },
      '3.11.4',
      'a/.python-version:3 3.11.4',
    ],
    [{ '.tool-versions': 'nodejs 20.1.0\npython 3.10.2 3.9.1\n' }, '3.10.2', '.tool-versions:2 3.10.2'],
    [{ 'runtime.txt': '\uFEFFpython-3.9.2\r\n' }, '3.9.2', 'runtime.txt:1 python-3.9.2'],
    [{ 'runtime.txt': 'python-3.9.x\n' }, '3.9', 'runtime.txt:1 python-3.9.x'],
    [{ '.python-version': '3.9.*\n' }, '3.9', '.python-version:1 3.9.*'],
    [
      { '.python-version': 'my-virtualenv\n', 'runtime.txt': 'python-3.9.2' },
      '3.9.2',
      'runtime.txt:1 python-3.9.2',
    ],
    [{ '.python-version': 'pypy3.10\n' }, null, '.python-version:1 pypy3.10'],
    [
      { 'a/Pipfile': '[requires]\npython_version = "3.8"\n' },
      '3.8',
      'a/Pipfile:2 [requires] python_version = "3.8"',
    ],
    [
      { 'a/pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.9"\n' },
      '3.9',
      'a/pyproject.toml:2 python = "^3.9"',
    ],
    [
      { 'a/setup.cfg': '[options]\npython_requires = >=3.7\n' },
      '3.7',
      'a/setup.cfg:2 python_requires = >=3.7',
    ],
    [
      { 'a/setup.py': 'setup(\n    # python_requires="x",\n    python_requires=">=3.8, <4",\n)\n' },
      '3.8',
      'a/setup.py:3 python_requires = ">=3.8, <4"',
    ],
    [{ 'a/setup.py': 'setup(python_requires=VERSION)\n' }, null, 'nothing in the repository says'],
    [
      { 'pyproject.toml': '[project]\nrequires-python = ">=3.11"\n' },
      '3.11',
      'pyproject.toml:2 requires-python = ">=3.11"',
    ],
    [
      { 'a/pyproject.toml': 'broken = [', '.github/workflows/x.yml': 'python-version: ["3.9", "3.10"]' },
      null,
      'nothing in the repository says',
    ],
    [{ 'a/pyproject.toml': '[__proto__]\nproject = 1\n' }, null, 'nothing in the repository says'],
  ])('%j', (files, version, from) => {
    const answer = ask(files, 'a/lock.txt', {
      manifests: Object.keys(files).includes('a/Pipfile') ? ['a/Pipfile'] : [],
    });
    expect([answer.version, answer.from]).toEqual([version, from]);
  });
});

describe('versions', () => {
  it.each([
    ['>=3.9,<4', '3.9'],
    ['<4,>=2.7,!=3.0.*', '2.7'],
    ['~=3.9.2', '3.9'],
    ['==3.11.*', '3.11'],
    ['==3.11.4', '3.11.4'],
    ['^3.8 || ^3.10', '3.8'],
    ['3.9.*', '3.9'],
    ['<3.12', null],
    ['*', null],
    ['>=3', null],
  ])('lower bound of %s is %s', (range, version) => {
    expect(lowerBound(range)).toBe(version);
  });

  it.each([
    ['3.11', '3.11'],
    ['cpython@3.12.1', '3.12.1'],
    ['cpython-3.12.1-linux-x86_64-gnu', '3.12.1'],
    ['3.13t', '3.13'],
    ['pypy3.9-7.3', null],
    ['3', undefined],
    ['env-3.9', undefined],
  ])('%s is read as %s', (word, version) => {
    expect(readVersion(word)).toBe(version);
  });
});
