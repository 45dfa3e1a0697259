import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { runChild } from '../../src/run/child.ts';
import { unconfined, type Access, type RunConfined } from '../../src/run/sandbox/confined.ts';
import { findScannerProgram, runScannerProgram, SCANNER_HOSTS } from '../../src/run/scanner-program.ts';
import type { RunScannerOptions } from '../../src/run/scanner-program.ts';
import type { ScanCommand } from '../../src/scan/scanner.ts';
import { folder } from '../support/folder.ts';

const run = unconfined(runChild);

/** A program of the test: a script of sh. */
function program(body: string, name = 'trivy'): string {
  const path = join(folder({ [name]: `#!/bin/sh\n${body}\n` }), name);
  chmodSync(path, 0o755);
  return path;
}

function find(
  more: Partial<Parameters<typeof findScannerProgram>[0]> = {},
): ReturnType<typeof findScannerProgram> {
  return findScannerProgram({
    name: 'trivy',
    configured: null,
    environment: {},
    run,
    scratch: folder(),
    signal: null,
    ...more,
  });
}

describe('a program', () => {
  it.each([
    ['trivy', '{"Version":"0.74.0","VulnerabilityDB":{"Version":2}}', '0.74.0'],
    ['grype', '{\n "application": "grype",\n "syftVersion": "v1.57.0",\n "version": "0.121.2"\n}', '0.121.2'],
    ['osv-scanner', 'osv-scanner version: 2.6.0\nosv-scalibr version: 0.5.2', '2.6.0'],
    ['trivy', '{"Version":"dev"}', 'unknown'],
  ] as const)('%s is found on PATH and tells its version', async (name, text, version) => {
    const path = program(`cat << 'END'\n${text}\nEND`, name);
    const PATH = `relative:${folder()}:${join(path, '..')}`;
    expect(await find({ name, environment: { PATH } })).toEqual({ path, version });
  });

  it('is the one that the settings name', async () => {
    const path = program('echo \'{"Version":"1.2.3"}\'', 'my-trivy');
    expect(await find({ configured: path, environment: { PATH: '/usr/bin' } })).toEqual({
      path,
      version: '1.2.3',
    });
  });

  it.each([
    ['/nothing/trivy', 'scanner-missing', 'is not there'],
    ['off', 'scanner-missing', 'switched off'],
    ['trivy', 'scanner-missing', 'is no absolute path'],
    ['/usr', 'scanner-missing', 'is no file'],
    [null, 'scanner-missing', 'trivy is not on PATH'],
  ])('named %s is a reason', async (configured, code, message) => {
    expect(await find({ configured })).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('that does not start, or fails, is a reason of another kind', async () => {
    const bad = folder({ trivy: '#!/nothing/sh\n' });
    chmodSync(join(bad, 'trivy'), 0o755);
    expect(await find({ configured: join(bad, 'trivy') })).toMatchObject({ code: 'scanner-failed' });
    expect(await find({ configured: program('echo oops >&2; exit 3') })).toMatchObject({
      code: 'scanner-failed',
      message: expect.stringContaining('exit code 3'),
      detail: 'oops',
    });
  });

  it('fetches from hosts of its own, which are told', () => {
    expect(Object.values(SCANNER_HOSTS).flat()).not.toContain('api.osv.dev');
    for (const host of Object.values(SCANNER_HOSTS).flat()) expect(host).toMatch(/^[a-z0-9.-]+$/u);
  });
});

const COMMAND: ScanCommand = {
  argv: ['{folder}/in.json', 'a{folder}', '{folder}x'],
  files: { 'in.json': 'hello' },
  output: 'out.json',
  env: {},
  readable: [],
  timeoutSeconds: 20,
};

function go(body: string, more: Partial<RunScannerOptions> = {}): ReturnType<typeof runScannerProgram> {
  return runScannerProgram({
    name: 'trivy',
    program: program(body),
    command: COMMAND,
    database: { cacheFolder: folder(), offline: true },
    run,
    pass: null,
    scratch: folder(),
    signal: null,
    ...more,
  });
}

describe('a run', () => {
  it('has its files in a private folder, brings back its answer, and leaves nothing behind', async () => {
    const scratch = folder();
    const ran = await go('cat "$1" > out.json; echo "$1 $2 $3"; echo more >&2; exit 7', { scratch });
    expect(ran).toMatchObject({
      result: { exitCode: 7, stdout: './in.json a{folder} {folder}x\n', stderr: 'more\n' },
      output: 'hello',
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('sees nothing of our environment, and of a command what is its own', async () => {
    process.env['PLANTED_TOKEN'] = 'planted';
    try {
      const command = { ...COMMAND, env: { GRYPE_DB_AUTO_UPDATE: 'false' } };
      const ran = await go('env > out.json', { command });
      const text = 'code' in ran ? '' : (ran.output ?? '');
      expect(text).not.toContain('planted');
      expect(text).toContain('GRYPE_DB_AUTO_UPDATE=false');
      expect(text).toContain('HTTPS_PROXY=http://127.0.0.1:9');
      const names = text.split('\n').map((line) => line.split('=')[0]);
      expect(names).not.toContain('SSL_CERT_FILE');
    } finally {
      delete process.env['PLANTED_TOKEN'];
    }
    for (const name of ['PATH', 'LD_PRELOAD', 'HTTPS_PROXY', 'GRYPE_x']) {
      await expect(go('true', { command: { ...COMMAND, env: { [name]: 'x' } } })).rejects.toThrow(RangeError);
    }
  });

  it('is shown its database readable only when that is offline, and gets no way to the network then', async () => {
    const seen: { access: Access; proxy: string | undefined }[] = [];
    const spy: RunConfined = async (input) => {
      seen.push({ access: input.access, proxy: input.env['HTTPS_PROXY'] });
      return run(input);
    };
    const cacheFolder = folder();
    const pass = { environment: { HTTPS_PROXY: 'http://door' }, readable: ['/bundle'], socket: '/door' };
    const command = { ...COMMAND, readable: ['/layout'] };
    await go('true', { run: spy, database: { cacheFolder, offline: true }, pass, command });
    await go('true', { run: spy, database: { cacheFolder, offline: false }, pass, command });
    const [offline, online] = seen;
    expect(offline).toMatchObject({ proxy: 'http://127.0.0.1:9', access: { door: null } });
    expect(offline?.access.readable).toEqual(expect.arrayContaining([cacheFolder, '/layout']));
    expect(offline?.access.writable).not.toContain(cacheFolder);
    expect(online).toMatchObject({ proxy: 'http://door', access: { door: '/door' } });
    expect(online?.access.readable).toEqual(expect.arrayContaining(['/bundle', '/layout']));
    expect(online?.access.writable).toContain(cacheFolder);
  });

  it.each([
    ['a link', 'ln -s /etc/passwd out.json'],
    ['a pipe', 'mkfifo out.json'],
    ['a folder', 'mkdir out.json'],
    ['nothing', 'true'],
    ['more than can be read', 'truncate -s 200M out.json'],
  ])('has no answer where %s is in its place', async (_, body) => {
    expect(await go(body)).toMatchObject({ result: { exitCode: 0 }, output: null });
  });

  it.each(['../x', '/x', '.hidden', 'a/b', ''])('takes no file named %j', async (name) => {
    const scratch = folder();
    const command = { ...COMMAND, files: { [name]: 'x' } };
    await expect(go('true', { command, scratch })).rejects.toThrow(RangeError);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('that takes too long is ended, and says so', async () => {
    const ran = await go('sleep 20', { command: { ...COMMAND, timeoutSeconds: 0.3 } });
    expect(ran).toMatchObject({ result: { timedOut: true }, output: null });
  });

  it('that goes beyond a limit, or does not start, is a reason', async () => {
    const greedy: RunConfined = async (input) => ({ ...(await run(input)), exceeded: 'memory' });
    expect(await go('true', { run: greedy })).toMatchObject({ code: 'limit-exceeded' });
    expect(await go('true', { program: '/nothing/trivy' })).toMatchObject({ code: 'scanner-failed' });
  });

  it('whose database folder is not there is a reason offline, and makes it otherwise', async () => {
    const cacheFolder = join(folder(), 'a/b');
    expect(await go('true', { database: { cacheFolder, offline: true } })).toMatchObject({
      code: 'database-missing',
    });
    await go('true', { database: { cacheFolder, offline: false } });
    expect(existsSync(cacheFolder)).toBe(true);
  });

  it('is cancelled with all that it left in the private folder', async () => {
    const scratch = folder();
    mkdirSync(join(scratch, 'mine'));
    const stop = new AbortController();
    const ran = go('sleep 20', { scratch, signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    await expect(ran).rejects.toThrow(CancelledError);
    expect(readdirSync(scratch)).toEqual(['mine']);
  });

  it('prints no path of this machine', async () => {
    const cacheFolder = folder({ 'db/x': '' });
    const ran = await go('pwd; echo "$HOME/x"; cat "$0.cache"', {
      program: program(`pwd; echo "$HOME/x"; echo "${cacheFolder}/db"; echo https://me:secret@example.test/`),
      database: { cacheFolder, offline: true },
    });
    expect(ran).toMatchObject({ result: { stdout: '.\n~/x\n<database>/db\nhttps://***@example.test/\n' } });
    expect(readFileSync(join(cacheFolder, 'db/x'), 'utf8')).toBe('');
  });
});
