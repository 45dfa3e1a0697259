/** Which Python an image brings, by its name and tag alone. Pure. */

export interface ImagePython {
  /** `3.11` or `3.11.4`; null for another implementation than CPython. */
  readonly version: string | null;
  readonly implementation: 'cpython' | 'pypy' | 'graalpy';
}

/** `2.7`, `3.9`, `3.11.4`; never a date or a distribution's version. */
const VERSION = String.raw`(2\.7|3\.\d{1,2})(\.\d{1,2})?(?!\d|\.\d)`;
/** Tag of an image whose name is Python's: `3.11-slim`, and devcontainers' `1-3.11-bookworm`. */
const TAG_OF_PYTHON = new RegExp(`^(?:v|dev-|build-|\\d-)?${VERSION}`, 'u');
/** `…:python3.12-bookworm`, `…:0.8-python3.12-alpine`, `…:2.9.1-python-3.11`, `…:py3.11`. */
const PYTHON_IN_TAG = new RegExp(`(?:^|[-_.])(?:build-)?py(?:thon)?-?${VERSION}`, 'u');
/** `build-python3.11` as the image's own name. */
const PYTHON_IN_NAME = new RegExp(`(?:^|[-_/])python-?${VERSION}`, 'u');
/** Red Hat's `ubi9/python-311`, and `…:py311`, `…:python311`. */
const COMPACT_IN_NAME = /(?:^|[-_])python-?3(\d{1,2})(?:$|[-_])/u;
const COMPACT_IN_TAG = /(?:^|[-_.])py(?:thon)?-?3(\d{1,2})(?:$|[-_])/u;
/** No reference is longer than this; longer text is not matched at all. */
const LONGEST = 512;

/**
 * Reads an image reference, without variables: `python:3.11-slim`, `ghcr.io/astral-sh/uv:python3.12-bookworm`,
 * `registry.access.redhat.com/ubi9/python-311`, `pypy:3.10`.
 * @returns null when the reference names no Python, or only a major version.
 */
export function pythonOfImage(reference: string): ImagePython | null {
  if (reference.length > LONGEST) return null;
  const { name, tag } = splitReference(reference.toLowerCase());
  const last = name.slice(name.lastIndexOf('/') + 1);
  const other = otherImplementation(last, tag);
  if (other !== null) return other;
  const found =
    (last.includes('python') ? TAG_OF_PYTHON.exec(tag) : null) ??
    PYTHON_IN_TAG.exec(tag) ??
    PYTHON_IN_NAME.exec(last);
  if (found !== null) {
    return { version: `${found[1] ?? ''}${found[2] ?? ''}`, implementation: 'cpython' };
  }
  const compact = COMPACT_IN_NAME.exec(last) ?? COMPACT_IN_TAG.exec(tag);
  return compact === null ? null : { version: `3.${compact[1] ?? ''}`, implementation: 'cpython' };
}

function otherImplementation(last: string, tag: string): ImagePython | null {
  if (/^pypy(?:$|-)/u.test(last) || /(?:^|-)pypy/u.test(tag))
    return { version: null, implementation: 'pypy' };
  if (last.startsWith('graalpy') || /(?:^|-)graalpy/u.test(tag)) {
    return { version: null, implementation: 'graalpy' };
  }
  return null;
}

/** A colon before the last slash is a port, not a tag; a digest says nothing. */
function splitReference(reference: string): { readonly name: string; readonly tag: string } {
  const bare = reference.split('@', 1)[0] ?? '';
  const colon = bare.indexOf(':', bare.lastIndexOf('/') + 1);
  return colon === -1 ? { name: bare, tag: '' } : { name: bare.slice(0, colon), tag: bare.slice(colon + 1) };
}
