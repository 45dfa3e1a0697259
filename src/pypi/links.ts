/** Asks the index for the metadata of packages that moved, and reads their links out of it. */
import type { Change, PackageLinks } from '../model.ts';
import { chooseLinks, labelledUrls } from '../report/links.ts';
import { linkKey } from '../report/review.ts';
import { createLimiter } from '../run/limiter.ts';
import type { CompareView } from './compare-view.ts';
import type { ProjectUrls } from './project-urls.ts';
import type { SimpleClient } from './simple-client.ts';

/** More are not asked for: a report of that length drops its tables anyway. */
const MAX_PACKAGES = 400;
const MAX_REQUESTS = 8;

export interface LinkSources {
  /** Asked first: cheap, though it speaks of the newest release. */
  readonly project: ProjectUrls;
  /** For an index without such pages: the metadata of the very version. */
  readonly metadata: SimpleClient['metadata'];
  /** Asked for direct moves whose own metadata does not show how their tags are written. */
  readonly compareView: CompareView;
}

/** Asks for links while a run goes on, each package once, at most `MAX_PACKAGES` of them. Never throws. */
export interface LinkFinder {
  /** Starts asking; does not wait. */
  ask(changes: readonly Change[]): void;
  /**
   * Links by `linkKey` of all that was asked for and answers in time.
   * @param timeoutMs from now.
   */
  found(timeoutMs: number): Promise<ReadonlyMap<string, PackageLinks>>;
}

/**
 * Packages from elsewhere than the default index are left out.
 * Threat: a stranger's package of the same name on the public index would otherwise lend its links to a private one.
 */
export function createLinkFinder({ project, metadata, compareView }: LinkSources): LinkFinder {
  const asked = new Map<string, Promise<void>>();
  const links = new Map<string, PackageLinks>();
  const limited = createLimiter(MAX_REQUESTS);
  const askOne = async ({ name, from, to, direct }: Change, key: string): Promise<void> => {
    const version = to ?? from ?? '';
    const urls = (await project(name)) ?? labelledUrls((await metadata(name, version)) ?? '');
    if (urls.length === 0) return;
    const chosen = chooseLinks(urls, from, to);
    links.set(key, chosen);
    if (!direct || chosen.compare !== null || chosen.releases === null || from === null || to === null)
      return;
    const compare = await compareView(chosen.releases, from, to);
    if (compare !== null) links.set(key, { ...chosen, compare });
  };
  return {
    ask(changes) {
      for (const change of [...changes].sort((a, b) => Number(b.direct) - Number(a.direct))) {
        const key = linkKey(change);
        if (change.origin !== null || change.kind === 'hash' || asked.has(key) || asked.size >= MAX_PACKAGES)
          continue;
        asked.set(
          key,
          limited(() => askOne(change, key)),
        );
      }
    },
    async found(timeoutMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      await Promise.race([Promise.allSettled(asked.values()), late]);
      clearTimeout(timer);
      // A copy: what still comes in must not change a report that is being written.
      return new Map(links);
    },
  };
}
