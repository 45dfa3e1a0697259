/** The built-in scanner, over OSV's API or over its databases in a folder. */
import type { Reason } from '../../reason.ts';
import type { ScannerIdentity, ScanPackage } from '../model.ts';
import type { ScanAnswer, ScanInput, Scanner, ScanStep, WantedRecords } from '../scanner.ts';
import { answerJson, batchRequests, isAskedByVersion, readBatches } from './batch.ts';
import type { Match, Query } from './batch.ts';
import { baseOf, lookUpsOf, whyNot } from './ecosystems.ts';
import type { LookUp } from './ecosystems.ts';
import { findingsOf, lookUpKey, packagesOf } from './findings.ts';
import type { FindingsOf } from './findings.ts';
import { field } from './json.ts';
import { isAdvisoryId, namedRecord, readRecord } from './record.ts';
import type { OsvRecord } from './record.ts';

/** More pages than any package has; a service that never ends must not be asked for ever. */
const MOST_PAGES = 100;

/**
 * Asks the service which advisories match (in batches, page after page), then for each of them.
 * Whatever is not answered fails the whole: a list with holes would look like fewer vulnerabilities.
 * @param service its host, for people: `api.osv.dev`.
 */
export function osvApi(service: string): Scanner {
  return {
    name: 'osv',
    next: ({ packages }, history) => {
      const wanted = lookUps(packages);
      if (wanted.length === 0) return nothingToAsk(packages, { ...IDENTITY, database: service });
      return askMatches(service, packages, wanted, history);
    },
  };
}

/**
 * Looks the packages up in databases on this machine.
 * @param place where they are, for people: the folder that the caller was given.
 */
export function osvDatabase(place: string): Scanner {
  return {
    name: 'osv',
    next: ({ packages }: ScanInput, history) => {
      const wanted = lookUps(packages);
      const database = `database in ${place}`;
      if (wanted.length === 0) return nothingToAsk(packages, { ...IDENTITY, database });
      const answer = history[0];
      if (answer === undefined) return { do: 'look-up', wanted: wantedRecords(wanted) };
      if (answer.to !== 'look-up') return fail(outOfTurn());
      return readDatabase(place, packages, wanted, answer);
    },
  };
}

const IDENTITY: ScannerIdentity = { name: 'osv', version: null, database: '', databaseDate: null };

/** All that can be looked up, without doubles. */
function lookUps(packages: readonly ScanPackage[]): readonly LookUp[] {
  const all = packages.filter((item) => whyNot(item) === null).flatMap(lookUpsOf);
  return [...new Map(all.map((wanted) => [lookUpKey(wanted), wanted])).values()];
}

function nothingToAsk(packages: readonly ScanPackage[], by: ScannerIdentity): ScanStep {
  const { notChecked } = findingsOf(packages, []);
  if (packages.length === 0) return done(by, { findings: [], notChecked });
  return fail({
    code: 'scanner-failed',
    message: `None of the packages could be looked up at OSV. ${notChecked.map((line) => `${line}.`).join(' ')}`,
    fix: 'Choose another scanner with `scan.with`.',
    detail: '',
  });
}

function askMatches(
  service: string,
  packages: readonly ScanPackage[],
  wanted: readonly LookUp[],
  history: readonly ScanAnswer[],
): ScanStep {
  const matched = new Map(wanted.map((one) => [lookUpKey(one), new Map<string, Match>()]));
  let queries: readonly Query[] = wanted.map((one) => ({ wanted: one, page: null }));
  let turn = 0;
  for (; queries.length > 0; turn += 1) {
    if (turn === MOST_PAGES)
      return fail(unreachable(service, `it has more than ${MOST_PAGES} pages of answers`));
    const answer = history[turn];
    if (answer === undefined) return { do: 'ask', requests: batchRequests(queries) };
    if (answer.to !== 'ask') return fail(outOfTurn());
    const results = readBatches(queries, answer.answers);
    if (typeof results === 'string') return fail(unreachable(service, results));
    queries = results.flatMap(({ matches, nextPage }, index) => {
      const query = queries[index];
      if (query === undefined) return [];
      for (const match of matches) matched.get(lookUpKey(query.wanted))?.set(match.id, match);
      return nextPage === null ? [] : [{ wanted: query.wanted, page: nextPage }];
    });
  }
  const distinct = new Map([...matched.values()].flatMap((byId) => [...byId]));
  const told = new Map(
    wanted.filter(isAskedByVersion).map((one) => {
      const key = lookUpKey(one);
      return [key, new Set(matched.get(key)?.keys())] as const;
    }),
  );
  return askRecords(service, packages, { matches: [...distinct.values()], told }, history[turn]);
}

interface Matched {
  readonly matches: readonly Match[];
  readonly told: ReadonlyMap<string, ReadonlySet<string>>;
}

function askRecords(
  service: string,
  packages: readonly ScanPackage[],
  { matches, told }: Matched,
  answer: ScanAnswer | undefined,
): ScanStep {
  const by = { ...IDENTITY, database: service };
  if (matches.length === 0) return done(by, findingsOf(packages, [], told));
  if (answer === undefined) {
    return {
      do: 'ask',
      requests: matches.map(({ id, modified }) => ({
        method: 'GET',
        path: `/v1/vulns/${encodeURIComponent(id)}`,
        body: null,
        keep: modified === '' ? null : `${id} ${modified}`,
      })),
    };
  }
  if (answer.to !== 'ask') return fail(outOfTurn());
  const records: OsvRecord[] = [];
  const unread: string[] = [];
  for (const [index, { id }] of matches.entries()) {
    const json = answerJson(answer.answers[index]);
    if (typeof json === 'string') return fail(unreachable(service, `of ${id}, ${json}`));
    const record = readRecord(json.value);
    // The service says that it matches: so much is known even where the rest cannot be read.
    if (record === null || record.id !== id) unread.push(id);
    records.push(record === null || record.id !== id ? namedRecord(id) : record);
  }
  return done(by, withUnread(findingsOf(packages, records, told), unread));
}

/** Names by ecosystem. Distributions' databases hold all releases. */
function wantedRecords(wanted: readonly LookUp[]): readonly WantedRecords[] {
  const names = new Map<string, Set<string>>();
  for (const { ecosystem, name } of wanted) {
    const base = baseOf(ecosystem);
    names.set(base, (names.get(base) ?? new Set()).add(name));
  }
  return [...names].map(([ecosystem, set]) => ({ ecosystem, names: [...set].sort() }));
}

function readDatabase(
  place: string,
  packages: readonly ScanPackage[],
  wanted: readonly LookUp[],
  { records, date, missing, skipped }: Extract<ScanAnswer, { to: 'look-up' }>,
): ScanStep {
  const bases = [...new Set(wanted.map(({ ecosystem }) => baseOf(ecosystem)))];
  const absent = bases.filter((base) => missing.includes(base));
  if (absent.length === bases.length) return fail(noDatabase(place, bases));
  const checked = packages.filter(({ ecosystem }) => !absent.includes(baseOf(ecosystem)));
  const read = records.map((value) => readRecord(value));
  const unread = records.flatMap((value, index) => (read[index] === null ? [nameOf(value)] : []));
  const found = withUnread(
    findingsOf(
      checked,
      read.filter((record) => record !== null),
    ),
    unread,
  );
  const without = absent.map((base) => {
    const count = packages.filter(({ ecosystem }) => baseOf(ecosystem) === base).length;
    return `${packagesOf(count, base)}: there is no database of it in ${place}`;
  });
  return done(
    {
      ...IDENTITY,
      database: date === null ? `database in ${place}` : `database of ${date.slice(0, 10)}`,
      databaseDate: date,
    },
    { findings: found.findings, notChecked: [...found.notChecked, ...without, ...noRecords(skipped)] },
  );
}

function noRecords(skipped: number): readonly string[] {
  return skipped === 0
    ? []
    : [`${skipped} ${skipped === 1 ? 'file' : 'files'} of the database that are no advisories`];
}

function nameOf(value: unknown): string {
  const id = field(value, 'id');
  return isAdvisoryId(id) ? id : 'one without a name';
}

function withUnread({ findings, notChecked }: FindingsOf, unread: readonly string[]): FindingsOf {
  if (unread.length === 0) return { findings, notChecked };
  const more = unread.length > 3 ? ` and ${unread.length - 3} more` : '';
  const count = `${unread.length} ${unread.length === 1 ? 'advisory' : 'advisories'}`;
  return {
    findings,
    notChecked: [...notChecked, `${count} that could not be read (${unread.slice(0, 3).join(', ')}${more})`],
  };
}

function done(by: ScannerIdentity, { findings, notChecked }: FindingsOf): ScanStep {
  const state = findings.length === 0 ? 'clean' : 'found';
  return { do: 'done', report: { state, by, findings, secrets: [], notChecked } };
}

function fail(reason: Reason): ScanStep {
  return { do: 'fail', reason };
}

function unreachable(service: string, why: string): Reason {
  return {
    code: 'advisories-unreachable',
    message: `The advisories of the packages were asked for at ${service}: ${why}.`,
    fix: 'Try again later, or scan without a connection: `relock db update` on a machine that has one, then `--db DIR`.',
    detail: '',
  };
}

function noDatabase(place: string, bases: readonly string[]): Reason {
  return {
    code: 'database-missing',
    message: `The packages were to be looked up in ${place}, and there is no database of ${bases.join(', ')}.`,
    fix: `Run \`relock db update --db ${place}\`, or put OSV's own zip at ${bases[0] ?? 'PyPI'}/all.zip in it.`,
    detail: '',
  };
}

function outOfTurn(): Reason {
  return {
    code: 'internal',
    message: 'The built-in scanner was given an answer to another question than its own.',
    fix: 'Please report this.',
    detail: '',
  };
}
