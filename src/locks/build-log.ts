/** What uv's debug log says of builds. Pure. */

/** Names (with versions) of what uv built, or had built before, to learn its dependencies: from its debug log. */
export function builtPackages(stderr: string): readonly string[] {
  const names = [...stderr.matchAll(/\b(?:Preparing|Using cached) metadata for: (\S+)/gu)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names)].sort();
}

/** Only what uv says to people. */
export function withoutLog(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('DEBUG '))
    .join('\n');
}
