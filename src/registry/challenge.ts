/** `WWW-Authenticate`, RFC 9110 section 11, as registries use it. Pure. */

export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      /** Where a token is had; not checked. */
      readonly realm: string;
      readonly service: string | null;
      readonly scope: string | null;
    };

const MAX_HEADER = 8192;

/**
 * @param header all challenges in one text, separated by commas.
 * @returns those of a scheme that Relock knows, in order. Anything broken ends the reading.
 */
export function readChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, MAX_HEADER);
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < text.length) {
    const gap = take(/[\s,]*/uy, text, at);
    at += gap.length;
    const parameter = takeParameter(text, at);
    const last = found.at(-1);
    if (parameter !== null && last !== undefined) {
      // The first of a name counts, so that nothing behind it can stand for it.
      if (!last.parameters.has(parameter.name)) last.parameters.set(parameter.name, parameter.value);
      at += parameter.length;
      continue;
    }
    const scheme = take(/[A-Za-z][A-Za-z0-9-]*/uy, text, at);
    if (scheme === '') break;
    found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    at += scheme.length;
  }
  return found.flatMap(({ scheme, parameters }): readonly Challenge[] => {
    if (scheme === 'basic') return [{ scheme }];
    const realm = parameters.get('realm');
    if (scheme !== 'bearer' || realm === undefined) return [];
    return [
      { scheme, realm, service: parameters.get('service') ?? null, scope: parameters.get('scope') ?? null },
    ];
  });
}

function takeParameter(text: string, at: number): { name: string; value: string; length: number } | null {
  const name = take(/[A-Za-z][A-Za-z0-9_-]*\s*=\s*/uy, text, at);
  if (name === '') return null;
  const start = at + name.length;
  const quoted = take(/"(?:[^"\\]|\\.)*"/uy, text, start);
  const value = quoted === '' ? take(/[^\s,"]+/uy, text, start) : quoted;
  // A quote without its end, or nothing at all.
  if (value === '') return null;
  return {
    name: (name.split('=', 1)[0] ?? '').trim().toLowerCase(),
    value: quoted === '' ? value : value.slice(1, -1).replace(/\\(.)/gu, '$1'),
    length: name.length + value.length,
  };
}

/** @param pattern sticky. */
function take(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
