/** One line of a list of dependencies: conda's match specification, and pip's requirement (PEP 508). Pure. */
import type { Remote } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isRemote, remoteUrl } from '../remote-url.ts';
import { resolveInside } from '../tree.ts';

export interface CondaSpec {
  /** Lower case. */
  readonly name: string;
  /** `conda-forge` of `conda-forge::numpy`. */
  readonly channel: string | null;
}

/** `channel/subdir::name version build`, `name[version='…']`, `name=1.2`; null when it names no package. */
export function readCondaSpec(written: string): CondaSpec | null {
  const text = written.slice(0, 500).trim();
  const at = text.indexOf('::');
  const channel = at === -1 ? null : text.slice(0, at).replace(/\/(?:noarch|(?:linux|osx|win)-\w+)$/u, '');
  const name = /^[A-Za-z0-9_][\w.-]*/u.exec(at === -1 ? text : text.slice(at + 2))?.[0];
  return name === undefined ? null : { name: name.toLowerCase(), channel };
}

export interface PipSpec {
  /** Normalised. */
  readonly name: string;
  readonly remote: Remote | null;
  /** A note where conda-lock leaves it out. */
  readonly leftOut: string | null;
}

/**
 * @param path the manifest's, for messages; `line` 1-based.
 * @param cwd where conda-lock runs: paths are relative to it.
 * @throws {LockSyntaxError} for what conda-lock does not read, and for what lies outside the repository.
 */
export function readPipSpec(path: string, cwd: string, written: string, line: number | null): PipSpec | null {
  const text = written.slice(0, 2000).trim();
  const place = line === null ? path : `${path}:${line}`;
  if (/^(?:-e|--editable)[\s=]/u.test(text)) {
    return {
      name: '',
      remote: null,
      leftOut: `${place}: conda-lock leaves the editable \`${text.slice(0, 100)}\` out of the lock.`,
    };
  }
  if (text.startsWith('-')) {
    throw new LockSyntaxError(
      path,
      line,
      `\`${text.slice(0, 80)}\` is an option of pip, which conda-lock does not read: it takes requirements here, and indexes in \`pip-repositories\`.`,
    );
  }
  const bare = /^(?:git\+|https?:\/\/|ssh:\/\/)/u.test(text);
  const named = bare ? null : /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:@\s*(\S+))?/u.exec(text);
  const url = bare ? (text.split(/\s/u, 1)[0] ?? '') : named?.[2];
  const name = bare ? nameOfUrl(text) : (named?.[1] ?? '');
  if (name === '') return null;
  return {
    name: normaliseName(name),
    remote: url === undefined ? null : remoteOf(path, cwd, url, line),
    leftOut: null,
  };
}

function remoteOf(path: string, cwd: string, url: string, line: number | null): Remote | null {
  const place = line === null ? path : `${path}:${line}`;
  if (url.startsWith('git+')) {
    const address =
      url
        .slice('git+'.length)
        .replace(/(?<=[^/]\/.*)@[^/@]*$/u, '')
        .split('#', 1)[0] ?? '';
    if (isRemote(address)) return { url: remoteUrl(address), purpose: 'git', namedIn: place };
  } else if (isRemote(url)) {
    return { url: remoteUrl(url.split('#', 1)[0] ?? ''), purpose: 'url', namedIn: place };
  }
  // Threat: a file of the machine would be read, and its hash told.
  const local = url.replace(/^(?:git\+)?file:(?:\/\/)?/iu, '');
  if (resolveInside(cwd, local) === null) {
    throw new LockSyntaxError(path, line, `\`${url.slice(0, 120)}\` is outside the repository.`);
  }
  return null;
}

function nameOfUrl(url: string): string {
  const last = (url.split(/[#?;\s]/u, 1)[0] ?? '').split('/').at(-1) ?? '';
  return (last.split('@', 1)[0] ?? '').replace(/\.git$/u, '');
}
