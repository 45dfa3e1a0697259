/** A terminal's output as plain text. */

const ESCAPE = 0x1b;
const BELL = 0x07;
const BACKSLASH = 0x5c;
const CSI = 0x9b;
const STRING_TERMINATOR = 0x9c;

/**
 * Takes out terminal control (ECMA-48 sequences, C0 and C1 characters) and what reorders or hides text (Unicode bidi
 * controls, zero-width characters); a carriage return becomes a line end, so that progress bars end up on lines. Lines that a
 * CI runner would take for a command get a bar before them.
 *
 * Written as one pass, since the child chooses the text: the usual regular expressions for this are quadratic.
 */
export function plainText(text: string): string {
  return withoutCommands(withoutControls(text));
}

/**
 * Threat: a build prints `::set-output …` or `##[…]`, which a runner of GitHub Actions obeys wherever it finds it at the
 * beginning of a line.
 */
function withoutCommands(text: string): string {
  return text.replace(/^[ \t]*(?=::|##\[)/gmu, '$&| ');
}

function withoutControls(text: string): string {
  if (!needsWork(text)) return text;
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (!isUnwanted(code)) {
      at += 1;
      continue;
    }
    parts.push(text.slice(start, at));
    if (code === 0x0d) {
      if (text.charCodeAt(at + 1) !== 0x0a) parts.push('\n');
      at += 1;
    } else if (code === ESCAPE || code === CSI) {
      at = afterSequence(text, at);
    } else {
      at += 1;
    }
    start = at;
  }
  parts.push(text.slice(start));
  return parts.join('');
}

function needsWork(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (isUnwanted(text.charCodeAt(at))) return true;
  return false;
}

function isUnwanted(code: number): boolean {
  if (code < 0x20) return code !== 0x0a && code !== 0x09;
  if (code < 0x7f) return false;
  return (
    code < 0xa0 ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff
  );
}

/** Index after the control sequence that starts at `at`. An unfinished one ends at the line's end. */
function afterSequence(text: string, at: number): number {
  let next = at + 1;
  let kind = text[next];
  if (text.charCodeAt(at) === CSI) kind = '[';
  else next += 1;
  if (kind === '[') {
    while (next < text.length) {
      const code = text.charCodeAt(next);
      if (code < 0x20 || code > 0x7e) return next;
      next += 1;
      if (code >= 0x40) return next;
    }
    return next;
  }
  // OSC, DCS, SOS, PM, APC: a string up to BEL or ST. The visible text around a hyperlink (OSC 8) stays.
  if (kind !== undefined && ']PX^_'.includes(kind)) {
    while (next < text.length) {
      const code = text.charCodeAt(next);
      if (code === 0x0a) return next;
      next += 1;
      if (code === BELL || code === STRING_TERMINATOR) return next;
      if (code === ESCAPE && text.charCodeAt(next) === BACKSLASH) return next + 1;
    }
    return next;
  }
  // Charset choices and the like carry one more character.
  if (kind !== undefined && '()*+-./#%'.includes(kind)) return Math.min(text.length, next + 1);
  return kind === '\n' || kind === undefined ? at + 1 : next;
}
