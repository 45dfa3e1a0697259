/** Why an upgrade is kept back, in words. Pure. */
import { clauseText } from './deb-relation.ts';
import { isNegative, type Relations } from './deb-state.ts';
import type { DebDependency, DebPackage, DebVersion } from './deb-universe.ts';

const VERBS: Readonly<Record<DebDependency['type'], string>> = {
  'pre-depends': 'needs',
  depends: 'needs',
  recommends: 'recommends',
  conflicts: 'conflicts with',
  breaks: 'breaks',
};

/** Why `version`, a candidate, cannot be had: `1.2 needs libfoo2, which is not installed`. */
export function keptText(
  relations: Relations,
  version: DebVersion,
  problem: DebDependency | null,
  chosen: (one: DebPackage) => DebVersion,
): string {
  if (problem === null) return '';
  const { clause, type } = problem;
  const said = `${version.record.version} ${VERBS[type]} ${clauseText(clause)}`;
  if (isNegative(problem)) {
    const hit = clause
      .flatMap((target) => relations.targetsOf(version, problem, target))
      .find((each) => chosen(each.package) === each);
    return hit === undefined ? said : `${said}; ${hit.package.name} ${hit.record.version} is there`;
  }
  const near = clause
    .flatMap((target) => relations.targetsOf(version, problem, target))
    .find((each) => chosen(each.package) !== each);
  if (near === undefined) return `${said}, which is not installed`;
  return `${said}; ${near.package.name} stays at ${chosen(near.package).record.version}`;
}

/** Why a candidate is given up for another package's sake: `foo 1.0, which is installed, needs libfoo (<< 2)`. */
export function stopperText(version: DebVersion, problem: DebDependency): string {
  const { name } = version.package;
  return `${name} ${version.record.version}, which stays, ${VERBS[problem.type]} ${clauseText(problem.clause)}`;
}

export function unmetText(one: DebPackage, problem: DebDependency | null): string | null {
  if (problem === null) return null;
  return `${one.name} ${one.installed.record.version} ${VERBS[problem.type]} ${clauseText(problem.clause)}, which does not hold`;
}
