/** Ctrl-C, a kill, and a locker that hangs: what is left behind is nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mixedRepository, relock, snapshot, startRelock } from '../support/cli.ts';
import { fakeUv } from '../support/fake-uv.ts';
import { folder } from '../support/folder.ts';
import { startServer } from '../support/loopback-server.ts';

const HANGS = 'sleep 300 &\nnote $!\nwait';

/** A uv that answers what is asked before a lock starts, and then hangs with a child of its own. */
function hangingUv(
  when: string,
  settings = '',
): { readonly settings: string; readonly pids: () => readonly number[] } {
  const notes = join(folder(), 'pids');
  const body = `note() { echo "$1" >> '${notes}'; }\n${when}`;
  const pids = (): readonly number[] =>
    existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  onTestFinished(() => {
    for (const pid of pids().filter(isAlive)) process.kill(pid, 'SIGKILL');
  });
  return { settings: fakeUv(body, settings), pids };
}

const IN_A_LOCK = `case "$1" in lock) note $$\n${HANGS};; esac`;
const STUBBORN = `trap '' TERM INT HUP\n${IN_A_LOCK.replace('sleep 300 &', "(trap '' TERM INT HUP; sleep 300) &").replace('wait', 'while :; do sleep 1; done')}`;
const WHILE_PREPARING = `case "$1" in python) note $$\n${HANGS};; esac`;

/** A process that is dead but not yet waited for counts as dead: who waits for orphans is up to the machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`${what} did not happen within 15 s.`);
    await sleep(20);
  }
}

describe.runIf(existsSync('/proc/self/status'))('an interrupted run', () => {
  it.each([
    ['SIGINT', 'a locker runs', IN_A_LOCK],
    ['SIGTERM', 'a locker runs', IN_A_LOCK],
    ['SIGHUP', 'a locker runs', IN_A_LOCK],
    ['SIGINT', 'a locker runs that ignores signals', STUBBORN],
    ['SIGINT', 'it prepares', WHILE_PREPARING],
  ] as const)('ends by %s while %s', { timeout: 30_000 }, async (signal, _, body) => {
    const root = mixedRepository();
    const before = snapshot(root);
    const { settings, pids } = hangingUv(body);
    const args = ['run', root, '--target', 'api/*', '--settings', settings, '--write'];
    const { child, tmp, ended } = startRelock(args);
    await until(() => pids().length >= 2, 'The start of the locker');
    expect(readdirSync(tmp)).not.toEqual([]);
    const sent = performance.now();
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(performance.now() - sent).toBeLessThan(5000);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/\nInterrupted; nothing was changed\.\n$/u);
    expect(pids().filter(isAlive)).toEqual([]);
    expect(readdirSync(tmp)).toEqual([]);
    expect(snapshot(root)).toEqual(before);
  });

  it.each([
    ['the first page', 'worker/*', /\/simple\/poetry\/$/u],
    ['links for the report', 'api/*', /\/pypi\/wsproto\/json$/u],
  ])('ends while an index keeps it waiting for %s', { timeout: 30_000 }, async (_, target, waitedFor) => {
    const root = mixedRepository();
    const before = snapshot(root);
    const server = await startServer(() => undefined);
    const bumps = "sed -i 's/1\\.1\\.0/1.2.0/' uv.lock";
    const settings = fakeUv(
      `if [ "$1" = lock ]; then ${bumps}; exit 0; fi`,
      `index-url = "${server.origin}/simple"`,
    );
    const { child, tmp, ended } = startRelock([
      'run',
      root,
      '--target',
      target,
      '--settings',
      settings,
      '--write',
    ]);
    await until(() => server.seen.some(({ url }) => waitedFor.test(url)), 'The question');
    const sent = performance.now();
    child.kill('SIGINT');
    // npm sends it on, after the terminal has sent it to everybody.
    await sleep(50);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted;') });
    expect(performance.now() - sent).toBeLessThan(3000);
    expect(readdirSync(tmp)).toEqual([]);
    expect(snapshot(root)).toEqual(before);
  });

  it('ends at once by a second signal, its children with it', { timeout: 30_000 }, async () => {
    const { settings, pids } = hangingUv(STUBBORN);
    const args = ['run', mixedRepository(), '--target', 'api/*', '--settings', settings];
    const { child, ended } = startRelock(args);
    await until(() => pids().length >= 2, 'The start of the locker');
    child.kill('SIGINT');
    await sleep(1100);
    const sent = performance.now();
    child.kill('SIGINT');
    const { code, signal } = await ended;
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(performance.now() - sent).toBeLessThan(1000);
    await until(() => !pids().some(isAlive), 'The end of the children');
  });

  it('that was killed is cleared away by the next run', { timeout: 40_000 }, async () => {
    const root = mixedRepository();
    const before = snapshot(root);
    const { settings, pids } = hangingUv(IN_A_LOCK);
    const tmp = folder();
    const { child, ended } = startRelock(['run', root, '--target', 'api/*', '--settings', settings], { tmp });
    await until(() => pids().length >= 2, 'The start of the locker');
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(readdirSync(tmp)).not.toEqual([]);
    for (const pid of pids().filter(isAlive)) process.kill(pid, 'SIGKILL');
    // `relock` looks itself that nothing is left, of the killed run either.
    const next = await relock(['run', root, '--target', 'tools/*', '--exclude-newer', '2025-06-01'], { tmp });
    expect(next.code).toBe(0);
    expect(snapshot(root)).toEqual(before);
  });
});
