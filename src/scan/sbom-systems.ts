/** How each scanner calls the distribution that OSV calls `Debian:12`, so that it finds its advisories. Pure. */

export type SbomDialect = 'trivy' | 'grype' | 'osv-scanner';

/** A set of packages that goes into one SBOM: scanners take one distribution for each. */
export interface SbomSystem {
  /** purl type. */
  readonly type: 'pypi' | 'deb' | 'apk' | 'rpm';
  /**
   * purl namespace; empty for Python. Trivy leaves packages out whose namespace is not that of its family, in silence; the others
   * do not look at it for rpm.
   */
  readonly namespace: string;
  /** Name and version of the operating-system component; null for Python. */
  readonly os: { readonly name: string; readonly version: string } | null;
}

interface Distribution {
  readonly type: Exclude<SbomSystem['type'], 'pypi'>;
  readonly namespace: string;
  /** Trivy's family; null: it has no advisories for it. */
  readonly trivy: string | null;
  /** `ID` of os-release, which Grype goes by; null likewise. */
  readonly grype: string | null;
  /** It has no releases. */
  readonly rolling?: true;
}

/** By what is before the release. What is not here is known to no scanner, or is not sure to be looked up. */
const DISTRIBUTIONS: ReadonlyMap<string, Distribution> = new Map<string, Distribution>([
  ['Debian', { type: 'deb', namespace: 'debian', trivy: 'debian', grype: 'debian' }],
  ['Ubuntu', { type: 'deb', namespace: 'ubuntu', trivy: 'ubuntu', grype: 'ubuntu' }],
  ['Alpine', { type: 'apk', namespace: 'alpine', trivy: 'alpine', grype: 'alpine' }],
  ['Wolfi', { type: 'apk', namespace: 'wolfi', trivy: 'wolfi', grype: 'wolfi', rolling: true }],
  [
    'Chainguard',
    { type: 'apk', namespace: 'chainguard', trivy: 'chainguard', grype: 'chainguard', rolling: true },
  ],
  ['AlmaLinux', rpm('alma', 'alma', 'almalinux')],
  ['Rocky Linux', rpm('rocky', 'rocky', 'rocky')],
  ['Red Hat', rpm('redhat', 'redhat', 'rhel')],
  ['CentOS', rpm('centos', 'centos', 'centos')],
  ['Oracle Linux', rpm('oracle', 'oracle', 'ol')],
  ['Amazon Linux', rpm('amazon', 'amazon', 'amzn')],
  ['Photon OS', rpm('photon', 'photon', 'photon')],
  ['SUSE', rpm('suse', 'sles', 'sles')],
  ['openSUSE', rpm('opensuse', 'opensuse-leap', 'opensuse-leap')],
  ['Azure Linux', rpm('azurelinux', 'azurelinux', 'azurelinux')],
  // Azure Linux before its third release.
  ['Mariner', rpm('cbl-mariner', 'cbl-mariner', 'mariner')],
]);

function rpm(namespace: string, trivy: string, grype: string): Distribution {
  return { type: 'rpm', namespace, trivy, grype };
}

const PYTHON: SbomSystem = { type: 'pypi', namespace: '', os: null };

/**
 * @param ecosystem as `ScanPackage` has it.
 * @returns null when the scanner has no advisories for it, or cannot be told in an SBOM: its packages are then not checked.
 */
export function systemOf(ecosystem: string, dialect: SbomDialect): SbomSystem | null {
  if (ecosystem === 'PyPI') return PYTHON;
  const [name, release] = nameAndRelease(ecosystem);
  const known = DISTRIBUTIONS.get(name);
  if (known === undefined) return null;
  const written = osName(known, dialect);
  const version = known.rolling === true ? '' : versionOf(name, release, dialect);
  if (written === null || version === null) return null;
  return { type: known.type, namespace: known.namespace, os: { name: written, version } };
}

function nameAndRelease(ecosystem: string): readonly [string, string] {
  const colon = ecosystem.indexOf(':');
  if (colon === -1) return [ecosystem, ''];
  const name = ecosystem.slice(0, colon);
  const release = ecosystem.slice(colon + 1);
  return name === 'Azure Linux' && /^[12](?:\.|$)/u.test(release) ? ['Mariner', release] : [name, release];
}

/** osv-scanner 2.6.0 finds the ecosystem of a deb or an apk from its purl, and of no rpm. */
function osName({ type, namespace, trivy, grype }: Distribution, dialect: SbomDialect): string | null {
  if (dialect === 'osv-scanner') return type === 'rpm' ? null : namespace;
  return dialect === 'trivy' ? trivy : grype;
}

/** `v3.20` → `3.20`, `22.04:LTS` → `22.04`, `Leap 15.5` → `15.5`. Without a release nothing would be found. */
function versionOf(name: string, release: string, dialect: SbomDialect): string | null {
  const version = /^(?:v|Leap )?(\d[\w.+~-]{0,40}|edge)(?::LTS)?$/u.exec(release)?.[1] ?? null;
  const isMicrosofts = name === 'Azure Linux' || name === 'Mariner';
  return isMicrosofts && dialect === 'trivy' && version !== null && !version.includes('.')
    ? `${version}.0`
    : version;
}

/** Trivy's families that os-release calls otherwise. */
const IDS: ReadonlyMap<string, string> = new Map([
  ['alma', 'almalinux'],
  ['redhat', 'rhel'],
  ['oracle', 'ol'],
  ['amazon', 'amzn'],
  ['cbl-mariner', 'mariner'],
]);

/** `ID` of os-release for the family that Trivy tells of an image. */
export function idOfTrivyFamily(family: string): string {
  return IDS.get(family) ?? family;
}
