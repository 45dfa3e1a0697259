/**
 * 2,000 repositories of 300 packages: recording them, asking who has a package, and the queue when 50 advisories touch all of
 * them; on the embedded database, and on PostgreSQL where it is installed.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres, startPostgres } from '../test/support/postgres.ts';
import type { StoreFigures, Times } from './advisories-store.ts';
import { measured } from './measure.ts';

const STORE = fileURLToPath(new URL('advisories-store.ts', import.meta.url));

/** @param scratch a folder for some 100 MB. @param say prints a line. */
export async function benchAdvisories(scratch: string, say: (line: string) => void): Promise<void> {
  say('2,000 repositories of 300 packages:');
  tell(say, 'embedded database', await figuresOf('embedded', join(scratch, 'store')));
  const found = findPostgres();
  if ('missing' in found) {
    say(`  PostgreSQL: skipped, ${found.missing}`);
    return;
  }
  const postgres = await startPostgres(found.bin);
  try {
    tell(
      say,
      `PostgreSQL ${postgres.version.split(' ')[0] ?? ''}`,
      await figuresOf('postgres', postgres.url),
    );
  } finally {
    await postgres.stop();
  }
}

async function figuresOf(kind: 'embedded' | 'postgres', place: string): Promise<StoreFigures> {
  const run = await measured(process.execPath, [STORE, kind, place]);
  if (run.exitCode !== 0) throw new Error(`The store failed: ${run.stdout}`);
  return JSON.parse(run.stdout) as StoreFigures;
}

function tell(say: (line: string) => void, name: string, figures: StoreFigures): void {
  const line = (what: string, text: string): void => say(`    ${what.padEnd(32)} ${text}`);
  const times = ({ p50, p99, holders }: Times): string =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${holders} repositories`;
  say(`  ${name}`);
  line('recorded first', `${figures.recordSeconds.toFixed(1)} s`);
  line('again, unchanged', `${figures.againSeconds.toFixed(1)} s`);
  line('again, 20 packages moved in each', `${figures.movedSeconds.toFixed(1)} s`);
  line('size of the index', `${figures.megabytes.toFixed(1)} MB`);
  line('who has a package', times(figures.rare));
  line('who has the most common one', times(figures.common));
  const { manyHolders, manySeconds, waiting, enqueueSeconds } = figures;
  line('who has one of 50', `${manySeconds.toFixed(2)} s, ${manyHolders.toLocaleString('en-US')} found`);
  line(
    '50 advisories for each queued',
    `${enqueueSeconds.toFixed(1)} s, ${waiting.toLocaleString('en-US')} jobs`,
  );
  line('then taken and ended, 4 workers', `${figures.jobsPerSecond.toFixed(0)} jobs per second of 10 ms`);
  line('a comment then starts after', `${figures.commentMs.toFixed(0)} ms`);
  line(
    'memory of this process',
    `${mb(figures.idleMb)} idle, ${mb(figures.indexedMb)} with the index, ${mb(figures.peakMb)} at its peak`,
  );
}

function mb(value: number | null): string {
  return value === null ? 'unknown' : `${value.toFixed(0)} MB`;
}
