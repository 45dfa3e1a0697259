/** Requests, answers and bodies for tests of the HTTP cache. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { CacheHeaders, CacheHit, CacheRequest, HttpCache } from '../../src/run/network/http-cache.ts';

export const START = Date.parse('2026-03-01T00:00:00Z');
export const PAGE_URL = 'https://index.example.test/simple/demo/';
export const FILE_URL = 'https://files.example.test/demo-1.0-py3-none-any.whl';

export function get(url: string, more: Partial<CacheRequest> = {}): CacheRequest {
  return { method: 'GET', url, headers: {}, space: 'public', sha256: null, ...more };
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A whole file that a page promised. */
export function file(content: string | Uint8Array, more: Partial<CacheRequest> = {}): CacheRequest {
  return get(FILE_URL, { sha256: sha256(content), ...more });
}

/** Sends an answer through the cache as the door does. @returns what the client got. */
export async function send(
  cache: HttpCache,
  request: CacheRequest,
  body: string | Uint8Array,
  answer: { readonly status?: number; readonly headers?: CacheHeaders } = {},
): Promise<Buffer> {
  const bytes = Buffer.from(body);
  const headers = { 'content-length': String(bytes.length), ...answer.headers };
  const upstream = Readable.from(bytes.length === 0 ? [] : [bytes.subarray(0, 3), bytes.subarray(3)]);
  return await buffer(cache.store(request, { status: answer.status ?? 200, headers }, upstream));
}

/** What a fresh hit says, as one value; null: a miss; 'stale'. */
export async function ask(
  cache: HttpCache,
  request: CacheRequest,
): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: string } | 'stale' | null> {
  return await told(await cache.lookup(request));
}

export async function told(hit: CacheHit | null) {
  if (hit === null || hit.kind === 'stale') return hit === null ? null : 'stale';
  const { status, headers, body } = hit.answer;
  return { status, headers, body: (await buffer(body)).toString('latin1') };
}

export async function bodyOf(cache: HttpCache, request: CacheRequest): Promise<string | null> {
  const answer = await ask(cache, request);
  return answer === null || answer === 'stale' ? null : answer.body;
}

/** Paths of all files in a place of the cache's folder, sorted. */
export function filesIn(cacheFolder: string, place: string): string[] {
  try {
    return readdirSync(join(cacheFolder, 'http', place), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}
