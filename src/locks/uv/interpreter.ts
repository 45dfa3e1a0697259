/** Which interpreter `uv lock` runs with: it wants one that satisfies every `requires-python`, even to build nothing. */
import { satisfies, validRange } from '@renovatebot/pep440';
import type { PythonChoice, Reason } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import { reason } from '../tree.ts';
import type { Placed } from './project.ts';

/** Value of `--python`, or null to leave the choice to uv. */
export type PythonArgument = { readonly python: string | null };

/**
 * Chooses among the machine's interpreters: the lock's own Python, else the newest that the project allows. Named on the
 * command line, it also wins over a `.python-version` that this machine cannot satisfy.
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
  if (exact !== undefined) return { python: exact.path };
  if (facts.pythonDownloads) {
    // uv then fetches what it is asked for; a Python outside of the project's own range would be refused.
    if (version !== null && allowed(version.split('.').length === 2 ? `${version}.99` : version)) {
      return { python: version };
    }
    return { python: fitting[0]?.path ?? null };
  }
  // Pins do not depend on the interpreter: uv locks for all of them. Only a build of a source distribution runs on it.
  const [newest] = fitting;
  if (newest !== undefined) return { python: newest.path };
  const said = ranges.map(({ value, place }) => `${value} (${place})`).join(', ') || (version ?? 'any');
  const there = facts.pythons.map((one) => one.version).join(', ') || 'none';
  return reason(
    'python-missing',
    `uv needs a Python ${said} to lock; this machine has ${there}.`,
    'Install such a Python, or let Relock fetch it (`python-downloads` in the settings).',
  );
}

function allows(range: string, version: string): boolean {
  if (range.length > 500 || !validRange(range)) return true;
  return satisfies(version, range);
}

function isVersion(full: string, wanted: string): boolean {
  return full === wanted || full.startsWith(`${wanted}.`);
}
