/** Which interpreter `uv lock` runs with: it wants one that satisfies every `requires-python`, even to build nothing. */
import { satisfies, validRange } from '@renovatebot/pep440';
import type { PythonChoice, Reason } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import { howToGetPython } from '../python-download.ts';
import { reason } from '../tree.ts';
import type { Placed } from './project.ts';

export interface PythonArgument {
  /** Value of `--python`, or null to leave the choice to uv. */
  readonly python: string | null;
  /** The lock's own Python, for uv to fetch when one of another version fails to build something; else null. */
  readonly fetch: string | null;
}

/**
 * Chooses among the machine's interpreters: the lock's own Python, else the nearest that the project allows, since uv
 * locks for all of them alike and only a build of a source distribution runs on it. Named on the command line, it also
 * wins over a `.python-version` that this machine cannot satisfy.
 */
export function chooseInterpreter(
  facts: Pick<Facts, 'pythons' | 'pythonDownloads'>,
  wanted: PythonChoice,
  ranges: readonly Placed[],
): PythonArgument | Reason {
  const allowed = (version: string): boolean => ranges.every(({ value }) => allows(value, version));
  const fitting = facts.pythons.filter(({ version }) => allowed(version));
  const { version } = wanted;
  const exact = version === null ? undefined : fitting.find((one) => isVersion(one.version, version));
  if (exact !== undefined) return { python: exact.path, fetch: null };
  // A Python outside of the project's own range would be refused.
  const canFetch =
    facts.pythonDownloads &&
    version !== null &&
    allowed(version.split('.').length === 2 ? `${version}.99` : version);
  const fetch = canFetch ? version : null;
  const nearest = version === null ? fitting[0] : nearestOf(fitting, version);
  if (nearest !== undefined) return { python: nearest.path, fetch };
  if (facts.pythonDownloads) return { python: fetch, fetch: null };
  const said = ranges.map(({ value, place }) => `${value} (${place})`).join(', ') || (version ?? 'any');
  const there = facts.pythons.map((one) => one.version).join(', ') || 'none';
  return reason(
    'python-missing',
    `uv needs a Python ${said} to lock; this machine has ${there}.`,
    howToGetPython('such a Python'),
  );
}

/** By minor version; of two as near, the newer. */
function nearestOf(fitting: Facts['pythons'], wanted: string): Facts['pythons'][number] | undefined {
  const minor = (version: string): number => Number(version.split('.')[1]);
  const distance = ({ version }: { readonly version: string }): number =>
    Math.abs(minor(version) - minor(wanted));
  return [...fitting].sort((a, b) => distance(a) - distance(b))[0];
}

function allows(range: string, version: string): boolean {
  if (range.length > 500 || !validRange(range)) return true;
  return satisfies(version, range);
}

function isVersion(full: string, wanted: string): boolean {
  return full === wanted || full.startsWith(`${wanted}.`);
}
