/** Files that pin the oldest versions that a library supports, for its tests. Pure. */
import { policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { Reason } from '../../model.ts';
import { reason } from '../tree.ts';
import { headOf } from './compiled-inputs.ts';

/** `constraints-3.8-min.txt`, `requirements_oldest.txt`, `lower-constraints.txt`; not `requirements-minimal.txt`. */
const NAME = /(?:^|[-_.])(min|minimum|oldest|lowest|lower(?=[-_.](?:constraints|bounds?)))(?=[-_.])/iu;
const HEAD = /\blower bounds\b/iu;

/** Why the pins of a file must stay: tests hold old versions on purpose. null where nothing says so, or policy says otherwise. */
export function whyLowerBounds(policy: Policy, path: string, text: string): Reason | null {
  if (policyFor(policy, path).enabled === true) return null;
  const word = NAME.exec(path.slice(path.lastIndexOf('/') + 1))?.[1];
  const said = word === undefined ? HEAD.exec(headOf(text))?.[0] : word;
  if (said === undefined) return null;
  return reason(
    'nothing-pinned',
    `Its ${word === undefined ? 'head' : 'name'} (\`${said}\`) says that it pins the oldest versions that are supported, so that tests run with them: newer ones would defeat it.`,
    'Raise them by hand, together with the lower bounds of the project. If they are to move all the same, set `enabled = true` for it under [[lock]] in .github/relock.toml.',
  );
}
