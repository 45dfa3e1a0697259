/** `relock run`. */
import { parseCutoff } from '../config/cutoff.ts';
import type { Settings } from '../config/settings.ts';
import type { RebuildMode } from '../engine/compose-rebuild.ts';
import { keepAnswers } from '../engine/asked-facts.ts';
import { runJob } from '../engine.ts';
import { UsageError } from '../errors.ts';
import type { Forge } from '../forge/forge.ts';
import { previewForge } from '../forge/preview.ts';
import { workingTreeForge } from '../forge/working-tree.ts';
import type { JobOutcome } from '../outcome.ts';
import { listed, plural } from '../report/count.ts';
import { imageFailures, imagesToLookAt } from '../report/images.ts';
import { rebuildSections } from '../report/rebuild.ts';
import { outcomeJson } from '../report/json.ts';
import { sarifFilesOf, sarifOf, type SarifLog } from '../report/sarif.ts';
import { version } from '../version.ts';
import type { Arguments } from './arguments.ts';
import { composeRun } from './compose.ts';
import { EXIT } from './exit.ts';
import { loadSettings, withDatabase } from './load-settings.ts';
import { checkOutputs, writeOutputs } from './output.ts';
import { createProgress } from './progress.ts';
import { fromCaller, jobOf, jsonText, print, rootOf, writeSarif } from './terminal.ts';

/** @returns the exit code. */
export async function run(given: Arguments, signal: AbortSignal): Promise<number> {
  const root = rootOf(given);
  await checkOutputs(given.outputs, root);
  const database = given.database === null ? null : fromCaller(given.database);
  const settings = withDatabase(await loadSettings(given.settings, process.env), database);
  const job = jobOf(given, root, given.excludeNewer === null ? null : cutoffOf(given.excludeNewer));
  const progress = createProgress(process.stderr, given.quiet, () => performance.now());
  const composed = await composeRun({
    root,
    settings,
    repository: given.repository,
    cutoff: job.cutoff,
    environment: process.env,
    forge: forgeOf(given, root),
    scanners: given.scan ? null : [],
    rebuilds: rebuildsOf(given, settings),
    observe: progress.observe,
    signal,
  });
  try {
    const { ports, kept } = keepAnswers(composed.ports);
    const outcome = await runJob(job, { ...composed.ports, ...ports });
    progress.stop();
    const now = new Date();
    await print(given.json ? jsonText(outcomeJson(outcome)) : markdownOf(given, outcome, now));
    const { links } = kept();
    await writeOutputs(given.outputs, root, {
      outcome,
      links,
      markdown: markdownOf(given, outcome, now),
      now,
    });
    if (given.write && !given.quiet) process.stderr.write(written(root, outcome));
    if (given.sarif !== null) await writeSarif(given.sarif, sarifLog(outcome));
    return codeOf(given, outcome);
  } finally {
    progress.stop();
    await composed.close();
  }
}

/** Building takes minutes, so that a terminal does it only where somebody wants it. */
function rebuildsOf({ rebuild, build }: Arguments, { builder }: Settings): RebuildMode {
  if (!rebuild) return 'off';
  return build || (builder.kind !== null && builder.kind !== 'none') ? 'prove' : 'look';
}

/** What is printed is decided after the run, so that a preview never mixes with progress. */
function forgeOf(given: Arguments, root: string): Forge {
  return given.write ? workingTreeForge(root) : previewForge;
}

function markdownOf(given: Arguments, outcome: JobOutcome, now: Date): string {
  const { pullRequest } = outcome;
  if (pullRequest !== null) return `# ${pullRequest.title}\n\n${pullRequest.body}`;
  const { images, rebuilds } = outcome;
  const published = rebuildSections({ rebuilds, scans: new Map(), now });
  const more = [...imageFailures(images), ...imagesToLookAt(images), ...published];
  const sections = more.map(({ text }) => `\n${text}\n`).join('');
  return `${whyNothing(given, outcome)} There is nothing to propose.\n${sections}`;
}

function sarifLog({ scan, images }: JobOutcome): SarifLog {
  const files = sarifFilesOf(images.results.map(({ image }) => image));
  return sarifOf(scan, { version: version(), files });
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

function cutoffOf(text: string): string {
  const parsed = parseCutoff(text, new Date());
  if ('cutoff' in parsed) return parsed.cutoff;
  throw new UsageError('bad-argument', `--exclude-newer: ${parsed.error}`);
}
