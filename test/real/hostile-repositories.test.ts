/**
 * Repositories that mean harm by what their files say: indexes on the host's loopback, other transports of git, settings that
 * run something. Some allow themselves, in their own policy, what only an operator may allow.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';
import { CASES, filesOfCases, lockOfCase } from '../support/hostile/repositories.ts';
import { noWalls } from '../support/hostile/walled.ts';

const ATTACKS: readonly (readonly [attack: string, refused: RegExp])[] = [
  ['loopback_by_door', /127\.0\.0\.1 is no public address.*localhost is at 127\.0\.0\.1/u],
  ['metadata_address', /169\.254\.169\.254 is no public address/u],
];

describe.skipIf(noWalls)('a repository', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await letLoose({
      module: 'network',
      attacks: ATTACKS.map(([attack]) => attack),
      files(world) {
        const { port } = world.canaries;
        const allowed = [`127.0.0.1:${port}`, `localhost:${port}`, '169.254.169.254:80'];
        return {
          '.github/relock.toml': `allow-hosts = ${JSON.stringify(allowed)}\n`,
          ...filesOfCases(world),
        };
      },
    });
  }, 150_000);

  it.each(CASES)('that says $name: $expected', (one) => {
    const path = lockOfCase(one);
    const made = arena.target(path);
    const skipped = arena.outcome.skips.find((skip) => skip.path === path);
    const reason = made?.reason ?? skipped?.reason ?? null;
    const isMade = one.expected === 'updated';
    expect(reason?.code ?? made?.status).toBe(one.expected);
    expect(arena.read(path)).toMatch(isMade ? /^plain==1\.0$/mu : /^plain==0\.9$/mu);
  });

  it.each(ATTACKS)('may not allow itself %s', (attack, refused) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    expect(arena.target(lockOf(attack))?.notes.join('\n')).toMatch(refused);
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
