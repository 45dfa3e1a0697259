import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { ToolSpec } from '../../src/model.ts';
import type { ConfinedInput, ConfinedResult } from '../../src/run/sandbox/confined.ts';
import { solverDigest } from '../../src/run/conda-solver.ts';
import { createToolbox } from '../../src/run/toolbox.ts';
import type { ToolboxOptions } from '../../src/run/toolbox.ts';

let cacheFolder = '';
let calls: ConfinedInput[] = [];
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'toolbox-'));
  calls = [];
});
afterEach(() => rmSync(cacheFolder, { recursive: true, force: true }));

const good: ConfinedResult = {
  exitCode: 0,
  timedOut: false,
  stdout: '',
  stderr: '',
  seconds: 1,
  exceeded: null,
};
const poetry: ToolSpec = { name: 'poetry', version: '1.8.5', python: '3.11', with: [] };

/** Does what `uv venv` does, as far as it matters here. */
function fakeUv(input: ConfinedInput): Promise<ConfinedResult> {
  calls.push(input);
  if (input.args[0] === 'venv') {
    const bin = join(input.args.at(-1) ?? '', 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, join(bin, 'python'));
  }
  return Promise.resolve(good);
}

function toolbox(more: Partial<ToolboxOptions> = {}) {
  return createToolbox({
    uv: () => Promise.resolve('/uv'),
    pythons: () => Promise.resolve([{ version: '3.11.7', path: '/python3.11' }]),
    pythonDownloads: false,
    cacheFolder,
    releases: {
      newest: (name) => Promise.resolve(name === 'pipenv' ? null : '2.1.0'),
      uploadTime: (name) =>
        Promise.resolve(name === 'plugin' ? '2025-02-01T00:00:00.000Z' : '2024-12-06T00:00:00.000Z'),
      requiresPython: () => Promise.resolve('>=3.8'),
    },
    indexUrl: null,
    cutoff: null,
    env: () => Promise.resolve({ PATH: '/usr/bin', HTTPS_PROXY: 'http://operator' }),
    pass: () =>
      Promise.resolve({
        environment: { HTTPS_PROXY: 'http://door' },
        readable: ['/run/door.pem'],
        socket: '/run/door',
      }),
    readable: () => Promise.resolve(['/pythons', '/uv']),
    pythonFolder: join(cacheFolder, 'pythons'),
    home: '/home-of-tools',
    exec: fakeUv,
    redact: (text) => text.replaceAll('secret', '***'),
    signal: null,
    ...more,
  });
}

function excludeNewer(): string | undefined {
  const args = calls.find((call) => call.args[0] === 'pip')?.args ?? [];
  return args.includes('--exclude-newer') ? args[args.indexOf('--exclude-newer') + 1] : undefined;
}

describe('installing', () => {
  it('makes an environment of the tool alone, held to its time', async () => {
    const tool = await toolbox().install({ ...poetry, with: ['plugin==0.4.2'] });
    const place = 'code' in tool ? '' : tool.bin;
    expect(tool).toMatchObject({
      version: '1.8.5',
      bin: expect.stringMatching(/tools\/poetry-1\.8\.5-py3\.11\.7-[0-9a-f]{12}\/bin$/u),
    });
    expect(readdirSync(place)).toEqual(['python']);
    const [venv, pip] = calls;
    expect(venv?.args.slice(0, -1)).toEqual([
      'venv',
      '--no-config',
      '--no-project',
      '--relocatable',
      '--python',
      '/python3.11',
    ]);
    const work = venv?.args.at(-1) ?? '';
    const pythons = join(cacheFolder, 'pythons');
    const readable = ['/pythons', '/uv', '/run/door.pem'];
    const seen = { readable, door: '/run/door' };
    expect(venv?.access).toEqual({ ...seen, writable: ['/home-of-tools', work, pythons] });
    // What runs now may be code of others.
    expect(pip?.access).toEqual({ ...seen, writable: ['/home-of-tools', work] });
    expect(pip).toMatchObject({ cwd: '/home-of-tools', env: { HTTPS_PROXY: 'http://door' } });
    expect(pip?.args.slice(0, 4)).toEqual(['pip', 'install', '--no-config', '--python']);
    expect(pip?.args.slice(-2)).toEqual(['poetry==1.8.5', 'plugin==0.4.2']);
    expect(excludeNewer()).toBe('2025-03-03T00:00:00.000Z');
    expect(readdirSync(join(cacheFolder, 'tools')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is done once for all who ask at once', async () => {
    const box = toolbox();
    await Promise.all([box.install(poetry), box.install(poetry), box.install({ ...poetry })]);
    expect(calls).toHaveLength(2);
  });

  it('is not done again in another process, which asks nobody', async () => {
    await toolbox().install(poetry);
    const asked = await toolbox({
      pythons: () => Promise.reject(new Error('asked for interpreters')),
      releases: {
        newest: () => Promise.reject(new Error('asked')),
        uploadTime: () => Promise.reject(new Error('asked')),
        requiresPython: () => Promise.reject(new Error('asked')),
      },
    }).install(poetry);
    expect(asked).toHaveProperty('bin');
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['its interpreter is gone', (folder: string) => rmSync(join(folder, 'bin/python'))],
    ['it was never finished', (folder: string) => rmSync(join(folder, 'relock-tool.json'))],
  ])('is done again when %s', async (_, damage) => {
    const first = await toolbox().install(poetry);
    const bin = 'code' in first ? '' : first.bin;
    damage(join(bin, '..'));
    expect(await toolbox().install(poetry)).toEqual(first);
    expect(calls).toHaveLength(4);
    expect(readdirSync(bin)).toEqual(['python']);
    expect(readdirSync(join(cacheFolder, 'tools')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('does not trust a pointer that leads elsewhere', async () => {
    await toolbox().install(poetry);
    const pointers = join(cacheFolder, 'tools/by-request');
    const [name = ''] = readdirSync(pointers);
    writeFileSync(join(pointers, name), '../../elsewhere');
    await toolbox().install(poetry);
    expect(readFileSync(join(pointers, name), 'utf8')).toMatch(/^poetry-1\.8\.5-/u);
  });

  it('takes the newest when no version is asked for', async () => {
    expect(await toolbox().install({ ...poetry, version: null })).toMatchObject({ version: '2.1.0' });
  });

  it('gives the index, with its password, in the environment alone', async () => {
    await toolbox({ indexUrl: 'https://me:secret@index.example.com/simple' }).install(poetry);
    expect(calls.map((call) => call.env['UV_DEFAULT_INDEX'])).toEqual(
      Array(2).fill('https://me:secret@index.example.com/simple'),
    );
    expect(JSON.stringify(calls.map((call) => call.args))).not.toContain('secret');
  });

  it.each([
    ['no cut-off', null, '2025-01-05T00:00:00.000Z'],
    ['a later cut-off', '2026-01-01T00:00:00Z', '2025-01-05T00:00:00.000Z'],
    ['a cut-off in between, by its week', '2024-12-20T05:00:00Z', '2024-12-19T00:00:00.000Z'],
    ['another hour of that week', '2024-12-24T06:00:00Z', '2024-12-19T00:00:00.000Z'],
    ['a cut-off before the tool came out', '2024-01-01T00:00:00Z', '2024-12-06T00:00:01.000Z'],
  ])('holds what the tool needs: %s', async (_, cutoff, hold) => {
    await toolbox({ cutoff }).install(poetry);
    expect(excludeNewer()).toBe(hold);
  });

  it('holds nothing when the index tells no times', async () => {
    const releases = {
      newest: () => Promise.resolve(null),
      uploadTime: () => Promise.resolve(null),
      requiresPython: () => Promise.resolve(null),
    };
    await toolbox({ releases }).install(poetry);
    expect(excludeNewer()).toBeUndefined();
  });
});

describe('the solver beside conda-lock', () => {
  const condaLock: ToolSpec = {
    name: 'conda-lock',
    version: '2.5.7',
    python: null,
    with: ['py-rattler==0.28.0'],
  };

  it('comes as a program of the environment that runs our script with its Python, wherever it lies', async () => {
    const tool = await toolbox().install(condaLock);
    const bin = 'code' in tool ? '' : tool.bin;
    expect(readdirSync(bin)).toEqual(['python', 'relock-conda']);
    const script = new URL('../../config/conda-solver.py', import.meta.url);
    expect(readFileSync(join(bin, '../relock/conda-solver.py'), 'utf8')).toBe(readFileSync(script, 'utf8'));
    const python = join(bin, 'python');
    rmSync(python);
    writeFileSync(python, '#!/bin/sh\nfor word in "$0" "$@"; do echo "$word"; done\n', { mode: 0o755 });
    const printed = execFileSync(join(bin, 'relock-conda'), ['create', 'a b'], { encoding: 'utf8' });
    expect(printed.split('\n')).toEqual([
      python,
      '-I',
      `${bin}/../relock/conda-solver.py`,
      'create',
      'a b',
      '',
    ]);
  });

  it('does not hold what conda-lock needs to the time of py-rattler', async () => {
    await toolbox().install({ ...condaLock, with: ['plugin==0.4.2', 'py-rattler==0.28.0'] });
    const [, first, second] = calls;
    expect(first?.args.at(-1)).toBe('conda-lock==2.5.7');
    expect(excludeNewer()).toBe('2025-01-05T00:00:00.000Z');
    expect(second?.args.slice(-3)).toEqual(['--no-deps', 'plugin==0.4.2', 'py-rattler==0.28.0']);
    expect(second?.args).not.toContain('--exclude-newer');
  });

  it('is not there when py-rattler is not', async () => {
    const tool = await toolbox().install({ ...condaLock, with: [] });
    expect(readdirSync('code' in tool ? '' : tool.bin)).toEqual(['python']);
    expect(calls).toHaveLength(2);
  });

  it('is part of the key: another program is another environment', async () => {
    const [with_, without] = [
      await toolbox().install(condaLock),
      await toolbox().install({ ...condaLock, with: [] }),
    ];
    expect(with_).not.toEqual(without);
    expect(await solverDigest()).toMatch(/^[0-9a-f]{64}$/u);
    expect(await toolbox().install(condaLock)).toEqual(with_);
  });

  it('leaves no environment when py-rattler cannot be had', async () => {
    const exec = (input: ConfinedInput) =>
      input.args.includes('--no-deps')
        ? Promise.resolve({ ...good, exitCode: 1, stderr: 'no wheels' })
        : fakeUv(input);
    expect(await toolbox({ exec }).install(condaLock)).toMatchObject({ code: 'tool-install-broken' });
    expect(readdirSync(join(cacheFolder, 'tools'))).toEqual([]);
  });
});

describe('what cannot be installed', () => {
  it.each([
    ['an inexact companion', { ...poetry, with: ['plugin>=1'] }],
    ['a companion with an option', { ...poetry, with: ['--index-url=https://x'] }],
    ['a version that is none', { ...poetry, version: '1.8.5 @ https://x' }],
  ])('is refused before anything runs: %s', async (_, spec) => {
    expect(await toolbox().install(spec)).toMatchObject({ code: 'tool-install-broken' });
    expect(calls).toEqual([]);
  });

  it('says so when no release is known', async () => {
    expect(await toolbox().install({ ...poetry, name: 'pipenv', version: null })).toMatchObject({
      code: 'tool-install-broken',
      message: expect.stringMatching(/No release of pipenv that runs on Python 3\.11/u),
    });
  });

  it('says so when its Python is not there', async () => {
    expect(await toolbox().install({ ...poetry, python: '3.7' })).toMatchObject({ code: 'python-missing' });
  });

  it.each([
    ['error: No interpreter found for Python 3.7 in managed installations', 'python-missing'],
    [
      'Because the current Python version (3.8.18) does not satisfy Python>=3.9,<4.0',
      'tool-does-not-run-on-locked-python',
    ],
    ['error: Failed to fetch: `https://x/`\n  cause: dns error', 'index-unreachable'],
    ['error: Failed to fetch: `https://x/`\n  cause: 401 Unauthorized', 'authentication-required'],
    ['Because there is no version of poetry==9.9', 'tool-install-broken'],
    ['× Failed to build `pyrsistent==0.17`', 'tool-install-broken'],
    ['secret surprise', 'tool-install-broken'],
  ])("tells the cause by the tool's own words: %s", async (stderr, code) => {
    const exec = (input: ConfinedInput) =>
      input.args[0] === 'venv' ? fakeUv(input) : Promise.resolve({ ...good, exitCode: 2, stderr });
    const reason = await toolbox({ exec }).install(poetry);
    expect(reason).toMatchObject({ code, detail: stderr.replaceAll('secret', '***') });
    expect(readdirSync(join(cacheFolder, 'tools'))).toEqual([]);
  });

  it('tells a timeout', async () => {
    const exec = () => Promise.resolve({ ...good, exitCode: null, timedOut: true, seconds: 300 });
    expect(await toolbox({ exec }).install(poetry)).toMatchObject({ code: 'timeout' });
  });

  it('passes a cancellation on, and can be asked again', async () => {
    let cancelled = true;
    const box = toolbox({
      exec: (input) => (cancelled ? Promise.reject(new CancelledError('stop')) : fakeUv(input)),
    });
    await expect(box.install(poetry)).rejects.toBeInstanceOf(CancelledError);
    cancelled = false;
    expect(await box.install(poetry)).toHaveProperty('bin');
  });

  it('tells a cache that cannot be written', async () => {
    writeFileSync(join(cacheFolder, 'file'), '');
    const reason = await toolbox({ cacheFolder: join(cacheFolder, 'file') }).install(poetry);
    expect(reason).toMatchObject({ code: 'tool-install-broken', fix: expect.stringContaining('cache') });
  });
});
