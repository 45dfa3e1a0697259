/** Variables of a Dockerfile (`ARG`, `ENV`), as far as their defaults say. Pure. */

/** What is known at one point of a stage. */
export type Variables = ReadonlyMap<string, string>;

/** Longest text that is worked on, and the most that comes of it. Threat: `ARG A=$B$B` doubling at every line. */
const LONGEST = 4096;
/** `${A:-${B}}`: the innermost first. */
const ROUNDS = 4;
const REFERENCE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?([-+])([^${}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))/gu;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` (the Dockerfile reference, "Environment
 * replacement"). A variable without a value stays as written, so that nothing is mistaken for its absence.
 */
export function substitute(text: string, variables: Variables): string {
  let at = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (at.length > LONGEST || !at.includes('$')) return at;
    const next = at.replace(
      REFERENCE,
      (
        whole: string,
        braced: string | undefined,
        operator: string | undefined,
        word: string | undefined,
        bare: string | undefined,
      ) => {
        const value = variables.get(braced ?? bare ?? '');
        if (operator === '-') return value === undefined || value === '' ? (word ?? '') : value;
        if (operator === '+') return value === undefined || value === '' ? '' : (word ?? '');
        return value ?? whole;
      },
    );
    if (next === at || next.length > LONGEST) return at;
    at = next;
  }
  return at;
}

/**
 * Reads what stands behind `ARG` or `ENV`: `A=1 B="x y"`, `A 1` (old ENV), `A` (an ARG without default).
 * @returns name and value, null where there is none; quotes are taken off.
 */
export function readAssignments(content: string): readonly (readonly [string, string | null])[] {
  if (content.length > LONGEST) return [];
  const old = /^([A-Za-z_][A-Za-z0-9_]*)[ \t]+([^=]*)$/u.exec(content);
  const found: [string, string | null][] = [];
  for (const match of content.matchAll(
    /([A-Za-z_][A-Za-z0-9_]*)(?:=("[^"]*"|'[^']*'|[^\s"']*))?(?=\s|$)/gu,
  )) {
    const value = match[2];
    found.push([match[1] ?? '', value === undefined ? null : unquote(value)]);
  }
  return old !== null && found.length > 1 ? [[old[1] ?? '', unquote((old[2] ?? '').trim())]] : found;
}

/** Takes one pair of quotes off. */
export function unquote(text: string): string {
  const first = text.at(0);
  return text.length > 1 && (first === '"' || first === "'") && text.at(-1) === first
    ? text.slice(1, -1)
    : text;
}
