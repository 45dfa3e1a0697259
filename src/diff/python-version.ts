/** Versions of Python packages as PEP 440 says. Pure. */
import { compare, explain, valid } from '@renovatebot/pep440';

/** Which part of a PEP 440 version moved; null when both mean the same version (`1.0` and `1.0.0`). */
export function moveKind(from: string, to: string): 'major' | 'minor' | 'patch' | 'downgrade' | null {
  const a = valid(from) === null ? null : explain(from);
  const b = valid(to) === null ? null : explain(to);
  if (a === null || b === null) return 'major';
  const order = compare(to, from);
  if (order === 0) return null;
  if (order < 0) return 'downgrade';
  if (a.epoch !== b.epoch || a.release[0] !== b.release[0]) return 'major';
  return (a.release[1] ?? 0) === (b.release[1] ?? 0) ? 'patch' : 'minor';
}

/** For `sort`; what is no PEP 440 version is ordered by its text. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (valid(a) === null || valid(b) === null) return a < b ? -1 : 1;
  return compare(a, b);
}
