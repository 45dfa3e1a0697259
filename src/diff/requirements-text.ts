/** Comparing requirements files as pip reads them. */

/** True when two texts differ at most in comments, blank lines, line ends and white space at line ends. */
export function onlyCommentsDiffer(before: string, after: string): boolean {
  return bare(before) === bare(after);
}

function bare(text: string): string {
  return text
    .replace(/^\uFEFF/u, '')
    .split('\n')
    .map(withoutComment)
    .filter((line) => line !== '')
    .join('\n');
}

/** pip takes `#` as a comment at a line's start or after white space only; a URL's fragment stays. */
function withoutComment(line: string): string {
  const at = line.startsWith('#') ? 0 : line.search(/\s#/u);
  return (at === -1 ? line : line.slice(0, at)).trimEnd();
}
