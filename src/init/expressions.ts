/** Values of what workflows compute, as far as they are known without running them. Pure. */
import type { Surroundings } from './model.ts';

/** Values of environment variables; null: set, to what is not known. */
export type Scope = ReadonlyMap<string, string | null>;

const LONGEST = 10_000;

/**
 * Replaces `${{ github.repository }}`, `${{ env.NAME }}` and the like.
 * @returns null when a part of it is not known.
 */
export function evaluate(text: string, scope: Scope, around: Surroundings): string | null {
  if (text.length > LONGEST) return null;
  let known = true;
  const value = text.replaceAll(/\$\{\{\s*([A-Za-z_][\w.-]{0,99})\s*\}\}/gu, (_whole, name: string) => {
    const found = contextValue(name, scope, around);
    if (found === null) known = false;
    return found ?? '';
  });
  return known && !value.includes('${{') ? value : null;
}

/** Replaces `$NAME` and `${NAME}` of a shell. @returns null when a part of it is not known. */
export function expandShell(word: string, scope: Scope, around: Surroundings): string | null {
  if (word.length > LONGEST) return null;
  let known = true;
  const pattern = /\$(?:\{([A-Za-z_]\w{0,99})\}|([A-Za-z_]\w{0,99}))/gu;
  const value = word.replaceAll(pattern, (_whole, braced?: string, bare?: string) => {
    const found = variableValue(braced ?? bare ?? '', scope, around);
    if (found === null) known = false;
    return found ?? '';
  });
  return known && !/[$`*?]/u.test(value) ? value : null;
}

function contextValue(name: string, scope: Scope, around: Surroundings): string | null {
  if (name.startsWith('env.')) return scope.get(name.slice('env.'.length)) ?? null;
  const { repository, defaultBranch } = around;
  switch (name) {
    case 'github.repository':
      return repository;
    case 'github.repository_owner':
      return repository?.split('/')[0] ?? null;
    case 'github.event.repository.name':
      return repository?.split('/')[1] ?? null;
    case 'github.event.repository.default_branch':
    // What is published from elsewhere than the default branch is not what is looked for.
    case 'github.ref_name':
      return defaultBranch;
    default:
      return null;
  }
}

function variableValue(name: string, scope: Scope, around: Surroundings): string | null {
  const set = scope.get(name);
  if (set !== undefined) return set;
  switch (name) {
    case 'GITHUB_REPOSITORY':
      return around.repository;
    case 'GITHUB_REPOSITORY_OWNER':
      return around.repository?.split('/')[0] ?? null;
    case 'GITHUB_REF_NAME':
      return around.defaultBranch;
    default:
      return null;
  }
}
