/** The real Buildah as a CI runs it: one store whose cache all builds share, and a registry on loopback to push to. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registriesConf } from '../../../src/build/place.ts';
import { folder } from '../folder.ts';

export interface BuildStore {
  /** Builds with layers cached, as most do. @returns the image's id, and all that was printed. */
  build(
    context: string,
    dockerfile: string,
    options?: readonly string[],
  ): Promise<{ readonly image: string; readonly output: string }>;
  /** @param ref `127.0.0.1:PORT/app:latest` */
  push(image: string, ref: string): Promise<void>;
}

const OPTIONS = { encoding: 'utf8', timeout: 100_000, maxBuffer: 1e8 } as const;

/** @param host of a registry without TLS. */
export function createBuildStore(host: string): BuildStore {
  const store = folder();
  const at = (name: string): string => join(store, name);
  writeFileSync(at('registries.conf'), registriesConf([{ host, mirror: null, insecure: true }]));
  const env = { PATH: process.env['PATH'], HOME: store, CONTAINERS_REGISTRIES_CONF: at('registries.conf') };
  const global = ['--root', at('root'), '--runroot', at('run'), '--storage-driver', 'vfs'];
  // Not `spawnSync`: what a build asks may be served by this very process.
  const run = (words: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile('buildah', [...global, ...words], { ...OPTIONS, env }, (error, stdout, stderr) => {
        if (error === null) resolve(`${stdout}${stderr}`);
        else reject(new Error(`buildah ${words.join(' ')} failed:\n${stdout}${stderr}`, { cause: error }));
      });
    });
  let builds = 0;
  return {
    async build(context, dockerfile, options = []) {
      builds += 1;
      const tag = `localhost/made:${builds}`;
      const how = ['--layers', '--format', 'oci', '--isolation', 'chroot', '--network', 'host'];
      writeFileSync(at('Dockerfile'), dockerfile);
      const output = await run(['build', ...how, ...options, '--tag', tag, '-f', at('Dockerfile'), context]);
      return { image: (await run(['images', '--quiet', '--no-trunc', tag])).trim(), output };
    },
    async push(image, ref) {
      await run(['push', '--quiet', image, `docker://${ref}`]);
    },
  };
}
