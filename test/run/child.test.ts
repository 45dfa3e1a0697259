import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError, EnvironmentError } from '../../src/errors.ts';
import { runChild } from '../../src/run/child.ts';
import type { ChildInput } from '../../src/run/child.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'child-test-')));
writeFileSync(join(folder, 'no-program'), 'text', { mode: 0o644 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(text: string, more: Partial<ChildInput> = {}): ChildInput {
  return {
    file: process.execPath,
    args: ['-e', text],
    cwd: folder,
    env: {},
    timeoutSeconds: 10,
    signal: null,
    maxOutputBytes: 10_000,
    ...more,
  };
}

function shell(text: string, more: Partial<ChildInput> = {}): ChildInput {
  return script('', { file: '/bin/sh', args: ['-c', text], env: { PATH: '/usr/bin:/bin' }, ...more });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A dead process that nobody has waited for yet (PID 1 of a container may never) is no live one.
  return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

async function gone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 50 && alive(pid); turn += 1) await sleep(20);
  return !alive(pid);
}

describe('a child that ends by itself', () => {
  it('gives its exit code, both streams and its time', async () => {
    const result = await runChild(script('console.log("out"); console.error("err"); process.exitCode = 3'));
    expect(result).toMatchObject({ exitCode: 3, timedOut: false, stdout: 'out\n', stderr: 'err\n' });
    expect(result.seconds).toBeGreaterThan(0);
  });

  it('has exactly the environment and the folder that it is given', async () => {
    const result = await runChild(
      script('console.log(JSON.stringify([process.env, process.cwd()]))', { env: { ONLY: 'this' } }),
    );
    expect(JSON.parse(result.stdout)).toEqual([{ ONLY: 'this' }, folder]);
  });

  it('takes its arguments as they are: no shell reads them', async () => {
    const words = ['$HOME', '`id`', 'a b', '; touch x', "'", '*'];
    const result = await runChild(
      script('', { args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', ...words] }),
    );
    expect(JSON.parse(result.stdout)).toEqual(words);
  });

  it('finds its input at an end, so that a prompt does not wait', async () => {
    const result = await runChild(shell('cat; echo done'));
    expect(result.stdout).toBe('done\n');
  });

  it('names the signal when something else ended it', async () => {
    const result = await runChild(shell('kill -9 $$'));
    expect(result.exitCode).toBeNull();
    expect(result.stderr).toContain('ended by SIGKILL');
  });
});

describe('output', () => {
  it('keeps the head and the tail of a long stream and says how much is dropped', async () => {
    const result = await runChild(
      script('for (let i = 0; i < 100000; i++) console.log("line " + i)', { maxOutputBytes: 1000 }),
    );
    expect(result.stdout.length).toBeLessThan(1100);
    expect(result.stdout).toMatch(/^line 0\nline 1\n/u);
    expect(result.stdout).toMatch(/line 99999\n$/u);
    const dropped = Number(/\[… (\d+) bytes of output dropped …\]\n/u.exec(result.stdout)?.[1]);
    const kept = result.stdout.replace(/\[… \d+ bytes of output dropped …\]\n/u, '').length;
    expect(dropped + kept).toBe(1_088_890);
  });

  it('decodes a character whose bytes come in two pieces', async () => {
    const result = await runChild(
      script(`
        const bytes = Buffer.from('é€😀');
        process.stdout.write(bytes.subarray(0, 1));
        setTimeout(() => process.stdout.write(bytes.subarray(1, 6)), 60);
        setTimeout(() => process.stdout.write(bytes.subarray(6)), 120);
      `),
    );
    expect(result.stdout).toBe('é€😀');
  });

  it('is plain text', async () => {
    const result = await runChild(
      script(String.raw`process.stdout.write('\x1b[31mred\x1b[0m 10%\r20%\r\nend\x07\x00')`),
    );
    expect(result.stdout).toBe('red 10%\n20%\nend');
  });
});

describe('a child that does not end', () => {
  it('is ended at the timeout, with its children', async () => {
    const result = await runChild(shell('sleep 60 & echo $!; sleep 60', { timeoutSeconds: 0.3 }));
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
    expect(result.seconds).toBeLessThan(2);
    expect(await gone(Number(result.stdout))).toBe(true);
  });

  it('is killed two seconds later when it ignores SIGTERM', async () => {
    const result = await runChild(
      script('process.on("SIGTERM", () => console.log("no")); setInterval(() => {}, 1000)', {
        timeoutSeconds: 0.5,
      }),
    );
    expect(result).toMatchObject({ exitCode: null, timedOut: true, stdout: 'no\n' });
    expect(result.seconds).toBeGreaterThan(2);
    expect(result.seconds).toBeLessThan(5);
  });

  it('takes along what it left running in its group', async () => {
    const result = await runChild(shell('sleep 60 & echo $!'));
    expect(result.exitCode).toBe(0);
    expect(result.seconds).toBeLessThan(2);
    expect(await gone(Number(result.stdout))).toBe(true);
  });

  it('is not waited for when a grandchild that left the group keeps the pipe open', async () => {
    const result = await runChild(
      script(`
        const { spawn } = require('node:child_process');
        const far = spawn('/bin/sleep', ['6'], { detached: true, stdio: 'inherit' });
        console.log(far.pid);
        far.unref();
      `),
    );
    expect(result.exitCode).toBe(0);
    expect(result.seconds).toBeLessThan(4);
    process.kill(Number(result.stdout), 'SIGKILL');
  });

  it('is dead when the abort is reported', async () => {
    const abort = new AbortController();
    let pid = 0;
    const run = runChild(
      script('setInterval(() => {}, 1000)', {
        signal: abort.signal,
        onStart(id) {
          pid = id;
          setTimeout(() => abort.abort(), 200);
        },
      }),
    );
    await expect(run).rejects.toBeInstanceOf(CancelledError);
    expect(alive(pid)).toBe(false);
  });

  it('is not started when the run is cancelled already', async () => {
    let starts = 0;
    const run = runChild(script('', { signal: AbortSignal.abort(), onStart: () => (starts += 1) }));
    await expect(run).rejects.toBeInstanceOf(CancelledError);
    expect(starts).toBe(0);
  });
});

describe('a child that cannot be started', () => {
  it.each([
    ['a program that is not there', { file: '/no/such/program' }, /there is no such program/u],
    ['a file that is no program', { file: join(folder, 'no-program') }, /not an executable file/u],
    ['a folder that is not there', { cwd: '/no/such/folder' }, /working folder \/no\/such\/folder/u],
    [
      'arguments past all bounds',
      { args: ['x'.repeat(200_000), ...Array.from({ length: 40 }, () => 'y'.repeat(100_000))] },
      /too large/u,
    ],
  ])('says so: %s', async (_, more, message) => {
    const error = await runChild(script('', more)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ code: 'child-not-started', message: expect.stringMatching(message) });
  });
});

describe('our own end', () => {
  it.each(['SIGINT', 'SIGTERM', 'exit'])('ends the children: %s', async (how) => {
    const child = fileURLToPath(new URL('../../src/run/child.ts', import.meta.url));
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { runChild } from ${JSON.stringify(child)};
         const how = ${JSON.stringify(how)};
         await runChild({ file: '/bin/sleep', args: ['60'], cwd: '/', env: {}, timeoutSeconds: 60, signal: null,
           maxOutputBytes: 100, onStart(pid) { console.log(pid); if (how === 'exit') setTimeout(() => process.exit(0), 100); } });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(alive(pid)).toBe(true);
    if (how !== 'exit') parent.kill(how as NodeJS.Signals);
    const signal = await new Promise((resolve) => {
      parent.once('exit', (_, signal) => resolve(signal));
    });
    expect(signal).toBe(how === 'exit' ? null : how);
    expect(await gone(pid)).toBe(true);
  });
});

describe('for a sandbox', () => {
  it('has streams to us beside the usual ones', async () => {
    let told = '';
    const result = await runChild(
      script(`const fs = require('node:fs'); fs.writeSync(4, fs.readFileSync(3).toString().toUpperCase());`, {
        pipes: 2,
        onStart(_, [to, from]) {
          to?.end('hello');
          from?.on('data', (chunk: Buffer) => (told += chunk.toString()));
        },
      }),
    );
    expect(result.exitCode).toBe(0);
    expect(told).toBe('HELLO');
  });

  it('tells how much was printed, on both streams, kept or not', async () => {
    let bytes = 0;
    await runChild(
      shell('head -c 50000 /dev/zero; head -c 30000 /dev/zero >&2', {
        maxOutputBytes: 100,
        onOutput: (size) => (bytes += size),
      }),
    );
    expect(bytes).toBe(80_000);
  });

  it('is ended in another way than by SIGTERM, where there is one', async () => {
    let stops = 0;
    const result = await runChild(
      shell('trap "" TERM; sleep 30 & wait', {
        timeoutSeconds: 0.3,
        stop() {
          stops += 1;
          return false;
        },
      }),
    );
    expect(stops).toBe(1);
    expect(result.timedOut).toBe(true);
  });

  it('is ended when the abort comes at its very start', async () => {
    const abort = new AbortController();
    const run = runChild(shell('sleep 30', { signal: abort.signal, onStart: () => abort.abort() }));
    await expect(run).rejects.toBeInstanceOf(CancelledError);
  });

  it.skipIf(process.platform !== 'linux')('gets no descriptor that we were born with', async () => {
    const child = fileURLToPath(new URL('../../src/run/child.ts', import.meta.url));
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { runChild } from ${JSON.stringify(child)};
         const { stdout } = await runChild({ file: '/bin/sh', args: ['-c', 'ls -l /proc/self/fd'], cwd: '/', env: {},
           timeoutSeconds: 10, signal: null, maxOutputBytes: 10000 });
         console.log(stdout);`,
      ],
      // 3 to 29 are nothing here; the last one is a stream.
      {
        stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: 27 }, () => 'ignore' as const), 'pipe'],
      },
    );
    let text = '';
    parent.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => {
      parent.once('close', resolve);
    });
    expect(text).toMatch(/ 30 -> \/dev\/null$/mu);
    expect(text).toMatch(/ 1 -> /u);
  });
});
