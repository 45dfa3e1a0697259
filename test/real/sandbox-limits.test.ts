import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { allGone, commandLinesWith, openInside, sandboxHere } from '../support/sandbox.ts';

/** Children in the true sandbox that take too much, or do not want to end. */
const found = await sandboxHere();
if ('missing' in found) console.log(`not run: limits of the sandbox. ${found.missing}`);

const MEGABYTE = 1024 ** 2;

describe.skipIf('missing' in found)('a child in the sandbox', () => {
  const inside = openInside('bwrap' in found ? found : { bwrap: '', version: '' });
  afterAll(() => inside.remove());

  describe('that takes too much is ended', () => {
    it('when it forks without end, within three seconds, and we go on meanwhile', async () => {
      let late = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        late = Math.max(late, performance.now() - last - 20);
        last = performance.now();
      }, 20);
      const marker = `bomb-${process.pid}`;
      const result = await inside
        .limited({ processes: 300 })
        .shell(`: ${marker}; f() { f | f & }; f; while :; do :; done`);
      clearInterval(timer);
      expect(result).toMatchObject({ exceeded: 'processes', exitCode: null, timedOut: false });
      expect(result.seconds).toBeLessThan(3);
      expect(late).toBeLessThan(1500);
      expect(await allGone(marker)).toBe(true);
    });

    it('when it has too many threads', async () => {
      const result = await inside.limited({ processes: 35 }).node(
        `const { Worker } = require('node:worker_threads');
         for (let i = 0; i < 30; i += 1) new Worker('setInterval(() => {}, 1000)', { eval: true });`,
      );
      expect(result.exceeded).toBe('processes');
    });

    const hog = `const all = []; setInterval(() => all.push(Buffer.alloc(${20 * MEGABYTE}, 1)), 10);`;
    it.each([
      ['at once', hog],
      [
        'in several processes',
        `const { spawn } = require('node:child_process');
         for (let i = 0; i < 3; i += 1) {
           spawn(process.execPath, ['-e', 'const a = Buffer.alloc(${80 * MEGABYTE}, 1); setInterval(() => a[0], 1000)']);
         }`,
      ],
      [
        'in files that lie in memory',
        `const fs = require('node:fs');
         for (const folder of ['/tmp', '/dev/shm']) fs.writeFileSync(folder + '/hog', Buffer.alloc(${25 * MEGABYTE}, 1));
         setInterval(() => fs.writeFileSync('/tmp/hog', Buffer.alloc(${38 * MEGABYTE}, 1)), 10);
         ${hog}`,
      ],
    ])('when it takes memory %s', async (_, script) => {
      const result = await inside.limited({ memoryBytes: 250 * MEGABYTE }).node(script);
      expect(result).toMatchObject({ exceeded: 'memory', exitCode: null });
      expect(result.seconds).toBeLessThan(5);
    });

    it.skipIf(!existsSync('/usr/bin/python3'))('when it hides memory in what is shared', async () => {
      const script = [
        'import mmap, time',
        'kept = []',
        'for _ in range(20):',
        `    part = mmap.mmap(-1, ${20 * MEGABYTE})`,
        `    part.write(b"x" * ${20 * MEGABYTE})`,
        '    part.madvise(mmap.MADV_DONTNEED)',
        '    kept.append(part)',
        'time.sleep(15)',
      ].join('\n');
      const result = await inside
        .limited({ memoryBytes: 250 * MEGABYTE })
        .run({ file: '/usr/bin/python3', args: ['-c', script] });
      expect(result).toMatchObject({ exceeded: 'memory', exitCode: null });
    });

    it.skipIf(!existsSync('/usr/bin/perl'))('not for memory that its processes share', async () => {
      const script = `my $text = 'x' x ${60 * MEGABYTE}; for (1 .. 6) { if (!fork) { sleep 1; exit 0 } } sleep 1; print 'done';`;
      const result = await inside
        .limited({ memoryBytes: 250 * MEGABYTE })
        .run({ file: '/usr/bin/perl', args: ['-e', script] });
      expect(result).toMatchObject({ exceeded: null, exitCode: 0, stdout: 'done' });
    });

    const chunk = `Buffer.alloc(${10 * MEGABYTE}, 1)`;
    it.concurrent.each([
      [
        'files',
        `for (let i = 0; i < 40; i += 1) fs.writeFileSync('big-' + i, ${chunk}); setInterval(() => {}, 1000)`,
      ],
      [
        'files that are in no folder any more',
        `for (let i = 0; i < 40; i += 1) { const fd = fs.openSync('gone-' + i, 'w'); fs.unlinkSync('gone-' + i); fs.writeSync(fd, ${chunk}); }
         setInterval(() => {}, 1000)`,
      ],
    ])('when it fills the disk with %s', async (_, script) => {
      const result = await inside
        .limited({ diskBytes: 100 * MEGABYTE })
        .node(`const fs = require('node:fs'); ${script}`);
      expect(result).toMatchObject({ exceeded: 'disk', exitCode: null });
      expect(result.seconds).toBeLessThan(8);
      for (let index = 0; index < 40; index += 1)
        rmSync(join(inside.folder, `big-${index}`), { force: true });
    });

    it('or its write fails, when one file is larger than all may be', async () => {
      const result = await inside
        .limited({ diskBytes: 20 * MEGABYTE })
        .node(`require('node:fs').writeFileSync('one', Buffer.alloc(${30 * MEGABYTE}, 1))`);
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toMatch(/EFBIG|SIGXFSZ/u);
    });

    it('when it prints without end', async () => {
      const result = await inside.limited({ outputBytes: 5 * MEGABYTE }).shell('yes no; sleep 20');
      expect(result).toMatchObject({ exceeded: 'output', exitCode: null });
      expect(result.stdout.length).toBeLessThan(110_000);
      expect(result.seconds).toBeLessThan(5);
    });
  });

  describe('that does not want to end', () => {
    const stubborn = (marker: string): string =>
      `trap '' TERM INT HUP; : ${marker}; (trap '' TERM; setsid sh -c ': ${marker}; sleep 33' &) ; while :; do sleep 0.1; done`;

    it('is ended at the timeout with all that it started, whatever they ignore', async () => {
      const marker = `stubborn-${process.pid}`;
      const result = await inside.shell(stubborn(marker), { timeoutSeconds: 0.5 });
      expect(result).toMatchObject({ exitCode: null, timedOut: true, exceeded: null });
      expect(result.seconds).toBeLessThan(2);
      expect(commandLinesWith(marker)).toEqual([]);
    });

    it('is dead when its abort is reported', async () => {
      const marker = `aborted-${process.pid}`;
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 400);
      const run = inside.shell(stubborn(marker), { signal: abort.signal });
      await expect(run).rejects.toBeInstanceOf(CancelledError);
      expect(commandLinesWith(marker)).toEqual([]);
    });

    it('is dead when it is aborted before it has begun', async () => {
      const marker = `early-${process.pid}`;
      const abort = new AbortController();
      const run = inside.shell(stubborn(marker), { signal: abort.signal, onStart: () => abort.abort() });
      await expect(run).rejects.toBeInstanceOf(CancelledError);
      expect(await allGone(marker)).toBe(true);
    });

    it('leaves no daemon behind, and is not waited for because of one', async () => {
      const marker = `daemon-${process.pid}`;
      const result = await inside.shell(
        `(setsid sh -c ': ${marker}; trap "" TERM HUP; while :; do date > beat; sleep 0.05; done' &); sleep 0.3; echo done`,
      );
      expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' });
      expect(result.seconds).toBeLessThan(1.5);
      expect(commandLinesWith(marker)).toEqual([]);
      const beat = readFileSync(join(inside.folder, 'beat'), 'utf8');
      expect(beat).not.toBe('');
    });

    it('ends with us when we are killed', async () => {
      const marker = `orphan-${process.pid}`;
      const support = fileURLToPath(new URL('../support/sandbox.ts', import.meta.url));
      const parent = spawn(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { openInside, sandboxHere } from ${JSON.stringify(support)};
           const inside = openInside(await sandboxHere());
           await inside.shell(${JSON.stringify(stubborn(marker))} + '; : ' + process.env.NEVER);`,
        ],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: { ...process.env, TMPDIR: dirname(inside.folder) },
        },
      );
      // The parent's own command line holds the marker as well.
      const daemons = (): number =>
        commandLinesWith(marker).filter((line) => line.startsWith(`sh -c : ${marker}`)).length;
      for (let attempt = 0; attempt < 100 && daemons() === 0; attempt += 1) await sleep(50);
      expect(daemons()).toBeGreaterThan(0);
      const over = new Promise((resolve) => parent.once('exit', resolve));
      parent.kill('SIGKILL');
      await over;
      expect(await allGone(marker)).toBe(true);
    });
  });
});
