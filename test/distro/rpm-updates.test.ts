import { describe, expect, it } from 'vitest';
import { isExcluded, type RpmIndex } from '../../src/distro/rpm-candidates.ts';
import { createPrimaryReader } from '../../src/distro/rpm-primary.ts';
import type { RpmSource } from '../../src/distro/rpm-sources.ts';
import { createUpdateinfoReader } from '../../src/distro/rpm-updateinfo.ts';
import { rpmUpdates } from '../../src/distro/rpm-updates.ts';
import type { ImagePackage } from '../../src/images/content.ts';
import { NOW } from '../support/mirror.ts';
import { linesOfUpdates } from '../support/rpm-ours.ts';
import { primaryXml, updateinfoXml, type MadeAdvisory, type MadeRpm } from '../support/rpm-world.ts';

const SOURCE: RpmSource = {
  kind: 'rpm',
  url: 'https://a.example/os',
  suite: '',
  components: [],
  architecture: 'x86_64',
  namedIn: 'etc/yum.repos.d/r.repo',
  trusted: true,
  signedBy: [],
  id: 'baseos',
  addresses: ['https://a.example/os'],
  list: null,
  signed: false,
  keys: [],
  priority: 99,
  excludes: [],
  includes: [],
  subscription: false,
};

interface Scene {
  readonly packages: readonly MadeRpm[];
  readonly advisories?: readonly MadeAdvisory[];
  readonly source?: Partial<RpmSource>;
  readonly date?: string;
}

function indexOf({ packages, advisories, source = {}, date = '2026-10-30T00:00:00.000Z' }: Scene): RpmIndex {
  const primary = createPrimaryReader();
  primary.write(Buffer.from(primaryXml(packages)));
  const updateinfo = createUpdateinfoReader();
  updateinfo.write(Buffer.from(updateinfoXml(advisories ?? [])));
  return {
    source: { ...SOURCE, ...source },
    packages: primary.end(),
    advisories: advisories === undefined ? null : updateinfo.end(),
    date,
    signed: false,
  };
}

function installed({ name, version, arch = 'x86_64' }: MadeRpm): ImagePackage {
  return {
    kind: 'rpm',
    name,
    version,
    arch,
    source: name,
    sourceVersion: version,
    location: 'var/lib/rpm/rpmdb.sqlite',
  };
}

function look(there: readonly MadeRpm[], ...scenes: readonly Scene[]) {
  const updates = rpmUpdates({
    packages: there.map(installed),
    indexes: scenes.map(indexOf),
    installOnly: ['kernel-core', 'own-*'],
    now: NOW,
    notes: ['before'],
  });
  if (updates.state === 'unknown') throw new Error(updates.reason.message);
  return updates;
}

const BASH: MadeRpm = { name: 'bash', version: '5.1.8-6.el9' };
const OPENSSL: MadeRpm = { name: 'openssl-libs', version: '1:3.0.7-24.el9', source: 'openssl' };

describe('dnf upgrade', () => {
  it.each<readonly [string, readonly MadeRpm[], readonly Scene[], readonly string[]]>([
    ['nothing newer', [BASH], [{ packages: [BASH] }], []],
    [
      'the newest of several',
      [BASH],
      [
        {
          packages: [
            { ...BASH, version: '5.1.8-9.el9' },
            { ...BASH, version: '5.1.8-10.el9' },
          ],
        },
      ],
      ['bash x86_64 5.1.8-10.el9'],
    ],
    ['the epoch first', [OPENSSL], [{ packages: [{ ...OPENSSL, version: '3.5.0-1.el9' }] }], []],
    [
      'from noarch to the own architecture',
      [{ ...BASH, arch: 'noarch' }],
      [{ packages: [{ ...BASH, version: '6-1' }] }],
      ['bash x86_64 6-1'],
    ],
    ['to no other architecture', [BASH], [{ packages: [{ ...BASH, arch: 'i686', version: '6-1' }] }], []],
    [
      'each architecture for itself',
      [BASH, { ...BASH, arch: 'i686' }],
      [{ packages: [{ ...BASH, arch: 'i686', version: '6-1' }] }],
      ['bash i686 6-1'],
    ],
    [
      'a repository that counts more',
      [BASH],
      [{ packages: [{ ...BASH, version: '6-1' }] }, { packages: [BASH], source: { priority: 10 } }],
      [],
    ],
    [
      'what is excluded',
      [BASH, OPENSSL],
      [
        {
          packages: [
            { ...BASH, version: '6-1' },
            { ...OPENSSL, version: '2:1-1' },
          ],
          source: { excludes: ['ba*'] },
        },
      ],
      ['openssl-libs x86_64 2:1-1'],
    ],
    [
      'kernels, which stand side by side',
      [
        { name: 'kernel-core', version: '5-1' },
        { name: 'own-x', version: '1-1' },
      ],
      [
        {
          packages: [
            { name: 'kernel-core', version: '6-1' },
            { name: 'own-x', version: '2-1' },
          ],
        },
      ],
      [],
    ],
    [
      'what takes its place',
      [BASH],
      [{ packages: [{ name: 'zsh', version: '1-1', obsoletes: ['bash < 6'] }] }],
      ['bash -> zsh x86_64 1-1'],
    ],
    [
      'what takes the place of older ones only',
      [BASH],
      [
        {
          packages: [
            { ...BASH, version: '6-1' },
            { name: 'zsh', version: '1-1', obsoletes: ['bash < 6'] },
          ],
        },
      ],
      ['bash x86_64 6-1'],
    ],
    [
      'a module stays with its stream',
      [{ name: 'nodejs', version: '1:18.9.0-1.module+el8.7.0+1+a' }],
      [
        {
          packages: [
            { name: 'nodejs', version: '1:20.1.0-1.module+el8.9.0+1+a' },
            { name: 'nodejs', version: '1:18.9.1-2.module+el8.9.0+1+a' },
            { name: 'nodejs', version: '1:22.0.0-1.el8' },
          ],
        },
      ],
      ['nodejs x86_64 1:18.9.1-2.module+el8.9.0+1+a'],
    ],
    [
      'what is of no module goes into none',
      [{ name: 'nodejs', version: '1:16-1.el8' }],
      [{ packages: [{ name: 'nodejs', version: '1:16.1-1.module+el8+1' }] }],
      [],
    ],
  ])('%s', (_, there, scenes, expected) => {
    const updates = look(there, ...scenes);
    expect(linesOfUpdates(updates)).toEqual(expected);
    expect(updates.state).toBe(expected.length === 0 ? 'clean' : 'behind');
  });
});

describe('an update', () => {
  const offered = { ...OPENSSL, version: '1:3.0.7-28.el9', made: 1_790_000_000 };
  const named = (id: string, type: string, version: string, issued: string): MadeAdvisory => ({
    id,
    type,
    issued,
    packages: [{ ...OPENSSL, version }],
  });

  it('is a security fix by the advisories on the way to it, and waits since the first', () => {
    const advisories = [
      named('T-1', 'security', '1:3.0.7-24.el9', '2026-01-01 00:00:00'),
      named('T-3', 'security', '1:3.0.7-28.el9', '2026-09-01 00:00:00'),
      named('T-2', 'security', '1:3.0.7-27.el9', '2026-08-01 00:00:00'),
      named('T-4', 'bugfix', '1:3.0.7-26.el9', '2026-07-01 00:00:00'),
      named('T-5', 'security', '1:3.0.7-29.el9', '2026-06-01 00:00:00'),
    ];
    // The advisories of another repository count as well, as in dnf.
    const { updates } = look([OPENSSL], { packages: [offered] }, { packages: [], advisories });
    expect(updates).toEqual([
      {
        name: 'openssl-libs',
        arch: 'x86_64',
        source: 'openssl',
        from: '1:3.0.7-24.el9',
        to: '1:3.0.7-28.el9',
        security: true,
        advisories: ['T-2', 'T-3'],
        kind: 'upgrade',
        because: null,
        suite: 'baseos',
        since: '2026-08-01T00:00:00.000Z',
      },
    ]);
  });

  it('without one is none', () => {
    const advisories = [named('T-4', 'bugfix', '1:3.0.7-28.el9', '2026-07-01 00:00:00')];
    const { updates, notes } = look([OPENSSL], { packages: [offered], advisories });
    expect(updates[0]).toMatchObject({
      security: false,
      advisories: ['T-4'],
      since: '2026-07-01T00:00:00.000Z',
    });
    expect(notes).toEqual(['before']);
  });

  it('of a repository without advisories is none, and that is said', () => {
    const { updates, notes } = look([OPENSSL], { packages: [offered] });
    expect(updates[0]).toMatchObject({ security: false, since: '2026-09-21T14:13:20.000Z' });
    expect(notes.join()).toMatch(/baseos publishes no advisories/u);
  });
});

it('an old index is said to be one', () => {
  const { state, notes } = look([BASH], { packages: [BASH], date: '2026-01-01T00:00:00.000Z' });
  expect([state, notes[1]]).toEqual([
    'clean',
    'The index of baseos is 304 days old: its release may be past its end of life.',
  ]);
});

it.each([
  ['bash', true],
  ['BASH', true],
  ['bash-5*', true],
  ['bash.x86_64', true],
  ['bash-5.1.8-6.el9.x86_64', true],
  ['bash-0:5.1.8-6.el9', true],
  ['bash.i686', false],
  ['ash', false],
  ['[', false],
])('the glob %s excludes bash: %s', (glob, expected) => {
  const record = {
    name: 'bash',
    arch: 'x86_64',
    version: '5.1.8-6.el9',
    source: 'bash',
    sourceVersion: '',
    made: null,
    obsoletes: [],
  };
  expect(isExcluded(record, { ...SOURCE, excludes: [glob] })).toBe(expected);
  expect(isExcluded(record, { ...SOURCE, includes: [glob] })).toBe(!expected);
});
