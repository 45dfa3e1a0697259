/** Index and cool-down for uv, given through the environment so that no trace of them lands in a lock. Pure. */
import { parse } from 'smol-toml';
import type { Facts } from '../ecosystem.ts';
import { readText } from '../tree.ts';
import { hasOption, valuesOf } from './chosen-options.ts';
import { tableAt } from '../toml.ts';
import { foldersUpTo } from './files.ts';
import type { CompileSpec } from './spec.ts';
import type { Wishes } from './wishes.ts';

export interface UvSurroundings {
  readonly env: Readonly<Record<string, string>>;
  /** Overrides the lock's own option of that name; none when that stays. */
  readonly excludeNewer: string | null;
  /** The index that stands for the public one, if any: must not show in the lock. */
  readonly standIn: string | null;
}

/**
 * uv's order is: option, then environment, then configuration file; only the first of these counts. So of two cut-offs the
 * earlier one is passed. One that is relative (`7 days`) cannot be compared without a clock: it stays, and ours comes in
 * through the loopback index that hides younger files.
 *
 * `UV_DEFAULT_INDEX` beats even an `--index-url` in an input, so it is set only where none names its own.
 */
export function uvSurroundings(spec: CompileSpec, facts: Facts, wishes: Wishes): UvSurroundings {
  const env: Record<string, string> = {};
  const readsConfig = spec.kind === 'uv-pip-compile' && !hasOption(spec.options, '--no-config');
  const uvTable = readsConfig ? readUvTable(spec, facts) : {};
  let standIn = facts.index.isMirror ? facts.index.url : null;
  let excludeNewer: string | null = null;
  const { cooldown } = facts;
  if (cooldown !== null) {
    const option = valuesOf(spec.options, '--exclude-newer', '--uploaded-prior-to').at(-1) ?? null;
    const config = tableAt(uvTable, 'pip')['exclude-newer'] ?? uvTable['exclude-newer'];
    const own = option ?? (config instanceof Date ? config.toISOString() : config);
    if (typeof own !== 'string') {
      env['UV_EXCLUDE_NEWER'] = cooldown.cutoff;
    } else {
      const time = instantOf(own);
      // The loopback index in front hides what is younger than ours.
      if (time === null) standIn = cooldown.indexUrl;
      else if (Date.parse(cooldown.cutoff) < time && option === null)
        env['UV_EXCLUDE_NEWER'] = cooldown.cutoff;
      else if (Date.parse(cooldown.cutoff) < time) excludeNewer = cooldown.cutoff;
    }
  }
  if (namesOwnIndex(spec, wishes, uvTable)) standIn = null;
  if (standIn !== null) env['UV_DEFAULT_INDEX'] = standIn;
  return { env, excludeNewer, standIn };
}

/** Milliseconds of an instant as uv takes it; a bare date is its whole day. null for a duration. */
function instantOf(text: string): number | null {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(text)) return Date.parse(`${text}T00:00:00Z`) + 86_400_000;
  const time = /^\d{4}-\d{2}-\d{2}[T ]/u.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Whether the public index is replaced (or not asked) by the repository's own word. */
export function namesOwnIndex(
  spec: CompileSpec,
  wishes: Wishes,
  uvTable: Readonly<Record<string, unknown>> = {},
): boolean {
  const names = ['--index-url', '--default-index', '--no-index'];
  const listed: unknown = uvTable['index'];
  const hasDefault =
    Array.isArray(listed) && listed.some((one: unknown) => tableAt({ one }, 'one')['default'] === true);
  return (
    hasOption(spec.options, ...names) ||
    valuesOf(spec.options, '--pip-args').some((value) =>
      /(?:^|\s)(?:-i|--index-url|--no-index)(?:[\s=]|$)/u.test(value),
    ) ||
    wishes.globals.some(({ option }) => names.includes(option.name)) ||
    hasDefault ||
    typeof uvTable['index-url'] === 'string' ||
    typeof tableAt(uvTable, 'pip')['index-url'] === 'string'
  );
}

/** What uv reads of its configuration in `cwd`: the nearest uv.toml, or pyproject.toml with `[tool.uv]`. */
function readUvTable(spec: CompileSpec, facts: Facts): Readonly<Record<string, unknown>> {
  for (const folder of foldersUpTo(spec.cwd).toReversed()) {
    const inFolder = (name: string): string | null =>
      readText(facts.tree, folder === '.' ? name : `${folder}/${name}`);
    const own = inFolder('uv.toml');
    if (own !== null) return parseToml(own);
    const table = tableAt(parseToml(inFolder('pyproject.toml') ?? ''), 'tool', 'uv');
    if (Object.keys(table).length > 0) return table;
  }
  return {};
}

function parseToml(text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch {
    // uv itself says what is wrong with it.
    return {};
  }
}
