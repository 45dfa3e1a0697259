/** `relock run --output FILE`: the report in a file, its form by the file's ending. */
import { lstat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { PackageLinks } from '../model.ts';
import type { JobOutcome } from '../outcome.ts';
import { htmlReport } from '../report/html.ts';
import { outcomeJson } from '../report/json.ts';
import { version } from '../version.ts';
import { refuseLinks, writeWhole } from '../workspace/safe-write.ts';
import { fromCaller, jsonText } from './terminal.ts';

interface Report {
  readonly outcome: JobOutcome;
  /** By `name@version` (see `linkKey`). */
  readonly links: ReadonlyMap<string, PackageLinks>;
  /** As printed at the terminal. */
  readonly markdown: string;
  readonly now: Date;
}

/**
 * Looks before a long run whether the files could be written.
 * @param files as given. @param root the checkout, in which anybody may have put links.
 * @throws {EnvironmentError} naming the file.
 */
export async function checkOutputs(files: readonly string[], root: string): Promise<void> {
  for (const file of files) await naming(file, () => refuse(fromCaller(file), root));
}

/**
 * Writes each file whole or not at all.
 * @throws {EnvironmentError} naming the file.
 */
export async function writeOutputs(files: readonly string[], root: string, report: Report): Promise<void> {
  for (const file of files) {
    await naming(file, async () => {
      const path = fromCaller(file);
      // Once more: the run took a while.
      await refuse(path, root);
      await writeWhole(path, textOf(file, report), null);
    });
  }
}

function textOf(file: string, { outcome, links, markdown, now }: Report): string {
  const name = file.toLowerCase();
  if (name.endsWith('.html')) return htmlReport(outcome, { links, now, version: version() });
  return name.endsWith('.json') ? jsonText(outcomeJson(outcome)) : markdown;
}

/** Threat: a link in the checkout, or at the path itself, that leads to a file of somebody else's. */
async function refuse(path: string, root: string): Promise<void> {
  const inside = relative(root, path);
  if (inside !== '' && !inside.startsWith('..') && !inside.startsWith(sep)) {
    await refuseLinks(root, inside.split(sep).join('/'));
    return;
  }
  const info = await lstat(path).catch(() => null);
  if (info === null || info.isFile()) return;
  const what = info.isSymbolicLink()
    ? 'it is a symbolic link, which is not written through'
    : 'it is no file';
  throw new EnvironmentError('no-output', `${what}.`);
}

async function naming(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new EnvironmentError(
      'no-output',
      `--output ${file} cannot be written: ${messageOf(error)}`,
      'Name another file.',
      { cause: error },
    );
  }
}
