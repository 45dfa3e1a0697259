/** Relations between Debian packages (Debian Policy 7.1; architecture qualifiers as in dpkg's multiarch). Pure. */
import { compareDebVersions } from '../images/deb-version.ts';

export type DebOperator = '<<' | '<=' | '=' | '>=' | '>>' | '!=';

export interface DebTarget {
  readonly name: string;
  /** `any`, `native`, `i386`; null: the architecture of the package that says it. */
  readonly arch: string | null;
  /** null: any version. */
  readonly operator: DebOperator | null;
  /** Empty where there is no operator. */
  readonly version: string;
}

/** Alternatives, of which one is enough. */
export type DebClause = readonly DebTarget[];

const ITEM = /^([^\s()[\]<>:]+)(?::([^\s()[\]<>:]+))?\s*(?:\(\s*(<<|<=|<|>>|>=|>|=)?\s*([^\s()]+)\s*\))?$/u;
const OPERATORS: ReadonlyMap<string, DebOperator> = new Map([
  ['<<', '<<'],
  ['<=', '<='],
  // dpkg's old spellings.
  ['<', '<='],
  ['=', '='],
  ['>=', '>='],
  ['>', '>='],
  ['>>', '>>'],
]);

/** The clauses of a field, all of which must hold. What is not understood is left out. */
export function parseRelations(text: string): readonly DebClause[] {
  return text
    .split(',')
    .map((clause) => clause.split('|').flatMap(readTarget))
    .filter((clause) => clause.length > 0);
}

function readTarget(text: string): readonly DebTarget[] {
  const match = ITEM.exec(text.trim());
  const name = match?.[1];
  if (match === null || name === undefined) return [];
  const version = match[4] ?? '';
  const operator = version === '' ? null : (OPERATORS.get(match[3] ?? '=') ?? null);
  return [{ name, arch: match[2] ?? null, operator, version }];
}

/**
 * @param version of the package, or of what it provides; empty: it provides no version, which meets no demand for one.
 */
export function isInRange(version: string, { operator, version: wanted }: DebTarget): boolean {
  if (operator === null) return true;
  if (version === '') return false;
  const order = compareDebVersions(version, wanted);
  switch (operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
    case '!=':
      return order !== 0;
  }
}

/** For people: `libc6 (>= 2.36)`, `a | b`. */
export function clauseText(clause: DebClause): string {
  return clause
    .map(({ name, arch, operator, version }) => {
      const full = arch === null ? name : `${name}:${arch}`;
      return operator === null ? full : `${full} (${operator} ${version})`;
    })
    .join(' | ');
}
