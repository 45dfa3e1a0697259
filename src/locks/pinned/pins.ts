/** Which pins of a hand-written requirements file move, and which stay as people put them. */
import { explain } from '@renovatebot/pep440';
import type { Requirement, RequirementsFile } from '../requirements/file.ts';
import { commentStart, physicalLines } from '../requirements/logical-lines.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { pinnedVersion } from '../requirements/pins.ts';

export interface Pin {
  readonly requirement: Requirement;
  readonly name: string;
  /** As written. */
  readonly version: string;
}

interface HeldPin extends Pin {
  /** For people, to follow the pin's name: `is kept by its comment`. */
  readonly why: string;
}

export interface PinnedFile {
  readonly file: RequirementsFile;
  /** `name==version` lines whose version may change. */
  readonly moving: readonly Pin[];
  /** `name==version` lines that stay as they are. */
  readonly held: readonly HeldPin[];
}

/** A comment at the pin's own line (or indented below it) that asks to keep it. */
const KEPT_BY_OWN_COMMENT =
  /^(?:pin|pinned|keep|hold|held|frozen)\b|\b(?:do not|don't|dont|never) (?:upgrade|update|bump|change|touch)\b|\brelock:\s*keep\b/iu;
/** A comment line right above a pin can head a whole section, so only plain words count. */
const KEPT_BY_COMMENT_ABOVE =
  /\b(?:do not|don't|dont|never) (?:upgrade|update|bump|change|touch)\b|\brelock:\s*keep\b/iu;

/**
 * Reads a file and sorts its `name==version` lines. Held are:
 * - pins with a comment that asks for it, at their line: `# pin…`, `# pinned`, `# keep`, `# hold`, `# held`, `# frozen` as its
 *   first word, `do not upgrade` (update, bump, change, touch; don't, never), `relock: keep`; right above their line: the
 *   last two;
 * - pins with a local version (`==2.1.0+cpu`), since nothing says which build a later version would have;
 * - names that are pinned to different versions or under different markers, since which line an environment uses is the
 *   environment's choice.
 * `===` and `==1.*` are no pins that move: they say more than a version.
 */
export function readPins(text: string): PinnedFile {
  const file = parseRequirements(text);
  const lines = physicalLines(text);
  const pins = file.entries.flatMap((entry) => (entry.kind === 'requirement' ? pinOf(entry) : []));
  const byName = Map.groupBy(pins, ({ name }) => name);
  const moving: Pin[] = [];
  const held: HeldPin[] = [];
  for (const pin of pins) {
    const why = whyHeld(pin, byName.get(pin.name) ?? [], lines);
    if (why === null) moving.push(pin);
    else held.push({ ...pin, why });
  }
  return { file, moving, held };
}

function pinOf(requirement: Requirement): readonly Pin[] {
  const { name, specifier } = requirement;
  const version = specifier.startsWith('===') ? null : pinnedVersion(requirement);
  return name === null || version === null ? [] : [{ requirement, name, version }];
}

function whyHeld(pin: Pin, sameName: readonly Pin[], lines: readonly string[]): string | null {
  const { requirement, version } = pin;
  if (requirement.comments.some((comment) => KEPT_BY_OWN_COMMENT.test(comment))) {
    return 'is kept by its comment';
  }
  if (commentsAbove(requirement.line, lines).some((comment) => KEPT_BY_COMMENT_ABOVE.test(comment))) {
    return 'is kept by the comment above it';
  }
  const parsed = explain(version);
  if (parsed === null) return 'has a version that PEP 440 does not know';
  if ((parsed.local ?? null) !== null) return 'is pinned to a local version';
  const isOther = (other: Pin): boolean =>
    other.version !== version || other.requirement.marker !== requirement.marker;
  return sameName.some((other) => isOther(other)) ? 'is pinned on several lines' : null;
}

/** The comment lines directly above a line, without an empty line between. */
function commentsAbove(line: number, lines: readonly string[]): readonly string[] {
  const comments: string[] = [];
  for (let at = line - 2; at >= 0; at -= 1) {
    const text = lines[at] ?? '';
    // An indented comment belongs to the pin above it.
    if (commentStart(text) !== 0) break;
    comments.push(text.slice(1).trim());
  }
  return comments;
}
