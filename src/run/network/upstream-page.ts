/** Reads one project's page from the index behind the cool-down index. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { readSimplePage, type SimplePage } from './simple-page.ts';

/** PEP 691: only JSON can carry upload times (PEP 700). */
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
/** The largest pages of the public index have some 30 MB. */
const MAX_PAGE_BYTES = 100 * 1024 * 1024;
const REQUEST_MILLISECONDS = 60_000;
const PAUSES_MILLISECONDS = [250, 1000];

export type UpstreamPage =
  | { readonly kind: 'page'; readonly page: SimplePage }
  /** The index has an answer, and it is no: 404, 401, 403. */
  | { readonly kind: 'refused'; readonly status: number }
  /** It answers, but in no form that has upload times. */
  | { readonly kind: 'no-json' }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Asks `upstream` (base URL of a simple index, no trailing slash) for a project, again after a pause when it is
 * unreachable or has a fault of its own. Never throws.
 */
export async function readUpstreamPage(
  upstream: string,
  name: string,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<UpstreamPage> {
  for (const pause of PAUSES_MILLISECONDS) {
    const page = await attempt(upstream, name, fetcher, signal);
    if (page.kind !== 'failed' || signal.aborted) return page;
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return await attempt(upstream, name, fetcher, signal);
}

async function attempt(
  upstream: string,
  name: string,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<UpstreamPage> {
  const url = `${upstream}/${name}/`;
  try {
    const response = await fetcher(url, {
      headers: { accept: JSON_TYPE },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MILLISECONDS)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        return { kind: 'refused', status: response.status };
      }
      return { kind: 'failed', message: `the index answered ${response.status}` };
    }
    if (!/^application\/(?:vnd\.pypi\.simple\.[a-z0-9]+\+)?json\b/iu.test(contentType(response))) {
      await response.body?.cancel();
      return { kind: 'no-json' };
    }
    const text = await readCapped(response);
    if (text === null) return { kind: 'failed', message: `its page of ${name} is larger than 100 MB` };
    const page = readSimplePage(text, name, response.url === '' ? url : response.url);
    return page === null
      ? { kind: 'failed', message: `its page of ${name} is not what PEP 691 says` }
      : { kind: 'page', page };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    return { kind: 'failed', message: `${messageOf(error)}${cause}` };
  }
}

function contentType(response: Response): string {
  return response.headers.get('content-type') ?? '';
}

/** The body as text, or null when it is too large. Threat: an endless body fills the memory. */
async function readCapped(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_PAGE_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
