/** Writes config/tools.json anew: `node bench/refresh-tools.ts [VERSION]` pins uv's newest release, or VERSION. */
import { writeFile } from 'node:fs/promises';
import { PUBLIC_INDEX } from '../src/locks/public-index.ts';
import { createSimpleClient } from '../src/pypi/simple-client-http.ts';
import { createToolReleases } from '../src/pypi/tool-releases.ts';
import { UV_PLATFORMS, wheelFor } from '../src/run/uv-platform.ts';

const client = createSimpleClient({
  indexUrl: PUBLIC_INDEX,
  fetch,
  userAgent: 'relock',
  cacheFolder: null,
  authorization: null,
});
const version = process.argv[2] ?? (await createToolReleases(client, { cutoff: null }).newest('uv', null));
const project = await client.project('uv');
if (version === null || project === null) throw new Error('The index has no uv.');
const files = UV_PLATFORMS.map((platform) => {
  const file = wheelFor(project.files, version, platform);
  const { sha256 } = file?.hashes ?? {};
  if (file === null || sha256 === undefined) throw new Error(`There is no uv ${version} for ${platform}.`);
  return [platform, { path: new URL(file.url).pathname.slice(1), sha256 }];
});
const pins = { uv: { version, files: Object.fromEntries(files) } };
await writeFile(new URL('../config/tools.json', import.meta.url), `${JSON.stringify(pins, null, 2)}\n`);
console.log(`config/tools.json pins uv ${version}.`);
