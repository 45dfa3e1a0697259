/** The repository on GitHub that a checkout is of. Pure. */

/**
 * @param remote address of a git remote: `https://github.com/acme/app.git`, `git@github.com:acme/app.git`.
 * @returns `acme/app`; null: it is not on github.com.
 */
export function repositoryOfRemote(remote: string): string | null {
  const match =
    /^(?:(?:https|ssh|git):\/\/(?:[^@/\s]{1,200}@)?github\.com(?::\d{1,5})?\/|(?:[^@/\s]{1,200}@)?github\.com:)([^/\s]{1,100})\/([^/\s]{1,110})$/u.exec(
      remote.trim(),
    );
  const name = `${match?.[1] ?? ''}/${(match?.[2] ?? '').replace(/\.git$/u, '')}`;
  return isRepository(name) ? name : null;
}

/** Whether a text is `owner/name` as GitHub takes them. */
export function isRepository(text: string): boolean {
  return /^[A-Za-z\d](?:[A-Za-z\d-]{0,38})\/[\w.-]{1,100}$/u.test(text) && !/\/\.{1,2}$/u.test(text);
}

/** @param head of `git symbolic-ref refs/remotes/origin/HEAD`. @returns the branch; null when it is not said. */
export function branchOfHead(head: string): string | null {
  const branch = head.trim().replace(/^(?:refs\/remotes\/)?origin\//u, '');
  // It becomes a pattern of a workflow, in which other characters mean something.
  return /^[A-Za-z\d][\w./-]{0,200}$/u.test(branch) ? branch : null;
}
