/** Names of advisories, and what one says of malware. */
import type { FindingSeverity } from '../scan/model.ts';

/** More names than that are of no use to anybody. */
const MOST_NAMES = 100;

/** @returns `id` first, the others sorted, without doubles. */
export function namesInOrder(id: string, others: readonly string[]): readonly string[] {
  const rest = new Set(others);
  rest.delete(id);
  return [id, ...[...rest].sort().slice(0, MOST_NAMES - 1)];
}

/** Malware is as bad as can be, whatever else is said of it. */
export function asMalware(severity: FindingSeverity, id: string): FindingSeverity {
  return severity.level === 'critical'
    ? severity
    : { level: 'critical', score: null, source: id, vector: null };
}
