/** Reading and path arithmetic on a `Tree`: pure, POSIX, never leaving the repository. */
import { posix } from 'node:path';
import type { Reason, Tree } from '../model.ts';

/** Text of a file without its BOM and with `\n` line ends, or null when it is absent or not readable as text. */
export function readText(tree: Tree, path: string): string | null {
  const file = tree.files.get(path);
  if (file?.kind !== 'text') return null;
  return normaliseText(file.text);
}

/** Drops a BOM and makes every line end `\n`. */
export function normaliseText(text: string): string {
  return text.replace(/^\uFEFF/u, '').replaceAll('\r\n', '\n');
}

/**
 * Resolves `path` against `folder` (both repository-relative).
 * @returns the normalised repository-relative path, or null when it is absolute or leaves the repository.
 */
export function resolveInside(folder: string, path: string): string | null {
  if (path === '' || path.startsWith('/') || /^[A-Za-z]:[\\/]/u.test(path) || path.includes('\0'))
    return null;
  const joined = posix.normalize(posix.join(folder, path));
  if (joined === '..' || joined.startsWith('../')) return null;
  return joined.replace(/\/$/u, '');
}

/** `path` as seen from `folder`: the inverse of `resolveInside`. */
export function relativeTo(folder: string, path: string): string {
  return posix.relative(folder, path);
}

/** The folder of a file; `.` at the root. */
export function folderOf(path: string): string {
  return posix.dirname(path);
}

/**
 * Why a lock cannot be read, or null when it can.
 * Threat: a symlinked lock would be written through, and a huge one would exhaust memory.
 */
export function whyUnreadable(tree: Tree, path: string): Reason | null {
  const file = tree.files.get(path);
  if (file === undefined) {
    return { code: 'lock-missing', message: `${path} is not there.`, fix: '', detail: '' };
  }
  switch (file.kind) {
    case 'text':
      return null;
    case 'symlink':
      return {
        code: 'symlink',
        message: `${path} is a symbolic link. Relock never writes through a link.`,
        fix: 'Commit the lock itself at this path, or leave it out with `ignore` in .github/relock.toml.',
        detail: '',
      };
    case 'too-large':
      return {
        code: 'too-large',
        message: `${path} has ${file.bytes} bytes, more than a lock can reasonably have.`,
        fix: 'Split the lock, or leave it out with `ignore` in .github/relock.toml.',
        detail: '',
      };
    case 'not-utf8':
      return {
        code: 'not-utf8',
        message: `${path} is not UTF-8 text.`,
        fix: 'Save the file as UTF-8.',
        detail: '',
      };
    default:
      return file satisfies never;
  }
}

/** A reason without detail. */
export function reason(code: Reason['code'], message: string, fix = ''): Reason {
  return { code, message, fix, detail: '' };
}
