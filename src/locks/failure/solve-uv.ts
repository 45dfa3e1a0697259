/** uv's "No solution found", boiled down to the requirements that clash. */
import { skewOf } from './skew.ts';
import { short, type Evidence, type Recognised } from './recogniser.ts';

const WORDS = /No solution found when resolving/u;

export function recogniseUvSolution({ flat, failure }: Evidence): Recognised | null {
  const start = flat.indexOf('No solution found when resolving');
  if (start === -1) return null;
  const told = flat.slice(start);
  const because = /Because .{1,20000}?unsatisfiable\b/u.exec(told)?.[0] ?? told.slice(0, 4000);
  const hidden =
    /filtered by `exclude-newer`|exclude-newer/u.test(told) ||
    failure.command.argv.join(' ').includes('exclude-newer');
  const skew = skewOf(uvWants(because), WORDS);
  if (skew !== null) return skew;
  const absent = /(\S+) was not found in the (?:package registry|provided package locations)/u.exec(because);
  if (absent !== null) {
    const name = absent[1] ?? '';
    return {
      code: 'package-not-found',
      message: `There is no package ${short(name, 100)} on the index${wanter(because, name)}.`,
      fix: 'Check the name in the manifest; a private package needs its index named there, and its credentials in the settings of Relock.',
      words: WORDS,
    };
  }
  return {
    code: 'unsatisfiable',
    message: clash(because),
    fix: `Loosen one of these requirements in the manifest${hidden ? '; its own `exclude-newer` may also hide the release that would do' : ''}.`,
    words: WORDS,
  };
}

function clash(because: string): string {
  const direct = directRequirements(because);
  const python = /Python version \(([^)]{1,60})\) does not satisfy Python ?([<>=!~\d.,*]+)/u.exec(because);
  if (python !== null) {
    const needs = /depends? on Python ?([<>=!~\d.,*]+)/u.exec(because)?.[1] ?? python[2] ?? '';
    const what = direct.length === 0 ? 'A requirement' : direct.join(' and ');
    return `${what} cannot be had for Python ${python[1]}: what is on the index needs Python ${needs.replace(/[.,]+$/u, '')}.`;
  }
  const none = /there (?:is|are) no versions? of (\S+?)(?=[\s,]|$)/u.exec(because);
  if (none !== null)
    return `There is no version ${plainName(none[1] ?? '')} on the index${wanter(because, none[1] ?? '')}.`;
  const chain = [...because.matchAll(/(?:because|and) (\S{1,200}) depends on (.{1,300}?)(?=, | and )/giu)]
    .filter((found) => !/^(?:your|you)$/u.test(found[1] ?? '') && !(found[1] ?? '').includes(':'))
    .slice(0, 2)
    .map((found) => `${plainName(found[1] ?? '')} depends on ${plainName(found[2] ?? '')}`);
  const reason = chain.length === 0 ? '' : `: ${chain.join(', and ')}`;
  if (direct.length === 0) return `No set of versions satisfies all requirements${reason}.`;
  const verb = direct.length === 1 ? 'cannot be satisfied' : 'cannot be satisfied together';
  return `${short(direct.join(' and '), 300)} ${verb}${reason}.`;
}

/** What the manifests themselves ask for, as far as uv's proof uses it. */
function directRequirements(because: string): readonly string[] {
  const found: string[] = [];
  // `w:dev depends on …` is a dependency group of the project's own.
  const saying =
    /(?:because|and) (?:you require|your (?:project|workspace) (?:depends on|requires)|[\w.-]{1,100}[:[][\w.\]-]{1,100} depends on) (.{1,400}?)(?=, we can conclude|, and|\. | and (?:your|you) |$)/giu;
  for (const { 1: list = '' } of because.matchAll(saying)) {
    if (/^your project/iu.test(list)) continue;
    for (const part of list.split(/ and /u)) {
      const requirement = plainName(part.trim());
      if (requirement !== '' && !found.includes(requirement)) found.push(requirement);
    }
  }
  return found;
}

/** ` (wanted by flask==3.0.0)`. */
function wanter(because: string, wanted: string): string {
  const at = because.indexOf(` depends on ${wanted}`);
  if (at === -1) return '';
  const name = /(\S{1,200})$/u.exec(because.slice(0, at))?.[1] ?? '';
  return name === '' || name === 'project' ? '' : ` (wanted by ${plainName(name)})`;
}

/** `psycopg-c{implementation_name != 'pypy'}==3.3.9` without the marker. */
function plainName(text: string): string {
  return text.replaceAll(/\{[^}]{0,200}\}/gu, '');
}

/** `A==1 depends on B==2` where there is no B==2. */
function uvWants(
  because: string,
): readonly { readonly by: string; readonly name: string; readonly version: string }[] {
  const missing = new Set<string>();
  const plain = plainName(because);
  for (const [, name = '', version = ''] of plain.matchAll(
    /no version of ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?==([\w.+!-]{1,60})/gu,
  )) {
    missing.add(`${name}==${version}`);
  }
  for (const [, name = ''] of plain.matchAll(
    /only ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?<=?[\w.+!-]{1,60} is available/gu,
  ))
    missing.add(name);
  const depends =
    /([\w.-]{1,100})(?:\[[^\]]{0,100}\])?[=<>!~][^\s]{0,60} depends on ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?==([\w.+!-]{0,58}\w)/gu;
  return [...plain.matchAll(depends)]
    .map(([, by = '', name = '', version = '']) => ({ by, name, version }))
    .filter(({ name, version }) => missing.has(`${name}==${version}`) || missing.has(name));
}
