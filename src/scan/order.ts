/** The order in which findings are told. Pure. */
import { compareSeverity, type Finding, type FindingSeverity } from './model.ts';
import { compareText } from '../images/content.ts';

/** Malicious packages first, then the worst (by level, then by score), then by package and id. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    Number(b.malicious) - Number(a.malicious) ||
    compareRatings(a.severity, b.severity) ||
    compareText(a.package, b.package) ||
    compareText(a.id, b.id) ||
    compareText(a.ecosystem, b.ecosystem) ||
    compareText(a.version, b.version)
  );
}

/** The worse first. */
function compareRatings(a: FindingSeverity, b: FindingSeverity): number {
  return compareSeverity(a.level, b.level) || (b.score ?? -1) - (a.score ?? -1);
}
