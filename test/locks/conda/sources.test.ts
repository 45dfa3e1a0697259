import { describe, expect, it } from 'vitest';
import { readSource } from '../../../src/locks/conda/read-source.ts';
import type { Source } from '../../../src/locks/conda/source.ts';

function read(path: string, text: string, cwd = '.'): Source {
  const source = readSource(path, text, cwd);
  if ('code' in source) throw new Error(JSON.stringify(source));
  return source;
}

describe('environment.yml', () => {
  it('tells channels, platforms, and names of both kinds', () => {
    const source = read(
      'env/environment.yml',
      `name: x
channels: [bioconda, conda-forge, nodefaults]
platforms: [linux-64, osx-arm64]
category: dev
pip-repositories:
  - https://user:$PW@pypi.example.com/simple
dependencies:
  - Python =3.11
  - numpy>=1.26,<3
  - conda-forge::scipy=1.*
  - pytorch[version='>=2',build=*cuda*]
  - pywin32  # [win]
  - pip:
      - Flask_Login[x]>=1 ; sys_platform == 'linux'
      - own @ git+https://user@git.example.com/team/own.git@v1#subdirectory=src
      - https://files.example.com/thing-1.0.tar.gz
      - -e .
prefix: /home/me/x
`,
    );
    expect(source).toMatchObject({
      channels: ['bioconda', 'conda-forge'],
      extraChannels: ['conda-forge'],
      platforms: ['linux-64', 'osx-arm64'],
      usesPip: true,
      turnsNames: false,
      allowsPypi: true,
    });
    expect([...source.conda]).toEqual(['python', 'numpy', 'scipy', 'pytorch', 'pywin32']);
    expect([...source.pip]).toEqual(['flask-login', 'own', 'thing-1-0-tar-gz']);
    expect(source.remotes).toEqual([
      { url: 'https://pypi.example.com/simple', purpose: 'extra-index', namedIn: 'env/environment.yml:6' },
      { url: 'https://git.example.com/team/own.git', purpose: 'git', namedIn: 'env/environment.yml:15' },
      {
        url: 'https://files.example.com/thing-1.0.tar.gz',
        purpose: 'url',
        namedIn: 'env/environment.yml:16',
      },
    ]);
    expect(source.notes).toEqual([
      'env/environment.yml:17: conda-lock leaves the editable `-e .` out of the lock.',
    ]);
  });

  it.each([
    ['no list', 'name: x\n', 'manifest-unreadable', /no list `dependencies`/u],
    [
      'a channel of the machine',
      'channels: [file:///etc]\ndependencies: [a]\n',
      'manifest-unreadable',
      /:1: the channel/u,
    ],
    [
      'a channel above',
      'channels: [../../x]\ndependencies: [a]\n',
      'manifest-unreadable',
      /leaves the repository/u,
    ],
    [
      'a channel in a spec',
      'dependencies:\n  - /etc::a\n',
      'manifest-unreadable',
      /:2: the channel `\/etc`/u,
    ],
    [
      'a file of the machine',
      'dependencies:\n- pip:\n  - "a @ file:///etc/passwd"\n',
      'manifest-unreadable',
      /:3: .*outside/u,
    ],
    ['a path above', 'dependencies:\n- pip:\n  - a @ ../../x\n', 'manifest-unreadable', /outside/u],
    [
      'an option of pip',
      'dependencies:\n- pip:\n  - -r requirements.txt\n',
      'manifest-unreadable',
      /:3: `-r .*option of pip/u,
    ],
    ['no YAML', 'a: [\n', 'manifest-unreadable', /not valid YAML/u],
    ['too many', `dependencies:\n${'- a\n'.repeat(3001)}`, 'manifest-unreadable', /more than 3000/u],
  ])('is refused with %s', (_what, text, code, message) => {
    const source = readSource('environment.yml', text, '.');
    expect(source).toMatchObject({ code });
    expect('message' in source && source.message).toMatch(message);
  });

  it('may name paths inside the repository', () => {
    expect(read('env/e.yml', 'dependencies:\n- pip:\n  - a @ ../libs/a\n', 'env').remotes).toEqual([]);
  });

  it('says when the public index is not to be asked', () => {
    expect(read('e.yml', 'allow-pypi-requests: False\ndependencies: [a]\n').allowsPypi).toBe(false);
  });
});

describe('meta.yaml', () => {
  it('is read without running its template', () => {
    const source = read(
      'meta.yaml',
      `{% set version = "1.0" %}
package:
  name: x
  version: {{ version }}
requirements:
  host:
    - python
  run:
    - numpy {{ numpy }}
    - dask  # [linux]
test:
  requires: [pytest]
outputs:
  - name: y
    requirements: {run: [scipy]}
extra:
  channels:
    - conda-forge
`,
    );
    expect([...source.conda]).toEqual(['python', 'numpy', 'dask', 'pytest', 'scipy']);
    expect(source).toMatchObject({ channels: ['conda-forge'], usesPip: false });
  });

  it('tells nothing where the template is more than that', () => {
    expect(read('meta.yaml', '{% for x in y %}a: {{ x }}{% endfor %}\n  - b: [\n')).toMatchObject({
      channels: null,
    });
  });

  it('is refused with a channel of the machine', () => {
    const text = 'requirements:\n  run:\n    - file:///x::a\n';
    expect(readSource('meta.yaml', text, '.')).toMatchObject({ code: 'manifest-unreadable' });
  });
});

describe('pyproject.toml', () => {
  const SETTINGS = `[tool.conda-lock]
channels = ["conda-forge", "nodefaults"]
platforms = ["linux-64"]
[tool.conda-lock.dependencies]
sqlite = ">=3"
attrs = {source = "pypi"}
`;

  it('gives names of the Python index, which have to be turned into those of conda', () => {
    const source = read(
      'pyproject.toml',
      `${SETTINGS}[project]\nname = "x"\ndependencies = ["Numpy>=1", "attrs"]\n[project.optional-dependencies]\ndev = ["pytest"]\n`,
    );
    expect(source).toMatchObject({ channels: ['conda-forge'], turnsNames: true, usesPip: true });
    expect([...source.conda]).toEqual(['sqlite', 'numpy', 'attrs', 'pytest']);
    expect([...source.pip]).toEqual(['attrs']);
  });

  it('reads Poetry, with git dependencies', () => {
    const source = read(
      'pyproject.toml',
      '[tool.poetry.dependencies]\npython = "^3.11"\nown = {git = "https://git.example.com/x.git", branch = "m"}\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
    );
    expect([...source.conda]).toEqual(['python', 'own', 'pytest']);
    expect(source.remotes).toMatchObject([{ url: 'https://git.example.com/x.git', purpose: 'git' }]);
  });

  it.each([
    ['default-non-conda-source = "pip"', { turnsNames: false, usesPip: true }],
    ['skip-non-conda-lock = true', { turnsNames: false, usesPip: true }],
    ['allow-pypi-requests = false', { allowsPypi: false }],
  ])('%s', (line, told) => {
    const text = `${SETTINGS.replace('\n', `\n${line}\n`)}[project]\ndependencies = ["a"]\n`;
    expect(read('pyproject.toml', text)).toMatchObject(told);
  });

  it('is refused with a path outside', () => {
    const text = '[tool.poetry.dependencies]\na = {path = "../../x"}\n';
    expect(readSource('pyproject.toml', text, '.')).toMatchObject({ code: 'manifest-unreadable' });
  });
});
