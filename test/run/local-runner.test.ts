import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Command, CommandResult, Reason } from '../../src/model.ts';
import { runChild } from '../../src/run/child.ts';
import { createRunner } from '../../src/run/local-runner.ts';
import type { Place } from '../../src/run/runner.ts';
import { unconfined } from '../../src/run/sandbox/confined.ts';
import type { ConfinedInput, Limit } from '../../src/run/sandbox/confined.ts';
import { foldersOfProgram } from '../../src/run/visible.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const root = join(base, 'checkout');
const home = join(base, 'home');
const bin = join(base, 'cache/tools/poetry/bin');
for (const folder of [
  join(root, 'sub'),
  join(home, 'tmp'),
  bin,
  join(base, 'elsewhere'),
  join(root, '..', 'uv'),
]) {
  mkdirSync(folder, { recursive: true });
}
symlinkSync('../elsewhere', join(root, 'out'));
symlinkSync('sub', join(root, 'inside'));
writeFileSync(join(root, 'file'), '');
program(
  bin,
  'show',
  '#!/bin/sh\necho "cwd=$PWD path=$PATH home=$HOME x=$X_TEST ceiling=$GIT_CEILING_DIRECTORIES"\n',
);
program(bin, 'say', '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\necho "in $PWD" >&2\nexit 3\n');
program(bin, 'wait', '#!/bin/sh\nsleep 20\n');
program(join(base, 'uv'), 'my-uv', '#!/bin/sh\necho "uv here $PATH"\n');

function program(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o755 });
}

const missing: Reason = { code: 'tool-install-broken', message: 'no', fix: '', detail: '' };
const asked: ConfinedInput[] = [];
/** What the next child is ended for. */
let exceeded: Limit | null = null;
const runner = createRunner({
  toolbox: {
    install: (spec) =>
      Promise.resolve(['poetry', 'pipenv'].includes(spec.name) ? { bin, version: '1.8.5' } : missing),
  },
  uv: () => Promise.resolve({ path: join(base, 'uv/my-uv'), version: '0.9.0' }),
  parent: { HOME: '/home/me', GITHUB_TOKEN: 'planted' },
  searchPath: () => Promise.resolve({ programs: ['/usr/bin', '/bin'], pythons: ['/pythons/bin'] }),
  caches: (of) => Promise.resolve(join(of, '.cache')),
  pythonFolder: join(base, 'cache/pythons'),
  pythonDownloads: () => Promise.resolve(false),
  readable: () => Promise.resolve(['/pythons', join(base, 'cache/tools')]),
  conda: join(base, 'own/micromamba'),
  redaction: { secrets: ['hunter2'], folders: [{ folder: join(base, 'cache'), as: '<cache>' }] },
  maxOutputBytes: 10_000,
  exec: async (input) => {
    asked.push(input);
    return { ...(await unconfined(runChild)(input)), exceeded };
  },
  signal: null,
});

function command(argv: readonly [string, ...string[]], more: Partial<Command> = {}): Command {
  return {
    tool: { name: 'poetry', version: '1.8.5', python: null, with: [] },
    argv,
    cwd: '.',
    env: {},
    outputs: [],
    timeoutSeconds: 10,
    ...more,
  };
}

function placeOf(environment: Readonly<Record<string, string>> = {}): Place {
  const pass = { environment, readable: ['/run/door.pem'], socket: '/run/door' };
  return { root, home, borrowed: ['/objects'], pass };
}

async function run(
  wanted: Command,
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const result = await runner.run(wanted, placeOf(environment));
  if ('code' in result) throw new Error(`${result.code}: ${result.message}`);
  return result;
}

describe('run', () => {
  it("starts the tool's own program, with its folder first on PATH, in a private home", async () => {
    const { stdout } = await run(command(['show'], { cwd: 'sub' }));
    expect(stdout).toBe(
      `cwd=./sub path=<cache>/tools/poetry/bin:/usr/bin:/bin:/pythons/bin home=~ x= ceiling=${base}\n`,
    );
  });

  it('adds what the command and the run set; the run comes last', async () => {
    const { stdout } = await run(command(['show'], { env: { X_TEST: 'command' } }));
    expect(stdout).toContain('x=command');
    const both = await run(command(['show'], { env: { X_TEST: 'command' } }), { X_TEST: 'run' });
    expect(both.stdout).toContain('x=run');
  });

  it('gives exit code and output without secrets and without folders of this machine', async () => {
    const result = await run(command(['say', 'a hunter2', 'https://me:pw@host/x', `${root}/a.txt`, '$HOME']));
    expect(result).toMatchObject({
      exitCode: 3,
      stdout: 'a ***\nhttps://***@host/x\n./a.txt\n$HOME\n',
      stderr: 'in .\n',
    });
  });

  it('shows the child what it needs, and no more', async () => {
    await run(command(['show'], { cwd: 'sub' }));
    expect(asked.at(-1)?.access).toEqual({
      readable: ['/pythons', join(base, 'cache/tools'), '/objects', '/run/door.pem'],
      writable: [root, home],
      door: '/run/door',
    });
    expect(asked.at(-1)?.env).toMatchObject({
      PIP_CACHE_DIR: join(home, '.cache/pip'),
      UV_PYTHON_INSTALL_DIR: join(base, 'cache/pythons'),
      UV_PYTHON_DOWNLOADS: 'never',
    });
  });

  it('gives Pipenv an active environment that it may write in', async () => {
    const tool = { name: 'pipenv', version: '2025.0.3', python: null, with: [] } as const;
    const active = join(home, 'active-environment');
    await run(command(['show'], { tool }));
    expect(asked.at(-1)?.env['VIRTUAL_ENV']).toBe(active);
    expect(realpathSync(join(active, 'bin'))).toBe(realpathSync(bin));
    // What runs there may put a link in its place: nothing of ours is written through it.
    const outside = join(base, 'elsewhere');
    rmSync(active, { recursive: true });
    symlinkSync(outside, active);
    await run(command(['show'], { tool }));
    expect(readdirSync(outside)).toEqual([]);
    rmSync(active);
  });

  it.each<[Limit, string]>([
    ['memory', 'more memory'],
    ['processes', 'more processes'],
    ['disk', 'more to the disk'],
    ['output', 'printed more'],
  ])('says that it went beyond a limit: %s', async (limit, words) => {
    exceeded = limit;
    const told = await runner.run(command(['say', 'hunter2']), placeOf()).finally(() => {
      exceeded = null;
    });
    expect(told).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining(words),
      detail: 'in .\n',
    });
  });

  it('ends it in time', async () => {
    expect(await run(command(['wait'], { timeoutSeconds: 0.2 }))).toMatchObject({ timedOut: true });
  });

  it('starts uv where it is, whatever its name, with no tool on PATH', async () => {
    const { stdout } = await run(
      command(['uv', 'lock'], { tool: { name: 'uv', version: null, python: null, with: [] } }),
    );
    expect(stdout).toBe('uv here /usr/bin:/bin:/pythons/bin\n');
  });

  it('follows a link within the repository', async () => {
    expect((await run(command(['show'], { cwd: 'inside' }))).stdout).toContain('cwd=./sub');
  });
});

describe('programs among the arguments', () => {
  const conda = join(base, 'own/micromamba');

  it('puts the path of what the tool provides', async () => {
    const { stdout } = await run(command(['say', '--conda', '{bin}/show', 'x{bin}/show', '{bin}']));
    expect(stdout).toBe('--conda\n<cache>/tools/poetry/bin/show\nx{bin}/show\n{bin}\n');
  });

  it.each([
    ['{bin}/none', 'tool-install-broken'],
    ['{bin}/../show', 'internal'],
    ['{bin}/', 'internal'],
  ])('runs nothing when %s is among them', async (item, code) => {
    const before = asked.length;
    expect(await runner.run(command(['say', item]), placeOf())).toMatchObject({ code });
    expect(asked).toHaveLength(before);
  });

  it("shows the operator's own conda, and not the home that it lies in, to commands that name it", async () => {
    mkdirSync(join(base, 'own'), { recursive: true });
    program(join(base, 'own'), 'micromamba', '#!/bin/sh\n');
    await run(command(['say', '--conda', conda]));
    expect(asked.at(-1)?.args).toEqual(['--conda', conda]);
    const shown = asked.at(-1)?.access.readable;
    expect(shown).toContain(conda);
    expect(shown).not.toContain(join(base, 'own'));
    expect(shown).not.toContain(base);
    await run(command(['say']));
    expect(asked.at(-1)?.access.readable).not.toContain(conda);
  });
});

describe('foldersOfProgram', () => {
  it('is the whole environment of conda, and else the program alone, by its name and where it really is', async () => {
    const prefix = join(base, 'miniforge');
    for (const path of ['bin', 'conda-meta']) mkdirSync(join(prefix, path), { recursive: true });
    program(join(prefix, 'bin'), 'conda', '');
    mkdirSync(join(base, 'links'), { recursive: true });
    symlinkSync(join(prefix, 'bin/conda'), join(base, 'links/conda'));
    symlinkSync('/bin/sh', join(base, 'links/micromamba'));
    expect(await foldersOfProgram(join(base, 'links/conda'))).toEqual([join(base, 'links/conda'), prefix]);
    expect(await foldersOfProgram(join(base, 'links/micromamba'))).toEqual([
      join(base, 'links/micromamba'),
      realpathSync('/bin/sh'),
    ]);
  });
});

describe('what it refuses, running nothing', () => {
  it.each<[string, Command, string]>([
    ['a folder above', command(['show'], { cwd: '../elsewhere' }), 'path-outside-repository'],
    ['an absolute folder', command(['show'], { cwd: '/' }), 'path-outside-repository'],
    ['a link that leads out', command(['show'], { cwd: 'out' }), 'path-outside-repository'],
    ['a folder that is not there', command(['show'], { cwd: 'none' }), 'missing-input'],
    ['a file as a folder', command(['show'], { cwd: 'file' }), 'missing-input'],
    ['a program of PATH', command(['sh', '-c', 'id']), 'tool-install-broken'],
    ['a program by its path', command(['/bin/sh']), 'internal'],
    ['a program by a relative path', command(['../../bin/sh']), 'internal'],
    ['a command that sets PATH', command(['show'], { env: { PATH: '/evil' } }), 'internal'],
    [
      'a tool that cannot be had',
      command(['show'], { tool: { name: 'pip-tools', version: null, python: null, with: [] } }),
      'tool-install-broken',
    ],
  ])('%s', async (_, wanted, code) => {
    expect(await runner.run(wanted, placeOf())).toMatchObject({ code });
  });
});

describe('prepare', () => {
  it('is null when the tool is there, else says why it is not', async () => {
    const spec = { version: null, python: null, with: [] };
    expect(await runner.prepare({ ...spec, name: 'poetry' })).toBeNull();
    expect(await runner.prepare({ ...spec, name: 'uv' })).toBeNull();
    expect(await runner.prepare({ ...spec, name: 'pip-tools' })).toBe(missing);
  });
});
