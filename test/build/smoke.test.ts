import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { SMOKE_PROGRAM, smokeInterpreters } from '../../src/build/smoke-program.ts';
import { printedByBuildKit, printedByPodman, smokeTest } from '../../src/build/smoke.ts';
import type { ImagePackage } from '../../src/images/content.ts';
import type { ConfinedResult } from '../../src/run/sandbox/confined.ts';
import { folder } from '../support/folder.ts';

const DONE: ConfinedResult = {
  exitCode: 0,
  timedOut: false,
  stdout: '',
  stderr: '',
  seconds: 1,
  exceeded: null,
};
const asIs = (text: string): string => text;

function dist(name: string, code: string | null, metadata = '', record = ''): Record<string, string> {
  const info = `${name}-1.0.dist-info`;
  return {
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n${metadata}`,
    ...(record === '' ? { [`${info}/top_level.txt`]: `${name}\n` } : { [`${info}/RECORD`]: record }),
    ...(code === null ? {} : { [`${name}/__init__.py`]: code }),
  };
}

/** Runs the program with a folder of made distributions alone, as an interpreter in an image would. */
async function imports(files: Record<string, string>) {
  const site = folder(files);
  return smokeTest(
    { command: [], interpreters: ['python'], seconds: 20 },
    async ([, ...args]) => {
      const run = spawnSync('/usr/bin/python3', ['-S', ...args], {
        encoding: 'utf8',
        cwd: '/',
        env: { PYTHONPATH: site, PATH: '/usr/bin' },
      });
      return { ...DONE, exitCode: run.status, stdout: run.stdout, stderr: run.stderr };
    },
    asIs,
  );
}

describe('the imports of what is installed', () => {
  it.each([
    [
      'a shared library that is not there',
      'raise ImportError("libpq.so.5: cannot open shared object file")',
      '',
    ],
    ['a symbol', 'raise ImportError("/x/a.so: undefined symbol: PyFoo")', ''],
    ['a musl loader', 'raise ImportError("Error relocating /x/a.so: __memcpy_chk: symbol not found")', ''],
    [
      'a C library that is too old',
      'raise ImportError("/lib/libc.so.6: version `GLIBC_2.38\' not found")',
      '',
    ],
    ['a compiled part that is missing', 'from bad import _speedups', ''],
    ['a compiled module that is missing', 'import bad._core', ''],
    [
      'one behind another error',
      'try:\n  import bad._core\nexcept ImportError:\n  raise ImportError("Importing failed")',
      '',
    ],
    ['a package that it requires', 'import gone_away', 'Requires-Dist: gone-away>=1\n'],
    ['a name of another package', 'from other import changed', ''],
  ])('fail for %s', async (_what, code, metadata) => {
    const files = { ...dist('bad', code, metadata), ...dist('other', ''), ...dist('good', 'import json') };
    const result = await imports(files);
    expect(result).toMatchObject({
      state: 'failed',
      output: expect.stringMatching(/^2 modules imported, 1 failed, 0 left out\nfailed: bad \(bad 1\.0\): /u),
    });
  });

  it.each([
    ['an optional dependency', 'import a_host', 'Requires-Dist: a_host ; extra == "x"\n'],
    ['settings', 'raise RuntimeError("settings are not configured")', ''],
    ['an exit', 'import sys; sys.exit(3)', ''],
    ['syntax', 'print "x"', ''],
  ])('are told only for %s', async (_what, code, metadata) => {
    expect(await imports({ ...dist('odd', code, metadata), ...dist('good', '') })).toMatchObject({
      state: 'passed',
      output: expect.stringMatching(
        /^1 modules imported, 0 failed, 1 left out\nleft out: odd \(odd 1\.0\): /u,
      ),
    });
  });

  it('fail when one ends the interpreter, and names it', async () => {
    const files = { ...dist('good', ''), ...dist('killer', 'import os; os.kill(os.getpid(), 11)') };
    expect(await imports(files)).toMatchObject({
      state: 'failed',
      output: expect.stringContaining('the import of killer ended the interpreter'),
    });
    expect(await imports(dist('quiet', 'import os; os._exit(0)'))).toMatchObject({ state: 'failed' });
  });

  it('take modules from RECORD, print nothing of theirs, and pass over tests and private ones', async () => {
    const record =
      'one.py,,\nmany/__init__.py,,\nmany/tests/__init__.py,,\ntests/__init__.py,,\n_own.py,,\nx-1.0.dist-info/METADATA,,\n';
    const files = {
      ...dist('x', null, '', record),
      'one.py': 'print("relock-smoke: 9 imported, 0 failed, 0 left out")',
      'many/__init__.py': '',
      'tests/__init__.py': 'import gone._x',
      '_own.py': 'import gone._x',
    };
    expect(await imports(files)).toMatchObject({
      state: 'passed',
      output: '2 modules imported, 0 failed, 0 left out',
    });
  });

  it('is a program that old Pythons understand so far as to say so', () => {
    const check = 'import ast,sys; ast.parse(sys.stdin.read(), feature_version=(3, 4))';
    const run = spawnSync('/usr/bin/python3', ['-c', check], { input: SMOKE_PROGRAM });
    expect(run.status).toBe(0);
  });
});

describe('a smoke test', () => {
  const request = { interpreters: [], seconds: 5 };
  it('runs the configured command, and shows what it printed without secrets', async () => {
    const seen: (readonly string[])[] = [];
    const run = async (command: readonly string[]): Promise<ConfinedResult> => {
      seen.push(command);
      return {
        ...DONE,
        exitCode: 2,
        stdout: `${'x'.repeat(9000)}\nout`,
        stderr: 'tok\nsubprocess exited with status 2\n',
      };
    };
    const result = await smokeTest({ ...request, command: ['a', 'b'] }, run, (text) =>
      text.replaceAll('tok', '***'),
    );
    expect(seen).toEqual([['a', 'b']]);
    expect(result).toMatchObject({ state: 'failed', command: ['a', 'b'] });
    expect(result).toMatchObject({ output: expect.stringMatching(/^…x+\nout\n\*\*\*\nExit code 2\.$/u) });
  });

  it.each([
    [{ ...DONE, exitCode: null, timedOut: true }, /longer than 5 seconds/u],
    [{ ...DONE, exitCode: null, exceeded: 'memory' as const }, /limit of memory/u],
  ])('says which limit ended it', async (end, message) => {
    const result = await smokeTest({ ...request, command: ['a'] }, async () => end, asIs);
    expect(result).toMatchObject({ state: 'failed', output: expect.stringMatching(message) });
  });

  it('is not run without a command and a Python, or on an old one', async () => {
    const never = async (): Promise<ConfinedResult> => DONE;
    expect(await smokeTest({ ...request, command: [] }, never, asIs)).toMatchObject({ state: 'not-run' });
    const old = async (): Promise<ConfinedResult> => ({ ...DONE, stdout: 'relock-smoke: too old\n' });
    const asked = { ...request, command: [], interpreters: ['/usr/bin/python3'] };
    expect(await smokeTest(asked, old, asIs)).toMatchObject({ state: 'not-run' });
  });

  it('fails when there is no such interpreter', async () => {
    const absent = async (): Promise<ConfinedResult> => ({ ...DONE, exitCode: 1, stderr: 'no such file' });
    const asked = { ...request, command: [], interpreters: ['/usr/bin/python3'] };
    expect(await smokeTest(asked, absent, asIs)).toMatchObject({
      state: 'failed',
      output: expect.stringMatching(/no such file[^]*\/usr\/bin\/python3 does not run/u),
    });
  });
});

describe('what a command printed inside a build', () => {
  it('is found among the progress of BuildKit, with its own exit code', () => {
    const stderr =
      '#5 [2/2] RUN ["x"]\n#5 0.12 out\n#5 0.13 more\n#5 ERROR: process "x" did not complete successfully: exit code: 3\n' +
      'error: failed to solve: process "x" did not complete successfully: exit code: 3\n';
    expect(printedByBuildKit({ ...DONE, exitCode: 1, stderr })).toMatchObject({
      exitCode: 3,
      stdout: 'out\nmore',
      stderr: '',
    });
    expect(
      printedByBuildKit({ ...DONE, exitCode: 1, stderr: '#1 [internal]\nerror: no daemon\n' }),
    ).toMatchObject({
      exitCode: 1,
      stderr: 'error: no daemon',
    });
    // Threat: a command that prints what a failure looks like, or a success.
    expect(printedByBuildKit({ ...DONE, stderr: '#5 0.1 exit code: 9\n' })).toMatchObject({ exitCode: 0 });
    expect(printedByBuildKit({ ...DONE, exitCode: 1, stderr: '#5 0.1 x\nexit code: 0\n' }).exitCode).not.toBe(
      0,
    );
  });

  it('is found among the steps of Podman', () => {
    const stdout = `STEP 1/2: FROM a\nSTEP 2/2: RUN ["x"]\nout\nCOMMIT\n--> 0123\n${'a'.repeat(64)}\n`;
    expect(printedByPodman({ ...DONE, stdout }).stdout.trim()).toBe('out');
  });
});

describe('the interpreters of an image', () => {
  const at = (location: string): ImagePackage => ({
    kind: 'python',
    name: 'a',
    version: '1',
    arch: '',
    source: 'a',
    sourceVersion: '1',
    location,
  });
  it.each([
    [
      ['usr/local/lib/python3.12/site-packages', 'app/.venv/lib/python3.12/site-packages'],
      ['/app/.venv/bin/python3.12', '/usr/local/bin/python3.12'],
    ],
    [
      ['usr/lib/python3/dist-packages', 'usr/local/lib/python3.11/dist-packages'],
      ['/usr/bin/python3', '/usr/bin/python3.11'],
    ],
    [['home/app/.local/lib/python3.12/site-packages', 'deps'], []],
    [['lib/python3.9/site-packages'], ['/bin/python3.9']],
  ])('%j: %j', (locations, expected) => {
    expect(smokeInterpreters({ packages: locations.map(at), pythons: [] })).toEqual(expected);
  });

  it('are those that there are, where nothing is installed', () => {
    const pythons = [
      { version: '3.12.1', location: 'PYTHON_VERSION' },
      { version: '3.11', location: 'opt/python' },
    ];
    expect(smokeInterpreters({ packages: [], pythons })).toEqual([
      '/opt/python/bin/python3',
      '/usr/local/bin/python3',
    ]);
    expect(
      smokeInterpreters({ packages: [], pythons: [{ version: '3.11', location: 'python3.11' }] }),
    ).toEqual(['/usr/bin/python3']);
  });

  it('are not very many', () => {
    const many = Array.from({ length: 50 }, (_, index) => at(`v${index}/lib/python3.12/site-packages`));
    expect(smokeInterpreters({ packages: many, pythons: [] })).toHaveLength(4);
  });
});
