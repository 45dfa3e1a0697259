/** What `relock db update` says. Pure but for styling. */
import type { EcosystemUpdate, UpdateProgress } from '../osv/update.ts';
import { plural } from '../report/count.ts';
import { commandLine } from '../report/shell.ts';
import { styleOf, type Style } from './style.ts';

/** @param folder absolute; @param styled whether the text goes to a terminal that shows styles. */
export function databaseText(folder: string, updates: readonly EcosystemUpdate[], styled: boolean): string {
  const style = styleOf(styled);
  const usable = updates.some(({ state }) => state !== 'failed');
  const use = [
    `The databases are in ${style.safe(folder)}. They are used by`,
    `  ${style.safe(commandLine(['relock', 'scan', '--db', folder], '.'))}`,
    'and by every run when `[scan] database` of the settings names that folder.',
  ];
  const lines = updates.map((update) => lineOf(update, style));
  return `${[...lines, ...(usable ? ['', ...use] : [])].join('\n')}\n`;
}

function lineOf(update: EcosystemUpdate, { safe, red }: Style): string {
  const name = safe(update.ecosystem);
  if (update.state === 'failed') {
    const { message, fix } = update.reason;
    return `${name}: ${red('failed')}. ${safe(message)}${fix === '' ? '' : ` ${safe(fix)}`}`;
  }
  const size = megabytes(update.bytes);
  if (update.state === 'unchanged') return `${name}: unchanged, ${size}`;
  const records = update.records === null ? '' : `, ${plural(update.records, 'advisory', 'advisories')}`;
  const skipped =
    (update.skipped ?? 0) === 0 ? '' : `, ${plural(update.skipped ?? 0, 'file')} not understood`;
  return `${name}: updated, ${size}${records}${skipped}`;
}

/** `PyPI: 25 %, 5.0 MB of 20.0 MB` */
export function progressLine({ ecosystem, state, bytes, totalBytes }: UpdateProgress): string {
  if (state === 'checking') return `${ecosystem}: checking`;
  if (totalBytes === null || totalBytes === 0) return `${ecosystem}: ${megabytes(bytes)}`;
  const percent = Math.floor((100 * bytes) / totalBytes);
  return `${ecosystem}: ${percent} %, ${megabytes(bytes)} of ${megabytes(totalBytes)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
