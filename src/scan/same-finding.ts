/** Which findings speak of one vulnerability: names that they share. Pure. */
import { compareText } from '../images/content.ts';
import type { Finding } from './model.ts';

/**
 * Names of advisories of distributions that cover several vulnerabilities at once, so that two findings which share no
 * other name may well be two: Debian's DSA, Ubuntu's USN, Red Hat's RHSA and those of its kin, SUSE's, Amazon's.
 */
const BATCH =
  /^(?:DSA|DLA|DTSA|USN|LSN|(?:RH|EL|AL|RL|RX|CE)(?:SA|BA|EA)|(?:open)?SUSE|ALAS\d*|MGASA|GLSA|FEDORA)-/iu;

/**
 * Groups findings of one scope that share a name, however long the chain of names is. Groups come in order of their first
 * member, members in the order given.
 * @param scopeOf findings of different scopes are never one.
 */
export function groupSame(
  findings: readonly Finding[],
  scopeOf: (finding: Finding) => string,
): readonly (readonly Finding[])[] {
  const parents = findings.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      // Halving the path keeps a long chain of aliases from costing its square.
      parents[at] = parents[parent] ?? parent;
      at = parent;
    }
  };
  const firstWith = new Map<string, number>();
  for (const [index, finding] of findings.entries()) {
    const scope = scopeOf(finding);
    for (const name of namesOf(finding)) {
      const key = `${scope}\u0000${name}`;
      const known = firstWith.get(key);
      if (known === undefined) firstWith.set(key, index);
      else joinLower(parents, rootOf(known), rootOf(index));
    }
  }
  return [...Map.groupBy(findings.entries(), ([index]) => rootOf(index)).values()].map((members) =>
    members.map(([, finding]) => finding),
  );
}

function joinLower(parents: number[], one: number, other: number): void {
  parents[Math.max(one, other)] = Math.min(one, other);
}

/** The names by which a finding is told from others; never empty. */
function namesOf({ id, ids }: Finding): ReadonlySet<string> {
  const all = new Set([id, ...ids]);
  const own = new Set([...all].filter((name) => !BATCH.test(name)));
  return own.size === 0 ? all : own;
}

/** `CVE-…` before `GHSA-…` before `PYSEC-…` before all others; among equals the one that sorts first. */
export function preferredId(ids: readonly string[]): string {
  const rank = (id: string): number => {
    const index = PREFIXES.findIndex((prefix) => id.startsWith(prefix));
    return index === -1 ? PREFIXES.length : index;
  };
  return ids.toSorted((a, b) => rank(a) - rank(b) || compareText(a, b))[0] ?? '';
}

const PREFIXES: readonly string[] = ['CVE-', 'GHSA-', 'PYSEC-'];
