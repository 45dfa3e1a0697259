/** Command lines for people to read and paste; never run by Relock. */

/** Quotes one word for a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A whole command line, run from `cwd` (repository-relative). */
export function commandLine(argv: readonly string[], cwd: string): string {
  const line = argv.map(quote).join(' ');
  // A folder's name may look like an option.
  return cwd === '.' || cwd === ''
    ? line
    : `(cd ${quote(cwd.startsWith('-') ? `./${cwd}` : cwd)} && ${line})`;
}
