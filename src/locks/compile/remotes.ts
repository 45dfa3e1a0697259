/** Hosts outside that a lock needs. */
import type { Remote } from '../../model.ts';
import { isPublicIndex, PUBLIC_FILES } from '../public-index.ts';
import { bareUrl } from './option-values.ts';
import { splitShell } from './shell-words.ts';

/** Hosts of one option, whether it stands in a file or on a command line. The public index is nobody's news. */
export function optionRemotes(name: string, value: string | null, namedIn: string): readonly Remote[] {
  if (value === null) return [];
  if (name === '--pip-args') return pipArgsRemotes(value, namedIn);
  const url = value.replace(/^[\w.-]{1,60}=(?=https?:)/u, '');
  if (!/^https?:\/\//iu.test(url) || isPublicIndex(url)) return [];
  const bare = bareUrl(url);
  if (bare.includes('$')) return [];
  switch (name) {
    case '--index-url':
    case '--default-index':
      return [{ url: bare, purpose: 'index', namedIn }];
    case '--extra-index-url':
    case '--index':
      return [{ url: bare, purpose: 'extra-index', namedIn }];
    case '--find-links':
    case '--constraint':
    case '--override':
      return [{ url: bare, purpose: 'url', namedIn }];
    default:
      return [];
  }
}

/** `--pip-args '--extra-index-url https://…'` */
function pipArgsRemotes(value: string, namedIn: string): readonly Remote[] {
  const words = (splitShell(value) ?? []).map(({ text }) => text);
  return words.flatMap((word, at) => {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const said = equals === -1 ? (words[at + 1] ?? '') : word.slice(equals + 1);
    return optionRemotes(name === '-i' ? '--index-url' : name, name === '--pip-args' ? null : said, namedIn);
  });
}

/** The host of a direct reference; null for a local one and for the public index's own files. */
export function urlRemote(url: string, namedIn: string): Remote | null {
  const vcs = /^(git|hg|svn|bzr)\+/iu.exec(url)?.[1]?.toLowerCase();
  const rest = vcs === undefined ? url : url.slice(vcs.length + 1);
  if (!/^(?:https?|ssh|git):\/\//iu.test(rest)) return null;
  const bare = bareUrl(rest);
  if (bare.includes('$') || bare.startsWith(`${PUBLIC_FILES}/`)) return null;
  if (vcs === undefined) return /^https?:/iu.test(bare) ? { url: bare, purpose: 'url', namedIn } : null;
  const at = bare.lastIndexOf('@');
  const unpinned = at > bare.indexOf('://') + 3 ? bare.slice(0, at) : bare;
  return { url: unpinned, purpose: vcs === 'git' ? 'git' : 'url', namedIn };
}

/** Each once, with the first place that names it. */
export function distinctRemotes(remotes: readonly Remote[]): readonly Remote[] {
  const byUrl = new Map<string, Remote>();
  for (const remote of remotes) {
    const key = `${remote.purpose} ${remote.url}`;
    if (!byUrl.has(key)) byUrl.set(key, remote);
  }
  return [...byUrl.values()];
}
