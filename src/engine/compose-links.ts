/** What is asked of what moved while other locks are still being made: links, release notes, facts of releases. */
import type { Credential } from '../config/settings.ts';
import { CancelledError } from '../errors.ts';
import { createNotesFinder } from '../notes-fetch/finder.ts';
import { createPackageUrls, rememberProject } from '../notes-fetch/package-urls.ts';
import { createCompareView } from '../pypi/compare-view.ts';
import { createLinkFinder } from '../pypi/links.ts';
import { createProjectUrls } from '../pypi/project-urls.ts';
import { createFactsFinder } from '../pypi/release-facts.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import { basicAuthorization, credentialFor, hasCredential } from '../run/network/lending.ts';
import type { Ports } from '../engine.ts';

export interface LinksSetUp {
  readonly client: SimpleClient;
  /** Where an index of the public one's kind has its pages of projects. */
  readonly pages: string;
  readonly credentials: readonly Credential[];
  readonly cacheFolder: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Also ends what is still being asked when the run is over. */
  readonly stop: AbortSignal;
}

export function composeLinks(setUp: LinksSetUp): Pick<Ports, 'links' | 'releaseNotes' | 'releaseFacts'> {
  const { client, pages, credentials, userAgent, signal, stop } = setUp;
  // Both ask for the same page of a project: once.
  const project = rememberProject(
    createProjectUrls(pages, fetchUntil(stop, lentTo(`${pages}/pypi/`, credentials)), userAgent),
  );
  return {
    links: untilCancelled(
      createLinkFinder({
        project,
        metadata: (name, version) => client.metadata(name, version),
        compareView: createCompareView(fetchUntil(stop, null), userAgent),
      }),
      signal,
    ),
    releaseFacts: createFactsFinder(client, signal),
    releaseNotes: createNotesFinder({
      urls: createPackageUrls(project, (name, version) => client.metadata(name, version)),
      fetch,
      userAgent,
      cacheFolder: setUp.cacheFolder,
      tokenFor: (host) => lentTo(`https://${host}/`, credentials)?.password ?? null,
      now: Date.now,
      signal: stop,
    }),
  };
}

/** Waiting for links ends with the run: a cancelled one must not go on to write. */
function untilCancelled(links: Ports['links'], signal: AbortSignal): Ports['links'] {
  return {
    ask: (changes) => links.ask(changes),
    async found(timeoutMs) {
      const { promise: cancelled, reject } = Promise.withResolvers<never>();
      const stop = (): void => reject(new CancelledError('The run was cancelled.'));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await Promise.race([links.found(timeoutMs), cancelled]);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

function fetchUntil(stop: AbortSignal, lent: Credential | null): typeof fetch {
  const ask = withAuthorization(lent);
  return (input, init) => {
    const asked = init?.signal ?? null;
    return ask(input, { ...init, signal: asked === null ? stop : AbortSignal.any([asked, stop]) });
  };
}

export function lentTo(url: string, credentials: readonly Credential[]): Credential | null {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return null;
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  const port = parsed.port === '' ? (scheme === 'https' ? 443 : 80) : Number(parsed.port);
  const origin = { scheme, host: parsed.hostname.toLowerCase(), port } as const;
  return hasCredential(credentials, origin) ? credentialFor(credentials, origin, parsed.pathname) : null;
}

function withAuthorization(lent: Credential | null): typeof fetch {
  if (lent === null) return fetch;
  const value = basicAuthorization(lent.username, lent.password);
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', value);
    return fetch(input, { ...init, headers });
  };
}
