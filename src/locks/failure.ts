/** Boils a locker's output down to what went wrong. Pure. */
import type { Reason } from '../model.ts';
import { recogniseBuild } from './failure/builds.ts';
import { recogniseCheckout } from './failure/checkout.ts';
import { recogniseGit } from './failure/git.ts';
import { recogniseJsonPage, recogniseNetwork } from './failure/network.ts';
import { detailOf, isProgress, readOutput } from './failure/output.ts';
import {
  short,
  toolOf,
  type Evidence,
  type Failure,
  type Recognised,
  type Recogniser,
} from './failure/recogniser.ts';
import { recognisePipSolution } from './failure/solve-pip.ts';
import { recognisePoetrySolution } from './failure/solve-poetry.ts';
import { recogniseUvSolution } from './failure/solve-uv.ts';
import { recogniseBrokenTool, recogniseInstall, recogniseMachine, recognisePython } from './failure/tools.ts';

export type { Failure } from './failure/recogniser.ts';

/**
 * In order: a cause before what follows from it. An index that refuses is told as a package that is not there, a git host
 * that is down as a build that failed, and Pipenv adds to everything that versions do not fit.
 */
const RECOGNISERS: readonly Recogniser[] = [
  recogniseMachine,
  recogniseInstall,
  recognisePython,
  recogniseGit,
  recogniseCheckout,
  recogniseNetwork,
  recogniseJsonPage,
  recogniseBuild,
  recogniseUvSolution,
  recognisePoetrySolution,
  recognisePipSolution,
  recogniseBrokenTool,
];

/**
 * Why a locker's command failed, for a reader of the pull request: message, what to do, and the tool's own words with the
 * essential ones on top, without stack frames, escapes and credentials, at most 8,000 characters. Never throws.
 */
export function explainFailure(failure: Failure): Reason {
  const { result } = failure;
  const output = readOutput(result.stdout, result.stderr);
  const evidence: Evidence = { ...output, failure };
  const recognised = withCutoff(stopped(failure) ?? firstOf(evidence) ?? unknown(evidence), failure.cutoff);
  const { words } = recognised;
  const from = words === null ? -1 : output.lines.findIndex((line) => words.test(line));
  return {
    code: recognised.code,
    message: recognised.message,
    fix: recognised.fix,
    detail: detailOf(output, from === -1 ? null : from),
  };
}

function firstOf(evidence: Evidence): Recognised | null {
  for (const recognise of RECOGNISERS) {
    const recognised = recognise(evidence);
    if (recognised !== null) return recognised;
  }
  return null;
}

/** What releases that nobody can see may be the cause of. */
const FOR_WANT_OF_A_RELEASE: ReadonlySet<Reason['code']> = new Set([
  'unsatisfiable',
  'unsatisfiable-with-legacy-resolver',
  'index-skew',
  'package-not-found',
]);

/** No locker can tell a release that the cool-down hides from one that was never made. */
function withCutoff(recognised: Recognised, cutoff: string | null): Recognised {
  if (cutoff === null || !FOR_WANT_OF_A_RELEASE.has(recognised.code)) return recognised;
  return {
    ...recognised,
    message: `${recognised.message} The cool-down hides releases since ${cutoff}.`,
    fix: `${recognised.fix} Where one of those is wanted: wait, or shorten the cool-down.`,
  };
}

/** What makes a tool slow, and what helps, as the end of a sentence. */
const SLOW: Readonly<Record<Failure['command']['tool']['name'], string>> = {
  poetry:
    '. Where the index is not slow, Poetry tries many releases of a package: name a higher lower bound of it in the manifest',
  pipenv:
    '. Where the index is not slow, Pipenv tries many releases of a package: name a higher lower bound of it in the Pipfile',
  uv: '. Where the index is not slow, it builds source distributions or clones a big repository: name releases that have wheels',
  'pip-tools': ', or have uv solve this lock, which is far quicker (`solver = "uv"` in .github/relock.toml)',
  'pip-compile-multi': '. Where the index is not slow, name higher lower bounds in the manifests',
  'conda-lock': '. Where the channels are not slow, name higher lower bounds in the environment file',
};

function spanOf(seconds: number): string {
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}

function stopped(failure: Failure): Recognised | null {
  const { command, result } = failure;
  if (result.timedOut) {
    return {
      code: 'timeout',
      message: `${toolOf(failure)} was stopped after ${spanOf(command.timeoutSeconds)}, the time limit of one command.`,
      fix: `Raise \`timeout\` in the settings of Relock${SLOW[command.tool.name]}.`,
      words: null,
    };
  }
  if (result.exitCode !== null && result.exitCode !== 130 && result.exitCode !== 137) return null;
  const crash = /\[ended by (SIG(?:ABRT|SEGV|BUS|ILL|FPE|SYS)), not sent by Relock\]/u.exec(
    result.stderr,
  )?.[1];
  if (crash !== undefined) {
    return {
      code: 'tool-failed',
      message: `${toolOf(failure)} crashed (${crash}).`,
      fix: 'Run again; if it crashes again, another version of the tool may not (`tool-version` in .github/relock.toml).',
      words: null,
    };
  }
  return {
    code: 'cancelled',
    message: `${toolOf(failure)} was ended from outside before it was done.`,
    fix: 'Run again. If nobody stopped it, the machine ran out of memory: give it more, or set `parallel` lower.',
    words: null,
  };
}

/** At last: what the tool itself says first as an error, else said last. */
function unknown({ lines, failure }: Evidence): Recognised {
  const said = lines.map((line) => line.trim()).filter((line) => line !== '' && !isProgress(line));
  const error = said.find((line) => /^(?:error|fatal|critical)\b/iu.test(line)) ?? said.at(-1);
  const [tool] = failure.command.argv;
  return {
    code: 'tool-failed',
    message:
      `${toolOf(failure)} ended with exit code ${failure.result.exitCode}${error === undefined ? ' and said nothing' : `: ${short(error, 300)}`}.`.replace(
        /\.\.$/u,
        '.',
      ),
    fix: `Run the command by hand to look closer${tool === '' ? '' : ` (it starts with ${tool})`}.`,
    words: error === undefined ? null : /^\s*(?:error|fatal|critical)\b/iu,
  };
}
