import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure } from '../../src/locks/failure.ts';
import type { CommandResult, Remote, Target, ToolSpec } from '../../src/model.ts';

const FOLDER = new URL('../fixtures/failures/', import.meta.url);

/** What real tools said (paths made neutral, stacks shortened), and what is to be made of it. */
const EXPECTED = JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8')) as Record<
  string,
  { code: string; message: string }
>;

const REMOTES: readonly Remote[] = [
  { url: 'https://pypi.org/simple', purpose: 'index', namedIn: '' },
  { url: 'https://private.example/simple/', purpose: 'extra-index', namedIn: 'requirements.in:1' },
];

const EXTRA: Remote = {
  url: 'https://nosuchhost.invalid/simple/',
  purpose: 'extra-index',
  namedIn: 'requirements.in:1',
};

const TOOLS: readonly [string, ToolSpec['name'], string][] = [
  ['uvx-', 'poetry', '1.1.15'],
  ['uv08', 'uv', '0.8.0'],
  ['uv', 'uv', '0.13.9'],
  ['pip-tools6', 'pip-tools', '6.12.2'],
  ['pip-', 'pip-tools', '7.5.1'],
  ['poetry11', 'poetry', '1.1.15'],
  ['poetry18', 'poetry', '1.8.5'],
  ['poetry2', 'poetry', '2.1.0'],
  ['pipenv22', 'pipenv', '2022.4.8'],
  ['pipenv', 'pipenv', '2025.0.4'],
];

function failure(
  stderr: string,
  over: {
    tool?: readonly [ToolSpec['name'], string];
    remotes?: readonly Remote[];
    result?: Partial<CommandResult>;
  } = {},
): Failure {
  const [name, version] = over.tool ?? ['uv', '0.13.9'];
  const target: Target = {
    path: 'requirements.txt',
    kind: 'uv-pip-compile',
    manifests: ['requirements.in'],
    inputs: ['requirements.in'],
    writes: ['requirements.txt'],
    tool: { name, version, from: 'test' },
    python: { version: '3.9', from: 'test' },
    cwd: '.',
    command: [name],
    remotes: over.remotes ?? REMOTES,
    notes: [],
  };
  return {
    target,
    command: {
      tool: { name, version, python: null, with: [] },
      argv: [name],
      cwd: '.',
      env: {},
      outputs: [],
      timeoutSeconds: 900,
    },
    result: { exitCode: 1, timedOut: false, stdout: '', stderr, seconds: 3, ...over.result },
    cutoff: null,
  };
}

const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4));

function fixture(name: string): Failure {
  const found = TOOLS.find(([prefix]) => name.startsWith(prefix));
  const tool: readonly [ToolSpec['name'], string] = found === undefined ? ['uv', '0'] : [found[1], found[2]];
  const remotes = name.includes('extra-index') ? [...REMOTES, EXTRA] : REMOTES;
  return failure(readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8'), { tool, remotes });
}

describe('what tools really said', () => {
  it('has an expectation for every file, and a file for every expectation', () => {
    expect(NAMES.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  it.each(NAMES)('%s', (name) => {
    const { code, message, fix, detail } = explainFailure(fixture(name));
    expect({ code, message }).toEqual(EXPECTED[name]);
    expect(fix).not.toBe('');
    expect(detail).not.toBe('');
  });

  it.each(NAMES)('%s: the detail is short, and free of stacks', (name) => {
    const { detail } = explainFailure(fixture(name));
    expect(detail.length).toBeLessThanOrEqual(8000);
    expect(detail).not.toMatch(/Traceback \(most recent call last\)|File "[^"]+", line \d+/u);
  });
});

describe('what was seen elsewhere, or has no output of its own', () => {
  it.each<[string, string, string, ToolSpec['name']]>([
    [
      'error: failed to write: No space left on device (os error 28)',
      'tool-failed',
      'disk of this machine is full',
      'uv',
    ],
    [
      "fatal: could not read Username for 'https://github.com': terminal prompts disabled\nfatal: unable to access 'https://github.com/o/r.git/'",
      'authentication-required',
      'https://github.com/o/r.git',
      'uv',
    ],
    [
      "ERROR: Repository not found.\nfatal: Could not read from remote repository.\n  git clone -q 'ssh://git@github.com/o/r.git' /tmp/x",
      'authentication-required',
      'is not there, or is private',
      'pip-tools',
    ],
    [
      'Traceback (most recent call last):\n  File "/x/lib/python3.6/site-packages/pipenv/resolver.py", line 2\n    from __future__ import annotations\n    ^\nSyntaxError: future feature annotations is not defined',
      'tool-does-not-run-on-locked-python',
      'pipenv 1 does not run on Python 3.9',
      'pipenv',
    ],
    [
      '  error: subprocess-exited-with-error\n  ╰─> [9 lines of output]\n      src/lxml/etree.c:289:12: fatal error: longintrepr.h: No such file or directory\n  ERROR: Failed building wheel for lxml',
      'sdist-build-failed',
      'lxml is too old for Python 3.9',
      'pip-tools',
    ],
    [
      "  error: subprocess-exited-with-error\n      ModuleNotFoundError: No module named 'distutils'\n  ERROR: Failed building wheel for old",
      'sdist-build-failed',
      'old is too old',
      'pip-tools',
    ],
    [
      '  error: subprocess-exited-with-error\n      x.c:1:10: fatal error: foo/bar.h: No such file or directory\n  ERROR: Failed building wheel for foo',
      'sdist-build-system-library',
      'the library that has foo/bar.h',
      'pip-tools',
    ],
    [
      "pip._vendor.requests.exceptions.SSLError: HTTPSConnectionPool(host='private.example', port=443): Max retries exceeded with url: /simple/six/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')))",
      'extra-index-unreachable',
      'certificate is not trusted',
      'pip-tools',
    ],
    [
      "ReadTimeoutError: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)",
      'index-unreachable',
      'did not answer in time',
      'poetry',
    ],
    [
      "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'base.in'",
      'missing-input',
      'base.in',
      'pip-tools',
    ],
    ['pip._internal.exceptions.ResolutionTooDeep: 2000000', 'unsatisfiable', 'too many steps', 'pip-tools'],
    [
      'Because no versions of psycopg-c match 3.3.9\n and psycopg[c] (3.3.9) depends on psycopg-c (3.3.9), psycopg[c] is forbidden.\nSo, because x depends on psycopg[c] (3.3.9), version solving failed.',
      'index-skew',
      'psycopg-c 3.3.9',
      'poetry',
    ],
    [
      'Because no versions of click match 9\n and flask (3.3.9) depends on click (9), flask is forbidden.\nSo, because x depends on flask (3.3.9), version solving failed.',
      'unsatisfiable',
      'flask (3.3.9) wants click (9)',
      'poetry',
    ],
    [
      'error: something never seen',
      'tool-failed',
      'ended with exit code 1: error: something never seen',
      'uv',
    ],
    ['', 'tool-failed', 'ended with exit code 1 and said nothing', 'uv'],
  ])('%.70j is %s', (text, code, part, tool) => {
    const reason = explainFailure(failure(text, { tool: [tool, '1'] }));
    expect(reason.code).toBe(code);
    expect(reason.message).toContain(part);
  });

  it.each<[Partial<CommandResult>, string, string]>([
    [{ timedOut: true, exitCode: null, seconds: 900.4 }, 'timeout', 'stopped after 15 minutes'],
    [{ exitCode: null }, 'cancelled', 'ended from outside'],
    [{ exitCode: 137 }, 'cancelled', 'ended from outside'],
    [
      { exitCode: null, stderr: 'x\n[ended by SIGABRT, not sent by Relock]\n' },
      'tool-failed',
      'crashed (SIGABRT)',
    ],
  ])('%j is %s', (result, code, part) => {
    const reason = explainFailure(failure('Because six was not found in the package registry', { result }));
    expect(reason.code).toBe(code);
    expect(reason.message).toContain(part);
  });

  it('does not blame a git host for a dead index', () => {
    const text =
      '   Updating https://git.example/a.git (HEAD)\nerror: Request failed after 3 retries\n  cause: error sending request for url (https://pypi.org/simple/six/)\n  cause: Connection refused (os error 111)';
    expect(explainFailure(failure(text)).code).toBe('index-unreachable');
  });

  it('does not blame a refusal on the way for a conflict', () => {
    const text =
      'WARNING: 401 Error, Credentials not correct for https://private.example/simple/a/\nERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.';
    expect(explainFailure(failure(text, { tool: ['pip-tools', '7'] })).code).toBe('unsatisfiable');
  });

  it('names the only git repository of the lock where the tool does not say which', () => {
    const remotes: readonly Remote[] = [
      { url: 'git+https://git.example/a.git', purpose: 'git', namedIn: 'r.in:3' },
    ];
    const reason = explainFailure(
      failure(
        "error: pathspec 'v9' did not match any file(s) known to git\ngit checkout -q v9 exited with 1",
        { remotes },
      ),
    );
    expect(reason.message).toBe(
      'The git repository https://git.example/a.git (named in r.in:3) has no branch, tag or commit `v9`.',
    );
  });
});

describe('hostile output', () => {
  it('masks credentials in message and detail', () => {
    const url = 'https://user:hunter2@private.example/simple/six/';
    const reason = explainFailure(
      failure(`error: Request failed\n  cause: error sending request for url (${url})\n  also ${url}`),
    );
    expect(reason.code).toBe('extra-index-unreachable');
    expect(JSON.stringify(reason)).not.toContain('hunter2');
    expect(reason.message).toContain('https://***@private.example/simple/six/');
  });

  it('drops terminal escapes, links and overwritten progress', () => {
    const text =
      '\u001B[31merror\u001B[0m: \u001B]8;;https://evil.example\u0007click\u001B]8;;\u0007\r\nold progress\rnew progress\n\u0000\u0007';
    expect(explainFailure(failure(text)).detail).toBe('error: click\nnew progress');
  });

  it('puts the essential lines on top of a long output, and caps all', () => {
    const noise = Array.from({ length: 3000 }, (_, at) => `line ${at} of something`).join('\n');
    const { detail } = explainFailure(
      failure(
        `${noise}\nerror: No solution found when resolving dependencies\n  cause: Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.\n`,
      ),
    );
    expect(detail.split('\n')[0]).toBe('error: No solution found when resolving dependencies');
    expect(detail).toContain('The whole output:');
    expect(detail.length).toBeLessThanOrEqual(8000);
  });

  it.each([
    ['a'.repeat(400_000)],
    ['Because '.repeat(50_000)],
    ['No solution found when resolving dependencies Because you require a and '.repeat(5000)],
    [' depends on x==1, and '.repeat(20_000)],
    ["git clone 'https://".repeat(20_000)],
    ['version solving failed Because x (1) depends on '.repeat(8000)],
    ['Failed to build `'.repeat(20_000)],
    ["subprocess-exited-with-error No module named '".repeat(8000)],
    ['\u001B['.repeat(100_000)],
    ['://'.repeat(100_000)],
    ['Could not find a version that satisfies the requirement '.repeat(7000)],
    [
      `subprocess-exited-with-error install build dependencies did not run ${'require a different python version: '.repeat(8000)}`,
    ],
    [`(from versions: ${'1, '.repeat(100_000)}`],
  ])('answers in a moment to %.40j over and over', (text) => {
    const start = performance.now();
    for (const tool of ['uv', 'poetry', 'pipenv'] as const)
      explainFailure(failure(text, { tool: [tool, '1'] }));
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('always gives a reason', () => {
    const words = NAMES.flatMap((name) => fixture(name).result.stderr.split('\n'));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 40 }), (lines) => {
        const reason = explainFailure(failure(lines.join('\n')));
        expect(reason.message).not.toBe('');
        expect(reason.message.length).toBeLessThan(1000);
        expect(reason.message).not.toMatch(/\p{Cc}|undefined|\[object/u);
      }),
    );
  });
});
