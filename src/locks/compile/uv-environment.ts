/** The index for uv, given through the environment so that no trace of it lands in a lock. Pure. */
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
  /** The index that stands for the public one, if any: must not show in the lock. */
  readonly standIn: string | null;
}

/** `UV_DEFAULT_INDEX` beats even an `--index-url` in an input, so it is set only where none names its own. */
export function uvSurroundings(spec: CompileSpec, facts: Facts, wishes: Wishes): UvSurroundings {
  if (!facts.index.isMirror) return { env: {}, standIn: null };
  const readsConfig = spec.kind === 'uv-pip-compile' && !hasOption(spec.options, '--no-config');
  const uvTable = readsConfig ? readUvTable(spec, facts) : {};
  if (namesOwnIndex(spec, wishes, uvTable)) return { env: {}, standIn: null };
  const { url } = facts.index;
  return { env: { UV_DEFAULT_INDEX: url }, standIn: url };
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
