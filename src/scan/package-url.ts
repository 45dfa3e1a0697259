/** Package URLs (purl-spec) as ignore files name packages with them. Pure. */
import type { IgnoredPackage } from './ignore-rule.ts';

/** Types and namespaces, and what OSV calls their packages. */
const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ['pypi/', 'PyPI'],
  ['deb/debian', 'Debian'],
  ['deb/ubuntu', 'Ubuntu'],
  ['apk/alpine', 'Alpine'],
  ['apk/wolfi', 'Wolfi'],
  ['apk/chainguard', 'Chainguard'],
  ['rpm/alma', 'AlmaLinux'],
  ['rpm/almalinux', 'AlmaLinux'],
  ['rpm/rocky', 'Rocky Linux'],
  ['rpm/redhat', 'Red Hat'],
  ['rpm/rhel', 'Red Hat'],
  ['rpm/centos', 'CentOS'],
  ['rpm/fedora', 'Fedora'],
  ['rpm/oracle', 'Oracle Linux'],
  ['rpm/opensuse', 'openSUSE'],
]);

/**
 * @returns the package, null when nobody here looks at packages of its kind, or why it cannot be used, as the end of a
 *   sentence that begins with the URL.
 */
export function packageOfUrl(
  url: string,
): { readonly package: IgnoredPackage | null } | { readonly why: string } {
  const match = /^pkg:\/{0,2}([a-z][a-z0-9.+-]{0,30})\/([^@?#]{1,300})(?:@([^?#]{1,200}))?([?#].*)?$/iu.exec(
    url,
  );
  if (match === null) return { why: 'is no package URL' };
  const [, type = '', path = '', version, rest] = match;
  // What a package is built for is not known of a finding; to leave it out would ignore more than was meant.
  if (rest !== undefined) return { why: 'has qualifiers or a subpath, which are not understood' };
  const parts = path.replace(/\/+$/u, '').split('/').map(decoded);
  const name = parts.pop();
  const plain = version === undefined ? null : decoded(version);
  if (
    name === undefined ||
    name === null ||
    parts.includes(null) ||
    (version !== undefined && plain === null)
  )
    return { why: 'is no package URL' };
  const ecosystem = ECOSYSTEMS.get(`${type}/${parts.join('/')}`.toLowerCase()) ?? null;
  return { package: ecosystem === null ? null : { ecosystem, name, version: plain } };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
