/** Packages whose build looks for what is none of its business: nothing of it is there. */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';
import { noWalls } from '../support/hostile/walled.ts';

const ATTACKS = [
  'environment',
  'environ_of_processes',
  'cmdline_of_processes',
  'memory_of_processes',
  'roots_of_processes',
  'descriptors',
  'home_of_user',
  'planted_files',
  'whole_file_system',
  'other_jobs',
  'original_checkout',
  'operators_files',
  'container_socket',
  'abstract_socket',
  'system_secrets',
  'mounts',
];

describe.skipIf(noWalls)('a build that reads', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await letLoose({ module: 'reads', attacks: ATTACKS });
  }, 120_000);

  it.each(ATTACKS)('%s finds nothing, and the lock is made', (attack) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    expect(arena.target(lockOf(attack))).toMatchObject({ status: 'updated', reason: null });
    expect(arena.read(lockOf(attack))).toContain(`${packageOf(attack)}==1.0\n`);
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
