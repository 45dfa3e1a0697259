import { parse } from 'smol-toml';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { readPolicy } from '../../src/config/read-policy.ts';

const PATH = '.github/relock.toml';

function errorsOf(text: string): readonly string[] {
  const read = readPolicy(text, PATH);
  return 'errors' in read ? read.errors.map((error) => `${error.path}:${error.line}: ${error.message}`) : [];
}

it.each([
  ['', NO_POLICY],
  ['# nothing\n', NO_POLICY],
  ['\uFEFFsolver = "uv"\r\n', { ...NO_POLICY, solver: 'uv' }],
  ['exclude-newer = "7 days"', { ...NO_POLICY, excludeNewer: '7 days' }],
  ['exclude-newer = 2026-11-01', { ...NO_POLICY, excludeNewer: '2026-11-01' }],
  ['allow-hosts = ["Files.example.org"]', { ...NO_POLICY, allowHosts: ['files.example.org'] }],
  ['ignore = ["vendor/**", "old"]', { ...NO_POLICY, ignore: ['vendor/**', 'old'] }],
  [
    `[[lock]]
path = "**"
python = "3.12"
[[lock]]
path = "a.txt"
enabled = false
tool-version = "1.8.5"
inputs = ["a.in", "b/c.in"]
options = ["--extra", "dev"]
solver = "pip-compile"`,
    {
      ...NO_POLICY,
      locks: [
        { path: '**', python: '3.12' },
        {
          path: 'a.txt',
          enabled: false,
          toolVersion: '1.8.5',
          inputs: ['a.in', 'b/c.in'],
          options: ['--extra', 'dev'],
          solver: 'pip-compile',
        },
      ],
    },
  ],
  ['[images]', NO_POLICY],
  ['[images]\npin = true', { ...NO_POLICY, images: { pin: true, tags: 'off', ignore: [] } }],
  [
    '[images]\ntags = "minor"\nignore = ["python:3.8*", "ghcr.io/our-org/**"]',
    { ...NO_POLICY, images: { pin: false, tags: 'minor', ignore: ['python:3.8*', 'ghcr.io/our-org/**'] } },
  ],
  ['lock = [{path = "x", python = "3.9.1"}]', { ...NO_POLICY, locks: [{ path: 'x', python: '3.9.1' }] }],
])('reads %j', (text, policy) => {
  expect(readPolicy(text, PATH)).toEqual({ policy });
});

describe('says with file, line and what is right', () => {
  it.each([
    [
      'exclude_newer = "7 days"',
      [`${PATH}:1: There is no key "exclude_newer" in the file. Did you mean \`exclude-newer\`?`],
    ],
    ['\n\nslover = "uv"', [':3: There is no key "slover"', 'Did you mean `solver`?']],
    [
      'solver = "uvx"',
      [':1: `solver` is "uvx", which is not one of "auto", "uv", "pip-compile" (did you mean "uv"?).'],
    ],
    ['ignore = "vendor"', ['`ignore` is a text, not a list of texts.', 'Write `ignore = ["vendor/**"]`.']],
    ['ignore = [\n "a",\n 3,\n]', [':3: `ignore[1]` is a number, not a text.']],
    ['ignore = ["../x"]', ['`ignore[0]` is "../x": it leaves the repository.']],
    ['exclude-newer = 7', ['`exclude-newer` is a number, not a text.', '`exclude-newer = "7 days"`']],
    ['exclude-newer = "soon"', ['neither a duration nor a date']],
    [
      'exclude-newer = "next week"',
      [
        '`exclude-newer` is "next week": it is neither a duration nor a date. Write `exclude-newer = "7 days"`. Cool-down:',
      ],
    ],
    ['exclude-newer = ""', ['`exclude-newer` is "": it is empty. Write']],
    ['[lock]\npath = "x"', [':1: `lock` is a table, not a list of tables.', 'Write `[[lock]]`']],
    ['[[lock]]\npython = "3.9"', [':1: `[[lock]]` lacks `path`.', 'Add `path = "requirements/*.txt"`']],
    [
      '[[lock]]\npath = "x"\npython = 3.12',
      [':3: `lock.python` is a number, not a text.', '`python = "3.12"`'],
    ],
    ['[[lock]]\npath = "x"\npython = ">=3.9"', [':3: `lock.python` is ">=3.9"', '"3.12"']],
    ['[[lock]]\npath = "x"\ntool-version = "^1.2"', ['it is not one exact version']],
    ['[[lock]]\npath = "x"\ntool-verson = "1.2"', ['Did you mean `tool-version`?']],
    ['[[lock]]\npath = "x"\ninputs = []', [':3: `lock.inputs` is empty']],
    ['[[lock]]\npath = "x"\ninputs = ["a.in", "/etc/passwd"]', ['`lock.inputs[1]` is "/etc/passwd"']],
    ['[[lock]]\npath = "x"\noptions = ["--a\\u0000"]', ['`lock.options[0]` is "--a?"']],
    ['[[lock]]\npath = "x"\nenabled = "no"', ['`lock.enabled` is a text, not true or false.']],
    [
      '[images]\ntags = "major"',
      [':2: `images.tags` is "major", which is not one of "off", "patch", "minor"'],
    ],
    ['[images]\npins = true', ['Did you mean `pin`?']],
    ['[images]\nignore = ["/x"]', [':2: `images.ignore[0]` is "/x"']],
    ['python = "3.12"', ['`python` belongs in `[[lock]]`.']],
    ['[[lock]]\npath = "x"\nexclude-newer = "1 day"', ['`exclude-newer` belongs in the top of the file']],
    [
      'wibble = 1',
      [
        'The keys there are `exclude-newer`, `ignore`, `allow-hosts`, `solver`, `schedule`, `time-zone`, `pull-request`, `lock`, `images`, `image`, `scan`, `security`.',
      ],
    ],
    ['a = 1\nb = = 2', [`${PATH}:2: This is not TOML`]],
    ['solver = "uv"\nsolver = "uv"', [':2: This is not TOML', 'redefine']],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    for (const part of parts) expect(errors[0]).toContain(part);
  });

  it('all at once, in the order of the lines', () => {
    const text = '[[lock]]\npythn = "3.1"\nenabled = 1\n[[lock]]\npath = 3\n[other]\nx = 1\n';
    expect(errorsOf(text).map((error) => error.split(':')[1])).toEqual(['1', '2', '3', '5', '6']);
  });
});

describe('hostile text', () => {
  it.each([
    ['__proto__ = { solver = "uv" }'],
    ['[__proto__]\nignore = ["**"]'],
    ['[[lock]]\npath = "x"\n__proto__ = 1'],
    ['constructor = 1'],
    ['hasOwnProperty = 1'],
  ])('%j is an unknown key and pollutes nothing', (text) => {
    expect(errorsOf(text)[0]).toContain('There is no key');
    expect(({} as Record<string, unknown>)['solver']).toBeUndefined();
  });

  it.each([
    ['a\0b', 'not TOML'],
    ['ignore = ["a\0"]', 'not TOML'],
    ['x'.repeat(300_000), 'more than 262144 characters'],
    [`a = ${'['.repeat(50_000)}`, 'not TOML'],
    ['"a\\u001b[31m\\n\\u202e" = 1', 'There is no key "a?[31m??"'],
    [`${'k'.repeat(5000)} = 1`, `"${'k'.repeat(59)}…"`],
  ])('%.20j is answered', (text, part) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(part);
    expect(errors[0]?.length).toBeLessThan(500);
    expect(errors[0]).not.toMatch(/\p{Cc}/u);
  });

  it('says at most fifty errors, and how many more', () => {
    const text = Array.from({ length: 5000 }, (_, at) => `k${at} = 1`).join('\n');
    const errors = errorsOf(text);
    expect(errors).toHaveLength(51);
    expect(errors.at(-1)).toContain('4950 more');
  });

  it('never throws, and its lines are lines of the file', () => {
    const line = fc.constantFrom(
      '[[lock]]',
      '[lock]',
      'path = "x"',
      'a.b = [1,',
      '"',
      "'''",
      ']',
      '}',
      'x = {',
      'ignore = [',
      '"y",',
      '# c',
      '=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        const read = readPolicy(lines.join('\n'), PATH);
        if (!('errors' in read)) return;
        const count = lines.join('\n').split(/\r\n|\n|\r/u).length;
        for (const error of read.errors) {
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.line).toBeLessThanOrEqual(count + 1);
        }
      }),
    );
  });
});

it('names its own examples rightly: every one given in a fix is itself accepted', () => {
  const fixes = [
    'exclude-newer = 7',
    'ignore = 1',
    'solver = 1',
    '[[lock]]\npath = "x"\noptions = 1\npython = 1\ninputs = 1\ntool-version = 1',
  ];
  const examples = fixes.flatMap(errorsOf).map((error) => /Write `([^`]+)`/u.exec(error)?.[1] ?? '');
  expect(examples).toHaveLength(7);
  for (const example of examples) {
    const key = Object.keys(parse(example))[0] ?? '';
    const text = ['exclude-newer', 'ignore', 'solver'].includes(key)
      ? example
      : `[[lock]]\npath = "x"\n${example}`;
    expect(errorsOf(text)).toEqual([]);
  }
});
