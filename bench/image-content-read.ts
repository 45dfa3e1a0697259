/** Reads one image from a folder of blobs, in a process of its own, and prints what it found, how long it took, its peak memory. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImages } from '../src/registry/layers/read-image.ts';
import type { Registry } from '../src/registry/registry.ts';

const [folder = '', manifestDigest = ''] = process.argv.slice(2);

function blobPath(digest: string): string {
  return join(folder, digest.replace(':', '-'));
}

const registry: Registry = {
  digestOf: async () => manifestDigest,
  tags: async () => [],
  async manifest(reference) {
    const digest = reference.digest ?? '';
    const bytes = readFileSync(blobPath(digest));
    const json = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return { digest, mediaType: String(json['mediaType']), kind: 'manifest', json, bytes };
  },
  blob: async (_reference, digest) => createReadStream(blobPath(digest)),
};

const start = performance.now();
const [content] = await readImages(
  registry,
  [{ registry: 'bench.test', repository: 'image', tag: null, digest: manifestDigest, text: 'image' }],
  'linux/amd64',
);
const seconds = (performance.now() - start) / 1000;
// Not `resourceUsage`: that counts what the parent had when it forked. null where there is no /proc.
const high = /^VmHWM:\s+(?<kb>\d+) kB$/mu.exec(statusOf())?.groups?.['kb'];
const peakMb = high === undefined ? null : Number(high) / 1024;
const unread = content?.unread ?? null;
console.log(JSON.stringify({ seconds, peakMb, packages: content?.packages.length ?? 0, unread }));

function statusOf(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
