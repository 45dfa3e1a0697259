import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestBounds } from '../../src/scan/why-manifests.ts';

/** `at wants [ranges] marker`, one for each bound of kombu. */
function bounds(path: string, text: string): readonly string[] {
  return (manifestBounds(path, text).get('kombu') ?? []).map(({ at, wants, ranges, marker }) =>
    [at, wants, ranges.join(' or '), marker].filter((part) => part !== '').join(' | '),
  );
}

describe('manifestBounds', () => {
  it.each([
    [
      'a requirements file',
      'requirements.in',
      '# ours\n-c base.txt\nKombu [redis] < 5.3, >=5 ; python_version < "3.9"  # old broker\nkombu\n',
      ['requirements.in:3 | Kombu<5.3,>=5 | < 5.3, >=5 | python_version < "3.9"'],
    ],
    [
      'a continued line of a constraints file',
      'ops/constraints.txt',
      'a==1 \\\n  --hash=sha256:00\nkombu==5.2.1 \\\n  --hash=sha256:00\r\n',
      ['ops/constraints.txt:3 | kombu==5.2.1 | ==5.2.1'],
    ],
    [
      'PEP 621, extras and groups',
      'pyproject.toml',
      [
        '[project]',
        'dependencies = [',
        '  "celery",',
        '  "kombu (<5.3)",',
        ']',
        '[project.optional-dependencies]',
        'mq = ["kombu~=5.2"]',
        '[dependency-groups]',
        'dev = [{include-group = "x"}, "kombu!=5.3"]',
        '[tool.uv]',
        'constraint-dependencies = ["kombu<6"]',
      ].join('\n'),
      [
        'pyproject.toml:4 | kombu<5.3 | <5.3',
        'pyproject.toml:7 | kombu~=5.2 | ~=5.2',
        'pyproject.toml:9 | kombu!=5.3 | !=5.3',
        'pyproject.toml:11 | kombu<6 | <6',
      ],
    ],
    [
      'Poetry',
      'api/pyproject.toml',
      [
        '[tool.poetry.dependencies]',
        'python = "^3.8"',
        'kombu = "^5.2"',
        '[tool.poetry.group.dev.dependencies]',
        'Kombu = {version = "~5.2 || ^4", markers = "os_name == \'nt\'"}',
        '[tool.poetry.dev-dependencies]',
        'kombu = "*"',
        '[tool.poetry.group.docs.dependencies]',
        'kombu = {git = "https://example.org/kombu"}',
      ].join('\n'),
      [
        'api/pyproject.toml:3 | kombu ^5.2 | >=5.2,<6',
        "api/pyproject.toml:5 | Kombu ~5.2 || ^4 | >=5.2,<5.3 or >=4,<5 | os_name == 'nt'",
      ],
    ],
    [
      'a Pipfile',
      'Pipfile',
      '[[source]]\nurl = "https://x"\n[packages]\nkombu = "<5.3"\n[dev-packages]\nkombu = {version = "==5.2.*"}\n[requires]\nkombu = "<1"\n',
      ['Pipfile:4 | kombu<5.3 | <5.3', 'Pipfile:6 | kombu==5.2.* | ==5.2.*'],
    ],
    [
      'setup.cfg',
      'setup.cfg',
      '[options]\ninstall_requires =\n    celery\n    kombu<5.3\n',
      ['setup.cfg:4 | kombu<5.3 | <5.3'],
    ],
    [
      'setup.py',
      'setup.py',
      "setup(\n  install_requires=['celery', \"kombu<5.3\"],\n  # 'kombu<4'\n)\n",
      ['setup.py:2 | kombu<5.3 | <5.3'],
    ],
    [
      'an environment of conda',
      'environment.yml',
      'dependencies:\n  - python=3.11\n  - pip:\n    - "kombu<5.3"\n    - kombu>=5  # why\n',
      ['environment.yml:4 | kombu<5.3 | <5.3', 'environment.yml:5 | kombu>=5 | >=5'],
    ],
    ['broken TOML', 'pyproject.toml', '[project\ndependencies = ["kombu<5"]', []],
    ['keys of prototypes', 'Pipfile', '[packages]\n__proto__ = "<1"\nconstructor = "<1"\n', []],
    ['what is no line of pip', 'requirements.txt', 'kombu banana\nkombu=5\n', []],
    ['a huge file', 'requirements.txt', `kombu<5\n${'#'.repeat(1_000_001)}`, []],
  ])('reads %s', (_, path, text, expected) => {
    expect(bounds(path, text)).toEqual(expected);
  });

  it('shows no more of a wish than anybody reads, and nothing that moves a terminal', () => {
    const [long] = manifestBounds(
      'Pipfile',
      `[packages]\nkombu = "<5.3\\u001b[2J,${'<9,'.repeat(200)}<9"`,
    ).get('kombu') ?? [null];
    expect(long?.wants.length).toBeLessThanOrEqual(201);
    expect(long?.wants).not.toContain('\u001B');
  });

  it('never throws', () => {
    const paths = constantFrom('pyproject.toml', 'Pipfile', 'a.in', 'setup.py', 'setup.cfg', 'e.yml');
    assert(
      property(paths, string({ maxLength: 300 }), (path, text) => {
        expect(manifestBounds(path, text)).toBeInstanceOf(Map);
      }),
    );
  });
});
