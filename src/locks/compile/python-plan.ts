/** Under which Python a lock is solved: an interpreter of this machine, or a version that is not there. Pure. */
import type { Facts, Interpreter } from '../ecosystem.ts';
import { minorOf } from '../python-versions.ts';
import type { CompileSpec } from './spec.ts';

export type PythonPlan =
  /** An interpreter of that minor version is here. */
  | { readonly kind: 'here'; readonly interpreter: Interpreter }
  /** None is here; `version` is what to solve for. */
  | { readonly kind: 'absent'; readonly version: string }
  /** Nobody says which, and none was found. */
  | { readonly kind: 'any' };

/**
 * Newest patch releases known. uv takes `3.11` for 3.11.0, the oldest, for which packages need backports that no image of
 * today wants (`async-timeout` below 3.11.3) and others cannot be had at all (`>=3.9.1`).
 */
const LAST_PATCH: Readonly<Record<string, string>> = {
  '3.6': '3.6.15',
  '3.7': '3.7.17',
  '3.8': '3.8.20',
  '3.9': '3.9.25',
  '3.10': '3.10.22',
  '3.11': '3.11.18',
  '3.12': '3.12.16',
  '3.13': '3.13.18',
  '3.14': '3.14.10',
  '3.15': '3.15.2',
};

export function planPython(spec: CompileSpec, facts: Facts): PythonPlan {
  const { version } = spec.python;
  if (version === null) {
    const [newest] = facts.pythons;
    return newest === undefined ? { kind: 'any' } : { kind: 'here', interpreter: newest };
  }
  const interpreter =
    facts.pythons.find((python) => python.version === version) ??
    facts.pythons.find((python) => minorOf(python.version) === minorOf(version));
  if (interpreter !== undefined) return { kind: 'here', interpreter };
  return { kind: 'absent', version };
}

/** A full version for a minor one, as far as known. */
export function fullVersion(version: string): string {
  return Object.hasOwn(LAST_PATCH, version) ? (LAST_PATCH[version] ?? version) : version;
}

/** The version that a lock of pip-compile is solved for; null when nobody says. */
export function solvedVersion(spec: CompileSpec, plan: PythonPlan): string | null {
  const { version } = spec.python;
  if (version !== null && version.split('.').length > 2) return version;
  switch (plan.kind) {
    case 'here':
      return plan.interpreter.version;
    case 'absent':
      return fullVersion(plan.version);
    case 'any':
      return null;
    default:
      return plan satisfies never;
  }
}

/** uv solves for Python 3.6 and later, and installs tools on no older one. */
export function isTooOldForUv(version: string | null): boolean {
  if (version === null) return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 3 || (major === 3 && minor < 6);
}
