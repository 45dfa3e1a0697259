/** What scanners get to see: names that leave this machine are not for all that a lock or an image holds. Pure. */
import type { ChosenScanner } from './scan-run.ts';

export interface Sight {
  /** Names of packages in locks leave the machine. */
  readonly locks: boolean;
  /** Names of packages in images do. */
  readonly images: boolean;
  readonly distributions: 'osv' | 'all';
}

/** What one scanner is told. */
export function sightOf({ sendsNames, scanner }: ChosenScanner): Sight {
  return { locks: sendsNames, images: sendsNames, distributions: scanner.name === 'osv' ? 'osv' : 'all' };
}

/** What at least one of them is told: the rest is not checked. */
export function sightOfAll(chosen: readonly ChosenScanner[]): Sight {
  const ofLocks = chosen.filter(({ imagesOnly }) => !imagesOnly);
  return {
    locks: ofLocks.every(({ sendsNames }) => sendsNames),
    images: chosen.every(({ sendsNames }) => sendsNames),
    distributions: chosen.some(({ scanner }) => scanner.name !== 'osv') ? 'all' : 'osv',
  };
}
