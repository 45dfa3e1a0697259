/** Whether a solve failed on what looks like an outdated page of the index, so that asking once more is worth it. Pure. */
import type { CommandResult, Reason, Tree } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { pinnedVersion } from '../requirements/pins.ts';
import { readText } from '../tree.ts';
import type { CompileSpec } from './spec.ts';

/** What uv and pip say of an exact version that is not there. */
const MISSING: readonly RegExp[] = [
  /no versions? of ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?={2,3}([\w.+!-]{1,60})/giu,
  /(?:distribution found for|satisfies the requirement) ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?={2,3}([\w.+!-]{1,60})/giu,
  // `only botocore<=1.44.7 is available`
  /only ([\w.-]{1,100})(?:\[[^\]]{0,100}\])?<=?[\w.+!-]{1,60} is available/giu,
];

/**
 * Two packages released together of which one is missing, or a version missing that a lock below pins: that lock has it
 * from the same index, maybe seconds ago.
 * @param reason how the failure was explained.
 */
export function looksStale(spec: CompileSpec, tree: Tree, result: CommandResult, reason: Reason): boolean {
  if (reason.code === 'index-skew') return true;
  if (result.timedOut || spec.layers.length === 0) return false;
  // Both wrap their lines.
  const said = `${result.stdout}\n${result.stderr}`.slice(0, 200_000).replaceAll(/[\s│]+/gu, ' ');
  const missing = MISSING.flatMap((words) =>
    [...said.matchAll(words)].map(([, name = '', version = '']) => ({ name: normaliseName(name), version })),
  );
  if (missing.length === 0) return false;
  const pins = new Map(
    spec.layers
      .flatMap((path) => parseRequirements(readText(tree, path) ?? '').entries)
      .flatMap((entry) =>
        entry.kind === 'requirement' && entry.name !== null ? [[entry.name, pinnedVersion(entry)]] : [],
      ),
  );
  return missing.some(({ name, version }) => {
    const pinned = pins.get(name);
    return pinned != null && (version === '' || version.replace(/\.$/u, '') === pinned);
  });
}
