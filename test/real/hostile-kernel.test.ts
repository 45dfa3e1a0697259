/** Packages whose build attacks the walls around it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';
import { noWalls } from '../support/hostile/walled.ts';

const ATTACKS = [
  'new_namespaces',
  'mount',
  'capabilities',
  'set_user_id',
  'trace',
  'kill_first_process',
  'kill_host_process',
  'kernel_settings',
  'kernel_keys',
  'dangerous_calls',
  'devices',
  'odd_sockets',
  'own_network',
  'terminal',
];
/** It ends its own locker with everything else that it can see. */
const SUICIDE = 'kill_all';

describe.skipIf(noWalls)('a build that attacks the sandbox', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await letLoose({ module: 'kernel', attacks: [...ATTACKS, SUICIDE] });
  }, 120_000);

  it.each(ATTACKS)('%s is refused, and the lock is made', (attack) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    expect(arena.target(lockOf(attack))).toMatchObject({ status: 'updated', reason: null });
  });

  it('kill_all ends nobody else', () => {
    expect(arena.target(lockOf(SUICIDE))).toMatchObject({ status: 'failed', changes: [], files: [] });
    expect(arena.read(lockOf(SUICIDE))).toContain(`${packageOf(SUICIDE)}==0.9\n`);
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
