/** `plan` and `run`. */
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCutoff } from '../config/cutoff.ts';
import { lookOver, runJob } from '../engine.ts';
import { CancelledError, EnvironmentError, messageOf, UsageError } from '../errors.ts';
import type { Forge } from '../forge/forge.ts';
import { previewForge } from '../forge/preview.ts';
import { workingTreeForge } from '../forge/working-tree.ts';
import type { Job } from '../model.ts';
import type { JobOutcome } from '../outcome.ts';
import { listed, plural } from '../report/count.ts';
import { imageFailures, imagesToLookAt } from '../report/images.ts';
import { outcomeJson, planJson } from '../report/json.ts';
import type { Arguments } from './arguments.ts';
import { composePlan, composeRun } from './compose.ts';
import { planText } from './plan-text.ts';
import { createProgress } from './progress.ts';
import { loadSettings } from './load-settings.ts';

const EXIT = { done: 0, failed: 1, usage: 2, changes: 3, interrupted: 130 } as const;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal has already sent to us: within this time both are one. Milliseconds. */
const SAME_PRESS_MS = 1000;

/** @returns the exit code. */
export async function main(given: Arguments): Promise<number> {
  try {
    return given.command === 'plan' ? await plan(given) : await interruptible((signal) => run(given, signal));
  } catch (error) {
    return explain(error);
  }
}

/**
 * The first signal asks the run to end and to clear up, the second one ends it on the spot. The handler stays in place for
 * all that time: where there is none, children and we are killed without clearing up.
 */
async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const cancel = new AbortController();
  let asked = 0;
  const stop = (): void => {
    // Children end with us: see `live-groups.ts`. The next run removes the private copy.
    if (cancel.signal.aborted && performance.now() - asked > SAME_PRESS_MS) process.exit(EXIT.interrupted);
    if (!cancel.signal.aborted) asked = performance.now();
    cancel.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(cancel.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function plan(given: Arguments): Promise<number> {
  const start = performance.now();
  const root = rootOf(given);
  const look = await lookOver(jobOf(given, root), composePlan(root));
  const targets = look.plan.locks.map(({ target }) => target);
  const { skips } = look.plan;
  const { images } = look;
  if (given.json) {
    const seconds = (performance.now() - start) / 1000;
    await print(
      `${JSON.stringify(planJson({ job: look.job, targets, skips, images, seconds, notes: [] }), null, 2)}\n`,
    );
  } else {
    await print(
      planText(
        targets,
        skips,
        images,
        process.stdout.isTTY && process.stdout.hasColors() && process.env['NO_COLOR'] === undefined,
      ),
    );
  }
  return EXIT.done;
}

async function run(given: Arguments, signal: AbortSignal): Promise<number> {
  const root = rootOf(given);
  const settings = await loadSettings(given.settings, process.env);
  const job = jobOf(given, root);
  const progress = createProgress(process.stderr, given.quiet, () => performance.now());
  const composed = await composeRun({
    root,
    settings,
    repository: given.repository,
    cutoff: job.cutoff,
    environment: process.env,
    forge: forgeOf(given, root),
    observe: progress.observe,
    signal,
  });
  try {
    const outcome = await runJob(job, composed.ports);
    progress.stop();
    await show(given, outcome);
    if (given.write && !given.quiet) process.stderr.write(written(root, outcome));
    return codeOf(given, outcome);
  } finally {
    progress.stop();
    await composed.close();
  }
}

/** What is printed is decided after the run, so that a preview never mixes with progress. */
function forgeOf(given: Arguments, root: string): Forge {
  return given.write ? workingTreeForge(root) : previewForge;
}

async function show(given: Arguments, outcome: JobOutcome): Promise<void> {
  if (given.json) {
    await print(`${JSON.stringify(outcomeJson(outcome), null, 2)}\n`);
    return;
  }
  const { pullRequest } = outcome;
  if (pullRequest === null) {
    const more = [...imageFailures(outcome.images), ...imagesToLookAt(outcome.images)];
    const sections = more.map(({ text }) => `\n${text}\n`).join('');
    await print(`${whyNothing(given, outcome)} There is nothing to propose.\n${sections}`);
    return;
  }
  await print(`# ${pullRequest.title}\n\n${pullRequest.body}`);
}

function written(root: string, { results, images }: JobOutcome): string {
  const paths = [...results, images].flatMap(({ files }) => files.map(({ path }) => path));
  return paths.length === 0 ? '' : `Wrote ${plural(paths.length, 'file')} into ${root}.\n`;
}

function whyNothing(given: Arguments, { results, skips, images }: JobOutcome): string {
  const pinned = images.results.filter(({ image }) => image.action !== 'look');
  const all = pinned.every(({ status }) => status === 'unchanged') ? 'every' : 'every other';
  const fresh = [
    ...(results.length > 0 ? ['every lock'] : []),
    ...(pinned.some(({ status }) => status === 'unchanged') ? [`${all} pinned base image`] : []),
  ];
  if (fresh.length > 0) return `${capital(listed(fresh))} is up to date.`;
  const others = [...skips, ...images.left].filter(({ reason }) => reason.code === 'not-selected').length;
  return others > 0
    ? `No lock to re-lock matches ${given.targets.map((glob) => `--target ${glob}`).join(' ')}; \`relock plan\` lists all of them.`
    : 'No lock to re-lock was found.';
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function codeOf(given: Arguments, { results, images }: JobOutcome): number {
  const all = [...results, ...images.results];
  if (all.some(({ status }) => status === 'failed')) return EXIT.failed;
  const changes = all.some(({ status }) => status === 'updated');
  return given.check && changes ? EXIT.changes : EXIT.done;
}

function jobOf(given: Arguments, root: string): Job {
  return {
    repository: given.repository ?? basename(root),
    trigger: 'terminal',
    only: given.targets,
    cutoff: given.excludeNewer === null ? null : cutoffOf(given.excludeNewer),
  };
}

function cutoffOf(text: string): string {
  const parsed = parseCutoff(text, new Date());
  if ('cutoff' in parsed) return parsed.cutoff;
  throw new UsageError('bad-argument', `--exclude-newer: ${parsed.error}`);
}

/** A relative PATH is the caller's, also through `npm run`, which changes the folder before it starts us. */
function rootOf(given: Arguments): string {
  if (given.path === null) {
    process.stderr.write('No PATH was given: showing the sample project that comes with Relock.\n');
    return fileURLToPath(new URL('../../examples/sample', import.meta.url));
  }
  const { env } = process;
  const byNpm = env['npm_lifecycle_event'] === 'relock' && env['npm_package_name'] === 'relock';
  return resolve(byNpm ? (env['INIT_CWD'] ?? '.') : '.', given.path);
}

/** Waits until all of it is taken, so that a pipe gets a whole JSON document before we exit. */
function print(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) done();
      else fail(error);
    });
  });
}

function explain(error: unknown): number {
  if (error instanceof CancelledError) {
    process.stderr.write('Interrupted; nothing was changed.\n');
    return EXIT.interrupted;
  }
  if (error instanceof UsageError || error instanceof EnvironmentError) {
    process.stderr.write(`${error.message}\n${error.fix === '' ? '' : `${error.fix}\n`}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
  // The reader's pipe was closed (`| head`): nobody is left to tell.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.done;
  process.stderr.write(
    `Relock itself failed: ${messageOf(error)}\n${error instanceof Error ? (error.stack ?? '') : ''}\n`,
  );
  return EXIT.failed;
}
