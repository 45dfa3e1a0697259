/** Python packages that an image's distribution brought, and patches: its own advisories speak of them. Pure. */
import type { ImagePackage } from '../images/content.ts';

/** pip on Debian installs into `usr/local`, and never here. */
const DEBIAN = /^usr\/lib\/python[\d.]{1,6}\/dist-packages(?:$|\/)/u;
/** pip on Red Hat's and SUSE's installs into `usr/local`; on Alpine into the same folder as the distribution. */
const SYSTEM = /^usr\/lib(?:64)?\/python[\d.]{1,6}\/site-packages(?:$|\/)/u;

/**
 * Whether a Python package belongs to a package of the distribution. Such a one has backported fixes under an old version
 * number, and would be counted twice. One that nothing vouches for counts as pip's: better told once too often than missed.
 * @param packages all of the image.
 */
export function ownedPython(packages: readonly ImagePackage[]): (one: ImagePackage) => boolean {
  const kinds = new Set(packages.map(({ kind }) => kind));
  const alpine = new Set(
    packages.flatMap(({ kind, name, version }) =>
      kind === 'apk' ? [`${name.toLowerCase().replaceAll('_', '-')} ${upstream(version)}`] : [],
    ),
  );
  return ({ kind, name, version, location }) => {
    if (kind !== 'python') return false;
    if (kinds.has('deb') && DEBIAN.test(location)) return true;
    if (!SYSTEM.test(location)) return false;
    if (kinds.has('rpm')) return true;
    return alpine.has(`py3-${name} ${version}`) || alpine.has(`${name} ${version}`);
  };
}

/** `1.16.0-r9` -> `1.16.0`. */
function upstream(version: string): string {
  return version.replace(/-r\d{1,6}$/u, '');
}
