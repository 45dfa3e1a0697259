/** Debian 12 images made by hand: a package database, Python packages, and whatever else is put on top. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { sha256 } from '../registry/made-image.ts';
import type { PushedLayer, PushedPlatform } from '../registry/push.ts';
import { makeTar, type MadeEntry } from './make-tar.ts';

export interface MadeDeb {
  readonly name: string;
  readonly version: string;
  /** `openssl`, `perl (5.36.0-7)`. */
  readonly source?: string;
}

export interface DebianImage {
  readonly debs: readonly MadeDeb[];
  /** Name, version, and the folder that holds its metadata. */
  readonly python?: readonly (readonly [string, string, string])[];
  /** Layers above, oldest first. */
  readonly above?: readonly (readonly MadeEntry[])[];
}

const OS_RELEASE =
  'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

/** Of `count` packages that no advisory speaks of. */
export function fillers(count: number): readonly MadeDeb[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `libfiller${at}-1`,
    version: `1.${at}-1`,
    source: `filler${at}`,
  }));
}

export function debianImage({ debs, python = [], above = [] }: DebianImage): PushedPlatform {
  const status = debs.map(
    ({ name, version, source }) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n` +
      `${source === undefined ? '' : `Source: ${source}\n`}Version: ${version}\n`,
  );
  const system = [
    { path: 'etc/os-release', content: OS_RELEASE },
    { path: 'etc/debian_version', content: '12.14\n' },
    { path: 'var/lib/dpkg/status', content: status.join('\n') },
  ];
  const metadata = python.map(([name, version, folder]) => ({
    path: `${folder}/${name}-${version}.dist-info/METADATA`,
    content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n`,
  }));
  return {
    platform: 'linux/amd64',
    layers: [layer(system), layer(metadata, 'zstd'), ...above.map((entries) => layer(entries))],
    config: { created: '2026-10-01T00:00:00Z', config: {} },
  };
}

function layer(entries: readonly MadeEntry[], by: 'gzip' | 'zstd' = 'gzip'): PushedLayer {
  const tar = makeTar(entries);
  return {
    bytes: by === 'gzip' ? gzipSync(tar) : zstdCompressSync(tar),
    diffId: sha256(tar),
    mediaType: `application/vnd.oci.image.layer.v1.tar+${by}`,
  };
}
