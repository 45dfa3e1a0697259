/** The steps of one Pipfile.lock: the command, and what is checked afterwards. Pure. */
import type { Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import { howToGetPython } from '../python-download.ts';
import { PUBLIC_INDEX } from '../public-index.ts';
import { minorOf } from '../python-versions.ts';
import { reason } from '../tree.ts';
import type { PipfileSource } from './pipfile.ts';
import { pipenvRunsOn } from './pipenv-version.ts';

export interface PipenvPlan {
  readonly target: Target;
  /** The Pipfile's path. */
  readonly manifest: string;
  readonly sources: readonly PipfileSource[];
  /** The policy names the version: it is not replaced by another. */
  readonly versionIsOrdered: boolean;
  /** The lock as it was. */
  readonly lock: string;
  /** The lock in the standard format beside it, as it was, which Pipenv makes too; null when there is none. */
  readonly pylock: { readonly path: string; readonly text: string } | null;
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PIPENV_NO_INHERIT: '1',
  PIPENV_NOSPIN: '1',
  PIPENV_HIDE_EMOJIS: '1',
  // Else each failure begins with a notice about the environment that Pipenv runs in.
  PIPENV_VERBOSITY: '-1',
  // Threat: a .env of the repository would set variables for us.
  PIPENV_DONT_LOAD_ENV: '1',
  // With PIPENV_YES, Pipenv would have pyenv or asdf build a Python that is not there.
  PIPENV_DONT_USE_PYENV: '1',
  PIPENV_DONT_USE_ASDF: '1',
  // A keyring may ask for a password that nobody types, for ever.
  PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
};

/** The next step for one lock. */
export function nextPipenvStep(plan: PipenvPlan, facts: Facts, history: readonly StepResult[]): Step {
  const { target, manifest } = plan;
  const python = findPython(plan, facts);
  if ('code' in python) return { do: 'fail', reason: python };
  const pipenv = chooseRelease(plan, python.version, facts);
  if ('code' in pipenv) return { do: 'fail', reason: pipenv };
  const index = mirrorOf(plan, facts);
  const original = facts.tree.files.get(manifest);
  const pipfile = original?.kind === 'text' ? original.text : null;
  // Without a [[source]], Pipenv writes the mirror into the lock as if it were one; with the default one spelled out, it
  // does not, and the hash of the Pipfile is the same.
  const spellOut = index !== null && plan.sources.length === 0 && pipfile !== null;
  const ran = history.find(({ result }) => result !== null);
  if (spellOut && history.length === 0) {
    return { do: 'write', files: { [manifest]: withDefaultSource(pipfile) } };
  }
  const command = commandOf(plan, pipenv.version, python, index, facts);
  if (ran === undefined) return { do: 'run', command };
  if (spellOut && history.at(-1)?.step.do === 'run') return { do: 'write', files: { [manifest]: pipfile } };
  const { result } = ran;
  if (result === null || result.exitCode !== 0) {
    const failed = { exitCode: null, timedOut: false, stdout: '', stderr: '', seconds: 0 };
    const failure = { target, command, result: result ?? failed, cutoff: facts.cutoff };
    return { do: 'fail', reason: whyFailed(plan, python, explainFailure(failure)) };
  }
  for (const path of target.writes) {
    const trace = traceOf(plan, path, ran.files[path] ?? null, index);
    if (trace !== null) return { do: 'fail', reason: trace };
  }
  const undated = withoutNewDate(plan, ran, history);
  if (undated !== null) return undated;
  return {
    do: 'done',
    solver: pipenv.version === null ? 'pipenv' : `pipenv ${pipenv.version}`,
    notes: [...python.notes, ...pipenv.notes],
  };
}

interface FoundPython {
  readonly version: string;
  readonly notes: readonly string[];
}

/** Pipenv locks for the very interpreter it is given, so no other one will do. */
function findPython({ target }: PipenvPlan, facts: Facts): FoundPython | Reason {
  const { version } = target.python;
  if (version === null) {
    const newest = facts.pythons[0];
    if (newest === undefined) {
      return reason(
        'python-missing',
        `Nothing says which Python ${target.path} is for, and none is installed.`,
        'Say so in `[requires]` of the Pipfile.',
      );
    }
    const notes = [
      `Nothing in the repository says which Python ${target.path} is for: it was locked for ${minorOf(newest.version)}. Say so in \`[requires]\` of the Pipfile.`,
    ];
    return { version: newest.version, notes };
  }
  const exact = facts.pythons.find((one) => one.version === version);
  const near = facts.pythons.find((one) => minorOf(one.version) === minorOf(version));
  if (exact !== undefined) return { version: exact.version, notes: [] };
  const isFull = version !== minorOf(version);
  if (near !== undefined) {
    const notes = isFull ? [`Locked with Python ${near.version}, since ${version} is not installed.`] : [];
    return { version: near.version, notes };
  }
  if (facts.pythonDownloads) return { version, notes: [] };
  const installed = facts.pythons.map((one) => one.version).join(', ') || 'none';
  return reason(
    'python-missing',
    `${target.path} is for Python ${version} (${target.python.from}), and Pipenv locks only for an interpreter that is there. Installed are: ${installed}.`,
    howToGetPython(`Python ${version}`),
  );
}

function chooseRelease(
  { target, versionIsOrdered }: PipenvPlan,
  python: string,
  facts: Facts,
): { readonly version: string | null; readonly notes: readonly string[] } | Reason {
  const said = target.tool.version;
  const newest = facts.newestTool('pipenv', minorOf(python));
  if (said !== null && pipenvRunsOn(said, python)) return { version: said, notes: [] };
  if (!pipenvRunsOn(null, python) || (said !== null && versionIsOrdered)) {
    return reason(
      'tool-does-not-run-on-locked-python',
      `${said === null ? 'No Pipenv' : `Pipenv ${said} (${target.tool.from})`} can be run on Python ${minorOf(python)}, which ${target.path} is for (${target.python.from}).`,
      said === null
        ? 'Move the project to a newer Python.'
        : `Take ${newest === null ? 'a newer Pipenv' : `Pipenv ${newest}`} as \`tool-version\` under [[lock]] in .github/relock.toml.`,
    );
  }
  const notes =
    said === null
      ? []
      : [
          `Pipenv ${said} (${target.tool.from}) does not run on Python ${minorOf(python)}: ${newest ?? 'the newest'} was used.`,
        ];
  return { version: newest, notes };
}

/**
 * The index in the place of the public one, or null. A Pipfile of the time before 2018 names the public index by its old
 * host, which only redirects, and that not everywhere: Pipenv takes the present one for it, and locks the name as it was.
 */
function mirrorOf({ sources }: PipenvPlan, { index }: Facts): string | null {
  if (index.isMirror) return index.url;
  const host = hostOf(PUBLIC_INDEX);
  return sources.some(({ url, isPublic }) => isPublic && hostOf(url) !== host) ? PUBLIC_INDEX : null;
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

function withDefaultSource(pipfile: string): string {
  return `${pipfile}\n\n[[source]]\nname = "pypi"\nurl = "${PUBLIC_INDEX}"\nverify_ssl = true\n`;
}

function commandOf(
  { target }: PipenvPlan,
  version: string | null,
  python: FoundPython,
  index: string | null,
  facts: Facts,
): Extract<Step, { do: 'run' }>['command'] {
  return {
    tool: { name: 'pipenv', version, python: python.version, with: [] },
    // The tool's own environment is on that very Python, and the runner shows it as the active one: without `--python`
    // Pipenv locks for it, and makes no virtual environment first, which takes longer than the lock.
    argv: ['pipenv', 'lock'],
    cwd: target.cwd,
    env: { ...ENVIRONMENT, ...(index === null ? {} : { PIPENV_PYPI_MIRROR: index }) },
    outputs: target.writes,
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** Why a written file must not be published: it is missing, or names the index that stands for the public one. */
function traceOf(
  { lock, sources, pylock }: PipenvPlan,
  path: string,
  now: string | null,
  index: string | null,
): Reason | null {
  if (now === null) {
    return reason('tool-failed', `Pipenv said that all went well, but ${path} is not there.`);
  }
  const host = index === null ? null : hostOf(index);
  const before = `${lock}${pylock?.text ?? ''}`;
  if (host === null || !now.includes(`//${host}/`) || before.includes(`//${host}/`)) return null;
  if (sources.some(({ url }) => hostOf(url) === host)) return null;
  return reason(
    'unexpected-write',
    `Pipenv wrote the index it was given into ${path}, which must name none that the Pipfile does not.`,
    'Name the public index as [[source]] in the Pipfile, and report this, with the version of Pipenv.',
  );
}

/** Pipenv dates each pylock.toml: one in which nothing else is new stays as it was. */
function withoutNewDate(
  { pylock }: PipenvPlan,
  ran: StepResult,
  history: readonly StepResult[],
): Step | null {
  const now = pylock === null ? null : (ran.files[pylock.path] ?? null);
  if (pylock === null || now === null || now === pylock.text) return null;
  const { path } = pylock;
  if (history.some(({ step }) => step.do === 'write' && Object.hasOwn(step.files, path))) return null;
  const [undated, before] = [now, pylock.text].map((text) => text.replace(/^generation_date = .*$/mu, ''));
  return undated === before ? { do: 'write', files: { [pylock.path]: pylock.text } } : null;
}

/** A source without an address fails as a package that is not there; and a Python that nothing names may be at fault. */
function whyFailed({ target, manifest, sources }: PipenvPlan, python: FoundPython, why: Reason): Reason {
  const source = sources.find(({ variables }) => variables === 'address');
  if (source !== undefined) {
    return {
      code: 'extra-index-unreachable',
      message: `The source ${source.name.slice(0, 60)} of ${manifest} takes its address from environment variables, which a locker does not get, and Pipenv failed.`,
      fix: `Write its host into ${manifest}, with variables for user and password at most, and configure the credentials of that host in the settings of Relock.`,
      detail: why.detail,
    };
  }
  if (target.python.version !== null) return why;
  const guess = `Nothing says which Python ${target.path} is for, and ${minorOf(python.version)} was taken: say so in \`[requires]\` of the Pipfile.`;
  return { ...why, fix: `${why.fix} ${guess}`.trim() };
}
