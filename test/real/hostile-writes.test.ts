/** Packages whose build writes: outside, into what others use, and in the place of what is published. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { letLoose, lockOf, packageOf, type Arena } from '../support/hostile/arena.ts';
import { noWalls } from '../support/hostile/walled.ts';

/** Nothing of it comes about, or it stays in the private copy: the lock is made. */
const CONTAINED = [
  'outside_absolute',
  'outside_relative',
  'outside_by_link',
  'hard_links',
  'interpreter',
  'tools',
  'own_cache',
  'traps_in_home',
  'other_locks',
  'git_folder',
  'lock_is_hard_link',
  'lock_is_huge',
  'lock_is_executable',
  'leaves_daemon',
];
/** In the place of its own lock is something else: nothing is published. */
const REFUSED = [
  'lock_is_link_to_secret',
  'lock_is_link_to_system',
  'lock_is_folder',
  'lock_is_pipe',
  'lock_is_device',
  'parent_is_link',
  'parent_is_inner_link',
];

/** Of terminals (escape, bell, CSI), also as JSON writes them, and what turns text around. */
const CONTROLS = ['\u001B', '\\u001b', '\u0007', '\u009B', '\u202E'];

describe.skipIf(noWalls)('a build that writes', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await letLoose({
      module: 'writes',
      attacks: [...CONTAINED, ...REFUSED, 'races_with_lock', 'speaks_to_terminal'],
      settings: { timeoutSeconds: 10 },
    });
  }, 150_000);

  it.each(CONTAINED)('%s changes nothing but its own lock', (attack) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    const path = lockOf(attack);
    const target = arena.target(path);
    expect(target).toMatchObject({ status: 'updated', reason: null, files: [{ path, executable: false }] });
    expect(arena.read(path)).toContain(`${packageOf(attack)}==1.0\n`);
    expect(statSync(join(arena.world.root, path)).mode & 0o7111).toBe(0);
  });

  it.each(REFUSED)('%s is refused', (attack) => {
    expect(arena.got(packageOf(attack))).toEqual([]);
    expect(arena.target(lockOf(attack))).toMatchObject({ status: 'failed', changes: [], files: [] });
    expect(arena.read(lockOf(attack))).toContain(`${packageOf(attack)}==0.9\n`);
  });

  it('a race for the lock is won by nobody but the solver', () => {
    const attack = 'races_with_lock';
    const text = arena.read(lockOf(attack));
    const made = arena.target(lockOf(attack))?.status === 'updated';
    expect(text).toContain(`${packageOf(attack)}==${made ? '1.0' : '0.9'}\n`);
  });

  it('what other locks are made from stays as it is', () => {
    expect(arena.read('innocent.in')).toBe('plain\ncalm\n');
    for (const path of ['Dockerfile', 'setup.py', '.github', 'forged']) {
      expect(existsSync(join(arena.world.root, path))).toBe(false);
    }
  });

  it('what a failing build prints is plain text in the report', () => {
    const { reason } = arena.target(lockOf('speaks_to_terminal')) ?? {};
    expect(reason?.code).toBe('sdist-build-failed');
    // Not as a command that a CI runner would obey.
    expect(reason?.detail).toContain('| ::set-output name=x::pwned');
    const body = arena.outcome.pullRequest?.body ?? '';
    expect(body).toContain('hostile-speaks-to-terminal');
    for (const text of [JSON.stringify(reason), body, arena.printed]) {
      expect(CONTROLS.filter((control) => text.includes(control))).toEqual([]);
    }
    // Only inside of a fence that is longer than any of its own, so that it ends where it should.
    const outside = body
      .replaceAll(/^(?<fence>`{3,})[^`\n]*\n[^]*?^\k<fence>$/gmu, '')
      .replaceAll(/(?<ticks>`+)[^]*?\k<ticks>/gu, '');
    expect(outside).not.toMatch(/@everyone|<img|<script|javascript:|<!-- relock:x/u);
  });

  it('harms neither the machine nor the lock beside it', () => {
    expect(arena.harm()).toEqual([]);
    expect(arena.read('innocent.txt')).toMatch(/^calm==1\.0$[^]*^plain==1\.0$/mu);
  });
});
