/** One of several processes on one cache folder (its argument): brings and reads files, and tells how many were wrong. */
import { createDiskHttpCache } from '../../src/run/network/disk-http-cache.ts';
import { bodyOf, file, send } from './http-cache.ts';

const cacheFolder = process.argv[2] ?? '';
let wrong = 0;
let hits = 0;
for (let round = 0; round < 5; round += 1) {
  const cache = createDiskHttpCache({ cacheFolder, maxBytes: 600_000 });
  for (let number = 0; number < 20; number += 1) {
    const content = Buffer.alloc(40_000 + number, `file ${number} `);
    const request = file(content, { url: `https://files.example.test/${number}.whl` });
    const body = await bodyOf(cache, request);
    if (body === null) await send(cache, request, content);
    else if (body !== content.toString('latin1')) wrong += 1;
  }
  hits += cache.stats().hits;
  await cache.close();
}
console.log(JSON.stringify({ wrong, hits }));
