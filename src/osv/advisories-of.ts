/** All that OSV knows of one package: from its service, or from a database on this machine. */
import { readRecord, type OsvRecord } from '../scan/osv/record.ts';
import type { AdvisoryService } from './ask.ts';
import type { Database } from './database.ts';

export type RecordSource = { readonly service: AdvisoryService } | { readonly database: Database };

const MOST_PAGES = 20;

/**
 * @param ecosystem as OSV names it. @param name normalised.
 * @returns the records; null: they could not be had, which a caller must not take for "none".
 * @throws {CancelledError}
 */
export async function recordsOf(
  source: RecordSource,
  ecosystem: string,
  name: string,
): Promise<readonly OsvRecord[] | null> {
  if ('database' in source) {
    const { records, missing } = await source.database.lookUp([{ ecosystem, names: [name] }]);
    return missing.length > 0 ? null : records.flatMap((value) => readRecord(value) ?? []);
  }
  const found: OsvRecord[] = [];
  let page: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const body = JSON.stringify({ package: { ecosystem, name }, ...(page !== null && { page_token: page }) });
    const [answer] = await source.service.ask([{ method: 'POST', path: '/v1/query', body, keep: null }]);
    if (answer === undefined || 'failed' in answer || answer.status !== 200) return null;
    const value = parse(answer.body);
    if (value === null) return null;
    const vulns: unknown = Object.hasOwn(value, 'vulns') ? value['vulns'] : [];
    if (!Array.isArray(vulns)) return null;
    found.push(...vulns.flatMap((one: unknown) => readRecord(one) ?? []));
    const next: unknown = Object.hasOwn(value, 'next_page_token') ? value['next_page_token'] : null;
    if (typeof next !== 'string' || next === '') return found;
    page = next;
  }
  return found;
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
