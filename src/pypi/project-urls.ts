/** The labelled addresses of a project's newest release, from the index's JSON page. */
import type { LabelledUrl } from '../report/links.ts';

/** Never throws; null when the index has no such page. */
export type ProjectUrls = (name: string) => Promise<readonly LabelledUrl[] | null>;

const TIMEOUT_MS = 8000;
/** `info` holds the whole description; beyond this it is given up. Characters. */
const MAX_INFO = 2 * 1024 * 1024;
/** The rest of a page of at most this many bytes is read as well: giving it up would cost its connection. */
const SMALL_PAGE = 512 * 1024;

/**
 * Asks `/pypi/NAME/json` (the public index's own API; many mirrors pass it on). The page lists every file of every release,
 * many megabytes for some, after the `info` that is wanted: only that much is read.
 * @param root above `/simple`, without a trailing slash.
 */
export function createProjectUrls(root: string, ask: typeof fetch, userAgent: string): ProjectUrls {
  return async (name) => {
    const stop = new AbortController();
    let whole = false;
    try {
      const response = await ask(`${root}/pypi/${encodeURIComponent(name)}/json`, {
        headers: { accept: 'application/json', 'user-agent': userAgent },
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      if (!response.ok || response.body === null) return null;
      const length = response.headers.get('content-length');
      whole = length !== null && Number(length) <= SMALL_PAGE;
      return await readInfo(response.body, whole);
    } catch {
      whole = false;
      return null;
    } finally {
      if (!whole) stop.abort();
    }
  };
}

/** @param whole read on after `info`, to the end. */
async function readInfo(
  body: ReadableStream<Uint8Array>,
  whole: boolean,
): Promise<readonly LabelledUrl[] | null> {
  const decoder = new TextDecoder();
  const scan = objectScanner();
  let text = '';
  let urls: readonly LabelledUrl[] | null = null;
  for await (const chunk of body) {
    if (urls !== null) continue;
    text += decoder.decode(chunk, { stream: true });
    const end = scan(text);
    if (end !== null) urls = urlsIn(JSON.parse(`${text.slice(0, end)}}`));
    else if (text.length > MAX_INFO) return null;
    if (urls !== null && !whole) return urls;
  }
  return urls;
}

/**
 * Finds where the first object inside the outer one ends (`{"info": {…}` of `{"info": {…}, "releases": …`).
 * @returns a function to be called with the ever longer text; it looks at each character once.
 */
function objectScanner(): (text: string) => number | null {
  let at = 0;
  let depth = 0;
  let quoted = false;
  return (text) => {
    for (; at < text.length; at += 1) {
      const mark = text[at];
      if (quoted) {
        // An escape's second character may come with the next chunk.
        if (mark === '\\') {
          if (at + 1 >= text.length) return null;
          at += 1;
        } else if (mark === '"') quoted = false;
      } else if (mark === '"') quoted = true;
      else if (mark === '{') depth += 1;
      else if (mark === '}') {
        depth -= 1;
        if (depth === 1) {
          at += 1;
          return at;
        }
      }
    }
    return null;
  };
}

function urlsIn(page: unknown): readonly LabelledUrl[] {
  const info = field(page, 'info');
  const urls = field(info, 'project_urls');
  const home = field(info, 'home_page');
  const labelled =
    typeof urls === 'object' && urls !== null ? Object.entries(urls as Record<string, unknown>) : [];
  return [...labelled, ['homepage', home] as const].flatMap(([label, url]) =>
    typeof url === 'string' && url !== '' ? [{ label, url }] : [],
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : null;
}
