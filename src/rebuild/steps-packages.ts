/** What the package arguments of a package manager name: a package, and how far its version is held. Pure. */
import { substitute } from '../images/build-arguments.ts';
import type { PackageManager, PackageRequest } from './dockerfile-outline.ts';
import type { ShellWord } from './shell-steps.ts';
import { kindOf } from './steps-managers.ts';

export interface Requests {
  readonly packages: readonly PackageRequest[];
  /** Some arguments do not tell what they name. */
  readonly hasUnknown: boolean;
}

/** Threat: a line of a hundred thousand names. */
const MOST_PACKAGES = 1000;
const LONGEST = 300;
const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/u;
const ARCHITECTURE = /\.(?:x86_64|aarch64|i[3-6]86|noarch|ppc64le|s390x|armv7hl|src)$/u;

/**
 * Reads arguments behind `install`, `add`, `upgrade`.
 * @param variables defaults of ARG and ENV, which the shell sees as its environment.
 */
export function requestsOf(
  manager: PackageManager,
  words: readonly ShellWord[],
  variables: ReadonlyMap<string, string>,
): Requests {
  const packages: PackageRequest[] = [];
  let hasUnknown = false;
  for (const word of words) {
    // A comment between arguments that go on: `# what for`.
    if (word.text.startsWith('`#')) continue;
    const text = word.text.includes('$') ? substitute(word.text, variables) : word.text;
    const isOne = word.isQuoted || /`|\$\(/u.test(text);
    for (const each of isOne ? [text] : text.split(/\s+/u)) {
      if (each === '') continue;
      const request = packages.length < MOST_PACKAGES ? requestOf(manager, each) : null;
      if (request === null) hasUnknown = true;
      else if (request !== 'removal') packages.push(request);
    }
  }
  return { packages, hasUnknown };
}

function requestOf(manager: PackageManager, text: string): PackageRequest | 'removal' | null {
  // A file or address brings whatever is in it.
  if (text.length > LONGEST || text.startsWith('/') || text.startsWith('.') || text.includes('://')) {
    return null;
  }
  switch (kindOf(manager)) {
    case 'deb':
      return debRequest(text);
    case 'apk':
      return apkRequest(text);
    case 'rpm':
      return manager === 'zypper' ? zypperRequest(text) : rpmRequest(text);
  }
}

function named(name: string, version: string | null, match: PackageRequest['match']): PackageRequest | null {
  return NAME.test(name) ? { name, version, match } : null;
}

/** apt-get(8): `name[:architecture][=version|/suite]`, a version with `*` at its end; `name-` removes. */
function debRequest(text: string): PackageRequest | 'removal' | null {
  const equals = text.indexOf('=');
  const [whole = '', version] = equals === -1 ? [text] : [text.slice(0, equals), text.slice(equals + 1)];
  const name = (whole.split('/', 1)[0] ?? '').replace(/:[a-z0-9-]+$/u, '');
  if (version === undefined) return name.endsWith('-') ? 'removal' : named(name, null, 'any');
  const isPrefix = version.endsWith('*');
  return named(name, version, isPrefix ? 'prefix' : 'exact');
}

/** apk-world(5): `[!]name[@tag][<>=~]version`; `=~` and `~` match what begins so. */
function apkRequest(text: string): PackageRequest | 'removal' | null {
  if (text.startsWith('!')) return 'removal';
  const at = text.search(/[<>=~]/u);
  const name = ((at === -1 ? text : text.slice(0, at)).split('@', 1)[0] ?? '').trim();
  if (at === -1) return named(name, null, 'any');
  const operator = /^[<>=~]+/u.exec(text.slice(at))?.[0] ?? '';
  const version = text.slice(at + operator.length);
  if (/[<>]/u.test(operator)) return named(name, version, 'any');
  return named(name, version, operator.includes('~') ? 'prefix' : 'exact');
}

/** dnf(8), specifying packages: `name[-[epoch:]version[-release]][.architecture]`. Without a dot in it, a number is part of the name. */
function rpmRequest(text: string): PackageRequest | null {
  if (/[*?[\]@()<>]/u.test(text) || text.endsWith('.rpm')) return null;
  const plain = text.replace(ARCHITECTURE, '');
  const last = plain.lastIndexOf('-');
  const before = plain.lastIndexOf('-', last - 1);
  const isVersion = (part: string): boolean => /^(?:\d+:)?(?:\d|\$)/u.test(part);
  if (before > 0 && isVersion(plain.slice(before + 1, last)) && /^[\d$]/u.test(plain.slice(last + 1))) {
    return named(plain.slice(0, before), plain.slice(before + 1), 'exact');
  }
  const version = plain.slice(last + 1);
  return last > 0 && isVersion(version) && /[.:$]/u.test(version)
    ? named(plain.slice(0, last), `${version}-*`, 'prefix')
    : named(plain, null, 'any');
}

/** zypper(8): `[repository:]name[.architecture][operator version]`. */
function zypperRequest(text: string): PackageRequest | null {
  const match = /^([^<>=]+)(<=|>=|=|<|>)?(.*)$/u.exec(text);
  const name = (match?.[1] ?? '').replace(ARCHITECTURE, '');
  if (match?.[2] !== '=') return named(name, null, 'any');
  const version = match[3] ?? '';
  return version.includes('-') ? named(name, version, 'exact') : named(name, `${version}-*`, 'prefix');
}

/** Whether a request lets a version in. */
export function allows({ version, match }: PackageRequest, offered: string): boolean {
  if (match === 'any' || version === null) return true;
  // RPM's arguments may leave the epoch out.
  const plain = version.includes(':') ? offered : offered.replace(/^\d+:/u, '');
  if (match === 'exact') return plain === version || offered === version;
  if (version.endsWith('*')) return plain.startsWith(version.slice(0, -1));
  // `1.2` is no beginning of `1.20`.
  return plain.startsWith(version) && !/^\d/u.test(plain.slice(version.length));
}
