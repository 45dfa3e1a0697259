/** Conda channels: what they are called, where they are. The one place that names the public ones' addresses. Pure. */

/** Where channels are that are named without an address. */
const CHANNEL_ALIAS = 'https://conda.anaconda.org';
/** Where the channels behind `defaults` are. */
const DEFAULTS_ROOT = 'https://repo.anaconda.com';
/** Those that it stands for; the last one for Windows. */
const DEFAULTS = ['pkgs/main', 'pkgs/r', 'pkgs/msys2'] as const;
/** Short names of channels at the second one. */
const DEFAULTS_NAMES: ReadonlySet<string> = new Set(['main', 'r', 'msys2', 'free', 'pro', 'mro']);

/** The list of Python packages' names in conda-forge that conda-lock fetches when it locks pip packages. */
export const NAME_MAPPING =
  'https://raw.githubusercontent.com/regro/cf-graph-countyfair/master/mappings/pypi/grayskull_pypi_mapping.json';

/** Channels whose packages are of the usual origin. */
const USUAL: ReadonlySet<string> = new Set(['conda-forge', 'pkgs/main', 'pkgs/r', 'pkgs/msys2', 'pkgs/free']);

/**
 * The addresses behind a channel as environment files name it: `conda-forge`, `conda-forge/label/dev`, `defaults`, a URL.
 * Without the user and password that it may carry; empty for `nodefaults`, and for a path.
 */
export function channelUrls(channel: string): readonly string[] {
  const name = channel.trim().replace(/\/+$/u, '');
  if (/^https?:\/\//iu.test(name)) return [withoutCredentials(name)];
  if (name === 'defaults') return DEFAULTS.map((one) => `${DEFAULTS_ROOT}/${one}`);
  if (DEFAULTS_NAMES.has(name)) return [`${DEFAULTS_ROOT}/pkgs/${name}`];
  if (/^pkgs\/\w{1,20}$/u.test(name)) return [`${DEFAULTS_ROOT}/${name}`];
  if (name === 'nodefaults' || !/^[A-Za-z0-9_][\w.-]{0,100}(?:\/[\w.-]{1,100}){0,6}$/u.test(name)) return [];
  return [`${CHANNEL_ALIAS}/${name}`];
}

/** Why a channel must not be given to a solver, as the end of a sentence; null when it may. */
export function whyNotChannel(channel: string): string | null {
  if (channel === '' || channel.length > 500 || /[\p{Cc}\s]/u.test(channel))
    return 'it is no name of a channel';
  if (/^https?:\/\//iu.test(channel)) return null;
  // Threat: `file:///etc`, `~/x`, `../..` would have the solver read outside the checkout.
  if (/^[/~\\]|^[A-Za-z]:[\\/]|:\/\/|^file:/iu.test(channel)) return 'it is no channel of a server';
  return channel.split('/').includes('..') ? 'it leaves the repository' : null;
}

/** Environment variables that a channel's address takes its credentials from. */
export function variablesOf(channel: string): readonly string[] {
  return [...channel.slice(0, 500).matchAll(/\$\{?([A-Za-z_]\w{0,60})\}?/gu)].map(([, name = '']) => name);
}

/** A package's file as its URL tells it. */
export interface CondaFile {
  readonly name: string;
  readonly version: string;
  readonly build: string;
  /** `linux-64`, `noarch`. */
  readonly subdir: string;
  /** `conda-forge`, `pkgs/main`, or the address of another channel. */
  readonly channel: string;
}

/** `…/CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda`; null when it is none. */
export function readCondaUrl(url: string): CondaFile | null {
  if (url.length > 2000) return null;
  const parts = (url.split(/[?#]/u, 1)[0] ?? '').split('/');
  const file = /^(.+)\.(?:conda|tar\.bz2)$/u.exec(parts.at(-1) ?? '')?.[1];
  const subdir = parts.at(-2);
  if (file === undefined || subdir === undefined || parts.length < 5) return null;
  const words = file.split('-');
  const build = words.pop();
  const version = words.pop();
  const name = words.join('-');
  if (build === undefined || version === undefined || name === '') return null;
  return { name, version, build, subdir, channel: channelName(parts.slice(0, -2).join('/')) };
}

/** A channel's name for readers, from its address. */
export function channelName(url: string): string {
  const bare = withoutCredentials(url);
  for (const root of [CHANNEL_ALIAS, DEFAULTS_ROOT]) {
    if (bare.startsWith(`${root}/`) && bare.length > root.length + 1) return bare.slice(root.length + 1);
  }
  return bare;
}

/** Whether a package of this channel is of no unusual origin. */
export function isUsualChannel(name: string): boolean {
  return USUAL.has(name);
}

/** Without user, password and the token of anaconda.org (`/t/TOKEN/`). */
function withoutCredentials(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/iu, '$1').replace(/^(https?:\/\/[^/]+)\/t\/[^/]+(?=\/)/iu, '$1');
}
