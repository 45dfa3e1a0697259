/**
 * The hidden line in the body of a pull request that says what it was made from: state that lives on the forge, where
 * every worker sees it. Pure.
 *
 * Threat: a report quotes foreign text (a tool's output, release notes), which may hold a line like it. So whatever looks
 * like a marker is broken before the true one is set, and a body with two has none that can be believed.
 */
import { createHash } from 'node:crypto';

export interface Marker {
  /** Hash of all that the content was made from. */
  readonly inputs: string;
  readonly purpose: string;
  /** In which it was made: `2026-11`. */
  readonly month: string;
  /** Digest of the title that we set (`titleDigest`), to tell a person's. */
  readonly title: string;
  /** Labels, reviewers and the rest have been asked for: it is only for people to change them now. */
  readonly finished: boolean;
  /** What it is about, where that counts when a person closes it: digests (`aboutOf`). Left out: nothing in particular. */
  readonly about?: readonly string[];
}

/** A marker has no room for more. */
export const MOST_ABOUT = 200;

const LINE = /^<!-- relock: (\{.{0,4000}\}) -->[ \t\r]*$/gmu;
const LOOKALIKE = /<!--(?=\s*relock\b)/giu;

/** The body with its marker as the last line, in place of any that was there. */
export function withMarker(body: string, marker: Marker): string {
  const { inputs, purpose, month, title, finished } = marker;
  const about = marker.about === undefined ? {} : { about: marker.about.slice(0, MOST_ABOUT) };
  // Written out, so that the order is always the same. No `>` and no `-->` can stand in it.
  const json = JSON.stringify({ inputs, purpose, month, title, finished, ...about }).replaceAll(
    '>',
    String.raw`\u003e`,
  );
  // Of the same length, so that a body that fits still does.
  const plain = stripMarker(body).replaceAll(LOOKALIKE, '\u2039!--');
  return `${plain}${plain === '' ? '' : '\n\n'}<!-- relock: ${json} -->\n`;
}

/** The marker of a body as the forge gives it; null when a person took it out, changed or doubled it. Never throws. */
export function readMarker(body: string): Marker | null {
  const found = [...body.matchAll(LINE)];
  if (found.length !== 1) return null;
  const value = parse(found[0]?.[1] ?? '');
  const text = (key: keyof Marker, pattern: RegExp): string | null => {
    const part = value !== null && Object.hasOwn(value, key) ? value[key] : undefined;
    return typeof part === 'string' && pattern.test(part) ? part : null;
  };
  const inputs = text('inputs', /^[\w:.+/=-]{1,200}$/u);
  const purpose = text('purpose', /^[a-z][a-z-]{0,39}$/u);
  const month = text('month', /^\d{4}-(?:0[1-9]|1[0-2])$/u);
  if (inputs === null || purpose === null || month === null) return null;
  const finished = value !== null && Object.hasOwn(value, 'finished') && value['finished'] === true;
  const title = text('title', /^[\da-f]{12}$/u) ?? '';
  const about = value !== null && Object.hasOwn(value, 'about') ? readAbout(value['about']) : null;
  return { inputs, purpose, month, title, finished, ...(about !== null && { about }) };
}

function readAbout(value: unknown): readonly string[] | null {
  const right = (part: unknown): part is string => typeof part === 'string' && /^[\da-f]{10}$/u.test(part);
  return Array.isArray(value) && value.length <= MOST_ABOUT && value.every(right) ? value : null;
}

/** The body without its marker. */
export function stripMarker(body: string): string {
  return body.replaceAll(LINE, '').trimEnd();
}

/** Digest of a title, for the marker. */
export function titleDigest(title: string): string {
  return createHash('sha256').update(title.trim()).digest('hex').slice(0, 12);
}

function parse(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** A comment of ours with a hidden tag at its end. */
export function withTag(body: string, tag: string): string {
  return `${body.trimEnd()}\n\n<!-- relock-comment: ${tag} -->\n`;
}

/**
 * The tag of a comment; null when it has none.
 * Threat: anyone can write one. Ask only for comments whose author is the App.
 */
export function tagOfComment(body: string): string | null {
  return /<!-- relock-comment: ([a-z-]{1,40}) -->\s*$/u.exec(body.slice(-200))?.[1] ?? null;
}
