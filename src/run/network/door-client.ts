/** One client of the door: what it may reach, what it read, what it was refused. */
import { randomBytes } from 'node:crypto';
import { readView, type ProjectView } from './index-view.ts';
import type { Origin } from './lending.ts';
import { findFile, type NamedFiles } from './named-files.ts';
import { authorityOf, createAllowList, plainPath, type AllowList, type Reach } from './reach.ts';
import { createRefusalList, type Refusal, type RefusalCode } from './refusals.ts';

/** Of all pages that one client read; the oldest are forgotten. */
const MAX_FILES = 300_000;
const MAX_UNDATED = 1000;
const MAX_REPOSITORIES = 1000;

export interface Permit {
  /** What a page promised of this file; null when none did. */
  readonly sha256: string | null;
  /** By a rule for the whole host. */
  readonly isHost: boolean;
  /** By a page that names this very file. */
  readonly isNamed: boolean;
}

export interface ClientState {
  readonly name: string;
  readonly token: string;
  readonly allow: AllowList;
  /** Whether the cool-down is for it. */
  readonly isCooled: boolean;
  /** What it is shown of a project (normalised name); null: all. */
  view(project: string): ProjectView | null;
  /** True when it may open a connection: for a whole host, or for single files on it. */
  mayConnect(host: string, port: number): boolean;
  /** Why a request may be made: null refuses it. */
  permit(origin: Origin, target: string): Permit | null;
  /** It was given a page that names these files. */
  learn(files: NamedFiles): void;
  /** It was given this file. */
  fetched(target: string): void;
  /** A host says that it has a git repository at this path (without `/info/refs`). */
  hasRepository(origin: Origin, path: string): void;
  /** True when a host said so to this client. */
  mayFetchGit(origin: Origin, path: string): boolean;
  refuse(code: RefusalCode, host: string, port: number, detail?: string): void;
  refusals(): readonly Refusal[];
  /** An index told no upload times of this project; whether it was passed on all the same. */
  undated(project: string, isPassed: boolean): void;
  withoutUploadTimes(): { readonly refused: readonly string[]; readonly passed: readonly string[] };
}

export function createClientState(name: string, reach: Reach): ClientState {
  const allow = createAllowList(reach);
  const refusals = createRefusalList();
  const pages = new Set<NamedFiles>();
  let files = 0;
  let during: string | null = null;
  const refused = new Set<string>();
  const passed = new Set<string>();
  const repositories = new Set<string>();

  const token = randomBytes(24).toString('hex');
  const view = readView(reach.view, token);

  return {
    name,
    token,
    allow,
    isCooled: reach.cooled !== false,
    view,
    mayConnect(host, port) {
      if (allow.mayReach({ scheme: 'https', host, port })) return true;
      return pages.values().some(({ hosts }) => hosts.has(`${host} ${port}`));
    },
    permit(origin, target) {
      const file = pages
        .values()
        .map((page) => findFile(page, origin, target))
        .find((found) => found !== null);
      const isHost = allow.mayReach(origin);
      const isNamed = file !== undefined;
      return isHost || isNamed ? { sha256: file?.sha256 ?? null, isHost, isNamed } : null;
    },
    learn(page) {
      if (pages.has(page)) return;
      pages.add(page);
      files += page.byAddress.size;
      for (const oldest of pages) {
        if (files <= MAX_FILES || oldest === page) return;
        pages.delete(oldest);
        files -= oldest.byAddress.size;
      }
    },
    fetched(target) {
      const file = plainPath(target).split('/').at(-1) ?? '';
      if (/\.(?:tar\.gz|zip)$/u.test(file)) during = file.slice(-200);
    },
    hasRepository(origin, path) {
      if (repositories.size < MAX_REPOSITORIES) repositories.add(addressOf(origin, path));
    },
    mayFetchGit: (origin, path) => repositories.has(addressOf(origin, path)),
    refuse(code, host, port, detail = '') {
      refusals.add({ host, port, code, why: whyRefused(code, host, port, detail), during });
    },
    refusals: () => refusals.list(),
    undated(project, isPassed) {
      const list = isPassed ? passed : refused;
      if (list.size < MAX_UNDATED) list.add(project);
    },
    withoutUploadTimes: () => ({ refused: [...refused], passed: [...passed] }),
  };
}

function addressOf(origin: Origin, path: string): string {
  return `${origin.scheme}://${authorityOf(origin)}${plainPath(path)}`;
}

function whyRefused(code: RefusalCode, host: string, port: number, detail: string): string {
  const where = authorityOf({ scheme: 'https', host, port });
  switch (code) {
    case 'not-allowed':
      return detail === ''
        ? `${where} is none of the indexes, file hosts and forges that this lock may reach.`
        : `${detail}.`;
    case 'private-address':
      return `${detail}; only hosts that the operator names may be at one.`;
    case 'method':
      return `${detail} to ${where} was refused: only reading (GET, HEAD, git fetch) is let through.`;
    case 'not-http':
      return `What was sent to ${where} was no HTTP over TLS.`;
    case 'too-many':
      return `Too many connections were open at once when another one to ${where} was asked for.`;
    default:
      return code satisfies never;
  }
}
