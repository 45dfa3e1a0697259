/** What to do on the forge about the issue that says what blocks a package's fix. Pure. */
import { createHash } from 'node:crypto';
import type { FixAdvisory } from '../report/fix-advisory.ts';
import type { IssueAction } from './actions.ts';
import { readIssueMarker, withIssueMarker } from './issue-marker.ts';
import { withTag } from './marker.ts';
import { aboutOf, blockedTag } from './security-names.ts';
import type { IssueState } from './state.ts';

export interface NoticeInput {
  /** Its normalised name. */
  readonly package: string;
  /** The issue with the tag of the package (`blockedTag`); null when there never was one. */
  readonly issue: IssueState | null;
  /** What blocks it now (`blockedNotice`), or why nothing does any more, as a sentence. */
  readonly now:
    | {
        readonly kind: 'blocked';
        readonly notice: { readonly title: string; readonly body: string };
        /** Those that stay. */
        readonly advisories: readonly FixAdvisory[];
      }
    | { readonly kind: 'freed'; readonly because: string };
  readonly labels: readonly string[];
}

/** One action at most; applied, and asked again, none. */
export function decideNotice({ package: name, issue, now, labels }: NoticeInput): readonly IssueAction[] {
  const marker = issue === null ? null : readIssueMarker(issue.body);
  if (now.kind === 'freed') {
    // One that a person has opened again is the person's.
    if (issue?.state !== 'open' || marker === null || marker.ended) return [];
    const tag = freedTag(marker.about);
    return [
      {
        kind: 'close-issue',
        issue: issue.number,
        body: withIssueMarker(issue.body, { ...marker, ended: true }),
        tag,
        comment: withTag(`${now.because} So this issue is closed.`, tag),
      },
    ];
  }
  const tag = blockedTag(name);
  const { title, body: text } = now.notice;
  const about = aboutOf(now.advisories);
  const body = withIssueMarker(text, { tag, about: about.flat(), ended: false });
  if (issue === null || marker === null) return [{ kind: 'open-issue', tag, title, body, labels }];
  if (issue.state === 'closed' && !marker.ended && isCovered(about, marker.about)) {
    // A person does not want to hear of these.
    return [];
  }
  if (issue.state === 'open' && issue.title === title && sameText(issue.body, body)) return [];
  return [{ kind: 'update-issue', issue: issue.number, title, body }];
}

function isCovered(about: readonly (readonly string[])[], known: readonly string[]): boolean {
  return about.every((names) => names.some((name) => known.includes(name)));
}

/** One comment for each set of advisories; a comment's tag has no digits. */
function freedTag(about: readonly string[]): string {
  const digest = createHash('sha256').update(about.join(' ')).digest('hex').slice(0, 12);
  return `freed-${digest.replaceAll(/\d/gu, (digit) => 'klmnopqrst'[Number(digit)] ?? '')}`;
}

/** A forge changes line ends and the last blank ones. */
function sameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trimEnd() === b.replaceAll('\r\n', '\n').trimEnd();
}
