/** An index in the place of the public one, for the Poetry inside conda-lock. Pure. */
import type { Tree } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { PUBLIC_FILES } from '../public-index.ts';
import { hasTable, readToml, tableAt, valueAt } from '../toml.ts';
import { readText } from '../tree.ts';
import { sourceKind, type Source } from './source.ts';
import { isMap, readYaml } from './yaml.ts';

/**
 * One source with `allow-pypi-requests = false` written into it: conda-lock asks the public index besides any other as long
 * as no source says no. Of what is asked for nothing changes, and the content hash is not touched.
 * @returns null when none can be written so.
 */
export function withoutPublicIndex(
  tree: Tree,
  sources: readonly Source[],
): { readonly path: string; readonly text: string } | null {
  for (const { path } of sources) {
    const text = readText(tree, path);
    const closed = text === null ? null : closedText(path, text);
    if (closed !== null) return { path, text: closed };
  }
  return null;
}

function closedText(path: string, text: string): string | null {
  try {
    switch (sourceKind(path)) {
      case 'meta.yaml':
        return null;
      case 'pyproject.toml':
        return closedToml(path, text);
      case 'environment':
      default:
        return closedYaml(path, text);
    }
  } catch (error) {
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}

function closedYaml(path: string, text: string): string | null {
  const closed = `allow-pypi-requests: false\n${text}`;
  const root =
    text.startsWith('---') || text.includes('\nallow-pypi-requests:') ? null : readYaml(path, closed);
  return root !== null && isMap(root) && root.has('dependencies') ? closed : null;
}

function closedToml(path: string, text: string): string | null {
  const line = 'allow-pypi-requests = false';
  const closed = hasTable(readToml(path, text), 'tool', 'conda-lock')
    ? text.replace(/^\[tool\.conda-lock\][^\n]*$/mu, (header) => `${header}\n${line}`)
    : `${text}\n[tool.conda-lock]\n${line}\n`;
  return valueAt(tableAt(readToml(path, closed), 'tool', 'conda-lock'), 'allow-pypi-requests') === false
    ? closed
    : null;
}

/**
 * Puts the public addresses of files back where a mirror stood in for the public index.
 * @param mirror base of the mirror's simple index.
 * @param before the lock as it was, for files whose addresses the mirror does not keep.
 * @returns the text, or the first address that has no public counterpart.
 */
export function withPublicFiles(
  text: string,
  mirror: string,
  before: string,
): { readonly text: string } | { readonly stranger: string } {
  const origin = URL.parse(mirror)?.origin;
  if (origin === undefined) return { text };
  const known = new Map<string, string>();
  for (const [url] of before.matchAll(ADDRESS)) {
    if (url.startsWith(`${PUBLIC_FILES}/`)) known.set(url.slice(url.lastIndexOf('/') + 1), url);
  }
  let stranger: string | null = null;
  const replaced = text.replaceAll(ADDRESS, (url) => {
    if (!url.startsWith(`${origin}/`) || before.includes(url)) return url;
    const path = /\/packages\/([0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/[^/?#]+)$/u.exec(url)?.[1];
    const found =
      path === undefined
        ? known.get(url.slice(url.lastIndexOf('/') + 1))
        : `${PUBLIC_FILES}/packages/${path}`;
    if (found === undefined) stranger ??= url;
    return found ?? url;
  });
  return stranger === null ? { text: replaced } : { stranger };
}

/** Up to the hash behind it, and without the quotes around it. */
const ADDRESS = /https?:\/\/[^\s'"#]+/gu;
