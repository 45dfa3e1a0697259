/** Makes compiled requirements anew: the steps for each kind of lock. Pure. */
import type { Command, CommandResult, Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import { PUBLIC_INDEX } from '../public-index.ts';
import { howToGetPython } from '../python-download.ts';
import { minorOf } from '../python-versions.ts';
import { replay } from '../replay.ts';
import type { Script } from '../replay.ts';
import { normaliseText, readText, reason, relativeTo, resolveInside } from '../tree.ts';
import { hasOption } from './chosen-options.ts';
import { commandToType } from './command-to-type.ts';
import { wholeText, whyUnfit } from './lock-file.ts';
import {
  asPipCompile,
  multiArgv,
  multiBody,
  multiHeader,
  multiLayers,
  ownPins,
  whyOnlyMulti,
  withoutMultiHeader,
  withShownUnsafe,
} from './multi-text.ts';
import { finderState, optionLines } from './option-lines.ts';
import { mendPipCompileText, pipCompileArgv, pipEnvironment, pipToolsSpec } from './pip-compile-argv.ts';
import { pipCompileText } from './pip-compile-text.ts';
import { isTooOldForUv, planPython, solvedVersion } from './python-plan.ts';
import { whyUvRefused } from './refusals.ts';
import { optionRemotes } from './remotes.ts';
import { runUv } from './run-uv.ts';
import type { Solved } from './run-uv.ts';
import type { CompileSpec } from './spec.ts';
import { looksStale } from './stale-index.ts';
import {
  pythonArguments,
  uvArgv,
  uvArgvForPipCompile,
  uvPythonArguments,
  whyOnlyPipCompile,
} from './uv-argv.ts';
import { readPins } from './uv-body.ts';
import { uvSurroundings } from './uv-environment.ts';
import { readWishes } from './wishes.ts';
import type { Wishes } from './wishes.ts';

export { commandToType } from './command-to-type.ts';

/** The step machine of one lock: everything moves to the newest that its inputs allow. */
export function compileSteps(spec: CompileSpec): (facts: Facts, history: readonly StepResult[]) => Step {
  return (facts, history) => replay(compile(withStyle(spec, facts), facts), history);
}

/** A lock without pins shows no style of annotations: it is what its options say. */
function withStyle(spec: CompileSpec, facts: Facts): CompileSpec {
  const isSilent = hasOption(spec.options, '--no-annotate');
  if (isSilent) return { ...spec, annotations: 'none' };
  if (spec.annotations !== 'none') return spec;
  if (spec.kind === 'pip-compile-multi') return { ...spec, annotations: 'split' };
  const hasPins = readPins(readText(facts.tree, spec.lock) ?? '').length > 0;
  if (!hasPins) return { ...spec, annotations: 'split' };
  return { ...spec, options: [...spec.options, { name: '--no-annotate', value: null }] };
}

function compile(spec: CompileSpec, facts: Facts): Script {
  switch (spec.kind) {
    case 'uv-pip-compile':
      return compileByUv(spec, facts);
    case 'pip-compile':
      return compileForPip(spec, facts);
    case 'pip-compile-multi':
      return compileForPip(withShownUnsafe(spec, facts.tree), facts);
    default:
      return spec.kind satisfies never;
  }
}

function* compileByUv(spec: CompileSpec, facts: Facts): Script {
  const wishes = readWishes(spec, facts.tree);
  const plan = planPython(spec, facts);
  const { env, standIn } = uvSurroundings(spec, facts, wishes);
  const solved = yield* runUv({
    spec,
    facts,
    plan,
    version: spec.toolVersion,
    env,
    python: uvPythonArguments(spec, plan),
    argv: (python) => uvArgv(spec, { python, constraints: [] }),
    isStale: (command, result) => isStale(spec, facts, wishes, command, result),
  });
  if (solved.kind !== 'solved') return failed(spec, facts, wishes, solved);
  const body = standIn === null ? solved.text : withPublicIndex(solved.text, standIn);
  const text = wholeText(spec, spec.header, body);
  const unfit = whyUnfit(spec, facts, wishes, text);
  if (unfit !== null) return { do: 'fail', reason: unfit };
  yield { do: 'write', files: { [spec.lock]: text } };
  return { do: 'done', solver: `uv ${spec.toolVersion ?? facts.uvVersion}`, notes: solved.notes };
}

/** `--emit-index-url` and `--emit-index-annotation` show the index that stood in for the public one. */
function withPublicIndex(text: string, standIn: string): string {
  return text
    .split('\n')
    .map((line) =>
      /^--(?:index|extra-index)-url |^\s+# from /u.test(line) && line.includes(standIn)
        ? line.replace(standIn, PUBLIC_INDEX)
        : line,
    )
    .join('\n');
}

/** By uv where that gives the same, else by the lock's own tool. */
function* compileForPip(spec: CompileSpec, facts: Facts): Script {
  const isMulti = spec.kind === 'pip-compile-multi';
  const inner = isMulti ? asPipCompile(spec) : spec;
  const wishes = readWishes(inner, facts.tree);
  const finder = finderState(inner.options, wishes.globals);
  const tool = isMulti ? 'pip-compile-multi' : 'pip-compile';
  if (isTooOldForUv(spec.python.version)) return { do: 'fail', reason: pythonTooOld(spec) };
  if (spec.solver === 'pip-compile') return yield* compileByOwnTool(spec, facts, []);
  const why = (isMulti ? whyOnlyMulti(spec) : null) ?? whyOnlyPipCompile(inner, finder, wishes);
  if (why !== null) {
    if (spec.solver === 'uv') return { do: 'fail', reason: onlyOwnTool(spec, tool, why) };
    return yield* compileByOwnTool(spec, facts, [`Solved by ${tool} itself: ${why}.`]);
  }
  const plan = planPython(spec, facts);
  const { env } = uvSurroundings(inner, facts, wishes);
  const layers = multiLayers(spec, facts.tree);
  const constraints = isMulti ? layers.locks.map((lock) => relativeTo(spec.cwd, lock)) : [];
  const solved = yield* runUv({
    spec,
    facts,
    plan,
    version: null,
    // pip-compile does not read [tool.uv].
    env: { ...env, UV_NO_CONFIG: '1' },
    python: pythonArguments(spec, plan),
    argv: (python) => uvArgvForPipCompile(inner, finder, { python, constraints }),
    isStale: (command, result) => isStale(spec, facts, wishes, command, result),
  });
  if (solved.kind !== 'solved') {
    const refusal = solved.kind === 'failed' ? whyUvRefused(solved.result) : null;
    if (refusal === null || spec.solver === 'uv') return failed(spec, facts, wishes, solved);
    return yield* compileByOwnTool(spec, facts, [`Solved by ${tool} itself, since uv refused: ${refusal}`]);
  }
  const python = solvedVersion(spec, plan);
  const pins = readPins(solved.text);
  const own = isMulti ? ownPins(pins, layers) : pins;
  const body = pipCompileText(inner, facts.tree, wishes, own, python);
  const text = isMulti
    ? wholeText(spec, multiHeader(spec, facts.tree), multiBody(inner, layers, pins, body))
    : wholeText(spec, spec.header, body);
  const unfit = whyUnfit(spec, facts, wishes, text);
  if (unfit !== null) return { do: 'fail', reason: unfit };
  yield { do: 'write', files: { [spec.lock]: text } };
  return { do: 'done', solver: `uv ${facts.uvVersion}`, notes: solved.notes };
}

/** pip-compile or pip-compile-multi, on an interpreter of the lock's Python. */
function* compileByOwnTool(spec: CompileSpec, facts: Facts, notes: readonly string[]): Script {
  const isMulti = spec.kind === 'pip-compile-multi';
  const inner = isMulti ? asPipCompile(spec) : spec;
  const wishes = readWishes(inner, facts.tree);
  const plan = planPython(spec, facts);
  const tool = pipToolsSpec(isMulti ? 'pip-compile-multi' : 'pip-tools', spec, facts, plan);
  if (tool === null) return { do: 'fail', reason: pythonMissing(spec, notes) };
  const command: Command = {
    tool,
    argv: isMulti ? multiArgv(spec) : pipCompileArgv(spec),
    cwd: spec.cwd,
    env: pipEnvironment(inner, facts, wishes),
    outputs: [spec.lock],
    timeoutSeconds: facts.timeoutSeconds,
  };
  let { result, files } = yield { do: 'run', command };
  if (result !== null && result.exitCode !== 0 && isStale(spec, facts, wishes, command, result)) {
    // pip asks for every page anew by itself.
    ({ result, files } = yield { do: 'run', command });
  }
  const written = files[spec.lock] ?? null;
  if (result === null || result.exitCode !== 0 || written === null) {
    const failure = result === null ? null : explain(spec, facts, wishes, command, result);
    const why = failure ?? reason('internal', `${spec.lock}: the run gave no result.`);
    return {
      do: 'fail',
      reason: notes.length === 0 ? why : { ...why, detail: `${notes.join('\n')}\n\n${why.detail}` },
    };
  }
  const plain = normaliseText(written);
  const solver = isMulti
    ? `pip-compile-multi${tool.version === null ? '' : ` ${tool.version}`}`
    : `pip-compile${tool.version === null ? '' : ` ${tool.version}`} (pip-tools)`;
  const options = optionLines(inner.options, finderState(inner.options, wishes.globals));
  const text = isMulti
    ? wholeText(spec, multiHeader(spec, facts.tree), withoutMultiHeader(plain))
    : wholeText(spec, spec.header, mendPipCompileText(spec, wishes, plain, options));
  const unfit = whyUnfit(spec, facts, wishes, text);
  if (unfit !== null) return { do: 'fail', reason: unfit };
  yield { do: 'write', files: { ...(isMulti ? lowerLocks(spec, facts) : {}), [spec.lock]: text } };
  return { do: 'done', solver, notes };
}

/** pip-compile-multi makes lower locks again, each of which is a target of its own: back to what they were. */
function lowerLocks(spec: CompileSpec, facts: Facts): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of spec.layers) {
    const file = facts.tree.files.get(path);
    if (file?.kind === 'text') files[path] = file.text;
  }
  return files;
}

function failed(
  spec: CompileSpec,
  facts: Facts,
  wishes: Wishes,
  solved: Exclude<Solved, { kind: 'solved' }>,
): Extract<Step, { do: 'fail' }> {
  return {
    do: 'fail',
    reason:
      solved.kind === 'failed' ? explain(spec, facts, wishes, solved.command, solved.result) : solved.reason,
  };
}

function explain(
  spec: CompileSpec,
  facts: Facts,
  wishes: Wishes,
  command: Command,
  result: CommandResult,
): Reason {
  return explainFailure({ target: targetOf(spec, wishes), command, result, cutoff: facts.cutoff });
}

function isStale(
  spec: CompileSpec,
  facts: Facts,
  wishes: Wishes,
  command: Command,
  result: CommandResult,
): boolean {
  return looksStale(spec, facts.tree, result, explain(spec, facts, wishes, command, result));
}

/** As much of the target as an explanation can want. */
function targetOf(spec: CompileSpec, wishes: Wishes): Target {
  const manifests = spec.inputs.map((input) => resolveInside(spec.cwd, input) ?? input);
  return {
    path: spec.lock,
    kind: spec.kind,
    manifests,
    inputs: [...manifests, ...spec.layers],
    writes: [spec.lock],
    tool: { name: spec.kind, version: spec.toolVersion, from: '' },
    python: spec.python,
    cwd: spec.cwd,
    command: commandToType(spec),
    remotes: [
      ...spec.options.flatMap(({ name, value }) => optionRemotes(name, value, spec.lock)),
      ...wishes.globals.flatMap(({ option: { name, value, line }, path }) =>
        optionRemotes(name, value, `${path}:${line}`),
      ),
    ],
    notes: [],
  };
}

function pythonMissing(spec: CompileSpec, notes: readonly string[]): Reason {
  const version = spec.python.version ?? '3';
  const why = notes.length === 0 ? '' : ` ${notes.join(' ')}`;
  return reason(
    'python-missing',
    `${spec.lock} is for Python ${version} (${spec.python.from}), which is not installed here, and its own tool must run on it.${why}`,
    howToGetPython(`Python ${minorOf(version)}`),
  );
}

function pythonTooOld(spec: CompileSpec): Reason {
  const version = spec.python.version ?? '';
  return reason(
    'tool-does-not-run-on-locked-python',
    `${spec.lock} is for Python ${version} (${spec.python.from}). uv, which solves and which installs every tool, supports Python 3.6 and later.`,
    'If the lock is for a newer Python by now, say so with `python` under [[lock]] in .github/relock.toml; else leave it out with `ignore` there.',
  );
}

function onlyOwnTool(spec: CompileSpec, tool: string, why: string): Reason {
  return reason(
    'tool-failed',
    `${spec.lock} cannot be solved by uv, as .github/relock.toml asks: ${why}.`,
    `Set \`solver = "auto"\` (or "pip-compile") for this lock, so that ${tool} itself runs where uv cannot.`,
  );
}
