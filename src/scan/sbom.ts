/**
 * Software bills of materials for scanners that take no list of packages (CycloneDX 1.5, JSON). Pure; the same packages give the
 * same bytes: no serial number, no time.
 * @see https://cyclonedx.org/docs/1.5/json/
 * @see https://github.com/package-url/purl-spec
 */
import type { ScanPackage } from './model.ts';
import { compareText } from '../images/content.ts';
import { systemOf, type SbomDialect, type SbomSystem } from './sbom-systems.ts';

export interface Sbom {
  /** In the private folder: `debian-12.cdx.json`; osv-scanner goes by that ending. */
  readonly file: string;
  /** As `ScanPackage` has it. */
  readonly ecosystem: string;
  readonly system: SbomSystem;
  readonly text: string;
  /** The packages by the `bom-ref` of their component. osv-scanner has one component for all packages of a source. */
  readonly packages: ReadonlyMap<string, ScanPackage>;
}

export interface Sboms {
  /** By ecosystem, sorted. */
  readonly sboms: readonly Sbom[];
  /** Packages that the scanner cannot look up. */
  readonly unknown: readonly ScanPackage[];
}

/** One SBOM for each distribution release, and one for all Python packages. */
export function writeSboms(packages: readonly ScanPackage[], dialect: SbomDialect): Sboms {
  const sboms: Sbom[] = [];
  const unknown: ScanPackage[] = [];
  const byEcosystem = [...Map.groupBy(packages, (one) => one.ecosystem)];
  for (const [ecosystem, members] of byEcosystem.sort(([a], [b]) => compareText(a, b))) {
    const system = systemOf(ecosystem, dialect);
    if (system === null) unknown.push(...members);
    else sboms.push(writeSbom(ecosystem, system, members, dialect, sboms.length));
  }
  return { sboms, unknown };
}

function writeSbom(
  ecosystem: string,
  system: SbomSystem,
  members: readonly ScanPackage[],
  dialect: SbomDialect,
  index: number,
): Sbom {
  const named = dialect === 'osv-scanner' ? bySource(members) : members;
  const sorted = named.toSorted((a, b) => compareText(sortKey(a), sortKey(b)));
  const byRef = new Map(sorted.map((one, at) => [`relock-${at}`, one]));
  const os =
    system.os === null
      ? []
      : [
          {
            type: 'operating-system',
            'bom-ref': 'relock-os',
            name: system.os.name,
            version: system.os.version,
          },
        ];
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    components: [...os, ...[...byRef].map(([ref, one]) => component(ref, one, system, dialect))],
  };
  const name = `${system.os?.name ?? 'python'}-${system.os?.version ?? ''}`.replaceAll(/[^a-z0-9]+/gu, '-');
  return {
    file: `${index}-${name.replace(/-$/u, '')}.cdx.json`,
    ecosystem,
    system,
    text: `${JSON.stringify(document)}\n`,
    packages: byRef,
  };
}

function sortKey({ name, version, arch, source, sourceVersion }: ScanPackage): string {
  return [name, version, arch, source, sourceVersion].join('\u0000');
}

/** osv-scanner looks a component up by its own name, and advisories go by source packages. */
function bySource(members: readonly ScanPackage[]): readonly ScanPackage[] {
  const sources = new Map<string, ScanPackage>();
  for (const one of members) {
    const { source, sourceVersion } = one;
    const key = `${source}\u0000${sourceVersion}`;
    if (!sources.has(key)) sources.set(key, { ...one, name: source, version: sourceVersion, arch: '' });
  }
  return [...sources.values()];
}

interface Property {
  readonly name: string;
  readonly value: string;
}

function component(ref: string, one: ScanPackage, system: SbomSystem, dialect: SbomDialect): object {
  const properties = propertiesOf(one, system, dialect);
  return {
    type: 'library',
    'bom-ref': ref,
    name: one.name,
    version: one.version,
    purl: purlOf(one, system),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

/** Where each scanner reads the source package from, since a purl has no place for it that all know. */
function propertiesOf(one: ScanPackage, { type }: SbomSystem, dialect: SbomDialect): readonly Property[] {
  if (type === 'pypi' || dialect === 'osv-scanner') return [];
  if (dialect === 'trivy') return trivyProperties(one, type);
  const { source, sourceVersion, arch } = one;
  const written = (
    metadataType: string,
    fields: readonly (readonly [string, string])[],
  ): readonly Property[] => [
    { name: 'syft:package:type', value: type },
    { name: 'syft:package:metadataType', value: metadataType },
    ...fields.map(([name, value]) => ({ name: `syft:metadata:${name}`, value })),
  ];
  if (type === 'apk')
    return written('apk-db-entry', [
      ['originPackage', source],
      ['architecture', arch],
    ]);
  if (type === 'deb') {
    return written('dpkg-db-entry', [
      ['source', source],
      ['sourceVersion', sourceVersion],
      ['architecture', arch],
    ]);
  }
  return [];
}

function trivyProperties(
  { source, sourceVersion }: ScanPackage,
  type: Exclude<SbomSystem['type'], 'pypi'>,
): readonly Property[] {
  const property = (name: string, value: string): Property => ({ name: `aquasecurity:trivy:${name}`, value });
  if (type !== 'rpm') return [property('SrcName', source), property('SrcVersion', sourceVersion)];
  const { epoch, version, release } = rpmParts(sourceVersion);
  return [
    property('SrcName', source),
    property('SrcVersion', version),
    property('SrcRelease', release),
    ...(epoch === '' ? [] : [property('SrcEpoch', epoch)]),
  ];
}

/**
 * The package's URL. rpm has its epoch as a qualifier, and as upstream the file name of its source package; deb and apk have
 * `NAME@VERSION` there.
 */
export function purlOf(one: ScanPackage, { type, namespace, os }: SbomSystem): string {
  const { name, version, source, sourceVersion, arch } = one;
  if (type === 'pypi') return `pkg:pypi/${part(name)}@${part(version)}`;
  const parts = rpmParts(version);
  const qualifiers: readonly (readonly [string, string])[] = [
    ['arch', arch],
    ['distro', os === null ? '' : os.version === '' ? os.name : `${os.name}-${os.version}`],
    ['epoch', type === 'rpm' ? parts.epoch : ''],
    ['upstream', type === 'rpm' ? sourceRpm(one) : source === name ? '' : `${source}@${sourceVersion}`],
  ];
  const written = qualifiers
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${part(value)}`);
  const plain =
    type === 'rpm' ? [parts.version, parts.release].filter((text) => text !== '').join('-') : version;
  return `pkg:${type}/${part(namespace)}/${part(name)}@${part(plain)}?${written.join('&')}`;
}

function sourceRpm({ source, sourceVersion }: ScanPackage): string {
  const { version, release } = rpmParts(sourceVersion);
  return `${source}-${version}-${release === '' ? '0' : release}.src.rpm`;
}

/** `2:9.1.083-5.el9` */
function rpmParts(text: string): {
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
} {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon > 0 && /^\d{1,9}$/u.test(text.slice(0, colon)) ? text.slice(0, colon) : '',
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

function part(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
