/** How advisories name the distribution of an image (OSV schema, "Defined ecosystems"). Pure. */
import type { ImagePackageKind, ImageSystem } from '../images/content.ts';

export type SystemKind = Exclude<ImagePackageKind, 'python'>;

interface Family {
  readonly kind: SystemKind;
  /** null: this release has no advisories of its own. */
  readonly named: (system: ImageSystem) => string | null;
}

/** By `ID` of os-release. Photon OS is in the schema, but no source of OSV has its advisories. */
const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['debian', { kind: 'deb', named: byMajor('Debian') }],
  ['ubuntu', { kind: 'deb', named: ubuntu }],
  ['alpine', { kind: 'apk', named: alpine }],
  ['wolfi', { kind: 'apk', named: () => 'Wolfi' }],
  ['chainguard', { kind: 'apk', named: () => 'Chainguard' }],
  ['alpaquita', { kind: 'apk', named: bellSoft('Alpaquita') }],
  ['bellsoft-hardened-containers', { kind: 'apk', named: bellSoft('BellSoft Hardened Containers') }],
  ['almalinux', { kind: 'rpm', named: byMajor('AlmaLinux') }],
  ['rocky', { kind: 'rpm', named: byMajor('Rocky Linux') }],
  ['mageia', { kind: 'rpm', named: byMajor('Mageia') }],
  ['azurelinux', { kind: 'rpm', named: byMajor('Azure Linux') }],
  ['mariner', { kind: 'rpm', named: byMajor('Azure Linux') }],
  ['opensuse-leap', { kind: 'rpm', named: leap }],
  ['opensuse-tumbleweed', { kind: 'rpm', named: () => 'openSUSE:Tumbleweed' }],
  ['openeuler', { kind: 'rpm', named: openEuler }],
]);

/**
 * Distributions whose advisories OSV has by product stream (a CPE with `::baseos`, a SUSE module with or without `-LTSS`).
 * Which stream a package comes from stands nowhere in an image, and a wrong one answers with nothing, which would look clean.
 */
const BY_STREAM: ReadonlySet<string> = new Set(['rhel', 'sles', 'sled', 'sles_sap', 'sle_hpc', 'sle-micro']);

/**
 * @returns OSV's name for the packages of that kind (`Debian:12`, `Ubuntu:22.04:LTS`); null when OSV has no advisories for
 *   them, or only under a name that an image does not tell.
 */
export function ecosystemOf(system: ImageSystem, kind: ImagePackageKind): string | null {
  const family = FAMILIES.get(system.id);
  return family?.kind === kind ? family.named(system) : null;
}

const OSV_NAMES: readonly RegExp[] = [
  /^(?:PyPI|Wolfi|Chainguard|openSUSE:Tumbleweed)$/u,
  /^(?:Debian|AlmaLinux|Rocky Linux|Mageia|Azure Linux):\d{1,4}$/u,
  /^Ubuntu:\d\d\.\d\d(?::LTS)?$/u,
  /^Alpine:v\d{1,2}\.\d{1,3}$/u,
  /^(?:Alpaquita|BellSoft Hardened Containers):(?:\d{1,4}|stream)$/u,
  /^openSUSE:Leap \d{1,3}\.\d{1,2}$/u,
  /^openEuler:\d\d\.\d\d-LTS(?:-SP\d{1,2})?$/u,
];

/**
 * Whether OSV can have advisories under this very name. It answers a name like `Red Hat:9` or `Debian` with nothing, or with
 * those of every release, and not with an error: neither may be taken for an answer.
 */
export function isOsvEcosystem(ecosystem: string): boolean {
  return OSV_NAMES.some((name) => name.test(ecosystem));
}

/** Why `ecosystemOf` has no name, to go on after `3 packages of Amazon Linux 2023, `. */
export function whyNoEcosystem(system: ImageSystem, kind: ImagePackageKind): string {
  if (BY_STREAM.has(system.id))
    return 'since OSV has its advisories by product stream, which images do not name';
  return FAMILIES.get(system.id)?.kind === kind
    ? 'which is no release that OSV has advisories for'
    : 'whose advisories OSV does not have';
}

/** Names in OSV's manner for distributions that other scanners know, too. */
const OTHERS: ReadonlyMap<string, { readonly name: string; readonly major: boolean }> = new Map([
  ['rhel', { name: 'Red Hat', major: true }],
  ['centos', { name: 'CentOS', major: true }],
  ['ol', { name: 'Oracle Linux', major: true }],
  ['fedora', { name: 'Fedora', major: true }],
  ['amzn', { name: 'Amazon Linux', major: false }],
  ['photon', { name: 'Photon OS', major: false }],
  ['sles', { name: 'SUSE', major: false }],
  ['debian', { name: 'Debian', major: true }],
  ['ubuntu', { name: 'Ubuntu', major: false }],
]);

/**
 * A name for the distribution in any case: OSV's, else one in its manner (`Red Hat:9`, `Amazon Linux:2023`). For scanners that
 * know more distributions than OSV; not to be sent to OSV.
 */
export function distributionOf(system: ImageSystem, kind: ImagePackageKind): string {
  const known = ecosystemOf(system, kind);
  if (known !== null) return known;
  if (system.id === 'alpine') return 'Alpine:edge';
  const { name, major } = OTHERS.get(system.id) ?? { name: system.id, major: false };
  const release = major ? majorOf(system.version) : system.version;
  return release !== null && /^[\w.+~-]{1,40}$/u.test(release) ? `${name}:${release}` : name;
}

function majorOf(version: string): string | null {
  return /^(\d{1,4})(?:\.\d{1,8}){0,3}$/u.exec(version)?.[1] ?? null;
}

function byMajor(name: string): Family['named'] {
  return ({ version }) => {
    const major = majorOf(version);
    return major === null ? null : `${name}:${major}`;
  };
}

/** Every second April's release is one of long support, which OSV has in the name. */
function ubuntu({ version }: ImageSystem): string | null {
  const match = /^(\d\d)\.(\d\d)$/u.exec(version);
  if (match === null) return null;
  const isLong = match[2] === '04' && Number(match[1]) % 2 === 0;
  return `Ubuntu:${version}${isLong ? ':LTS' : ''}`;
}

/** Not edge (`3.23.0_alpha20250612`): there is no branch of that name. */
function alpine({ version }: ImageSystem): string | null {
  const branch = /^(\d{1,2}\.\d{1,3})(?:\.\d{1,3})?$/u.exec(version)?.[1];
  return branch === undefined ? null : `Alpine:v${branch}`;
}

function bellSoft(name: string): Family['named'] {
  return ({ version }) => (/^(?:\d{1,4}|stream)$/u.test(version) ? `${name}:${version}` : null);
}

function leap({ version }: ImageSystem): string | null {
  return /^\d{1,3}\.\d{1,2}$/u.test(version) ? `openSUSE:Leap ${version}` : null;
}

/** By its marketing name, `openEuler 24.03 (LTS-SP1)`; releases without long support have no advisories. */
function openEuler({ name }: ImageSystem): string | null {
  const match = /^openEuler (\d\d\.\d\d) \((LTS(?:-SP\d{1,2})?)\)$/u.exec(name);
  return match === null ? null : `openEuler:${match[1]}-${match[2]}`;
}
