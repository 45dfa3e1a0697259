/** The steps of one Pipfile.lock: the command, and what is checked afterwards. Pure. */
import type { Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
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
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PIPENV_NO_INHERIT: '1',
  PIPENV_NOSPIN: '1',
  PIPENV_HIDE_EMOJIS: '1',
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
  const index = mirrorOf(facts);
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
    return { do: 'fail', reason: explainFailure({ target, command, result: result ?? failed }) };
  }
  const trace = traceOf(plan, ran.files[target.path] ?? null, index);
  if (trace !== null) return { do: 'fail', reason: trace };
  return {
    do: 'done',
    solver: pipenv.version === null ? 'pipenv' : `pipenv ${pipenv.version}`,
    notes: [...python.notes, ...pipenv.notes, ...indexNotes(plan, facts)],
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
    `Install Python ${version}, or let Relock download it.`,
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

/** The index in the place of the public one, or null. */
function mirrorOf({ cooldown, index }: Facts): string | null {
  return cooldown?.indexUrl ?? (index.isMirror ? index.url : null);
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
    outputs: [target.path],
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** Why the written lock must not be published: it is missing, or names the index that stands for the public one. */
function traceOf({ target, lock }: PipenvPlan, now: string | null, index: string | null): Reason | null {
  if (now === null)
    return reason('tool-failed', `Pipenv said that all went well, but ${target.path} is not there.`);
  const host = index !== null && URL.canParse(index) ? `//${new URL(index).host}/` : null;
  if (host === null || !now.includes(host) || lock.includes(host)) return null;
  return reason(
    'unexpected-write',
    `Pipenv wrote the index it was given into ${target.path}, which must name none that the Pipfile does not.`,
    'Name the public index as [[source]] in the Pipfile, and report this, with the version of Pipenv.',
  );
}

function indexNotes({ sources }: PipenvPlan, facts: Facts): readonly string[] {
  const others = sources.filter(({ isPublic }) => !isPublic).map(({ name }) => name.slice(0, 60));
  if (facts.cooldown === null || others.length === 0) return [];
  return [`The cool-down does not cover packages from the sources of the Pipfile (${others.join(', ')}).`];
}
