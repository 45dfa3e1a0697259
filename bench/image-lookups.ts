/** 1,000 pins of 50 images over 200 repositories, looked up in a real registry on loopback. */
import { performance } from 'node:perf_hooks';
import type { ImageReference } from '../src/images/model.ts';
import { createRegistry } from '../src/registry/create-registry.ts';
import { createRegistryPool, type RegistryPool } from '../src/registry/pool.ts';
import { createLimiter } from '../src/run/limiter.ts';
import { findDockerRegistry, startDockerRegistry } from '../test/support/docker-registry.ts';
import { pushImage, textLayer } from '../test/support/registry/push.ts';

const IMAGES = 50;
const REPOSITORIES = 200;
const PINS = 5;
/** Repositories that one process works on side by side. */
const JOBS = 4;

/** @param say prints a line. */
export async function benchImageLookups(say: (line: string) => void): Promise<void> {
  const found = findDockerRegistry();
  if ('missing' in found) {
    say(`Image look-ups: skipped, ${found.missing}`);
    return;
  }
  const server = await startDockerRegistry(found.file);
  try {
    const images = await pushImages(server.host);
    say(
      `${(REPOSITORIES * PINS).toLocaleString('en-US')} pins of ${IMAGES} images over ${REPOSITORIES} repositories, ` +
        `${JOBS} at once, Debian's docker-registry on loopback:`,
    );
    await measure(say, 'digest of each tag', server.host, images, false);
    await measure(say, 'and the index it leads to', server.host, images, true);
  } finally {
    await server.stop();
  }
}

async function pushImages(host: string): Promise<readonly ImageReference[]> {
  const images: ImageReference[] = [];
  for (let at = 0; at < IMAGES; at += 1) {
    const repository = `bench/image-${at}`;
    const platforms = ['linux/amd64', 'linux/arm64/v8'].map((platform) => ({
      platform,
      layers: [textLayer(`${repository} ${platform}`)],
    }));
    await pushImage(`http://${host}`, repository, 'stable', platforms);
    images.push({
      registry: host,
      repository,
      tag: 'stable',
      digest: null,
      text: `${host}/${repository}:stable`,
    });
  }
  return images;
}

async function measure(
  say: (line: string) => void,
  name: string,
  host: string,
  images: readonly ImageReference[],
  withIndex: boolean,
): Promise<void> {
  const pool = createRegistryPool({ environment: {}, userAgent: 'relock/bench', keepSeconds: null });
  const turn = createLimiter(JOBS);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: REPOSITORIES }, (_, number) =>
      turn(() => repository(pool, host, images, number, withIndex)),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const { requests, heads, manifests } = pool.counts();
  await pool.close();
  say(
    `  ${name.padEnd(28)} ${String(requests).padStart(4)} requests (${heads} HEAD, ${manifests} GET; ` +
      `${(requests / images.length).toFixed(1)} for each image), ${seconds.toFixed(2)} s`,
  );
}

/** One job: a client of its own, with its pins. */
async function repository(
  pool: RegistryPool,
  host: string,
  images: readonly ImageReference[],
  number: number,
  withIndex: boolean,
): Promise<void> {
  const registry = createRegistry({
    pool,
    registries: [{ host, mirror: null, insecure: true }],
    credentials: [],
    allowHosts: [],
    dockerConfig: null,
    environment: {},
    cache: null,
    signal: new AbortController().signal,
  });
  for (let pin = 0; pin < PINS; pin += 1) {
    const image = images[(number * PINS + pin * 7) % images.length];
    if (image === undefined) continue;
    const digest = await registry.digestOf(image);
    if (digest === null) throw new Error(`${image.text} is not there.`);
    if (withIndex) await registry.manifest({ ...image, digest });
  }
}
