/** Source distributions that do not build: their metadata is needed to solve, and comes out of running their build. */
import { short, type Evidence, type Failure, type Recognised } from './recogniser.ts';
import { LIBRARY_RULES } from './system-libraries.ts';

const BUILD =
  /Failed to (?:download and )?build\b|build backend returned an error|build-system\.requires|subprocess-exited-with-error|metadata generation failed|MetadataGenerationFailed|Failed building wheel|install build dependencies|Getting requirements to build|Preparing (?:metadata|wheel metadata)|setup\.py egg_info|Unable to determine package info|Backend subprocess exited|PEP ?517 build|ChefBuildError|ChefInstallError|EnvCommandError|errored with the following return code/iu;

const BUILD_REQUIREMENTS =
  /Failed to (?:resolve|install) requirements from (?:`build-system\.requires`|build-system\.requires|`?setup\.py`?|[^.]{0,60}`?get_requires)|install (?:build|backend) dependencies did not run|install build dependencies exited|Failed to install .{1,200}? in the build environment|ChefInstallError/iu;

const NO_HISTORY = /setuptools[-_]scm was unable to detect version/iu;

export function recogniseBuild(evidence: Evidence): Recognised | null {
  const { flat, lines, failure } = evidence;
  if (!BUILD.test(flat)) return null;
  const found = packageOf(evidence);
  if (BUILD_REQUIREMENTS.test(flat)) {
    const requirements = buildRequirements(flat, found, failure);
    if (requirements !== null) return requirements;
  }
  if (NO_HISTORY.test(flat)) {
    return {
      code: 'sdist-build-failed',
      message: `${found ?? 'A package'} takes its version from git (setuptools-scm), and the history is missing where it was built.`,
      fix: 'Name a version for when there is no git, as `fallback_version` under [tool.setuptools_scm] of its pyproject.toml (for hatch-vcs: `fallback-version` under [tool.hatch.version]).',
      words: linePattern(lines, NO_HISTORY),
    };
  }
  const old = OUTDATED.exec(flat);
  if (old !== null) {
    const python = failure.target.python.version;
    return {
      code: 'sdist-build-failed',
      message: `${subject(found, true)} is too old for ${python === null ? 'this Python' : `Python ${python}`}: its build wants ${short(old[1] ?? old[2] ?? old[0], 60)}, which is gone.`,
      fix: 'Allow a newer release of it in the manifest, or keep the lock on an older Python.',
      words: linePattern(lines, OUTDATED),
    };
  }
  for (const rule of LIBRARY_RULES) {
    const said = rule.words.exec(flat);
    if (said === null) continue;
    const name = found ?? rule.package;
    const library = rule.library.replace('$1', said[1] ?? '');
    const install =
      rule.debian === null ? `Install ${library}` : `Install ${library} (Debian: ${rule.debian})`;
    return {
      code: 'sdist-build-system-library',
      message: `Building ${subject(name)} needs ${library}, not found on this machine.`,
      fix: `${install} where Relock runs, or use a release that has a wheel for this Python${name === null ? '' : ` (${name}-binary, where there is one)`}.`.replace(
        name === 'psycopg2'
          ? / \(psycopg2-binary, where there is one\)/u
          : / \([^)]*-binary, where there is one\)/u,
        name === 'psycopg2' ? ' (psycopg2-binary has one)' : '',
      ),
      words: linePattern(lines, rule.words),
    };
  }
  const error = lastError(lines);
  return {
    code: 'sdist-build-failed',
    message: `Building ${subject(found)} failed${error === null ? '' : `: ${error}`}.`.replace(/\.\.$/u, '.'),
    fix:
      failure.command.tool.name === 'pipenv' && error === null
        ? 'Its metadata comes from that build, whose words Pipenv hides: `pipenv lock --verbose` shows them. Often a library is missing on this machine, or the release is too old for this Python.'
        : 'Its metadata comes from that build. Look at the words below: often the release is too old for this Python, or it reads a file that is not there.',
    words: BUILD,
  };
}

/** What releases from before a Python or a setuptools took something away still ask for. */
const OUTDATED =
  /fatal error: (longintrepr\.h|frameobject\.h|code\.h): No such file|No module named '(distutils|imp|pkg_resources|setuptools\.command\.test|lib2to3)[^']{0,40}'|use_2to3 is invalid/u;

function subject(name: string | null, starts = false): string {
  const text = name === null ? 'a source distribution' : `the source distribution of ${name}`;
  return starts ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
}

function buildRequirements(flat: string, found: string | null, failure: Failure): Recognised | null {
  const newer =
    /(?:current|requested) Python version \(?(?:>=)?(?<python>[\d.]+)\)? does not satisfy Python ?(?<needs>[<>=!~\d.,]+) and (?<requirement>\S+)/u.exec(
      flat,
    );
  const ignored =
    /require a different python version: .{0,2000}?Requires-Python (?<needs>[<>=!~\d.,]+)/u.exec(flat);
  const missing =
    /(?:No matching distribution found for|satisfies the requirement) (?<requirement>[^\s;(]{1,150})/u.exec(
      flat,
    );
  if (newer !== null || (ignored !== null && missing !== null)) {
    const requirement = newer?.groups?.['requirement'] ?? missing?.groups?.['requirement'] ?? 'a requirement';
    const needs = (newer ?? ignored)?.groups?.['needs']?.replace(/[;.,]+$/u, '') ?? '';
    const python = newer?.groups?.['python'] ?? failure.target.python.version;
    return {
      code: 'sdist-build-requirement-newer-python',
      message: `Building ${subject(found)} needs ${short(requirement, 100)}, which needs Python ${needs}; this lock is for Python ${python ?? 'of another version'}.`,
      fix: 'Hold the package back in the manifest to a release that builds on this Python, or move the lock to a newer Python.',
      words: BUILD_REQUIREMENTS,
    };
  }
  const conflict =
    /No solution found when resolving: (?<wants>.{1,400}?)(?: (?:cause|Caused by)| ╰| Because)|Cannot install (?<pip>.{1,300}?) because these package versions have conflicting/u.exec(
      flat,
    );
  if (
    conflict === null &&
    !/ResolutionImpossible|requirements are unsatisfiable|No matching distribution/u.test(flat)
  )
    return null;
  const wants =
    conflict?.groups?.['wants'] ?? conflict?.groups?.['pip'] ?? missing?.groups?.['requirement'] ?? '';
  return {
    code: 'sdist-build-requirement-conflict',
    message: `What ${subject(found)} needs to be built cannot be installed together${wants === '' ? '' : `: ${short(wants, 200)}`}.`,
    fix: 'Hold the package back in the manifest to a release that builds, or to one that has a wheel for this Python.',
    words: BUILD_REQUIREMENTS,
  };
}

const NAME = String.raw`[A-Za-z0-9](?:[\w.-]{0,98}[A-Za-z0-9])?`;
const NAMINGS: readonly RegExp[] = [
  new RegExp(
    String.raw`Failed to (?:download and )?build \x60(${NAME})(?:\[[^\]]{0,100}\])?(?:==| @ |\x60)`,
    'u',
  ),
  new RegExp(String.raw`Failed to (?:download and )?build:? (${NAME})(?:==| @ )`, 'u'),
  new RegExp(String.raw`for \x60(${NAME})@[^\x60]{1,60}\x60`, 'u'),
  new RegExp(String.raw`Failed building wheel for (${NAME})`, 'u'),
  new RegExp(String.raw`Could not build wheels for (${NAME})`, 'u'),
  new RegExp(String.raw`not a problem with Poetry but with (${NAME}) \(`, 'iu'),
  new RegExp(String.raw`/pip-(?:install|resolve|req-build)-[\w-]{4,20}/(${NAME})_[0-9a-f]{32}`, 'u'),
  new RegExp(String.raw`Unable to determine package info for path: \S{0,300}/(${NAME})(?: |$)`, 'u'),
  new RegExp(
    String.raw`Unable to determine package info from path: \S{0,300}/(${NAME})-\d[^/\s]*(?: |$)`,
    'u',
  ),
];

/** The package being built; the last one that pip began with when nothing else tells. */
function packageOf({ flat, lines }: Evidence): string | null {
  for (const naming of NAMINGS) {
    const name = naming.exec(flat)?.[1];
    if (name !== undefined) return name;
  }
  const collecting = new RegExp(`^Collecting (${NAME})`, 'u');
  const last = lines.findLast((line) => collecting.test(line));
  return last === undefined ? null : (collecting.exec(last)?.[1] ?? null);
}

/** The error in which a build's own stack ended. */
function lastError(lines: readonly string[]): string | null {
  const own = lines.filter(
    (line) =>
      !/^\S*pip\._|subprocess|BuildBackendException|BackendUnavailable|EnvCommandError/u.test(line.trim()),
  );
  const error = own.findLast((line) =>
    /^\s*(?:[A-Za-z_][\w.]*(?:Error|Exception|NotFound|Warning|Exit)\b: |error: (?!subprocess))\S/u.test(
      line,
    ),
  );
  return error === undefined ? null : short(error, 160);
}

/** The line on which a pattern shows, when it shows within one. */
function linePattern(lines: readonly string[], words: RegExp): RegExp {
  return lines.some((line) => words.test(line)) ? words : BUILD;
}
