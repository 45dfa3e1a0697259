import { describe, expect, it } from 'vitest';
import type { PackageUpdate } from '../../src/distro/model.ts';
import type { ImagePackage, ImagePackageKind } from '../../src/images/content.ts';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import { waysOf } from '../../src/rebuild/ways.ts';

function update(name: string, change: Partial<PackageUpdate> = {}): PackageUpdate {
  return {
    name,
    arch: 'amd64',
    source: name,
    from: '1-1',
    to: '1-2',
    security: true,
    advisories: [],
    kind: 'upgrade',
    because: null,
    suite: 'bookworm-security',
    since: null,
    ...change,
  };
}

function content(
  packages: Readonly<Record<string, string>>,
  kind: ImagePackageKind = 'deb',
): readonly ImagePackage[] {
  return Object.entries(packages).map(([name, version]) => ({
    kind,
    name,
    version,
    arch: 'amd64',
    source: name,
    sourceVersion: version,
    location: 'x',
  }));
}

interface Case {
  readonly file: string;
  readonly base?: readonly ImagePackage[] | null;
  readonly next?: readonly ImagePackage[] | null;
  readonly pinned?: boolean;
  readonly update?: Partial<PackageUpdate>;
}

const OLD = content({ a: '1-1' });

function way({ file, base = OLD, next = null, pinned = true, update: change }: Case): string | undefined {
  const outline = readDockerfile('Dockerfile', `FROM x\n${file}`);
  return waysOf([update('a', change)], outline, base, next, pinned)[0]?.way;
}

const UPGRADE = 'RUN apt-get update && apt-get -y upgrade\n';
const INSTALL = 'RUN apt-get update && apt-get install -y b\n';
const FULL = 'RUN apt-get update && apt-get -y dist-upgrade\n';

describe('the way of an update', () => {
  it.each<[string, string, Case]>([
    ['the new base has it', 'base-digest', { file: UPGRADE, next: content({ a: '1-2' }) }],
    ['and is newer still', 'base-digest', { file: '', next: content({ a: '1-2+deb12u1' }) }],
    ['and comes with a pull', 'rebuild', { file: '', next: content({ a: '1-2' }), pinned: false }],
    [
      'and it is kept back',
      'base-digest',
      { file: '', next: content({ a: '1-2' }), update: { kind: 'kept-back' } },
    ],
    ['the new base has an older one', 'upgrade-step', { file: '', next: content({ a: '1-1' }) }],
    [
      'Python packages are no system packages',
      'upgrade-step',
      { file: '', next: content({ a: '2' }, 'python') },
    ],
    [
      'another architecture',
      'upgrade-step',
      { file: '', next: content({ a: '1-2' }), update: { arch: 'i386' } },
    ],
    ['all architectures', 'base-digest', { file: '', next: content({ a: '1-2' }), update: { arch: 'all' } }],
    ['an upgrade step', 'rebuild', { file: UPGRADE }],
    ['an upgrade step, base unknown', 'rebuild', { file: UPGRADE, base: null }],
    ['none', 'upgrade-step', { file: INSTALL }],
    ['none, base unknown', 'upgrade-step', { file: INSTALL, base: null }],
    ['an upgrade without package lists', 'upgrade-step', { file: 'RUN apt-get -y upgrade' }],
    ['an upgrade in another stage', 'upgrade-step', { file: `${UPGRADE}FROM y\n${INSTALL}` }],
    [
      'an upgrade in the stage below',
      'rebuild',
      { file: `${UPGRADE}FROM y AS z\n${UPGRADE}FROM z\n${INSTALL}` },
    ],
    ['an upgrade of it alone', 'rebuild', { file: 'RUN apt-get update && apt-get install --only-upgrade a' }],
    [
      'an upgrade of another alone',
      'upgrade-step',
      { file: 'RUN apt-get update && apt-get install --only-upgrade b' },
    ],
    ['security fixes alone', 'rebuild', { file: 'RUN dnf -y upgrade --security' }],
    [
      'but it is none',
      'upgrade-step',
      { file: 'RUN dnf -y upgrade --security', update: { security: false } },
    ],
    ['a step installs it', 'rebuild', { file: INSTALL, base: content({ c: '1' }) }],
    [
      'a step installs it, and it is held back',
      'rebuild',
      { file: INSTALL, base: [], update: { kind: 'kept-back' } },
    ],
    ['a script may install it', 'rebuild', { file: 'RUN ./install.sh', base: [] }],
    ['nothing installs it', 'upgrade-step', { file: '', base: [] }],
    ['a new base brings an old one', 'upgrade-step', { file: INSTALL, base: [], next: OLD }],
    ['apt moves what is named', 'rebuild', { file: 'RUN apt-get update && apt-get install a' }],
    ['apk does not', 'upgrade-step', { file: 'RUN apk add --no-cache a' }],
    ['unless it is told to', 'rebuild', { file: 'RUN apk add --no-cache -u a' }],
    ['pinned', 'upgrade-step', { file: 'RUN apt-get update && apt-get install a=1-1', base: [] }],
    ['pinned to the update', 'rebuild', { file: 'RUN apt-get update && apt-get install a=1-2', base: [] }],
    ['pinned to its beginning', 'rebuild', { file: 'RUN apt-get update && apt-get install a=1-*', base: [] }],
    [
      'pinned by what is not known',
      'upgrade-step',
      { file: 'RUN apt-get update && apt-get install a=$V', base: [] },
    ],
    [
      'pinned above an upgrade',
      'rebuild',
      { file: `RUN apt-get update && apt-get install a=1-1\n${UPGRADE}`, base: [] },
    ],
    [
      'pinned below it',
      'upgrade-step',
      { file: `${UPGRADE}RUN apt-get update && apt-get install a=1-1`, base: [] },
    ],
    [
      'apk keeps a pin',
      'upgrade-step',
      { file: 'RUN apk add --no-cache a=1-1 && apk upgrade --no-cache', base: [] },
    ],
    ['apk, by its beginning', 'rebuild', { file: 'RUN apk add --no-cache a~=1', base: [] }],
    [
      'RPM, without release',
      'rebuild',
      { file: 'RUN dnf install -y a-1.0', base: [], update: { to: '2:1.0-2' } },
    ],
    [
      'RPM, with',
      'upgrade-step',
      { file: 'RUN dnf install -y a-1.0-1', base: [], update: { to: '2:1.0-2' } },
    ],
    ['kept back', 'not-yet', { file: UPGRADE, update: { kind: 'kept-back' } }],
    ['kept back, without a step', 'not-yet', { file: '', update: { kind: 'kept-back' } }],
    ['kept back, full upgrade', 'rebuild', { file: FULL, update: { kind: 'kept-back' } }],
    ['phased', 'not-yet', { file: FULL, update: { kind: 'phased' } }],
    ['not read', 'upgrade-step', { file: 'RUN <<A' }],
  ])('%s: %s', (_, expected, one) => {
    expect(way(one)).toBe(expected);
  });

  it.each<[ImagePackageKind, string, string, boolean]>([
    ['apk', '3.5.4-r1', '3.5.4-r0', true],
    ['apk', '3.5.4_rc1-r0', '3.5.4-r0', false],
    ['apk', 'odd version', '3.5.4-r0', false],
    ['rpm', '1:1.0-2.el9', '1.0-3.el9', true],
    ['rpm', '1.0~rc1-1', '1.0-1', false],
    ['deb', '1.0~rc1-1', '1.0-1', false],
  ])('compares as %s does: %s for %s', (kind, version, to, isThere) => {
    const is = way({ file: '', next: content({ a: version }, kind), update: { to } });
    expect(is).toBe(isThere ? 'base-digest' : 'upgrade-step');
  });
});
