/** Whether what a scanner knows is too old to be trusted with "clean". Pure. */
import type { ScannerIdentity } from './model.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Advisories come every day; a database that is younger than this is as good as new. */
const MOST_DAYS = 14;

/** @returns sentences without a full stop, one for each scanner whose data is old. */
export function staleData(by: readonly ScannerIdentity[], now: Date): readonly string[] {
  return by.flatMap(({ name, databaseDate }) => {
    const date = databaseDate === null ? Number.NaN : Date.parse(databaseDate);
    const days = Math.floor((now.getTime() - date) / DAY_MS);
    if (Number.isNaN(days) || days <= MOST_DAYS) return [];
    return [
      `The data of ${name} is of ${new Date(date).toISOString().slice(0, 10)}: advisories of the last ${days} days are not in it`,
    ];
  });
}
