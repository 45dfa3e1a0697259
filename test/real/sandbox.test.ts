import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError, EnvironmentError } from '../../src/errors.ts';
import { REFUSED_CALLS } from '../../src/run/sandbox/system-calls.ts';
import { commandLinesWith, openInside, sandboxHere } from '../support/sandbox.ts';

/** Hostile children in the true sandbox: what they see, reach and leave. */
const found = await sandboxHere();
if ('missing' in found) console.log(`not run: the sandbox. ${found.missing}`);

describe.skipIf('missing' in found)('the sandbox', () => {
  const inside = openInside('bwrap' in found ? found : { bwrap: '', version: '' });
  const base = dirname(inside.folder);
  afterAll(() => inside.remove());

  describe('what a child sees', () => {
    it('is its own processes, with its own environment, and no open descriptor but its streams', async () => {
      const result = await inside.node(
        `const fs = require('node:fs');
         const ids = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name));
         const read = (path) => { try { return fs.readFileSync(path, 'latin1'); } catch { return ''; } };
         console.log(JSON.stringify({
           processes: ids.length,
           texts: ids.map((id) => read('/proc/' + id + '/environ') + read('/proc/' + id + '/cmdline')).join(),
           env: process.env,
         }))`,
        { env: { TOKEN: 'of-this-child' } },
      );
      const seen = JSON.parse(result.stdout) as { processes: number; texts: string; env: object };
      expect(seen.processes).toBe(2);
      expect(seen.env).toEqual({ TOKEN: 'of-this-child', PWD: inside.folder });
      // Our own environment has a home folder, which no child is told.
      expect(seen.texts).not.toContain(`HOME=${process.env['HOME']}`);
      // Where whoever started us left something open, there is nothing in its place.
      const open = await inside.shell('ls -l /proc/self/fd | grep -v /dev/null');
      const numbers = [...open.stdout.matchAll(/ (\d+) -> /gu)].map((match) => match[1]);
      expect(numbers).toEqual(['1', '2', '3']);
    });

    it('is no folder but those it was given, the system and an empty /tmp', async () => {
      mkdirSync(join(base, 'other-job'));
      writeFileSync(join(base, 'other-job/secret'), 'planted');
      const result = await inside.node(
        `const fs = require('node:fs');
         const list = (path) => { try { return fs.readdirSync(path); } catch (error) { return error.code; } };
         console.log(JSON.stringify(Object.fromEntries(
           ['/', '/root', '/home', '/srv', '/opt', '/sys', '/boot', '/run', '/var', '/etc/ssl/private', '/etc/ssh', ${JSON.stringify(base)}]
             .map((path) => [path, list(path)]))))`,
      );
      const seen = JSON.parse(result.stdout) as Record<string, string | string[]>;
      expect(seen[base]).toEqual(['work']);
      const root = seen['/'] as string[];
      for (const folder of ['home', 'srv', 'opt', 'sys', 'boot', 'mnt', 'media']) {
        expect(root).not.toContain(folder);
      }
      expect(seen['/run']).toEqual([]);
      expect(seen['/var']).toEqual(['tmp']);
      expect(seen['/etc/ssl/private']).toBe('ENOENT');
      expect(seen['/etc/ssh']).toBe('ENOENT');
      for (const path of [
        '/etc/shadow',
        '/var/run/docker.sock',
        '/run/docker.sock',
        `/proc/${process.pid}/environ`,
      ]) {
        expect((await inside.shell(`cat ${path}`)).stderr).toContain('No such file');
      }
    });

    it('has no right to anything', async () => {
      const { stdout } = await inside.shell('cat /proc/self/status');
      expect(stdout).toMatch(/^CapEff:\s0+$/mu);
      expect(stdout).toMatch(/^CapPrm:\s0+$/mu);
      expect(stdout).toMatch(/^CapBnd:\s0+$/mu);
      expect(stdout).toMatch(/^NoNewPrivs:\s1$/mu);
      expect(stdout).toMatch(/^Seccomp:\s2$/mu);
    });

    it('is not what a setuid program would show', async () => {
      const { stdout } = await inside.shell('grep -c nosuid /proc/self/mounts; wc -l < /proc/self/mounts');
      const [without, all] = stdout.trim().split('\n').map(Number);
      expect(without).toBe(all);
    });
  });

  describe('where a child writes', () => {
    it.each([
      '/planted',
      '/usr/planted',
      '/etc/planted',
      '/etc/passwd',
      '/dev/planted',
      '/run/planted',
      '/var/planted',
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/vm/drop_caches',
      '/proc/sysrq-trigger',
      '/proc/self/oom_score_adj',
    ])('not to %s', async (path) => {
      const result = await inside.shell(`echo planted > ${path}`);
      expect(result.exitCode).not.toBe(0);
      expect(existsSync('/planted')).toBe(false);
    });

    it('not beside its folders', async () => {
      await inside.shell(`echo planted > ${base}/planted; echo planted > /tmp/planted-${process.pid}`);
      expect(existsSync(join(base, 'planted'))).toBe(false);
      expect(existsSync(`/tmp/planted-${process.pid}`)).toBe(false);
    });

    it('to its folders, where readable ones in writable ones stay as they are, and the reverse', async () => {
      const outer = join(inside.folder, 'outer');
      mkdirSync(join(outer, 'tools/cache'), { recursive: true });
      writeFileSync(join(outer, 'tools/tool'), '');
      const result = await inside.shell(
        `touch ${outer}/a; touch ${outer}/tools/b; touch ${outer}/tools/cache/c; rm -rf ${outer}/tools/tool; mv ${outer}/tools ${outer}/gone`,
        {
          access: { readable: [join(outer, 'tools')], writable: [inside.folder, join(outer, 'tools/cache')] },
        },
      );
      expect(result.stderr).toContain('Read-only file system');
      expect(existsSync(join(outer, 'a'))).toBe(true);
      expect(existsSync(join(outer, 'tools/b'))).toBe(false);
      expect(existsSync(join(outer, 'tools/cache/c'))).toBe(true);
      expect(existsSync(join(outer, 'tools/tool'))).toBe(true);
    });

    it('not through a link that an earlier child left where a later one is shown a folder', async () => {
      writeFileSync(join(base, 'secret'), 'planted');
      symlinkSync(base, join(inside.folder, 'way-out'));
      const read = await inside.shell(`cat ${inside.folder}/way-out/secret`, {
        access: { readable: [join(inside.folder, 'way-out')] },
      });
      expect(read.stdout).toBe('');
      const write = inside.shell('true', {
        access: { writable: [inside.folder, join(inside.folder, 'way-out')] },
      });
      await expect(write).rejects.toBeInstanceOf(EnvironmentError);
    });

    it('not a program that makes others to whom we are', async () => {
      const result = await inside.shell(
        'touch a b; chmod 4755 a; chmod u+s b; install -m 4711 /bin/true c; chmod 755 a && ls -l a b c',
      );
      expect(result.stdout).not.toMatch(/^-..s/mu);
      expect(result.stdout).toMatch(/^-rwxr-xr-x.* a$/mu);
      expect(result.stderr).toContain('Operation not permitted');
    });

    it('shows a folder that is reached by a link under both names', async () => {
      mkdirSync(join(base, 'true-name'));
      writeFileSync(join(base, 'true-name/file'), 'text');
      symlinkSync(join(base, 'true-name'), join(base, 'link'));
      const result = await inside.shell(`cat ${base}/link/file ${base}/true-name/file`, {
        access: { readable: [join(base, 'link'), join(base, 'not-there')] },
      });
      expect(result.stdout).toBe('texttext');
    });
  });

  describe('what a child reaches', () => {
    async function listening(where: string | number): Promise<Server> {
      const server = createServer((socket) => socket.end('planted'));
      await new Promise<void>((resolve) => {
        if (typeof where === 'number') server.listen(where, '127.0.0.1', resolve);
        else server.listen(where, resolve);
      });
      return server;
    }
    const connect = (to: string): string =>
      `require('node:net').connect(${to}).on('data', (data) => console.log('got ' + data)).on('error', (error) => console.log(error.code))`;

    it('is no service of the host, by address or by an abstract socket, and no other host', async () => {
      const tcp = await listening(0);
      const name = `\0sandbox-test-${process.pid}`;
      const abstract = await listening(name);
      const { port } = tcp.address() as AddressInfo;
      const hello = await inside.node(connect(JSON.stringify({ port, host: '127.0.0.1' })));
      expect(hello.stdout).toBe('ECONNREFUSED\n');
      expect((await inside.node(connect(JSON.stringify({ path: name })))).stdout).toBe('ECONNREFUSED\n');
      const metadata = await inside.node(connect(`{ port: 80, host: '169.254.169.254' }`));
      expect(metadata.stdout).toBe('ENETUNREACH\n');
      const byName = await inside.node(connect(`{ port: 80, host: 'pypi.org' }`));
      expect(byName.stdout).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)\n$/u);
      tcp.close();
      abstract.close();
    });

    it.skipIf(!existsSync('/usr/bin/perl'))('is none of the system calls that are refused', async () => {
      const { arch } = process;
      const calls = REFUSED_CALLS.filter(
        ({ verdict }) => verdict === 'refused' || verdict === 'unknown',
      ).flatMap((call) => call[arch as 'x64' | 'arm64'] ?? []);
      const socket = arch === 'x64' ? 41 : 198;
      const clone = arch === 'x64' ? 56 : 220;
      const families = [40, 17, 38, 44];
      const script = `
        for my $call (${calls.join(',')}) { $! = 0; syscall($call, 0, 0, 0, 0, 0); print "$call ", $! + 0, "\\n"; }
        for my $family (${families.join(',')}) { $! = 0; syscall(${socket}, $family, 1, 0); print "family $family ", $! + 0, "\\n"; }
        $! = 0; syscall(${socket}, 16, 3, 4); print "netlink ", $! + 0, "\\n";
        $! = 0; syscall(${clone}, 0x10000011, 0, 0, 0, 0); print "userns ", $! + 0, "\\n";
        $! = 0; syscall(${socket}, 1, 1, 0); print "unix ", $! + 0, "\\n";`;
      const { stdout } = await inside.run({ file: '/usr/bin/perl', args: ['-e', script] });
      const lines = stdout.trim().split('\n');
      const expected = REFUSED_CALLS.flatMap(({ verdict, ...call }) => {
        const errno = verdict === 'refused' ? 1 : verdict === 'unknown' ? 38 : null;
        const number = call[arch as 'x64' | 'arm64'];
        return errno === null || number === null ? [] : [`${number} ${errno}`];
      });
      expect(expected.filter((line) => !lines.includes(line))).toEqual([]);
      for (const family of families) expect(lines).toContain(`family ${family} 97`);
      expect(lines).toContain('netlink 97');
      expect(lines).toContain('userns 1');
      expect(lines).toContain('unix 0');
    });

    it('is no process or memory outside by its streams', async () => {
      const result = await inside.shell(
        'ls -l /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; ls /proc/self/fd/1/ /proc/1/root/../../root 2>&1; echo $?',
      );
      expect(result.stdout).toContain('/dev/null');
      expect(result.stdout).toMatch(/No such file|Not a directory/u);
    });
  });

  describe('what others see of a child', () => {
    it('is not its environment', async () => {
      const token = `token-${process.pid}-of-the-door`;
      const running = inside.shell('sleep 1.21', { env: { PATH: '/usr/bin:/bin', TOKEN: token } });
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(commandLinesWith('sleep 1.21')).not.toEqual([]);
      expect(commandLinesWith(token)).toEqual([]);
      expect((await running).exitCode).toBe(0);
    });
  });

  describe('starting', () => {
    it.each([
      ['exit 0', 0, /^$/u],
      ['exit 7', 7, /^$/u],
      ['kill -9 $$', null, /ended by SIGKILL/u],
      ['kill -SEGV $$', null, /ended by SIGSEGV/u],
    ])('%s', async (script, exitCode, stderr) => {
      const result = await inside.shell(script);
      expect(result).toMatchObject({ exitCode, exceeded: null, timedOut: false });
      expect(result.stderr).toMatch(stderr);
    });

    it('finds a program on PATH, its input at an end, and its working folder', async () => {
      const result = await inside.run({ file: 'sh', args: ['-c', 'cat; pwd; id -un; hostname'] });
      expect(result.stdout).toBe(`${realpathSync(inside.folder)}\nrelock\nrelock\n`);
    });

    it.each([
      ['a program that is not there', { file: '/no/such/program' }, /there is no such program/u],
      ['a program that is not shown', { file: join(base, 'hidden') }, /not among what the sandbox shows/u],
      ['a file that is no program', { file: join(inside.folder, 'text') }, /not an executable file/u],
      ['a folder that is not there', { cwd: '/no/such/folder' }, /working folder \/no\/such\/folder/u],
      ['a folder that is not shown', { cwd: base }, /not among what the sandbox shows/u],
      [
        'a writable folder that is not there',
        { access: { writable: ['/no/such'] } },
        /cannot show \/no\/such/u,
      ],
      ['the whole machine', { access: { readable: ['/'] } }, /cannot show \//u],
      ['processes of the machine', { access: { readable: ['/proc/1'] } }, /cannot show \/proc\/1/u],
      ['a NUL', { env: { A: 'a\0--bind\0/\0/' } }, /NUL/u],
    ])('refuses: %s', async (_, more, message) => {
      writeFileSync(join(inside.folder, 'text'), 'text', { mode: 0o644 });
      writeFileSync(join(base, 'hidden'), '#!/bin/sh\n');
      chmodSync(join(base, 'hidden'), 0o755);
      const error = await inside.shell('true', more).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(EnvironmentError);
      expect(error).toMatchObject({ message: expect.stringMatching(message) });
    });

    it('does as a user does who is not root, and leaves files that are ours', async () => {
      const result = await inside.shell(
        'id -u; touch made && tar cf a.tar made && tar xf a.tar && stat -c %u made',
      );
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(result.stdout).not.toMatch(/^0$/mu);
      expect(statSync(join(inside.folder, 'made')).uid).toBe(process.getuid?.());
    });

    it('many at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 12 }, (_, index) => inside.shell(`sleep 0.2; echo ${index}`)),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, index) => `${index}\n`));
    });

    it('is refused when the run is cancelled already', async () => {
      await expect(inside.shell('true', { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
        CancelledError,
      );
    });

    it('adds less than 150 ms', async () => {
      await inside.shell('true');
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) times.push((await inside.shell('true')).seconds);
      expect(Math.min(...times)).toBeLessThan(0.15);
    });
  });
});
