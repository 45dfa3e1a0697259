/** What a recogniser of failures gets and gives. */
import type { Command, CommandResult, Reason, Remote, Target } from '../../model.ts';
import type { Output } from './output.ts';

export interface Failure {
  readonly target: Target;
  readonly command: Command;
  readonly result: CommandResult;
  /** As `Facts.cutoff`. */
  readonly cutoff: string | null;
}

/** What is known of a failed command. */
export interface Evidence extends Output {
  readonly failure: Failure;
}

export interface Recognised {
  readonly code: Reason['code'];
  readonly message: string;
  readonly fix: string;
  /** With which line the tool's essential words begin: the first that matches. */
  readonly words: RegExp | null;
}

/** Null when the failure is not of its kind. */
export type Recogniser = (evidence: Evidence) => Recognised | null;

/** Foreign words within a message: on one line, short. */
export function short(text: string, most = 200): string {
  const words = text.replaceAll(/\s+/gu, ' ').trim();
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}

/** Host of an address; the text itself when it is none. */
export function hostOf(url: string): string {
  const parsed = URL.parse(url.replace(/^git\+/u, ''));
  if (parsed !== null && parsed.host !== '') return parsed.host;
  // scp-like: git@host:path
  return /^[\w.-]+@([\w.-]+):/u.exec(url)?.[1] ?? short(url, 100);
}

/** What a lock needs a host for, from its remotes: the one with the longest address in common, else of the same host. */
export function remoteFor(failure: Failure, url: string): Remote | null {
  const { remotes } = failure.target;
  const exact = remotes
    .filter((remote) => bare(url).startsWith(bare(remote.url)))
    .sort((a, b) => b.url.length - a.url.length)[0];
  return exact ?? remotes.find((remote) => hostOf(remote.url) === hostOf(url)) ?? null;
}

function bare(url: string): string {
  return url
    .replace(/^git\+/u, '')
    .replace(/\/\/[^/@]*@/u, '//')
    .replace(/\/+$/u, '')
    .toLowerCase();
}

/** ` (named in requirements.in:12)`. */
export function namedIn(remote: Remote | null): string {
  return remote === null || remote.namedIn === '' ? '' : ` (named in ${remote.namedIn})`;
}

/** Name of the tool for a sentence. */
export function toolOf(failure: Failure): string {
  const { name, version } = failure.command.tool;
  return version === null ? name : `${name} ${version}`;
}
