/** The labelled addresses of a project's newest release, from the index's JSON page. */
import type { LabelledUrl } from '../report/links.ts';

/** Never throws; empty when nothing is known. */
export type ProjectUrls = (name: string) => Promise<readonly LabelledUrl[]>;

const TIMEOUT_MS = 8000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Asks `/pypi/NAME/json` (the public index's own API; many mirrors pass it on).
 * @param root above `/simple`, without a trailing slash.
 */
export function createProjectUrls(root: string, ask: typeof fetch, userAgent: string): ProjectUrls {
  return async (name) => {
    try {
      const response = await ask(`${root}/pypi/${encodeURIComponent(name)}/json`, {
        headers: { accept: 'application/json', 'user-agent': userAgent },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const length = Number(response.headers.get('content-length') ?? '0');
      if (!response.ok || length > MAX_BYTES) {
        await response.body?.cancel();
        return [];
      }
      return urlsIn(await response.json());
    } catch {
      return [];
    }
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
