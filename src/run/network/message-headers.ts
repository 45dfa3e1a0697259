/** The headers of a message on its way through a proxy. Pure. */

/** RFC 9110 section 7.6.1, and what clients send to proxies by old habit. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered by this side already.
  'expect',
]);

/**
 * Raw headers (name, value, name, value…) without those that are for one hop, and without `drop` (lower case).
 */
export function forwardable(raw: readonly string[], drop: readonly string[] = []): string[] {
  const dropped = new Set([...HOP_BY_HOP, ...drop]);
  // A sender names further headers of one hop in Connection. Content-Length is never one: without it a body has no end.
  for (const name of valuesOf(raw, 'connection').flatMap((value) => value.split(','))) {
    const lower = name.trim().toLowerCase();
    if (lower !== 'content-length' && lower !== 'host') dropped.add(lower);
  }
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!dropped.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

function valuesOf(raw: readonly string[], wanted: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === wanted);
}
