/** What indexes and forges are asked of what moved, while other locks are still being made. */
import type { ReleaseFacts } from '../diff/release-facts.ts';
import type { PackageLinks, TargetResult } from '../model.ts';
import type { NotesFinder } from '../notes-fetch/finder.ts';
import type { ReleaseNotes } from '../notes/model.ts';
import type { LinkFinder } from '../pypi/links.ts';
import type { FactsFinder } from '../pypi/release-facts.ts';
import { hidesItsIndex } from './hides-index.ts';

/** How long the report waits after the last lock is made. */
const WAIT_MS = 10_000;

/** Each throws only a `CancelledError`. */
export interface AskedPorts {
  readonly links: LinkFinder;
  /** What releases say of themselves. */
  readonly releaseNotes: Pick<NotesFinder, 'ask' | 'found'>;
  /** What the index says of releases; left out: it is not asked. */
  readonly releaseFacts?: FactsFinder;
}

export interface Asked {
  readonly links: ReadonlyMap<string, PackageLinks>;
  readonly releaseNotes: ReadonlyMap<string, ReleaseNotes>;
  readonly facts?: ReadonlyMap<string, ReleaseFacts>;
}

/** Asks all about what moved in one lock. */
export function askAbout({ target, changes }: TargetResult, ports: AskedPorts): void {
  if (hidesItsIndex(target)) return;
  // What conda manages is of no Python index, though a stranger's package there may have its name.
  const ofIndex = changes.filter(({ conda }) => conda?.manager !== 'conda');
  ports.links.ask(ofIndex);
  ports.releaseNotes.ask(ofIndex);
  ports.releaseFacts?.ask(ofIndex);
}

/**
 * All answers that came in time.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function answersOf(ports: AskedPorts): Promise<Asked> {
  const asked = [
    ports.links.found(WAIT_MS),
    ports.releaseNotes.found(WAIT_MS),
    ports.releaseFacts?.found(WAIT_MS) ?? Promise.resolve(null),
  ] as const;
  // All, so that nothing still runs when the run's folders are removed.
  await Promise.allSettled(asked);
  const [links, releaseNotes, facts] = await Promise.all(asked);
  return { links, releaseNotes, ...(facts !== null && { facts }) };
}

/** The same ports, and what they answered last. */
export function keepAnswers(ports: AskedPorts): { readonly ports: AskedPorts; readonly kept: () => Asked } {
  const { links, releaseNotes, releaseFacts } = ports;
  let kept: Asked = { links: new Map(), releaseNotes: new Map() };
  const keeping =
    <Key extends keyof Asked>(key: Key, found: (timeoutMs: number) => Promise<NonNullable<Asked[Key]>>) =>
    async (timeoutMs: number): Promise<NonNullable<Asked[Key]>> => {
      const answer = await found(timeoutMs);
      kept = { ...kept, [key]: answer };
      return answer;
    };
  return {
    ports: {
      links: { ...links, found: keeping('links', (ms) => links.found(ms)) },
      releaseNotes: { ...releaseNotes, found: keeping('releaseNotes', (ms) => releaseNotes.found(ms)) },
      ...(releaseFacts && {
        releaseFacts: { ...releaseFacts, found: keeping('facts', (ms) => releaseFacts.found(ms)) },
      }),
    },
    kept: () => kept,
  };
}
