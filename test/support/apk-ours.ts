/** A made world of Alpine, as Relock reads it: through its own readers, without any network. */
import { apkUpdates, type ApkIndex } from '../../src/distro/apk-updates.ts';
import { createApkIndexReader, parseInstalledApks } from '../../src/distro/apk-index.ts';
import type { SystemUpdates } from '../../src/distro/model.ts';
import type { RecordStore } from '../../src/distro/repo-store.ts';
import { apkText, type ApkWorld, type MadeApk } from './apk-world.ts';

function indexOf(packages: readonly MadeApk[]): RecordStore {
  const reader = createApkIndexReader();
  reader.write(Buffer.from(apkText(packages)));
  return reader.end().packages;
}

const NOW = Date.parse('2026-11-01T00:00:00Z');

export function ourUpgrade(world: ApkWorld, security: ApkIndex['security'] = 'none'): SystemUpdates {
  return apkUpdates({
    installed: parseInstalledApks(apkText(world.installed)),
    files: new Map(world.world === undefined ? [] : [['etc/apk/world', Buffer.from(world.world)]]),
    indexes: world.repositories.map(({ tag = null, packages }, at) => ({
      source: {
        kind: 'apk',
        url: `https://dl.example.org/alpine/v3.22/repo${at}`,
        suite: '',
        components: [],
        architecture: 'x86_64',
        namedIn: 'etc/apk/repositories',
        trusted: false,
        signedBy: [],
        tag,
        index: `https://dl.example.org/alpine/v3.22/repo${at}/x86_64/APKINDEX.tar.gz`,
      },
      packages: indexOf(packages),
      date: '2026-10-31T00:00:00.000Z',
      signed: true,
      security,
    })),
    now: NOW,
    notes: [],
  });
}

/** `name from to` of what a plain upgrade moves, sorted. */
export function upgradesOf(updates: SystemUpdates): readonly string[] {
  if (updates.state === 'unknown') return [updates.reason.message];
  return updates.updates
    .filter(({ kind }) => kind === 'upgrade')
    .map(({ name, from, to }) => `${name} ${from} ${to}`)
    .sort();
}
