/** The smoke test: one command inside the image that was built, and what its end means. */
import type { SmokeResult } from '../rebuild/model.ts';
import type { ConfinedResult } from '../run/sandbox/confined.ts';
import type { SmokeRequest } from './model.ts';
import { SMOKE_AT, SMOKE_END, SMOKE_OLD, SMOKE_PROGRAM } from './smoke-program.ts';

const MOST_CHARACTERS = 4000;

/** Runs a command inside, and gives what it printed on both streams together. */
export type RunInside = (command: readonly string[], seconds: number) => Promise<ConfinedResult>;

/** @param redact takes out what nobody is to read. */
export async function smokeTest(
  request: SmokeRequest,
  run: RunInside,
  redact: (text: string) => string,
): Promise<SmokeResult> {
  const { command, interpreters, seconds } = request;
  if (command.length > 0) return ofCommand(command, await run(command, seconds), seconds, redact);
  if (interpreters.length === 0) {
    return {
      state: 'not-run',
      because: 'no `smoke` is configured, and the image has no Python that was found',
    };
  }
  const results: SmokeResult[] = [];
  for (const path of interpreters) {
    const result = await run([path, '-c', SMOKE_PROGRAM], seconds);
    results.push(ofImports(path, result, seconds, redact));
  }
  return (
    results.find(({ state }) => state === 'failed') ??
    results.find(({ state }) => state === 'passed') ??
    results[0] ?? { state: 'not-run', because: 'nothing was run' }
  );
}

function ofCommand(
  command: readonly string[],
  result: ConfinedResult,
  seconds: number,
  redact: (text: string) => string,
): SmokeResult {
  const output = shown([result.stdout, result.stderr, endOf(result, seconds)].join('\n'), redact);
  return { state: result.exitCode === 0 ? 'passed' : 'failed', command, output };
}

function ofImports(
  path: string,
  result: ConfinedResult,
  seconds: number,
  redact: (text: string) => string,
): SmokeResult {
  const command = [path, '-c', 'import what is installed'];
  if (result.stdout.includes(SMOKE_OLD)) {
    return { state: 'not-run', because: `${path} is older than 3.8, which cannot tell what is installed` };
  }
  const lines = result.stdout.split('\n');
  const ended = SMOKE_END.exec(result.stdout);
  const told = lines.filter((line) => !SMOKE_AT.test(line) && !SMOKE_END.test(line) && line.trim() !== '');
  if (ended !== null) {
    const summary = `${ended[1]} modules imported, ${ended[2]} failed, ${ended[3]} left out`;
    const state = result.exitCode === 0 && ended[2] === '0' ? 'passed' : 'failed';
    return { state, command, output: shown([summary, ...told].join('\n'), redact, 'start') };
  }
  const at = lines.map((line) => SMOKE_AT.exec(line)?.[1]).findLast((name) => name !== undefined);
  const where = at === undefined ? `${path} does not run` : `the import of ${at} ended the interpreter`;
  const words = [...told, result.stderr, endOf(result, seconds), where].join('\n');
  return { state: 'failed', command, output: shown(words, redact) };
}

function endOf(result: ConfinedResult, seconds: number): string {
  if (result.timedOut) return `It was ended: it took longer than ${Math.round(seconds)} seconds.`;
  if (result.exceeded !== null) return `It was ended at its limit of ${result.exceeded}.`;
  return result.exitCode === 0 ? '' : `Exit code ${result.exitCode ?? 'of a signal'}.`;
}

/** Builders' own words about an exit code say nothing more. */
const NOISE =
  /^(?:subprocess exited with status \d+|Error: exit status \d+|(?:process exited with error: )?)$/u;

function shown(text: string, redact: (text: string) => string, keep: 'start' | 'end' = 'end'): string {
  const lines = redact(text)
    .split('\n')
    .filter((line) => !NOISE.test(line));
  const clean = lines.join('\n').trim();
  if (clean.length <= MOST_CHARACTERS) return clean;
  return keep === 'start' ? `${clean.slice(0, MOST_CHARACTERS)}…` : `…${clean.slice(-MOST_CHARACTERS)}`;
}

/** What a step of BuildKit printed (`#7 0.123 text`), in the place of its progress. */
export function printedByBuildKit(result: ConfinedResult): ConfinedResult {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n');
  const printed = lines.flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/u.exec(line)?.[1] ?? []);
  const own = lines.filter((line) => !/^#\d+ |^time="|^$/u.test(line));
  const code = own
    .map((line) => /exit code: (\d{1,3})$/u.exec(line)?.[1])
    .findLast((text) => text !== undefined);
  return {
    ...result,
    // That of the build is 1, whatever the step's was.
    exitCode: result.exitCode === 1 && code !== undefined ? Number(code) || 1 : result.exitCode,
    stdout: printed.join('\n'),
    stderr: printed.length > 0 ? '' : own.join('\n'),
  };
}

/** What a build with one RUN printed, without the builder's own lines. */
export function printedByPodman(result: ConfinedResult): ConfinedResult {
  const lines = result.stdout
    .split('\n')
    .filter((line) => !/^(?:STEP \d|COMMIT|-->|[0-9a-f]{64}$)/u.test(line));
  return { ...result, stdout: lines.join('\n') };
}
