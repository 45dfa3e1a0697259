/** Numbers of any length inside version texts, as decimal digits. Pure. */

/** Threat: a version of a hundred digits is past what a number holds; so the digits themselves are compared. */
export function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/u, '');
  const right = b.replace(/^0+/u, '');
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
