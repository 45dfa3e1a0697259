import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import type { Command, ToolSpec } from '../../src/model.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import { createToolReleases } from '../../src/pypi/tool-releases.ts';
import { runChild } from '../../src/run/child.ts';
import { openMachine } from '../../src/run/machine.ts';
import type { Machine } from '../../src/run/machine.ts';
import type { Pass } from '../../src/run/runner.ts';
import { unconfined } from '../../src/run/sandbox/confined.ts';

/** Tools from the true index, uv from its wheel, into a cache that starts empty. */
const base = mkdtempSync(join(tmpdir(), 'real-tools-'));
const cacheFolder = join(base, 'cache');
const root = join(base, 'checkout');
const home = join(base, 'home');
/** No door: the machine's own network. */
const DIRECT: Pass = { environment: {}, readable: [], socket: null };
const CUTOFF = '2026-11-01T00:00:00Z';

const client = createSimpleClient({
  indexUrl: PUBLIC_INDEX,
  fetch,
  userAgent: 'relock-tests',
  cacheFolder,
  authorization: null,
});
const releases = createToolReleases(client, { cutoff: CUTOFF });

function open(): Promise<Machine> {
  return openMachine({
    // No uv on PATH: the own copy is fetched.
    parent: {
      ...process.env,
      PATH: '/usr/bin:/bin',
      PIP_FIND_LINKS: '/planted',
      PIP_INDEX_URL: 'https://planted.invalid',
    },
    cacheFolder,
    scratch: join(base, 'scratch'),
    uv: null,
    conda: null,
    pythonDownloads: false,
    index: { client, releases, mirrorUrl: null },
    cutoff: CUTOFF,
    secrets: [],
    fetch,
    userAgent: 'relock-tests',
    exec: runChild,
    confined: { run: unconfined(runChild), enclosed: () => Promise.resolve(false) },
    pass: () => Promise.resolve(DIRECT),
    signal: null,
  });
}

let machine: Machine;
beforeAll(async () => {
  mkdirSync(root);
  mkdirSync(join(home, 'tmp'), { recursive: true });
  machine = await open();
}, 60_000);
afterAll(async () => {
  await machine.close();
  rmSync(base, { recursive: true, force: true });
});

function spec(name: ToolSpec['name'], version: string | null, more: Partial<ToolSpec> = {}): ToolSpec {
  return { name, version, python: null, with: [], ...more };
}

async function run(tool: ToolSpec, argv: Command['argv'], env: Command['env'] = {}) {
  const result = await machine.runner.run(
    { tool, argv, cwd: '.', env, outputs: [], timeoutSeconds: 60 },
    { root, home, borrowed: [], pass: DIRECT },
  );
  if ('code' in result) throw new Error(`${result.code}: ${result.message}\n${result.detail}`);
  return result;
}

describe('tools of the true index', { timeout: 60_000 }, () => {
  it('fetches its own uv once', async () => {
    const uv = await machine.uv();
    expect(uv.from).toBe('own-copy');
    expect(uv.path).toBe(join(cacheFolder, 'uv', uv.version, 'uv'));
    const start = performance.now();
    const again = await open();
    expect(await again.uv()).toEqual(uv);
    expect(performance.now() - start).toBeLessThan(1000);
    await again.close();
  });

  it('finds the interpreters of this machine', async () => {
    const pythons = await machine.pythons();
    expect(pythons.length).toBeGreaterThan(0);
    const [{ path } = { path: '' }] = pythons;
    expect(existsSync(path)).toBe(true);
    const start = performance.now();
    const again = await open();
    expect(await again.pythons()).toEqual(pythons);
    expect(performance.now() - start).toBeLessThan(1000);
    await again.close();
  });

  it('runs Poetry at the version that is asked for, with a companion', async () => {
    const tool = spec('poetry', '1.8.5', { with: ['poetry-plugin-pypi-mirror==0.4.2'] });
    expect(await run(tool, ['poetry', '--version'])).toMatchObject({
      exitCode: 0,
      stdout: 'Poetry (version 1.8.5)\n',
    });
    expect((await run(tool, ['poetry', 'self', 'show', 'plugins'])).stdout).toContain(
      'poetry-plugin-pypi-mirror',
    );
  });

  it('has an installed tool ready at once', async () => {
    const again = await open();
    const start = performance.now();
    expect(
      await again.runner.prepare(spec('poetry', '1.8.5', { with: ['poetry-plugin-pypi-mirror==0.4.2'] })),
    ).toBeNull();
    expect(performance.now() - start).toBeLessThan(500);
    await again.close();
  });

  it('runs another uv when the repository asks for it', async () => {
    expect((await run(spec('uv', '0.8.0'), ['uv', '--version'])).stdout).toMatch(/^uv 0\.8\.0/u);
  });

  it('runs pip-compile, without the settings of the user, in a home of its own', async () => {
    const tool = spec('pip-tools', '7.4.1');
    writeFileSync(join(root, 'requirements.in'), 'six<1.16\n');
    const done = await run(tool, ['pip-compile', '--quiet', '--output-file=-', 'requirements.in']);
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toContain('six==1.15.0');
    expect(done.stdout).not.toContain('planted');
    expect(readdirSync(root)).toEqual(['requirements.in']);
  });

  it('says why a tool cannot be had', async () => {
    expect(await machine.runner.prepare(spec('poetry', '9.9'))).toMatchObject({
      code: 'tool-install-broken',
      message: expect.stringContaining('no such release'),
    });
    expect(await machine.runner.prepare(spec('poetry', '1.8.5', { python: '3.5' }))).toMatchObject({
      code: 'python-missing',
    });
  });

  it('knows the newest release for a Python, as of a day', async () => {
    expect(await releases.newest('pip-tools', '3.8')).toBe('7.5.2');
    expect(await releases.newest('pip-tools', null)).toBe('7.6.2');
  });

  it('leaves nothing of a closed machine', async () => {
    const other = await open();
    await other.pythons();
    await other.close();
    expect(readdirSync(join(base, 'scratch'))).toHaveLength(1);
  });
});
