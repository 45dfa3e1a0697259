/**
 * Batch queries of OSV's API (https://google.github.io/osv.dev/post-v1-querybatch/): which advisories match which packages,
 * a page at a time.
 */
import { comparePythonVersions, isPython } from './ecosystems.ts';
import type { LookUp } from './ecosystems.ts';
import { field, isObject, listField } from './json.ts';
import { isAdvisoryId } from './record.ts';
import type { ScanHttpAnswer, ScanRequest } from '../scanner.ts';

export interface Query {
  readonly wanted: LookUp;
  /** null: the first page. */
  readonly page: string | null;
}

/** What a page says of one query. */
export interface QueryAnswer {
  readonly matches: readonly Match[];
  /** null: it was the last page. */
  readonly nextPage: string | null;
}

export interface Match {
  readonly id: string;
  /** ISO 8601; empty when not told. */
  readonly modified: string;
}

/** The service takes no more at once. */
const BATCH = 1000;
const LONGEST_PAGE_TOKEN = 4096;
const LONGEST_TIME = 64;

/** One request for each thousand. */
export function batchRequests(queries: readonly Query[]): readonly ScanRequest[] {
  return chunks(queries).map((chunk) => ({
    method: 'POST',
    path: '/v1/querybatch',
    body: JSON.stringify({ queries: chunk.map(queryJson) }),
    keep: null,
  }));
}

/** Whether the service matches by version; what is no version for it, it would refuse together with the whole batch. */
export function isAskedByVersion({ ecosystem, version }: LookUp): boolean {
  return !isPython(ecosystem) || comparePythonVersions(version, version) !== null;
}

function queryJson({ wanted, page }: Query): object {
  return {
    package: { name: wanted.name, ecosystem: wanted.ecosystem },
    ...(isAskedByVersion(wanted) ? { version: wanted.version } : {}),
    ...(page === null ? {} : { page_token: page }),
  };
}

/**
 * @param answers to `batchRequests(queries)`.
 * @returns an answer for each query, in order; or why there is none, as a sentence without a full stop.
 */
export function readBatches(
  queries: readonly Query[],
  answers: readonly ScanHttpAnswer[],
): readonly QueryAnswer[] | string {
  const all: QueryAnswer[] = [];
  for (const [index, chunk] of chunks(queries).entries()) {
    const page = readPage(answers[index], chunk.length);
    if (typeof page === 'string') return page;
    all.push(...page);
  }
  return all;
}

function readPage(answer: ScanHttpAnswer | undefined, count: number): readonly QueryAnswer[] | string {
  const json = answerJson(answer);
  if (typeof json === 'string') return json;
  const results = listField(json.value, 'results', count + 1);
  if (results.length !== count) {
    return `it gave ${results.length} results for ${count} packages`;
  }
  const all = results.map(readResult);
  const known = all.filter((one) => one !== null);
  return known.length === count ? known : 'its results are not of the form that its documentation tells';
}

/** A query without a match has an empty object, or null. */
function readResult(result: unknown): QueryAnswer | null {
  if (result === null) return { matches: [], nextPage: null };
  if (!isObject(result)) return null;
  const vulns = field(result, 'vulns') ?? [];
  const token = field(result, 'next_page_token') ?? '';
  if (!Array.isArray(vulns) || typeof token !== 'string' || token.length > LONGEST_PAGE_TOKEN) return null;
  const matches = vulns.map(readMatch);
  const known = matches.filter((match) => match !== null);
  if (known.length !== matches.length) return null;
  return { matches: known, nextPage: token === '' ? null : token };
}

function readMatch(value: unknown): Match | null {
  const id = field(value, 'id');
  if (!isAdvisoryId(id)) return null;
  const modified = field(value, 'modified');
  return { id, modified: typeof modified === 'string' && modified.length <= LONGEST_TIME ? modified : '' };
}

/** @returns the answer's JSON, or why there is none, as a sentence without a full stop. */
export function answerJson(answer: ScanHttpAnswer | undefined): { readonly value: unknown } | string {
  if (answer === undefined) return 'there was no answer';
  if ('failed' in answer) return answer.failed;
  if (answer.status !== 200) return `it answered with status ${answer.status}`;
  try {
    return { value: JSON.parse(answer.body) as unknown };
  } catch {
    return `its answer of ${answer.body.length} characters is not JSON, or was cut short`;
  }
}

function chunks(queries: readonly Query[]): readonly (readonly Query[])[] {
  return Array.from({ length: Math.ceil(queries.length / BATCH) }, (_, index) =>
    queries.slice(index * BATCH, (index + 1) * BATCH),
  );
}
