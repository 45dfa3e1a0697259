/** What both kinds of conda locks have in common when they are planned. Pure. */
import { policyFor } from '../../config/lock-policy.ts';
import { POLICY_PATH, type Policy } from '../../config/policy.ts';
import type { LockKind, Reason, Target, Tree } from '../../model.ts';
import type { PlannedLock } from '../ecosystem.ts';
import { folderOf, readText } from '../tree.ts';
import { lockWords, type LockWords } from './command.ts';
import type { FoundSources } from './find-sources.ts';
import { readCondaOptions } from './options.ts';
import { askedOf, type Asked } from './parse.ts';
import { readSource } from './read-source.ts';
import { condaRemotes, credentialNotes } from './remotes.ts';
import type { Source } from './source.ts';
import { nextCondaStep, type CondaPlan } from './steps.ts';
import { findVirtualPackages } from './virtual-packages.ts';

export interface LockWishes {
  readonly path: string;
  readonly kind: Extract<LockKind, 'conda-lock' | 'conda-explicit'>;
  readonly found: FoundSources;
  /** Recorded in the lock. */
  readonly platforms: readonly string[];
  /** Recorded in the lock; empty when it records none. */
  readonly channels: readonly string[];
  readonly output: LockWords['output'];
  readonly custom: ReadonlyMap<string, string>;
  readonly renders: CondaPlan['renders'];
  readonly notes: readonly string[];
  readonly check: CondaPlan['check'];
  readonly parse: (text: string, asked: Asked) => ReturnType<PlannedLock['parse']>;
}

export function plannedCondaLock(tree: Tree, policy: Policy, wishes: LockWishes): PlannedLock | Reason {
  const { path, found, output } = wishes;
  const { sources } = found;
  const cwd = folderOf(path);
  const said = policyFor(policy, path);
  const options = readCondaOptions(tree, said.options ?? [], cwd);
  if ('code' in options) return options;
  const virtual = options.virtualPackages === null ? findVirtualPackages(tree, path) : null;
  const platforms = options.platforms.length > 0 ? options.platforms : wishes.platforms;
  // Where no source names any they were passed by option, and have to be again.
  const unnamed = sources.every(({ channels }) => channels === null);
  const channels = options.channels.length > 0 ? options.channels : unnamed ? wishes.channels : [];
  const words: LockWords = {
    cwd,
    sources: sources.map((source) => source.path),
    platforms,
    channels,
    options: options.args,
    virtualPackages: options.virtualPackages ?? virtual?.argument ?? null,
    output,
  };
  const manifests = words.sources;
  const target: Target = {
    path,
    kind: wishes.kind,
    manifests,
    inputs: [...new Set([...manifests, ...(virtual === null ? [] : [virtual.path]), ...options.inputs])],
    writes: [path, ...wishes.renders.map(({ render }) => render.path)],
    tool: {
      name: 'conda-lock',
      version: said.toolVersion ?? null,
      from:
        said.toolVersion === undefined ? 'no lock records its version' : `\`tool-version\` in ${POLICY_PATH}`,
    },
    python: { version: null, from: 'Python is one of its packages' },
    cwd,
    command: lockWords(words),
    remotes: condaRemotes(tree, path, sources, channels),
    notes: [
      ...wishes.notes,
      ...platformNotes(path, platforms, sources),
      ...options.notes,
      ...(virtual?.notes ?? []),
      ...credentialNotes(path, [...channels, ...sources.flatMap((source) => source.channels ?? [])]),
      ...sources.flatMap(({ notes }) => notes),
    ],
  };
  const plan: CondaPlan = {
    target,
    words,
    sources,
    custom: wishes.custom,
    hasLookup: options.hasLookup,
    renders: wishes.renders,
    check: wishes.check,
  };
  return {
    target,
    next: (facts, history) => nextCondaStep(plan, facts, history),
    parse: (text, read) => wishes.parse(text, askedNow(manifests, cwd, read)),
  };
}

/** What the sources ask for as they stand now. */
function askedNow(paths: readonly string[], cwd: string, read: (path: string) => string | null): Asked {
  return askedOf(
    paths.flatMap((path): readonly Source[] => {
      const text = read(path);
      const source = text === null ? null : readSource(path, text, cwd);
      return source === null || 'code' in source ? [] : [source];
    }),
  );
}

/** The lock's platforms stay: they may have been passed by option. */
function platformNotes(
  path: string,
  platforms: readonly string[],
  sources: readonly Source[],
): readonly string[] {
  const named = new Set(sources.flatMap((source) => source.platforms));
  if (named.size === 0 || platforms.length === 0) return [];
  const more = [...named].filter((platform) => !platforms.includes(platform));
  if (more.length === 0) return [];
  return [
    `${path} is for ${platforms.join(', ')}, and its sources name ${more.slice(0, 6).join(', ')} too: the lock's platforms stay. Lock once with conda-lock itself to add them.`,
  ];
}

/** Text of a lock as it is in the tree. */
export function lockText(tree: Tree, path: string): string {
  return readText(tree, path) ?? '';
}
