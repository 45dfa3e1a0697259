/** Which uv makes a lock. Pure. */
import { satisfies, validRange } from '@renovatebot/pep440';
import type { LockPolicy } from '../../config/policy.ts';
import type { Reason, ToolChoice } from '../../model.ts';
import { reason } from '../tree.ts';
import type { Placed } from './project.ts';

/**
 * The last release of every minor version of uv that is closed, newest first. A range that leaves out Relock's own uv is
 * of the past, so this list need not grow with every release: a missing minor costs a lock, with a reason.
 */
const LAST_OF_MINOR = [
  '0.12.24',
  '0.11.33',
  '0.10.12',
  '0.9.30',
  '0.8.24',
  '0.7.22',
  '0.6.17',
  '0.5.31',
  '0.4.30',
  '0.3.5',
] as const;
/** `uv lock` came with this one. */
const FIRST = '0.3.0';

/** What the repository says; a range is settled by `settleUvVersion`, once Relock's own version is known. */
export function chooseUv(policy: Pick<LockPolicy, 'toolVersion'>, required: Placed | null): ToolChoice {
  if (policy.toolVersion !== undefined) {
    return {
      name: 'uv',
      version: policy.toolVersion,
      from: 'tool-version of [[lock]] in .github/relock.toml',
    };
  }
  if (required === null) return { name: 'uv', version: null, from: "Relock's own uv" };
  const from = `required-version "${required.value}" in ${required.place}`;
  return { name: 'uv', version: exactVersion(required.value), from };
}

/** `==0.8.3`, `0.8.3` -> `0.8.3`; null for a range. */
function exactVersion(range: string): string | null {
  return /^\s*(?:==)?\s*(\d+\.\d+\.\d+)\s*$/u.exec(range)?.[1] ?? null;
}

/**
 * The version to run: null for Relock's own, where the range allows it, else the newest that it allows.
 * @param required `required-version` as written, or null.
 */
export function settleUvVersion(
  chosen: ToolChoice,
  required: Placed | null,
  own: string,
): { readonly version: string | null } | Reason {
  if (chosen.version !== null || required === null) return { version: chosen.version };
  const range = asRange(required.value);
  if (range === null || satisfies(own, range)) return { version: null };
  const lower = [...required.value.matchAll(/(?:[>~=]=)\s*(\d+\.\d+\.\d+)/gu)].map((match) => match[1] ?? '');
  const version = [...LAST_OF_MINOR, ...lower].find(
    (one) => satisfies(one, range) && satisfies(one, `>=${FIRST}`),
  );
  return version === undefined
    ? reason(
        'tool-install-broken',
        `${required.place} requires uv ${required.value}, which neither Relock's uv ${own} nor the last release of any minor version of uv satisfies.`,
        'Widen `required-version`, or set `tool-version` under [[lock]] in .github/relock.toml.',
      )
    : { version };
}

/** uv reads a bare `0.8.3` as `==0.8.3`. */
function asRange(text: string): string | null {
  const range = /^\s*\d/u.test(text) ? `==${text.trim()}` : text;
  return text.length < 200 && validRange(range) ? range : null;
}
