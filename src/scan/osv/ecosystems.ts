/** The ecosystems of OSV that Relock can look up, and the order of versions in each. */
import { isOsvEcosystem } from '../ecosystem-of.ts';
import { compare, valid } from '@renovatebot/pep440';
import { compareApkVersions } from '../../images/apk-version.ts';
import { compareDebVersions } from '../../images/deb-version.ts';
import { compareRpmVersions } from '../../images/rpm-version.ts';
import { normaliseName } from '../../locks/package-name.ts';
import type { ScanPackage } from '../model.ts';

/** Negative when `a` is the older one, 0 when they are equal, null when one of them is no version. */
export type VersionOrder = (a: string, b: string) => number | null;

/** By their names without release (https://ossf.github.io/osv-schema/#affectedpackage-field). */
const ORDERS: ReadonlyMap<string, VersionOrder> = new Map<string, VersionOrder>([
  ['PyPI', comparePythonVersions],
  ...(['Debian', 'Ubuntu', 'Echo'] as const).map((name) => [name, compareDebVersions] as const),
  ...(['Alpine', 'Alpaquita', 'BellSoft Hardened Containers', 'Chainguard', 'MinimOS', 'Wolfi'] as const).map(
    (name) => [name, compareApkVersions] as const,
  ),
  ...(
    ['AlmaLinux', 'Azure Linux', 'Mageia', 'openEuler', 'openSUSE', 'Red Hat', 'Rocky Linux', 'SUSE'] as const
  ).map((name) => [name, compareRpmVersions] as const),
]);

/** `Debian` of `Debian:12`. */
export function baseOf(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon === -1 ? ecosystem : ecosystem.slice(0, colon);
}

/** @returns null for an ecosystem that Relock cannot look up. */
export function orderOf(ecosystem: string): VersionOrder | null {
  return ORDERS.get(baseOf(ecosystem)) ?? null;
}

export function isPython(ecosystem: string): boolean {
  return ecosystem === 'PyPI';
}

/**
 * By PEP 440, without the local part: advisories speak of releases, and `2.0.0+cpu` is a build of `2.0.0`, as it is for
 * `==2.0.0`.
 */
export function comparePythonVersions(a: string, b: string): number | null {
  const [left, right] = [withoutLocal(a), withoutLocal(b)];
  return valid(left) === null || valid(right) === null ? null : compare(left, right);
}

/** A name and version to look up. */
export interface LookUp {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
}

/**
 * By which names and versions a package is looked up: the source package; those of RPM also by their own name, since some
 * of these distributions' advisories list binary packages and some list sources.
 */
export function lookUpsOf(item: ScanPackage): readonly LookUp[] {
  const { ecosystem } = item;
  const source = { ecosystem, name: lookUpName(ecosystem, item.source), version: item.sourceVersion };
  if (orderOf(ecosystem) !== compareRpmVersions || item.name === item.source) return [source];
  return [source, { ecosystem, name: item.name, version: item.version }];
}

/** How names are compared. */
export function lookUpName(ecosystem: string, name: string): string {
  return isPython(ecosystem) ? normaliseName(name) : name;
}

const LONGEST_NAME = 256;

/** Why it cannot be looked up, without a full stop; null: it can. */
export function whyNot(item: ScanPackage): string | null {
  const { ecosystem } = item;
  if (!isOsvEcosystem(ecosystem) || orderOf(ecosystem) === null) {
    return 'OSV has no advisories of this kind of package that Relock can read';
  }
  const texts = [item.name, item.version, item.source, item.sourceVersion];
  return texts.every(isPlain) ? null : 'its name or version is empty, too long or not plain text';
}

function isPlain(text: string): boolean {
  return text !== '' && text.length <= LONGEST_NAME && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

function withoutLocal(version: string): string {
  const plus = version.indexOf('+');
  return plus === -1 ? version : version.slice(0, plus);
}
