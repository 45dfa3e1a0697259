/** The order of versions, by what an ecosystem goes by. Pure. */
import { compare, valid } from '@renovatebot/pep440';
import { compareApkVersions } from '../images/apk-version.ts';
import { compareDebVersions } from '../images/deb-version.ts';
import { compareRpmVersions } from '../images/rpm-version.ts';

type Compare = (a: string, b: string) => number;

const APK = /^(?:Alpine|Wolfi|Chainguard|Alpaquita|BellSoft)/u;
const DEB = /^(?:Debian|Ubuntu)/u;
const RPM =
  /^(?:AlmaLinux|Rocky Linux|Red Hat|CentOS|Oracle Linux|Amazon Linux|Photon OS|SUSE|openSUSE|Azure Linux|Mageia|openEuler|Fedora)/u;

function orderOf(ecosystem: string): Compare | null {
  if (ecosystem === 'PyPI') return compare;
  if (DEB.test(ecosystem)) return compareDebVersions;
  // One that is no version of apk is not left out.
  if (APK.test(ecosystem)) return (a, b) => compareApkVersions(a, b) ?? 1;
  return RPM.test(ecosystem) ? compareRpmVersions : null;
}

/**
 * Fixed versions above the installed one, lowest first, each once. In an ecosystem without a known order they stay as they are.
 * A distribution's scanner names the one fix of the release: it stays although epochs, which source packages of rpm do not
 * have, make it look older.
 */
export function fixedAbove(ecosystem: string, version: string, fixed: readonly string[]): readonly string[] {
  const isPython = ecosystem === 'PyPI';
  const once = [...new Set(fixed.map((one) => one.trim()))].filter(
    (one) => one !== '' && one.length <= 200 && (!isPython || valid(one) !== null),
  );
  const order = orderOf(ecosystem);
  if (order === null || (isPython && valid(version) === null)) return once;
  const above = once.filter((one) => order(one, version) > 0).sort(order);
  return above.length === 0 && !isPython ? once : above;
}
