/** URLs as manifests write them, for probing and for messages. Pure. */

/** Whether it names a host: HTTP, SSH or git, long or short form. */
export function isRemote(url: string): boolean {
  return /^(?:https?|ssh|git):\/\//u.test(url) || /^[\w.-]+@[\w.-]+:/u.test(url);
}

/** The short form of SSH (`git@host:owner/name`) as a URL; without a user and password that a manifest carries. */
export function remoteUrl(url: string): string {
  const short = /^([\w.-]+@[\w.-]+):(?!\/\/)(.*)$/u.exec(url);
  return short === null ? withoutUser(url) : `ssh://${short[1] ?? ''}/${short[2] ?? ''}`;
}

/** Threat: a password in a manifest's URL would end up in reports. */
export function withoutUser(url: string): string {
  const authority = /^https?:\/\/([^/\s]*)/u.exec(url)?.[1] ?? '';
  const at = authority.lastIndexOf('@');
  return at === -1 ? url : url.replace(authority, authority.slice(at + 1));
}
