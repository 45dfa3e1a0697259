/** Packages whose build takes all there is, or never ends: each is ended alone, and the reader is told at which limit. */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';
import { noWalls } from '../support/hostile/walled.ts';

const MIB = 1024 ** 2;
const LIMITS = { memoryBytes: 512 * MIB, processes: 150, diskBytes: 512 * MIB, outputBytes: 8 * MIB };

/** What the message names. */
const ENDED: readonly (readonly [attack: string, code: string, message: RegExp])[] = [
  ['fork_bomb', 'limit-exceeded', /started more processes/u],
  ['thread_bomb', 'limit-exceeded', /started more processes/u],
  ['memory_hog', 'limit-exceeded', /more memory/u],
  ['shared_memory_hog', 'limit-exceeded', /more memory/u],
  ['many_small_hogs', 'limit-exceeded', /more memory/u],
  // The kernel's limit of a file, or the watch over the disk: whoever sees it first.
  ['big_file', 'sdist-build-failed or limit-exceeded', /File too large|more to the disk/u],
  ['many_files', 'limit-exceeded', /more to the disk/u],
  ['unlinked_files', 'limit-exceeded', /more to the disk/u],
  // uv keeps what a build prints, until there is no memory left.
  ['output_flood', 'limit-exceeded', /more memory|printed more/u],
  ['output_without_end_of_line', 'limit-exceeded', /more memory|printed more/u],
  ['output_of_failure', 'limit-exceeded', /printed more/u],
  ['fork_chain', 'timeout', /stopped after 10 seconds/u],
  ['deaf_sleeper', 'timeout', /stopped after 10 seconds/u],
  ['busy', 'timeout', /stopped after 10 seconds/u],
  ['stopped', 'timeout', /stopped after 10 seconds/u],
];
/** What only has itself to harm: the lock is made, and nobody stumbles over what is left. */
const BORNE = ['temporary_files', 'empty_files', 'deep_folders', 'odd_names', 'open_files'];

describe.skipIf(noWalls)('a build that takes all there is', () => {
  let arena: Arena;
  beforeAll(async () => {
    const attacks = ENDED.map(([attack]) => attack);
    arena = await letLoose({
      module: 'bombs',
      attacks,
      limits: LIMITS,
      settings: { timeoutSeconds: 10, parallel: 6 },
    });
  }, 180_000);

  it.each(ENDED)('%s is ended: %s', (attack, code, message) => {
    const target = arena.target(lockOf(attack));
    expect(target).toMatchObject({ status: 'failed', changes: [], files: [] });
    expect(code.split(' or ')).toContain(target?.reason?.code);
    expect(target?.reason?.message).toMatch(message);
    expect(arena.read(lockOf(attack))).toContain(`${packageOf(attack)}==0.9\n`);
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});

describe.skipIf(noWalls)('a build that only has itself to harm', () => {
  let arena: Arena;
  beforeAll(async () => {
    // Beside the bombs of above it could run out of time.
    const settings = { timeoutSeconds: 60, parallel: 3 };
    arena = await letLoose({ module: 'bombs', attacks: BORNE, limits: LIMITS, settings });
  }, 180_000);

  it.each(BORNE)('%s is borne', (attack) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    expect(arena.target(lockOf(attack))).toMatchObject({ status: 'updated', reason: null });
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
