import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure } from '../../src/locks/failure.ts';
import type { CommandResult, ToolSpec } from '../../src/model.ts';

function explain(
  tool: ToolSpec['name'],
  stderr: string,
  over: {
    python?: string | null;
    env?: Readonly<Record<string, string>>;
    result?: Partial<CommandResult>;
    cutoff?: string;
  } = {},
) {
  const { python = '3.10', env = {}, result = {}, cutoff = null } = over;
  const failure: Failure = {
    target: {
      path: 'requirements.txt',
      kind: 'uv-pip-compile',
      manifests: ['requirements.in'],
      inputs: ['requirements.in'],
      writes: ['requirements.txt'],
      tool: { name: tool, version: '1.8.5', from: 'test' },
      python: { version: python, from: 'Dockerfile:1' },
      cwd: '.',
      command: [tool],
      remotes: [],
      notes: [],
    },
    command: {
      tool: { name: tool, version: '1.8.5', python: null, with: [] },
      argv: [tool],
      cwd: '.',
      env,
      outputs: [],
      timeoutSeconds: 10,
    },
    result: { exitCode: 1, timedOut: false, stdout: '', stderr, seconds: 10.2, ...result },
    cutoff,
  };
  return explainFailure(failure);
}

describe('a time-out', () => {
  const TIMED_OUT = { result: { timedOut: true, exitCode: null } };

  it.each([
    ['poetry', /releases/u, /pip-compile|solver/u],
    ['pipenv', /releases/u, /pip-compile|solver/u],
    ['uv', /builds/u, /pip-compile|solver/u],
    ['pip-tools', /`solver = "uv"`/u, /Poetry/u],
  ] as const)('of %s advises on that tool', (tool, right, wrong) => {
    const { code, message, fix } = explain(tool, '', TIMED_OUT);
    expect(code).toBe('timeout');
    expect(message).toBe(`${tool} 1.8.5 was stopped after 10 seconds, the time limit of one command.`);
    expect(fix).toMatch(/^Raise `timeout` in the settings of Relock/u);
    expect(fix).toMatch(right);
    expect(fix).not.toMatch(wrong);
  });
});

describe('a Python that is not here', () => {
  const FAILED =
    'error: Request failed after 3 retries in 11.2s\n  cause: Failed to download https://github.com/astral-sh/python-build-standalone/releases/download/2026/cpython-3.10.22.tar.gz\n  cause: error sending request for url (https://github.com/astral-sh/python-build-standalone/releases/download/2026/cpython-3.10.22.tar.gz)\n  cause: dns error';
  const FORBIDDEN =
    "error: No interpreter found for Python 3.10.22 in managed installations or search path\n\nhint: A managed Python download is available for Python 3.10.22, but Python downloads are set to 'never'";

  it('names what the lock is for, not the patch that uv was given', () => {
    const { code, message, fix } = explain('uv', FORBIDDEN);
    expect({ code, message }).toEqual({
      code: 'python-missing',
      message: 'Python 3.10 is not on this machine.',
    });
    expect(fix).toContain('`python-downloads = true`');
  });

  it('names the patch where the lock is for that one', () => {
    expect(explain('uv', FORBIDDEN, { python: '3.10.22' }).message).toContain('Python 3.10.22 is not');
  });

  it.each([
    ['uv', FAILED],
    ['poetry', FAILED],
    [
      'uv',
      'error: Failed to install cpython-3.10.22-linux-x86_64-gnu\n  cause: python-build-standalone: 503',
    ],
    ['uv', 'error: No download found for request: cpython-3.10.22-linux-x86_64-gnu'],
  ] as const)(
    'that %s could not fetch is no dead URL, and its fix is not to allow fetching',
    (tool, said) => {
      const { code, message, fix } = explain(tool, said);
      expect({ code, message }).toEqual({
        code: 'python-missing',
        message: 'Python 3.10 is not on this machine, and uv could not download it.',
      });
      expect(fix).not.toContain('python-downloads');
      expect(fix).toContain('Install that Python');
    },
  );

  it('is not the cause where only a warning tells of it', () => {
    const text =
      'warning: Failed to fetch https://github.com/astral-sh/python-build-standalone/releases/x, trying a mirror\nerror: No solution found when resolving dependencies\n  cause: Because six was not found in the package registry and you require six, we can conclude that your requirements are unsatisfiable.';
    expect(explain('uv', text).code).toBe('package-not-found');
  });
});

describe('a build that wants a git history', () => {
  it.each([
    ['setuptools-scm was unable to detect version for /tmp/x/repo.'],
    ['LookupError: setuptools_scm was unable to detect version for /tmp/x/repo.'],
  ])('%s', (said) => {
    const text = `error: Failed to build \`web @ file:///tmp/x/repo\`\n  cause: The build backend returned an error\n  [stderr]\n  ${said}\n`;
    const { code, message, fix, detail } = explain('uv', text);
    expect({ code, message }).toEqual({
      code: 'sdist-build-failed',
      message:
        'web takes its version from git (setuptools-scm), and the history is missing where it was built.',
    });
    expect(fix).toContain('fallback_version');
    expect(detail).toMatch(/unable to detect version/u);
  });
});

describe('a file of requirements that uv cannot read', () => {
  it.each([
    [
      "error: Error parsing included file in `b.in` at position 9\n  cause: Unexpected '-', expected '-c', '-e', '-r' or the start of a requirement: deps/constraints.txt:323:3",
      "uv cannot read deps/constraints.txt:323: Unexpected '-', expected '-c', '-e', '-r' or the start of a requirement.",
    ],
    [
      'error: Error parsing included file in `b.in` at position 9\n  cause: Trailing input: /tmp/copy-1/deps/constraints.txt:323:3',
      'uv cannot read …/constraints.txt:323: Trailing input.',
    ],
    [
      "error: Error parsing included file in `c.in` at position 0\n  cause: Error parsing included file in `b.in` at position 9\n  cause: Couldn't parse requirement in `sub/constraints.txt` at position 6\n  cause: Expected one of `@`, `(`, found `b`\n         foo bar ??\n             ^",
      'uv cannot read sub/constraints.txt: Expected one of `@`, `(`, found `b` in `foo bar ??`.',
    ],
    [
      "error: Couldn't parse requirement in `d.in` at position 2\n  cause: Expected `;`\n         foo bar ??\n             ^",
      'uv cannot read d.in: Expected `;` in `foo bar ??`.',
    ],
  ])('%.60j', (text, message) => {
    const told = explain('uv', text);
    expect({ code: told.code, message: told.message }).toEqual({ code: 'manifest-unreadable', message });
    expect(told.fix).not.toBe('');
  });
});

describe('a cool-down', () => {
  const cutoff = '2026-11-01T00:00:00Z';
  const NO_VERSION =
    'error: No solution found when resolving dependencies\n  cause: Because there is no version of requests==2.99 and you require requests==2.99, we can conclude that your requirements are unsatisfiable.';

  it.each<[ToolSpec['name'], string, string]>([
    ['uv', NO_VERSION, 'unsatisfiable'],
    [
      'uv',
      NO_VERSION.replace(
        'there is no version of requests==2.99',
        'requests was not found in the package registry',
      ),
      'package-not-found',
    ],
    ['pip-tools', 'ERROR: No matching distribution found for requests==2.99', 'unsatisfiable'],
    [
      'poetry',
      "Because demo depends on requests (2.99) which doesn't match any versions, version solving failed.",
      'unsatisfiable',
    ],
  ])('may be why %s finds nothing: %s', (tool, said, code) => {
    const told = explain(tool, said, { cutoff });
    expect(told.code).toBe(code);
    expect(told.message).toMatch(/ The cool-down hides releases since 2026-11-01T00:00:00Z\.$/u);
    expect(told.fix).toContain('shorten the cool-down');
    const without = explain(tool, said);
    expect(`${without.message} ${without.fix}`).not.toContain('cool-down');
  });

  it('is not why a build fails', () => {
    const said = 'error: Failed to build `a==1`\n  cause: The build backend returned an error\n';
    expect(explain('uv', said, { cutoff }).message).not.toContain('cool-down');
  });

  it.each<[ToolSpec['name'], string]>([
    [
      'uv',
      'error: Failed to fetch: https://i.example/simple/a/\n  cause: HTTP status client error (424 Relock: the index tells no upload times) for url (https://i.example/simple/a/)',
    ],
    [
      'poetry',
      '424 Client Error: Relock: the index tells no upload times for url: https://i.example/simple/a/',
    ],
  ])('cannot be kept on an index without upload times, of which %s tells', (tool, said) => {
    const told = explain(tool, said, { cutoff });
    expect(told.code).toBe('cooldown-unsupported');
    expect(told.message).toBe(
      'https://i.example/simple/a/ tells no upload times, so that the cool-down cannot be kept there.',
    );
    expect(told.detail).toContain('Relock: the index tells no upload times');
  });

  it('is not the one that the repository asks for itself', () => {
    const said = `${NO_VERSION}\n\nhint: \`requests\` was filtered by \`exclude-newer\` to only include packages uploaded before 2025-01-01`;
    expect(explain('uv', said).fix).toContain('its own `exclude-newer` may also hide');
  });
});
