/** The real Buildah with a store of its own: no network, no registry, nothing of the user's. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './folder.ts';

export type FoundBuildah = { readonly busybox: string } | { readonly missing: string };

/** Whether Buildah can build here, and what its images are made of. */
export function findBuildah(): FoundBuildah {
  if (spawnSync('buildah', ['--version']).status !== 0) {
    return { missing: 'There is no buildah (Debian: apt-get install buildah).' };
  }
  if (process.getuid?.() !== 0) return { missing: 'Buildah with the vfs driver is tried as root only.' };
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(
    (path) =>
      existsSync(path) && spawnSync('ldd', [path], { encoding: 'utf8' }).stderr.includes('not a dynamic'),
  );
  return busybox === undefined
    ? { missing: 'There is no static busybox (Debian: apt-get install busybox-static).' }
    : { busybox };
}

export interface Built {
  /** Words that steps printed behind `ran `; none when all came from the cache. */
  readonly ran: readonly string[];
  readonly image: string;
  readonly output: string;
}

/** One store, whose cache all its builds share. */
export interface Buildah {
  /** Builds a context of its own with layers cached. */
  readonly build: (context: string, dockerfile: string) => Built;
}

export function createBuildah(): Buildah {
  const store = folder();
  return {
    build(context, dockerfile) {
      const file = join(store, 'Dockerfile');
      const id = join(store, 'id');
      writeFileSync(file, dockerfile);
      const options = [
        '--root',
        join(store, 'root'),
        '--runroot',
        join(store, 'run'),
        '--storage-driver',
        'vfs',
      ];
      const how = ['--layers', '--isolation', 'chroot', '--network', 'host', '--iidfile', id, '-f', file];
      const { status, stdout, stderr } = spawnSync('buildah', [...options, 'bud', ...how, context], {
        encoding: 'utf8',
        timeout: 50_000,
      });
      const output = stdout + stderr;
      if (status !== 0) throw new Error(`buildah failed:\n${output}`);
      return {
        ran: [...output.matchAll(/^ran (\S+)/gmu)].map(([, what = '']) => what),
        image: readFileSync(id, 'utf8').trim(),
        output,
      };
    },
  };
}
