/**
 * The hidden line at the end of an issue of the App: what it is about, on the forge, where every worker sees it. Pure.
 *
 * Threat: anyone can write one. Ask only for issues whose author is the App.
 */

export interface IssueMarker {
  /** By which the issue is found: one issue for each tag. */
  readonly tag: string;
  /** What it is about (`aboutOf`). */
  readonly about: readonly string[];
  /** The App itself has closed it. */
  readonly ended: boolean;
}

const LINE = /(?:^|\n)<!-- relock-issue: (?<json>\{[^\n]{1,4000}\}) -->\s*$/u;
const LOOKALIKE = /<!--(?=\s*relock\b)/giu;

/** The body with its marker as the last line, in place of any that was there. */
export function withIssueMarker(body: string, { tag, about, ended }: IssueMarker): string {
  const json = JSON.stringify({ tag, about, ended });
  const plain = body.replace(LINE, '').trimEnd().replaceAll(LOOKALIKE, '\u2039!--');
  return `${plain}\n\n<!-- relock-issue: ${json} -->\n`;
}

/** null when there is none that can be believed. Never throws. */
export function readIssueMarker(body: string): IssueMarker | null {
  const json = LINE.exec(body.slice(-5000).replaceAll('\r\n', '\n'))?.groups?.['json'];
  const value = json === undefined ? null : parse(json);
  const tag = own(value, 'tag');
  const about = own(value, 'about');
  if (typeof tag !== 'string' || !/^[a-z][a-z\d-]{0,99}$/u.test(tag)) return null;
  if (!Array.isArray(about) || !about.every(isDigest)) return null;
  return { tag, about, ended: own(value, 'ended') === true };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{10}$/u.test(value);
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
