import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseApkSecurity } from '../../src/distro/apk-secdb.ts';
import { ourUpgrade, upgradesOf } from '../support/apk-ours.ts';
import { APK_SCENES } from '../support/apk-scenes.ts';
import type { ApkWorld } from '../support/apk-world.ts';

/** By `test/support/record-apk.ts`. */
const RECORDED = JSON.parse(
  readFileSync(new URL('../fixtures/distro/apk-upgrades.json', import.meta.url), 'utf8'),
) as {
  /** null: it gives up. */
  readonly scenes: Readonly<Record<string, readonly string[] | null>>;
  readonly chance: readonly { readonly world: ApkWorld; readonly upgrades: readonly string[] }[];
};

describe('what the real apk upgrades', () => {
  it.each(Object.entries(APK_SCENES))('%s', (name, world) => {
    expect(upgradesOf(ourUpgrade(world))).toEqual(RECORDED.scenes[name] ?? []);
  });

  it('is named alike in worlds by chance', () => {
    const other = RECORDED.chance.filter(
      ({ world, upgrades }) => upgradesOf(ourUpgrade(world)).join() !== upgrades.join(),
    );
    expect(RECORDED.chance.length).toBeGreaterThan(50);
    expect(other).toEqual([]);
  });
});

const ONE: ApkWorld = {
  repositories: [
    { packages: [{ name: 'libssl3', version: '3.5.4-r0', origin: 'openssl', built: 1_790_000_000 }] },
  ],
  installed: [{ name: 'libssl3', version: '3.5.1-r0', origin: 'openssl' }],
  world: 'libssl3',
};

function fixes(secfixes: unknown): NonNullable<ReturnType<typeof parseApkSecurity>> {
  const parsed = parseApkSecurity(JSON.stringify({ packages: [{ pkg: { name: 'openssl', secfixes } }] }));
  if (parsed === null) throw new Error('no database');
  return parsed;
}

function told(updates: ReturnType<typeof ourUpgrade>) {
  if (updates.state === 'unknown') throw new Error(updates.reason.message);
  return updates;
}

describe('an update', () => {
  it('is a security fix when the database names one on the way to it', () => {
    const security = fixes({
      '3.5.1-r0': ['CVE-2026-1'],
      '3.5.2-r0': ['CVE-2026-2 GHSA-xx-yy', 'CVE-2026-3'],
      '3.5.4-r0': ['CVE-2026-4'],
      '3.5.5-r0': ['CVE-2026-5'],
      '0': ['CVE-2026-6'],
    });
    expect(told(ourUpgrade(ONE, security)).updates).toEqual([
      {
        name: 'libssl3',
        arch: 'x86_64',
        source: 'openssl',
        from: '3.5.1-r0',
        to: '3.5.4-r0',
        security: true,
        advisories: ['CVE-2026-2', 'CVE-2026-3', 'CVE-2026-4', 'GHSA-xx-yy'],
        kind: 'upgrade',
        because: null,
        suite: 'v3.22/repo0',
        since: '2026-09-21T14:13:20.000Z',
      },
    ]);
  });

  it('is none when the database names no fix', () => {
    const { updates, notes, state } = told(ourUpgrade(ONE, fixes({ '3.5.1-r0': ['CVE-2026-1'] })));
    expect([state, updates[0]?.security, updates[0]?.advisories, notes]).toEqual(['behind', false, [], []]);
  });

  it('counts as one while the database cannot be read, and that is said', () => {
    const { updates, notes } = told(ourUpgrade(ONE, 'unreachable'));
    expect(updates[0]?.security).toBe(true);
    expect(notes.join()).toMatch(
      /v3\.22\/repo0 could not be read: all of its updates count as security fixes/u,
    );
  });

  it('of a repository without a database is none, and that is said', () => {
    const { updates, notes } = told(ourUpgrade(ONE, 'none'));
    expect(updates[0]?.security).toBe(false);
    expect(notes.join()).toMatch(/has no security database/u);
  });

  it('that something holds back is told with the reason', () => {
    const { updates, state } = told(ourUpgrade({ ...ONE, world: 'libssl3=3.5.1-r0' }));
    expect([state, updates[0]?.kind, updates[0]?.because]).toEqual([
      'behind',
      'kept-back',
      'the image itself asks for another version (etc/apk/world)',
    ]);
    const lib = APK_SCENES['a library that changed its name, and somebody left behind'];
    const held = lib === undefined ? null : told(ourUpgrade(lib)).updates[0];
    expect([held?.name, held?.because]).toEqual(['lib', 'own goes with another version']);
  });

  it('of what nothing needs any more is none: apk would remove it', () => {
    const scene = APK_SCENES['no longer needed by anything'];
    const notes = scene === undefined ? [] : told(ourUpgrade(scene)).notes;
    expect(notes.join()).toMatch(/apk would remove what nothing needs any more: helper\./u);
  });
});

it('is clean when nothing is newer, also without a database of fixes', () => {
  const world = { ...ONE, installed: [{ name: 'libssl3', version: '3.5.4-r0' }] };
  expect(told(ourUpgrade(world, 'unreachable'))).toMatchObject({ state: 'clean', updates: [], notes: [] });
});

describe('the database of fixes', () => {
  it.each(['', 'null', '[]', '{"packages": {}}', '{"packages"'])('is not read from %j', (text) => {
    expect(parseApkSecurity(text)).toBeNull();
  });

  it('passes over entries that are none', () => {
    const text =
      '{"packages":[null,1,{"pkg":null},{"pkg":{"name":"__proto__","secfixes":{"1-r0":["CVE-1-1"]}}},{"pkg":{"name":"a","secfixes":{"1-r0":"CVE-1-1","2-r0":[1,"no id"]}}}]}';
    expect(parseApkSecurity(text)?.fixedBetween('__proto__', '0-r0', '1-r0')).toEqual(['CVE-1-1']);
    expect(parseApkSecurity(text)?.fixedBetween('a', '0-r0', '9-r0')).toEqual([]);
  });
});
