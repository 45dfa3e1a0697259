/** The package list of an image of 500 MB: seconds and peak memory. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { makeTar } from '../test/support/images/make-tar.ts';
import type { MadeEntry } from '../test/support/images/make-tar.ts';
import { median } from './measure.ts';

const READ = fileURLToPath(new URL('image-content-read.ts', import.meta.url));
const LAYERS = 10;
const FILES = 3000;
/** Of every layer: 50 MB. */
const LAYER_BYTES = 50_000_000;
const PACKAGES = 450;
const DISTRIBUTIONS = 30;
const ROUNDS = 3;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Read {
  readonly seconds: number;
  /** null where there is no /proc. */
  readonly peakMb: number | null;
  readonly packages: number;
  readonly unread: string | null;
}

/** @param scratch a folder for some 600 MB. @param say prints a line. */
export function benchImageContent(scratch: string, say: (line: string) => void): void {
  const size = `${(LAYERS * LAYER_BYTES) / 1e6} MB in ${LAYERS} layers, ${(LAYERS * FILES).toLocaleString('en-US')} files`;
  say(`The package list of an image of ${size}:`);
  for (const compression of ['gzip', 'zstd'] as const) {
    const folder = join(scratch, `image-${compression}`);
    mkdirSync(folder, { recursive: true });
    const { digest, compressed } = makeImage(folder, compression);
    const reads = Array.from({ length: ROUNDS }, () => read(folder, digest));
    const [first] = reads;
    if (first === undefined || first.unread !== null)
      throw new Error(`It could not be read: ${first?.unread}`);
    const seconds = median(reads.map((each) => each.seconds)).toFixed(2);
    const peak = Math.max(...reads.map((each) => each.peakMb ?? Number.NaN)).toFixed(0);
    say(
      `  ${compression} (${(compressed / 1e6).toFixed(0)} MB)`.padEnd(20) +
        `${seconds} s, peak ${peak} MB, ${first.packages} packages`,
    );
  }
  say('');
}

function read(folder: string, digest: string): Read {
  const output = execFileSync(process.execPath, [READ, folder, digest], { encoding: 'utf8' });
  return JSON.parse(output) as Read;
}

function makeImage(
  folder: string,
  compression: 'gzip' | 'zstd',
): { readonly digest: string; readonly compressed: number } {
  const put = (bytes: Buffer): { readonly digest: string; readonly size: number } => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    writeFileSync(join(folder, digest.replace(':', '-')), bytes);
    return { digest, size: bytes.length };
  };
  const config = put(Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', config: {} })));
  const layers = Array.from({ length: LAYERS }, (_, number) => {
    const tar = makeTar(entriesOf(number));
    return put(compression === 'gzip' ? zlib.gzipSync(tar, { level: 1 }) : zlib.zstdCompressSync(tar));
  });
  const manifest = put(Buffer.from(JSON.stringify({ mediaType: MANIFEST, config, layers })));
  return { digest: manifest.digest, compressed: layers.reduce((sum, layer) => sum + layer.size, 0) };
}

/** Hexadecimal noise packs to about half, as programs do. */
function entriesOf(number: number): readonly MadeEntry[] {
  const noise = randomBytes(LAYER_BYTES / FILES / 2).toString('hex');
  const files = Array.from({ length: FILES }, (_, at) => ({
    path: `opt/layer-${number}/folder-${at % 100}/file-number-${at}${at % 3 === 0 ? '' : '.py'}`,
    content: `${randomBytes(noise.length / 4).toString('hex')}${noise.slice(noise.length / 2)}`,
  }));
  const distributions = Array.from({ length: DISTRIBUTIONS }, (_, at) => ({
    path: `usr/local/lib/python3.12/site-packages/made_${number}_${at}-1.${at}.dist-info/METADATA`,
    content: `Metadata-Version: 2.1\nName: made-${number}-${at}\nVersion: 1.${at}\n\n${'Words about it.\n'.repeat(2000)}`,
  }));
  const status = Array.from(
    { length: PACKAGES },
    (_, at) =>
      `Package: package-${at}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${number}.${at}-1\nDescription: a package\n${' more words about it\n'.repeat(20)}`,
  );
  return [...files, ...distributions, { path: 'var/lib/dpkg/status', content: status.join('\n') }];
}
