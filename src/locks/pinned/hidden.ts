/**
 * Pins that the cool-down hides from uv. No release younger than the cut-off may enter, but one that is there already (a
 * security fix, put in by hand) must be neither undone nor in the way of all other pins: where uv cannot see it, it solves
 * with the newest release below it, and the pin stays. Pure.
 */
import { explain, lt } from '@renovatebot/pep440';
import type { Pin } from './pins.ts';
import type { Relax } from './solver-input.ts';

/** Pins by `keyOf`, and whether uv sees any release below them. */
export type Hidden = ReadonlyMap<string, 'older' | 'none'>;

export const NONE_HIDDEN: Hidden = new Map();

/** Each pin or whatever is below it: what comes out lower is hidden. */
export function relaxAll(without: ReadonlySet<string>): Relax {
  return (pin) => (without.has(pin.name) ? 'left-out' : bounded(pin, '<='));
}

/** Only hidden pins. */
export function relaxHidden(hidden: Hidden): Relax {
  return (pin) => {
    const below = hidden.get(keyOf(pin));
    if (below === undefined) return null;
    return below === 'none' ? 'left-out' : bounded(pin, '<');
  };
}

/** PEP 440 compares no local versions. */
function bounded({ version }: Pin, operator: '<' | '<='): ReturnType<Relax> {
  const parsed = explain(version);
  return parsed === null || (parsed.local ?? null) !== null ? null : { specifier: `${operator}${version}` };
}

/**
 * @param solved what uv chose with `relaxAll`.
 * @param without what it was not even asked for.
 */
export function hiddenPins(
  pins: readonly Pin[],
  solved: ReadonlyMap<string, { readonly version: string }>,
  without: ReadonlySet<string>,
): Hidden {
  const hidden = new Map<string, 'older' | 'none'>();
  for (const pin of pins) {
    const found = solved.get(pin.name)?.version;
    if (without.has(pin.name)) hidden.set(keyOf(pin), 'none');
    else if (found !== undefined && bounded(pin, '<') !== null && lt(found, pin.version)) {
      hidden.set(keyOf(pin), 'older');
    }
  }
  return hidden;
}

export function isHidden(pin: Pin, hidden: Hidden): boolean {
  return hidden.has(keyOf(pin));
}

/** The pinned package of which uv says that the index shows no release at all, or null. */
export function unseenPackage(pins: readonly Pin[], said: string): string | null {
  const name = /there are no versions of ([\w.-]{1,100})/u.exec(said.replaceAll(/\s+/gu, ' '))?.[1];
  return pins.find((pin) => pin.name === name)?.name ?? null;
}

function keyOf({ name, version }: Pin): string {
  return `${name}==${version}`;
}
