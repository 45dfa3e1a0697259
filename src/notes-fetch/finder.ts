/** Asks for release notes while a run goes on, as `pypi/links.ts` does for links. */
import { CancelledError } from '../errors.ts';
import type { Change } from '../model.ts';
import { FORGES, repositoryIn } from '../notes/forges.ts';
import { noteKey, notesWanted } from '../notes/note-key.ts';
import type { NotesWanted, ReleaseNotes } from '../notes/model.ts';
import { labelledUrls } from '../report/links.ts';
import { createLimiter } from '../run/limiter.ts';
import { createBudget } from './budget.ts';
import { findNotes, nothing } from './find-notes.ts';
import { createForgeClient } from './forge-client.ts';
import type { PackageUrls } from './package-urls.ts';

/** More have no room in a report. */
const MAX_PACKAGES = 120;
const MAX_SIDE_BY_SIDE = 6;
/** GitHub allows 60 requests an hour without a token, 5,000 with one, of which others want some too. */
const API_REQUESTS = { without: 60, with: 300 } as const;
const FILE_REQUESTS = 240;

export interface NotesSources {
  readonly urls: PackageUrls;
  /**
   * Core metadata of one version on an index of its own, with the operator's credential for that index; null: none, or not
   * reached. Left out: packages of other indexes have no notes.
   */
  readonly ownMetadata?: (index: string, name: string, version: string) => Promise<string | null>;
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  /** Absolute; null: nothing is kept between runs. */
  readonly cacheFolder: string | null;
  /** The operator's token for a host (`api.github.com`, `gitlab.com`, `codeberg.org`), or null. */
  readonly tokenFor: (host: string) => string | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface NotesFinder {
  /** Starts asking for the notes of direct moves; does not wait, does not throw. */
  ask(changes: readonly Change[]): void;
  /**
   * Notes by `noteKey`; what was not answered in time says so.
   * @param timeoutMs from now.
   * @throws {CancelledError} when the run was cancelled.
   */
  found(timeoutMs: number): Promise<ReadonlyMap<string, ReleaseNotes>>;
  /** Requests so far. */
  counted(): Readonly<{ api: number; file: number }>;
}

export function createNotesFinder(sources: NotesSources): NotesFinder {
  const token = Object.values(FORGES).some(({ apiHost }) => sources.tokenFor(apiHost) !== null);
  const budget = createBudget({ api: token ? API_REQUESTS.with : API_REQUESTS.without, file: FILE_REQUESTS });
  const client = createForgeClient({ ...sources, budget });
  const limited = createLimiter(MAX_SIDE_BY_SIDE);
  const asked = new Map<string, { readonly wanted: NotesWanted; readonly answer: Promise<void> }>();
  const notes = new Map<string, ReleaseNotes>();

  const findOne = async (wanted: NotesWanted, origin: string | null): Promise<ReleaseNotes | null> => {
    if (origin === null) return findNotes(wanted, await sources.urls(wanted.package, wanted.to), client);
    if (sources.ownMetadata === undefined) return null;
    const metadata = await sources.ownMetadata(origin, wanted.package, wanted.to);
    if (metadata === null) return null;
    const urls = labelledUrls(metadata);
    const repository = repositoryIn(urls);
    if (repository === null)
      return nothing(wanted, 'its metadata names no repository on a forge that Relock knows.');
    const forge = FORGES[repository.host];
    // Threat: a public service learns what a private index holds.
    if (sources.tokenFor(forge.apiHost) === null)
      return {
        ...nothing(
          wanted,
          `it is of an index of its own, and ${forge.apiHost} is not asked about such without a token.`,
        ),
        url: forge.releasesPage(repository.path),
      };
    return findNotes(wanted, urls, client);
  };

  const start = (change: Change): void => {
    const key = noteKey(change);
    const wanted = notesWanted(change);
    if (key === null || wanted === null || asked.has(key) || asked.size >= MAX_PACKAGES) return;
    const find = async (): Promise<void> => {
      try {
        const found = await limited(() => findOne(wanted, change.origin));
        if (found !== null) notes.set(key, found);
      } catch {
        notes.set(key, nothing(wanted, 'they could not be looked for.'));
      }
    };
    const answer = find();
    asked.set(key, { wanted, answer });
  };

  return {
    ask(changes) {
      for (const change of changes) start(change);
    },
    async found(timeoutMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      sources.signal.addEventListener('abort', () => resolve(), { once: true });
      if (sources.signal.aborted) resolve();
      const settled = new Set<string>();
      const all = [...asked].map(async ([key, { answer }]) => {
        await answer;
        settled.add(key);
      });
      await Promise.race([Promise.all(all), late]);
      clearTimeout(timer);
      if (sources.signal.aborted) throw new CancelledError('The run was cancelled.');
      // In a fixed order, whoever answered first; and a copy, since what still comes must not change a report.
      return new Map(
        [...asked].sort(byKey).flatMap(([key, { wanted }]): readonly (readonly [string, ReleaseNotes])[] => {
          const found = settled.has(key)
            ? notes.get(key)
            : nothing(wanted, 'the forge did not answer in time.');
          return found === undefined ? [] : [[key, found]];
        }),
      );
    },
    counted: () => budget.counted(),
  };
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
