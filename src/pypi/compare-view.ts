/** The compare view of two releases on a forge, once it is known how the project writes its tags. */

/** Never throws; null when nobody knows. */
export type CompareView = (releases: string, from: string, to: string) => Promise<string | null>;

const TIMEOUT_MS = 4000;
/** Each costs the forge a page; a report has room for few more direct moves than this. */
const MAX_REQUESTS = 60;

/**
 * Asks whether the tag of the version moved to is there, written `v1.2` or `1.2`: a link that leads nowhere is worse than
 * none. Once the forge cannot be reached it is not asked again.
 */
export function createCompareView(ask: typeof fetch, userAgent: string): CompareView {
  let asked = 0;
  let reachable = true;
  const exists = async (url: string): Promise<boolean> => {
    if (!reachable || asked >= MAX_REQUESTS) return false;
    asked += 1;
    try {
      const response = await ask(url, {
        method: 'HEAD',
        redirect: 'manual',
        headers: { 'user-agent': userAgent },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 429 || response.status >= 500) reachable = false;
      return response.status === 200;
    } catch {
      reachable = false;
      return false;
    }
  };
  return async (releases, from, to) => {
    const repository = /^https:\/\/github\.com\/(?<path>[\w.-]+\/[\w.-]+)\/releases$/u.exec(releases)
      ?.groups?.['path'];
    if (repository === undefined) return null;
    for (const prefix of ['v', '']) {
      const tag = encodeURIComponent(prefix + to);
      if (await exists(`https://github.com/${repository}/releases/tag/${tag}`)) {
        return `https://github.com/${repository}/compare/${encodeURIComponent(prefix + from)}...${tag}`;
      }
    }
    return null;
  };
}
