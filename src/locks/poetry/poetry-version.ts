/** Which Poetry made a lock. Pure. */
import type { ToolChoice } from '../../model.ts';
import type { LockHead } from './lock-head.ts';
import { allowsPython as allows } from './python-range.ts';
import { newestOfLine, newestPatches } from './releases.ts';

export interface PoetryVersion extends ToolChoice {
  readonly notes: readonly string[];
}

export interface VersionQuestion {
  /** The lock's path. */
  readonly lock: string;
  readonly head: LockHead;
  /** `tool-version` of the repository's policy. */
  readonly wanted: string | undefined;
  /** `requires-poetry` of the manifest. */
  readonly requires: string | null;
  /** The manifest has `[tool.poetry.group.…]`, which Poetry reads since 1.2. */
  readonly hasGroups: boolean;
}

/**
 * In this order: the repository's policy, the lock's header, the lock's format.
 * @returns `version` null: the newest Poetry that runs on the lock's Python.
 */
export function choosePoetry(question: VersionQuestion): PoetryVersion {
  const { lock, head, wanted, requires } = question;
  if (wanted !== undefined) {
    return { name: 'poetry', version: wanted, from: 'the policy of this repository', notes: [] };
  }
  const learned = fromLock(question);
  if (requires === null || learned.version === null || allows(requires, learned.version)) return learned;
  const version = newestPatches().find((patch) => allows(requires, patch)) ?? null;
  const said =
    head.writer === null ? `looks like Poetry ${learned.version}` : `was made by Poetry ${head.writer}`;
  return {
    name: 'poetry',
    version,
    from: `requires-poetry = "${requires.slice(0, 80)}"`,
    notes: [`${lock} ${said}, which \`requires-poetry = "${requires.slice(0, 80)}"\` rules out.`],
  };
}

function fromLock({ lock, head, hasGroups }: VersionQuestion): PoetryVersion {
  // Only releases can be installed; a development version says no more than its format.
  if (head.writer !== null && /^\d+\.\d+\.\d+$/u.test(head.writer)) {
    return { name: 'poetry', version: head.writer, from: `header of ${lock}`, notes: [] };
  }
  const { line, why } = lineOf(head, hasGroups);
  const version = line === null ? null : newestOfLine(line);
  const from = `format of ${lock} (${why})`;
  const named = version === null ? 'the newest Poetry' : `Poetry ${version}, the newest ${line ?? ''},`;
  return {
    name: 'poetry',
    version,
    from,
    notes: [`${lock} does not name the Poetry that made it: ${named} is used for its ${why}.`],
  };
}

/** The line of Poetry that writes such a lock; null: the newest. */
function lineOf(head: LockHead, hasGroups: boolean): { readonly line: string | null; readonly why: string } {
  const why = `lock-version ${head.lockVersion ?? 'that is missing'}`;
  switch (head.lockVersion) {
    case '1.0':
      return { line: '1.0', why };
    case '1.1':
      if (hasGroups) return { line: '1.2', why: `${why} beside dependency groups` };
      return head.extrasSorted === true
        ? { line: '1.2', why: `${why} with sorted extras` }
        : { line: '1.1', why };
    case '2.0':
      return head.anonymousHeader
        ? { line: '1.3', why: `${why} under a header without a version` }
        : { line: '1.8', why };
    case null:
      return head.hashes === null
        ? { line: null, why }
        : { line: '1.0', why: 'old format without lock-version' };
    default:
      return { line: null, why };
  }
}
