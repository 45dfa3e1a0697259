/**
 * Puts the uv that `config/tools.json` pins into a folder, checked against its digest; for the image.
 *
 *   node release/fetch-uv.ts FOLDER
 *
 * RELOCK_INDEX_FILES names another root of the files than the public index's.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PUBLIC_FILES } from '../src/locks/public-index.ts';
import { hostPlatform } from '../src/run/uv-platform.ts';
import { installUv } from '../src/run/uv-wheel.ts';

interface Pins {
  readonly uv: {
    readonly version: string;
    readonly files: Readonly<Record<string, { readonly path: string; readonly sha256: string }>>;
  };
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name the folder that uv is to be put into.');
const { uv } = JSON.parse(readFileSync(new URL('../config/tools.json', import.meta.url), 'utf8')) as Pins;
const platform = hostPlatform();
const file = platform === null ? undefined : uv.files[platform];
if (file === undefined)
  throw new Error(`config/tools.json pins no uv for ${process.platform} on ${process.arch}.`);
const root = process.env['RELOCK_INDEX_FILES'] ?? PUBLIC_FILES;
const path = await installUv({
  wheel: { version: uv.version, url: `${root}/${file.path}`, sha256: file.sha256 },
  folder: resolve(folder),
  fetch,
  userAgent: 'relock',
  signal: null,
});
process.stdout.write(`${path}\n`);
