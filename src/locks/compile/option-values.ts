/** Values of options that need a look before they are used. */
import { splitShell } from './shell-words.ts';

/** `--cert=None`: what pip-tools 7.4 writes for options that nobody gave, with click 8.2 and newer. */
export function isJunk(value: string | null): boolean {
  return value === 'None' || value === 'Sentinel.UNSET';
}

export interface CheckedPipArgs {
  /** What is left of them, quoted so that splitting it gives the same words. */
  readonly value: string;
  readonly notes: readonly string[];
  /** The word that is refused, or null. */
  readonly problem: string | null;
  readonly why: string;
}

/** Of pip's options those that only choose what is installed. Value: whether they take one. */
const HARMLESS: ReadonlyMap<string, boolean> = new Map([
  ['--no-deps', false],
  ['--pre', false],
  ['--prefer-binary', false],
  ['--only-binary', true],
  ['--no-binary', true],
  ['--no-build-isolation', false],
  ['--use-pep517', false],
  ['--no-use-pep517', false],
  ['--require-hashes', false],
  ['--ignore-requires-python', false],
  ['--platform', true],
  ['--python-version', true],
  ['--implementation', true],
  ['--abi', true],
  ['--use-feature', true],
  ['--use-deprecated', true],
  ['--index-url', true],
  ['-i', true],
  ['--extra-index-url', true],
  ['--no-index', false],
  ['--trusted-host', true],
  ['--find-links', true],
  ['-f', true],
  ['--uploaded-prior-to', true],
]);

const PLACES: ReadonlySet<string> = new Set(['--find-links', '-f', '--index-url', '-i', '--extra-index-url']);

/** Without influence on the lock. */
const IDLE: ReadonlyMap<string, boolean> = new Map([
  ['--retries', true],
  ['--timeout', true],
  ['--default-timeout', true],
  ['--progress-bar', true],
  ['--no-cache-dir', false],
  // Of the machine that runs Relock, not of the lock.
  ['--cache-dir', true],
  ['--cert', true],
  ['--disable-pip-version-check', false],
  ['--no-color', false],
  ['--no-input', false],
  ['--isolated', false],
  ['--exists-action', true],
  ['-q', false],
  ['-v', false],
  ['-vv', false],
  ['-vvv', false],
  ['--quiet', false],
  ['--verbose', false],
]);

/**
 * Reads what `--pip-args` hands to pip.
 * Threat: `--log`, `--target`, `--python`, `--proxy`, `--client-cert`, `--keyring-provider` write elsewhere, run something
 * or send secrets away; so everything that is not known to be harmless is refused.
 */
export function checkPipArgs(text: string): CheckedPipArgs {
  const refuse = (problem: string, why: string): CheckedPipArgs => ({ value: '', notes: [], problem, why });
  const items = splitShell(text);
  if (items === null) return refuse(text, 'a quote in it is not closed');
  const kept: string[] = [];
  const notes: string[] = [];
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    if (item === undefined) break;
    if (item.kind === 'operator') return refuse(item.text, 'it is no option of pip');
    const equals = item.text.startsWith('--') ? item.text.indexOf('=') : -1;
    const name = equals === -1 ? item.text : item.text.slice(0, equals);
    const harmless = HARMLESS.get(name);
    const takesValue = harmless ?? IDLE.get(name);
    if (takesValue === undefined) {
      return refuse(name, 'of the options for pip, only those are let through that choose packages');
    }
    const words = [item.text];
    if (takesValue && equals === -1) {
      at += 1;
      const next = items[at];
      if (next?.kind !== 'word') return refuse(name, 'it lacks its value');
      words.push(next.text);
    }
    if (PLACES.has(name) && leavesRepository(words)) {
      return refuse(words.join(' '), 'it names a folder outside of the repository');
    }
    if (harmless === undefined)
      notes.push(`\`--pip-args ${name}\` is left out: it has no influence on the lock.`);
    else kept.push(...words);
  }
  return { value: kept.map((word) => quote(word)).join(' '), notes, problem: null, why: '' };
}

function leavesRepository(words: readonly string[]): boolean {
  const place = (words[1] ?? words[0] ?? '').replace(/^--[\w-]+=/u, '').replace(/^file:(?:\/\/)?/iu, '');
  return (
    !/^https?:\/\//iu.test(place) &&
    (/^(?:[\\/~]|[a-z]:)/iu.test(place) || place.split(/[\\/]/u).includes('..'))
  );
}

/** Quotes a word for a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** Takes out the starred password that pip-tools writes (`https://user:****@host/`), and the user with it. */
export function redactUrl(url: string): { readonly text: string; readonly redacted: boolean } {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*\*{4}[^/@\s]*@/iu.exec(url);
  if (match === null) return { text: url, redacted: false };
  return { text: (match[1] ?? '') + url.slice(match[0].length), redacted: true };
}

/** A URL as a remote to probe: without user, query and fragment. */
export function bareUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/iu, '$1').replace(/[?#].*$/u, '');
}

export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//iu.test(text);
}
