/** What the commit and the pull request say, from the report and what the forge allows. Pure. */
import type { PullRequestPolicy } from '../config/policy.ts';
import type { FileChange, PullRequest } from '../model.ts';
import { code } from '../report/markdown.ts';
import { titleDigest, withMarker, type Marker } from './marker.ts';

/** A file that is not published although it was made, and why, as the end of "Left out, since ". */
export interface HeldFile {
  readonly path: string;
  readonly why: string;
}

/** GitHub refuses longer ones. */
const MAX_TITLE = 256;
const MAX_BODY = 65_536;
const NAMED = 3;

/**
 * The files that can be published, and those that cannot.
 * @param mayWriteWorkflows whether the App has the permission that GitHub wants for workflow files; without it, GitHub
 * refuses the whole commit.
 */
export function partFiles(
  files: readonly FileChange[],
  mayWriteWorkflows: boolean,
  held: readonly HeldFile[],
): { readonly publish: readonly FileChange[]; readonly held: readonly HeldFile[] } {
  const why = new Map(held.map((file) => [file.path, file.why]));
  if (!mayWriteWorkflows) {
    for (const { path } of files) {
      if (path.startsWith('.github/workflows/'))
        why.set(path, 'the App lacks the permission "Workflows" here');
    }
  }
  return {
    publish: files.filter(({ path }) => !why.has(path)),
    held: files.flatMap(({ path }) => (why.has(path) ? [{ path, why: why.get(path) ?? '' }] : [])),
  };
}

/** Title of the commit and of the pull request, so that a squash keeps the prefix too. */
export function titleOf({ title }: PullRequest, { commitPrefix }: PullRequestPolicy): string {
  const plain = commitPrefix.trim();
  const prefix = plain === '' ? '' : `${plain}${/[\p{L}\p{N})\]]$/u.test(plain) ? ':' : ''} `;
  return `${prefix}${title}`.slice(0, MAX_TITLE);
}

/** The report, what was left out of it, and the marker. */
export function bodyOf(report: string, held: readonly HeldFile[], marker: Marker): string {
  const body = withMarker(`${report.trimEnd()}${heldNote(held)}`, marker);
  if (body.length <= MAX_BODY) return body;
  return withMarker(
    `${report.trimEnd()}${held.length === 0 ? '' : `\n\n> ${held.length} files were left out.`}`,
    marker,
  );
}

function heldNote(held: readonly HeldFile[]): string {
  const reasons = new Set(held.map(({ why }) => why));
  const notes = [...reasons].map((why) => {
    const paths = held.filter((file) => file.why === why).map(({ path }) => code(path, 60));
    const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
    return `\n\n> **Left out, since ${why}:** ${paths.slice(0, NAMED).join(', ')}${more}.`;
  });
  return notes.join('');
}

/** A marker for what is proposed now. */
export function markerOf(
  title: string,
  made: Pick<Marker, 'inputs' | 'purpose' | 'month' | 'about'>,
  finished: boolean,
): Marker {
  return { ...made, title: titleDigest(title), finished };
}
