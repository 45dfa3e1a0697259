/** What keeps a vulnerable package where it is, by name, and what would free it. Pure. */
import type { RemainingWhy } from '../scan/outcome.ts';
import type { RemainingQuestion } from '../scan/why-questions.ts';

export type Blocker =
  /** A locked package, of which no newer release that is known lets the fix in. */
  | {
      readonly kind: 'package';
      readonly package: string;
      /** As locked. */
      readonly version: string;
      /** `urllib3<1.27,>=1.21.1` */
      readonly wants: string;
      /** Its newest release, which does not let it in either; null: a newer one would, but is held itself (what follows). */
      readonly newest: string | null;
    }
  /** A line of a manifest: `requirements.in:3`. */
  | { readonly kind: 'manifest'; readonly at: string; readonly wants: string }
  /** The lock's Python is too old for the fix. */
  | {
      readonly kind: 'python';
      readonly package: string;
      readonly version: string;
      /** `Python >=3.10 (the lock is for 3.8)` */
      readonly wants: string;
    };

export interface Blocked {
  readonly code:
    /** Something does not let a release with the fix in. */
    | 'held'
    /** No release has the fix. */
    | 'no-fix'
    /** The lock is of a kind in which single packages cannot be moved. */
    | 'unsupported'
    /** No attempt worked, and nothing that could be read says why. */
    | 'unknown';
  /** From the vulnerable package upwards: each holds the one before. Empty: nobody knows. */
  readonly by: readonly Blocker[];
  /** One or two sentences. */
  readonly message: string;
  /** What would free it, in one sentence; empty: nobody knows. */
  readonly wouldFree: string;
  /** The locker's own words of the last attempt, redacted and capped; empty when none ran. */
  readonly detail: string;
}

/**
 * Who holds a package, out of what `whyRemains` says of the question.
 * @returns null: nobody that is known.
 */
export function holderOf(question: RemainingQuestion, why: RemainingWhy): Blocker | null {
  if (why.kind !== 'held') return null;
  const { by, wants } = why;
  const parent = question.parents.find(({ name, version }) => by === `${name} ${version}`);
  if (wants.startsWith('Python ')) {
    return { kind: 'python', package: question.name, version: why.fixed, wants };
  }
  if (parent !== undefined) {
    return { kind: 'package', package: parent.name, version: parent.version, wants, newest: null };
  }
  return { kind: 'manifest', at: by, wants };
}

/**
 * @param by from the vulnerable package upwards; not empty.
 * @param wanted what the vulnerable package would have to be: `urllib3 2.0.7`.
 */
export function heldBy(by: readonly Blocker[], wanted: string, detail: string): Blocked {
  return {
    code: 'held',
    by,
    message: `${wanted} is not let in: ${by.map(said).join('; ')}.`,
    wouldFree: freedBy(by.at(-1), heldLast(by) ?? wanted),
    detail,
  };
}

/** What the last one holds, where that is not the vulnerable package itself. */
function heldLast(by: readonly Blocker[]): string | null {
  const below = by.at(-2);
  return below?.kind === 'package' ? `a newer ${below.package}` : null;
}

function said(blocker: Blocker): string {
  switch (blocker.kind) {
    case 'package':
      return `${blocker.package} ${blocker.version} wants \`${blocker.wants}\``;
    case 'manifest':
      return `${blocker.at} wants \`${blocker.wants}\``;
    case 'python':
      return `${blocker.package} ${blocker.version} wants ${blocker.wants}`;
    default:
      return blocker satisfies never;
  }
}

function freedBy(blocker: Blocker | undefined, wanted: string): string {
  switch (blocker?.kind) {
    case 'package': {
      const newest = blocker.newest === null ? '' : `; its newest, ${blocker.newest}, does not`;
      return `A release of ${blocker.package} that lets ${wanted} in${newest}.`;
    }
    case 'manifest':
      return `Another range than \`${blocker.wants}\` in ${blocker.at}.`;
    case 'python':
      return 'A newer Python for the lock.';
    case undefined:
      return '';
    default:
      return blocker satisfies never;
  }
}
