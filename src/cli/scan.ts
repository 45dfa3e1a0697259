/** `relock scan`. */
import { writeFile } from 'node:fs/promises';
import { lookOver } from '../engine.ts';
import { scanCheckout } from '../engine/scan-checkout.ts';
import { previewForge } from '../forge/preview.ts';
import { sarifFilesOf, sarifOf } from '../report/sarif.ts';
import { scanListingJson } from '../report/scan-json.ts';
import { atLeast } from '../scan/model.ts';
import type { ScanListing } from '../scan/outcome.ts';
import { version } from '../version.ts';
import type { Arguments } from './arguments.ts';
import { composeRun } from './compose.ts';
import { EXIT } from './exit.ts';
import { loadSettings, withDatabase } from './load-settings.ts';
import { createProgress } from './progress.ts';
import { scanText } from './scan-text.ts';
import { fromCaller, isStyled, jobOf, jsonText, print, rootOf, writeSarif } from './terminal.ts';

/** @returns the exit code. */
export async function scan(given: Arguments, signal: AbortSignal): Promise<number> {
  const root = rootOf(given);
  const database = given.database === null ? null : fromCaller(given.database);
  const settings = withDatabase(await loadSettings(given.settings, process.env), database);
  const job = jobOf(given, root, null);
  const progress = createProgress(process.stderr, given.quiet, () => performance.now());
  const composed = await composeRun({
    root,
    settings,
    repository: given.repository,
    cutoff: null,
    environment: process.env,
    forge: previewForge,
    scanners: given.scanners,
    rebuilds: 'off',
    observe: progress.observe,
    signal,
  });
  try {
    const start = performance.now();
    const listing = await scanCheckout(job, composed.ports);
    progress.stop();
    const seconds = (performance.now() - start) / 1000;
    return await reportScan(given, listing, {
      print,
      writeFile,
      json: (found) => scanListingJson(found, { repository: job.repository, seconds }),
      sarif: async (found) => {
        // The listing does not tell which files name an image.
        const { images } = await lookOver(job, composed.ports);
        return sarifOf(found, { version: version(), files: sarifFilesOf(images.images) });
      },
      styled: isStyled(),
    });
  } finally {
    progress.stop();
    await composed.close();
  }
}

export interface ScanOutputs {
  readonly print: (text: string) => Promise<void>;
  /** @param path absolute. */
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly json: (listing: ScanListing) => unknown;
  readonly sarif: (listing: ScanListing) => Promise<unknown>;
  /** Whether the text goes to a terminal that shows styles. */
  readonly styled: boolean;
}

/**
 * Shows what a scan found.
 * @returns the exit code.
 * @throws {EnvironmentError} when the SARIF file cannot be written; the rest was shown then.
 */
export async function reportScan(
  given: Pick<Arguments, 'json' | 'sarif' | 'severity'>,
  listing: ScanListing,
  { print, writeFile, json, sarif, styled }: ScanOutputs,
): Promise<number> {
  await print(given.json ? jsonText(json(listing)) : scanText(listing, styled));
  if (given.sarif !== null) await writeSarif(given.sarif, await sarif(listing), writeFile);
  return scanExitCode(listing, given.severity);
}

/**
 * What was found comes before what could not be checked: it is sure.
 * @param severity from which on a finding counts; a malicious package always does.
 */
export function scanExitCode(listing: ScanListing, severity: Arguments['severity']): number {
  const { by, findings, secrets, failed, notChecked, targets } = listing;
  const found =
    findings.some(({ finding }) => finding.malicious || atLeast(finding.severity.level, severity)) ||
    secrets.some((secret) => atLeast(secret.severity, severity));
  if (found) return EXIT.vulnerable;
  const silent = by.length === 0 && targets.some(({ packages }) => packages > 0);
  return silent || failed.length > 0 || notChecked.length > 0 ? EXIT.failed : EXIT.done;
}
