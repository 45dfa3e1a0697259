/** What pip says in pip-compile and Pipenv, and pip-tools' own former resolver, when there is no solution. */
import { satisfies, validRange } from '@renovatebot/pep440';
import { short, type Evidence, type Recognised } from './recogniser.ts';
import { skewOf } from './skew.ts';

const LOOSEN = 'Loosen one of these requirements in the manifest.';
const WORDS =
  /Cannot install |Could not find a version|conflicting dependencies|No matching distribution|ResolutionImpossible|ResolutionTooDeep/u;

export function recognisePipSolution(evidence: Evidence): Recognised | null {
  const { flat } = evidence;
  return legacy(evidence) ?? conflict(flat) ?? noVersion(evidence) ?? tooDeep(flat);
}

/** pip-tools before 7, with its own resolver, which takes the newest of all and never steps back. */
function legacy({ flat }: Evidence): Recognised | null {
  const said = /Could not find a version that matches (.{1,300}?) \(from/u.exec(flat);
  if (said === null) return null;
  const wanted = short(said[1] ?? '', 150);
  if (/No versions found/u.test(flat)) return notFound(wanted);
  const list = /incompatible versions in the resolved dependencies:(.{1,1500})/u.exec(flat)?.[1] ?? '';
  const parts = [...list.matchAll(/(\S{1,150}) \(from ([^)(]{1,200})/gu)].map(
    ([, one = '', from = '']) => `${one} (from ${(from.trim().split('->')[0] ?? '').replace(/^-r /u, '')})`,
  );
  return {
    code: 'unsatisfiable-with-legacy-resolver',
    message: `The resolver of this pip-tools takes the newest release of everything and never steps back; it found no ${wanted}${parts.length === 0 ? '' : `: ${short(parts.join(', '), 300)}`}.`,
    fix: 'Let uv solve this lock (`solver = "uv"` or "auto" in .github/relock.toml), or use pip-tools 7 or newer.',
    words: /Could not find a version that matches/u,
  };
}

function conflict(flat: string): Recognised | null {
  const said =
    /Cannot install (.{1,500}?) because these package versions have conflicting dependencies/u.exec(flat);
  const caused = [
    ...flat.matchAll(
      /SpecifierRequirement\('([^']{1,150})'\), parent=(?:LinkCandidate\('[^']{0,400}\/([^/']{1,150})-py\S{1,40}\.whl|(None))/gu,
    ),
  ].map(([, wants = '', parent]) =>
    parent === undefined
      ? `the manifest wants ${wants}`
      : `${parent.replace(/-(?=\d)/u, ' ')} wants ${wants}`,
  );
  const listed = causes(flat);
  if (said === null && caused.length < 2 && listed.length < 2) {
    if (
      !/ResolutionImpossible: for help|conflicting dependencies/u.test(flat) ||
      /Could not find a version/u.test(flat)
    )
      return null;
    return {
      code: 'unsatisfiable',
      message: 'No set of versions satisfies all requirements.',
      fix: LOOSEN,
      words: WORDS,
    };
  }
  const told = [...new Set(caused.length === 0 ? listed : caused)].slice(0, 3).join(', and ');
  const names = (said?.[1] ?? 'The requirements')
    // Pipenv hands pip a file of its own.
    .replaceAll(/-r \S*(?:pipenv|tmp)\S* \(line \d+\)/gu, 'another requirement')
    .replaceAll(/-r (\S+) \(line (\d+)\)/gu, '$1:$2');
  return {
    code: 'unsatisfiable',
    message: `${short(names, 200)} cannot be satisfied together${told === '' ? '' : `: ${short(told, 300)}`}.`,
    fix: LOOSEN,
    words: WORDS,
  };
}

/** pip's "The conflict is caused by:" list. */
function causes(flat: string): readonly string[] {
  const list = /The conflict is caused by: (.{1,800}?)(?: To fix this| ERROR|$)/u.exec(flat)?.[1] ?? '';
  return [
    ...list.matchAll(
      /(\S{1,100} \S{1,60}) depends on (\S{1,150}(?: and [<>=!~]\S{1,60}){0,9})|The user requested (\S{1,150}(?: and [<>=!~]\S{1,60}){0,9})/gu,
    ),
  ].map(([, one, wants, user]) =>
    user === undefined ? `${one} wants ${wants}` : `the manifest wants ${user}`,
  );
}

function noVersion({ flat, failure }: Evidence): Recognised | null {
  const said =
    /Could not find a version that satisfies the requirement (?<wanted>[^(]{1,200}?) ?(?:\(from (?!versions)(?<by>[^)]{1,200})\) ?)?\(from versions: (?<versions>[^)]{0,200})/u.exec(
      flat,
    ) ?? /No matching distribution found for (?<wanted>[^\s;,]{1,200})/u.exec(flat);
  if (said === null) return null;
  const { wanted: whole = '', by = '', versions = '' } = said.groups ?? {};
  const wanted = (whole.split(';', 1)[0] ?? '').trim();
  const exact = /^([\w.-]{1,100})(?:\[[^\]]*\])?==([\w.+!-]{1,60})$/u.exec(wanted);
  const parent = /^[\w.-]{1,100}/u.exec(by)?.[0];
  if (exact !== null && parent !== undefined) {
    const skew = skewOf([{ by: parent, name: exact[1] ?? '', version: exact[2] ?? '' }], WORDS);
    if (skew !== null) return skew;
  }
  const wanter = parent === undefined || by.startsWith('-r') ? '' : ` (wanted by ${short(by, 80)})`;
  const isNone = versions.trim() === 'none' || (versions === '' && !/[=<>~!]/u.test(wanted));
  const needs = ruledOut(flat, wanted);
  if (needs !== null) {
    const target = failure.target.python.version;
    const python = target === null ? 'this Python' : `Python ${target}`;
    return {
      code: 'unsatisfiable',
      message: isNone
        ? `There is no version of ${short(wanted, 100)}${wanter} for ${python}: its releases need Python ${needs}.`
        : `There is no version ${short(wanted, 100)}${wanter} for ${python}: newer ones need Python ${needs}.`,
      fix: 'Loosen the requirement, or move the lock to a newer Python.',
      words: WORDS,
    };
  }
  if (isNone) return notFound(wanted);
  return {
    code: 'unsatisfiable',
    message: `There is no version ${short(wanted, 100)} on the index${wanter}.`,
    fix: 'Correct or loosen the requirement in the manifest.',
    words: WORDS,
  };
}

/**
 * The Python that the wanted releases need, when pip says that it passed some over because of theirs. It lists those of
 * every package so far, so only a release that would satisfy the requirement counts.
 */
function ruledOut(flat: string, wanted: string): string | null {
  const list = /require a different python version: (.{1,20000})/u.exec(flat)?.[1] ?? '';
  const specifiers = wanted.replace(/^[\w.-]{1,100}(?:\[[^\]]{0,100}\])?/u, '').trim();
  if (specifiers !== '' && !validRange(specifiers)) return null;
  for (const [, version = '', needs = ''] of list.matchAll(
    /(?:^|; )([\w.+!-]{1,60}) Requires-Python ([<>=!~\d.,*]{1,60})/gu,
  )) {
    if (specifiers === '' || satisfies(version, specifiers)) return needs.replace(/[,;]$/u, '');
  }
  return null;
}

function notFound(wanted: string): Recognised {
  return {
    code: 'package-not-found',
    message: `The index gave no release at all of ${short(wanted, 100)}.`,
    fix: 'Check the name in the manifest; a private package needs its index named there, and its credentials in the settings of Relock. pip says the same when an index answers with an error.',
    words: /Could not find a version|No matching distribution/u,
  };
}

function tooDeep(flat: string): Recognised | null {
  if (
    !/ResolutionTooDeep|exceeded (?:the )?maximum (?:rounds|resolution depth)|resolution-too-deep/u.test(flat)
  )
    return null;
  return {
    code: 'unsatisfiable',
    message: 'pip gave up after too many steps without finding versions that go together.',
    fix: 'Give lower bounds to the requirements that move most, or let uv solve this lock.',
    words: WORDS,
  };
}
