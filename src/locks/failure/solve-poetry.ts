/** Poetry's "version solving failed". */
import { hostOf, short, type Evidence, type Failure, type Recognised } from './recogniser.ts';
import { isPublicIndex } from '../public-index.ts';
import { skewOf } from './skew.ts';

const WORDS = /^\s*(?:Because|The current project's (?:supported )?Python)/u;

export function recognisePoetrySolution({ flat, failure }: Evidence): Recognised | null {
  if (!/version solving failed|SolverProblemError/u.test(flat)) return null;
  const because = /Because (?:.{1,20000}?)version solving failed/u.exec(flat)?.[0] ?? flat.slice(0, 4000);
  const root = /\bdepends on both (\S{1,100} \([^)]{1,100}\)) and (\S{1,100} \([^)]{1,100}\))/u.exec(because);
  if (because.includes('-root- ')) {
    // The project that Poetry makes up to install what a build needs.
    return {
      code: 'sdist-build-requirement-conflict',
      message: `What a source distribution needs to be built cannot be installed together${root === null ? '' : `: ${root[1]} and ${root[2]}`}.`,
      fix: 'Hold the package back in the manifest to a release that builds, or to one that has a wheel for this Python.',
      words: WORDS,
    };
  }
  const skew = skewOf(poetryWants(because), WORDS);
  if (skew !== null) return skew;
  const needs =
    /(?:- |and |because )(\S{1,100})(?: \([^)]{1,60}\))? requires Python ([<>=!~\d.,|* ]{1,80}?)(?:,| so | and |$)/u.exec(
      flat,
    );
  if (needs !== null && /Python requirement|is forbidden|not compatible/u.test(flat)) {
    const range = /supported Python range \(([^)]{1,60})\)/u.exec(flat)?.[1];
    return {
      code: 'unsatisfiable',
      message: `${needs[1]} needs Python ${needs[2]?.trim()}, which is narrower than the Python range of the project${range === undefined ? '' : ` (${range})`}.`,
      fix: "Narrow the project's Python range in pyproject.toml, or loosen the requirement.",
      words: WORDS,
    };
  }
  const none = /depends on (\S{1,100}) \(([^)]{1,100})\) which doesn't match any versions/u.exec(because);
  if (none !== null) {
    return none[2] === '*'
      ? {
          code: 'package-not-found',
          message: `There is no package ${none[1]} on ${indexes(failure)}.`,
          fix: 'Check the name in pyproject.toml; a private package needs its source named there, and its credentials in the settings of Relock.',
          words: WORDS,
        }
      : {
          code: 'unsatisfiable',
          message: `There is no version of ${none[1]} that satisfies ${none[2]}.`,
          fix: 'Correct or loosen the requirement in pyproject.toml.',
          words: WORDS,
        };
  }
  const wants = [
    ...because.matchAll(
      /(\S{1,100}(?: \([^)]{1,80}\))?),? (?:which )?depends on (\S{1,100} \([^)]{1,100}\))/gu,
    ),
  ];
  const told = wants.map(([, by = '', one = ''], at) => {
    const before = wants[at - 1]?.[2]?.split(' ', 1)[0];
    return `${by === 'which' ? (before ?? 'it') : by} wants ${one}`;
  });
  return {
    code: 'unsatisfiable',
    message: `The requirements cannot be satisfied together${told.length === 0 ? '' : `: ${short(told.slice(-3).join(', '), 300)}`}.`,
    fix: 'Loosen one of these requirements in pyproject.toml.',
    words: WORDS,
  };
}

/** Poetry takes an index that answers with an error for one that has no such package. */
function indexes(failure: Failure): string {
  const others = failure.target.remotes.filter(
    ({ url, purpose }) => purpose.endsWith('index') && !isPublicIndex(url),
  );
  const named = others.map(({ url }) => hostOf(url)).join(', ');
  return others.length === 0
    ? 'the index'
    : `the index, or on the sources that the manifest names (${short(named)})`;
}

/** `psycopg (3.3.9) depends on psycopg-c (3.3.9)`, where no version of the latter matches. */
function poetryWants(
  because: string,
): readonly { readonly by: string; readonly name: string; readonly version: string }[] {
  return [
    ...because.matchAll(
      /([\w.-]{1,100})(?:\[[^\]]{0,60}\])? \([^)]{1,60}\) depends on ([\w.-]{1,100}) \((?:==)?(\d[\w.+!-]{0,60})\)/gu,
    ),
  ]
    .map(([, by = '', name = '', version = '']) => ({ by, name, version }))
    .filter(({ name, version }) => {
      return (
        because.includes(`no versions of ${name} match ${version}`) ||
        because.includes(`${name} (${version}) which doesn't match any`)
      );
    });
}
