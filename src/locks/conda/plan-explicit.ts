/** One explicit or environment file without a unified lock that it is rendered from. Pure. */
import type { Policy } from '../../config/policy.ts';
import type { LockContent, Reason, Tree } from '../../model.ts';
import { LockSyntaxError, type PlannedLock } from '../ecosystem.ts';
import { whyConflicted } from '../manifest.ts';
import { folderOf, reason } from '../tree.ts';
import { alsoFitting, sourcesBeside, type SourcesBeside } from './beside.ts';
import { otherWishes } from './compare.ts';
import { readExplicitHead, type ExplicitHead } from './explicit-file.ts';
import { parseExplicit } from './parse.ts';
import { lockText, plannedCondaLock } from './plan-lock.ts';
import { templateOf } from './renders.ts';
import type { Checked } from './steps.ts';

/** Of the packages that a lock holds, how many may go before the guess at its sources is taken to be wrong. */
const MOST_LOST = 0.25;
const NOTHING = { conda: new Set<string>(), pip: new Set<string>() };

/** @param head what it says of itself; `by` is conda-lock. */
export function planExplicit(
  tree: Tree,
  policy: Policy,
  path: string,
  head: ExplicitHead,
): PlannedLock | Reason {
  const text = lockText(tree, path);
  const conflict = whyConflicted(path, text);
  if (conflict !== null) return conflict;
  const content = tryParse(path, text, head);
  if ('code' in content) return content;
  const platform = head.platform ?? platformIn(content);
  if (platform === null) {
    return reason(
      'lock-unreadable',
      `${path} does not tell which platform it is for: it has no line \`# platform:\`.`,
      'Make it anew once with `conda-lock`.',
    );
  }
  const template = templateOf(path, head.form, folderOf(path));
  if (typeof template !== 'string') return template;
  const found = sourcesBeside(tree, policy, path, content);
  if ('code' in found) return found;
  return plannedCondaLock(tree, policy, {
    path,
    kind: 'conda-explicit',
    found,
    platforms: [platform],
    channels: [],
    output: { form: head.form, template },
    custom: new Map(),
    renders: [],
    notes: guessNotes(path, found),
    check: (before, after) => check(tree, path, found, before, after),
    parse: (now, asked) => parseExplicit(path, now, { form: head.form, platform }, asked),
  });
}

function guessNotes(path: string, { isGuess, sources }: SourcesBeside): readonly string[] {
  if (!isGuess) return [];
  const names = sources.map((source) => source.path).join(', ');
  return [`${path} does not record what it was made from: ${names} lies beside it, and was taken.`];
}

function tryParse(path: string, text: string, head: ExplicitHead): LockContent | Reason {
  try {
    return parseExplicit(path, text, head, NOTHING);
  } catch (error) {
    if (error instanceof LockSyntaxError) return reason('lock-unreadable', error.message);
    throw error;
  }
}

function platformIn({ packages }: LockContent): string | null {
  const known = new Set(
    packages.flatMap(({ conda }) =>
      conda === undefined || conda.platform === 'noarch' ? [] : [conda.platform],
    ),
  );
  const [only] = known;
  return known.size === 1 && only !== undefined ? only : null;
}

/**
 * conda-lock's hash tells for certain that the sources are those it was made from. Where it differs, a source has changed, or
 * was left out: then much goes.
 */
function check(tree: Tree, path: string, found: SourcesBeside, before: string, after: string): Checked {
  const [old, now] = [readExplicitHead(before), readExplicitHead(after)];
  if (now === null) {
    const problem = reason(
      'tool-failed',
      `What conda-lock wrote into ${path} cannot be read as such a file.`,
      'Please report this.',
    );
    return { problem, isSame: false, notes: [] };
  }
  const isOther = old?.inputHash !== undefined && old.inputHash !== null && old.inputHash !== now.inputHash;
  if (!isOther || old === null) return { problem: null, isSame: before === after, notes: [] };
  const problem = found.isGuess ? whyTooMuchGoes(tree, path, found, [before, old], [after, now]) : null;
  return { problem, isSame: false, notes: [otherWishes(path)] };
}

type Read = readonly [text: string, head: ExplicitHead];

function whyTooMuchGoes(
  tree: Tree,
  path: string,
  found: SourcesBeside,
  before: Read,
  after: Read,
): Reason | null {
  const old = tryParse(path, ...before);
  const now = tryParse(path, ...after);
  if ('code' in old || 'code' in now) return null;
  const there = new Set(now.packages.map(({ name }) => name));
  const lost = old.packages.filter(({ name }) => !there.has(name));
  if (lost.length <= old.packages.length * MOST_LOST) return null;
  const others = alsoFitting(tree, path, old, found.sources);
  const names = found.sources.map((source) => source.path).join(', ');
  const hint = others.length === 0 ? '' : ` Others that fit: ${others.join(', ')}.`;
  return reason(
    'ambiguous-manifest',
    `${path} does not record what it was made from. From ${names}, which lies beside it, ${lost.length} of its ${old.packages.length} packages would go: it was probably made from more.${hint}`,
    'Set `inputs` under [[lock]] in .github/relock.toml to all the files that it is made from, in order.',
  );
}
