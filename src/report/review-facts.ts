/** Moves that need a reviewer's eye for what is known of the releases themselves, each with its reason. Pure. */
import { factsKey, isStricter, letsIn, type ReleaseFacts } from '../diff/release-facts.ts';
import type { TargetResult } from '../model.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import { listed, plural, type Move } from './count.ts';
import { dayOf, idOf } from './findings-words.ts';
import { code } from './markdown.ts';

/** Releases that were pulled for harm were mostly pulled within so long. */
const YOUNG_DAYS = 7;
const DAY_MS = 86_400_000;
/** Of foreign text, characters. */
const LONGEST_REASON = 160;
const LONGEST_LICENCE = 80;
const LONGEST_RANGE = 60;

export interface ReviewFacts {
  /** By `factsKey`; null: nobody asked. */
  readonly facts: ReadonlyMap<string, ReleaseFacts> | null;
  /** null: how old a release is, is not told. */
  readonly now: Date | null;
  readonly scan: Pick<ScanOutcome, 'diff'>;
  readonly results: readonly TargetResult[];
}

/** A move, and why it is worth a look: Markdown. */
export interface Reviewed {
  readonly move: Move;
  readonly reason: string;
}

export interface FactTopic {
  readonly title: string;
  readonly items: readonly Reviewed[];
}

/** What may do harm, or was taken back: it goes before all else. */
export function alarmingTopics(moves: readonly Move[], given: ReviewFacts): readonly FactTopic[] {
  return [
    topic('Malicious packages', moves, (move) => maliciousOf(move, given.scan)),
    topic('Yanked releases', moves, (move) => {
      const yanked = factsOf(move, given)?.yanked ?? null;
      if (yanked === null) return null;
      const why = yanked.trim() === '' ? ', without a reason given' : `: ${code(yanked, LONGEST_REASON)}`;
      return `its author took it back (yanked)${why}`;
    }),
  ];
}

/** What a reviewer may want to weigh: it goes after the kinds of moves. */
export function weighedTopics(moves: readonly Move[], given: ReviewFacts): readonly FactTopic[] {
  const pythons = topic('Python requirements', moves, (move) => pythonOf(move, given));
  const shutsOut = ({ move }: Reviewed): boolean => shutOut(move, given).length > 0;
  return [
    topic('Licence changes', moves, (move) => {
      const licence = factsOf(move, given)?.licence ?? null;
      if (licence === null) return null;
      return `its licence is ${code(licence.to, LONGEST_LICENCE)} now, it was ${code(licence.from, LONGEST_LICENCE)}`;
    }),
    {
      ...pythons,
      items: [...pythons.items.filter(shutsOut), ...pythons.items.filter((item) => !shutsOut(item))],
    },
    topic(`Younger than ${YOUNG_DAYS} days`, moves, (move) => ageOf(move, given)),
    topic('Without a wheel', moves, (move) =>
      factsOf(move, given)?.sdistOnly === true
        ? 'the index has its source only, so whoever installs it runs its build'
        : null,
    ),
  ];
}

/** Moves of which facts were wanted and none came, in a sentence; empty: none, or nobody asked. */
export function unknownInWords(moves: readonly Move[], { facts }: ReviewFacts): string {
  if (facts === null) return '';
  const unknown = moves.filter(({ change }) => {
    const key = factsKey(change);
    return key !== null && !facts.has(key);
  });
  const names = [...new Set(unknown.map(({ change }) => change.name))];
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).map((name) => code(name));
  const more = names.length - shown.length;
  return `Not checked for yanking, licence, Python, age and wheels, since the index was not asked or told nothing in time: ${listed(more > 0 ? [...shown, plural(more, 'more package')] : shown)}.`;
}

function topic(title: string, moves: readonly Move[], reasonOf: (move: Move) => string | null): FactTopic {
  const ordered = moves.toSorted((a, b) => Number(b.direct) - Number(a.direct));
  const items = ordered.flatMap((move) => {
    const reason = reasonOf(move);
    return reason === null ? [] : [{ move, reason }];
  });
  return { title, items };
}

function factsOf({ change }: Move, { facts }: ReviewFacts): ReleaseFacts | null {
  const key = factsKey(change);
  return key === null ? null : (facts?.get(key) ?? null);
}

function maliciousOf({ change, locks }: Move, { diff }: ReviewFacts['scan']): string | null {
  const found = [...diff.added, ...diff.remaining].find(
    ({ finding, after }) =>
      finding.malicious &&
      finding.package === change.name &&
      finding.version === change.to &&
      after.some(({ kind, location }) => kind === 'lock' && locks.includes(location)),
  );
  return found === undefined ? null : `published to do harm (${idOf(found.finding)})`;
}

/** Of what is indirect only what shuts a lock's own Python out: the rest is for those who make libraries. */
function pythonOf(move: Move, given: ReviewFacts): string | null {
  const change = factsOf(move, given)?.requiresPython ?? null;
  if (change === null) return null;
  const out = shutOut(move, given);
  if (out.length === 0 && !(move.direct && isStricter(change))) return null;
  const range = (specifiers: string | null): string =>
    specifiers === null ? 'any' : code(specifiers, LONGEST_RANGE);
  const words = `it wants Python ${range(change.to)}, before ${range(change.from)}`;
  return out.length === 0 ? words : `${words}, which shuts out ${listed(out)}`;
}

/** `the Python 3.8 of requirements.txt`, for the first few locks whose Python is not let in any more. */
function shutOut(move: Move, given: ReviewFacts): readonly string[] {
  const change = factsOf(move, given)?.requiresPython ?? null;
  if (change === null) return [];
  const out = given.results.flatMap(({ target: { path, python } }) =>
    python.version !== null &&
    move.locks.includes(path) &&
    letsIn(change.from, python.version) &&
    !letsIn(change.to, python.version)
      ? [`the Python ${code(python.version)} of ${code(path)}`]
      : [],
  );
  return out.length > 3 ? [...out.slice(0, 3), plural(out.length - 3, 'more lock')] : out;
}

function ageOf(move: Move, given: ReviewFacts): string | null {
  const uploaded = factsOf(move, given)?.uploaded ?? null;
  if (uploaded === null || given.now === null || !(move.direct || move.change.kind === 'new')) return null;
  const days = Math.floor((given.now.getTime() - Date.parse(uploaded)) / DAY_MS);
  if (Number.isNaN(days) || days >= YOUNG_DAYS) return null;
  // An index whose clock is ahead may say that it comes tomorrow.
  return `uploaded on ${dayOf(uploaded)}, ${days < 1 ? 'less than a day' : plural(days, 'day')} ago`;
}
