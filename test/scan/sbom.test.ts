import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanPackage } from '../../src/scan/model.ts';
import { purlOf, writeSboms } from '../../src/scan/sbom.ts';
import { systemOf, type SbomDialect } from '../../src/scan/sbom-systems.ts';
import { deb, python, SMALL_SET } from '../support/scanners.ts';

const DIALECTS: readonly SbomDialect[] = ['trivy', 'grype', 'osv-scanner'];

interface Document {
  readonly components: readonly {
    readonly type: string;
    readonly 'bom-ref': string;
    readonly name: string;
    readonly version: string;
    readonly purl?: string;
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  }[];
}

function documents(packages: readonly ScanPackage[], dialect: SbomDialect): readonly Document[] {
  return writeSboms(packages, dialect).sboms.map(({ text }) => JSON.parse(text) as Document);
}

function of(ecosystem: string, more: Partial<ScanPackage> = {}): ScanPackage {
  return { ...deb('bash', '5.2-1'), ecosystem, ...more };
}

describe('SBOMs', () => {
  it('are one for Python and one for each release of a distribution, each with its operating system', () => {
    const packages = [...SMALL_SET, of('Debian:11'), of('Alpine:v3.20'), of('AlmaLinux:9')];
    const { sboms, unknown } = writeSboms(packages, 'trivy');
    expect(sboms.map(({ file, ecosystem }) => [file, ecosystem])).toEqual([
      ['0-alma-9.cdx.json', 'AlmaLinux:9'],
      ['1-alpine-3-20.cdx.json', 'Alpine:v3.20'],
      ['2-debian-11.cdx.json', 'Debian:11'],
      ['3-debian-12.cdx.json', 'Debian:12'],
      ['4-python.cdx.json', 'PyPI'],
    ]);
    expect(unknown).toEqual([]);
    const systems = documents(packages, 'trivy').map(({ components }) =>
      components
        .filter(({ type }) => type === 'operating-system')
        .map(({ name, version }) => `${name} ${version}`),
    );
    expect(systems).toEqual([['alma 9'], ['alpine 3.20'], ['debian 11'], ['debian 12'], []]);
  });

  it.each(DIALECTS)('for %s are the same bytes whatever the order, and leave nothing out', (dialect) => {
    const all = fc.shuffledSubarray([...SMALL_SET], { minLength: SMALL_SET.length });
    const expected = writeSboms(SMALL_SET, dialect).sboms.map(({ text }) => text);
    fc.assert(
      fc.property(all, (packages) => {
        expect(writeSboms(packages, dialect).sboms.map(({ text }) => text)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
    expect(expected.join()).not.toMatch(/serialNumber|timestamp/u);
  });

  it('tell what belongs to no scanner apart', () => {
    const packages = [of('Mageia:9'), of('AlmaLinux:9'), of('Debian:12')];
    expect(writeSboms(packages, 'grype').unknown.map(({ ecosystem }) => ecosystem)).toEqual(['Mageia:9']);
    // It finds no ecosystem for an rpm from an SBOM.
    expect(writeSboms(packages, 'osv-scanner').unknown.map(({ ecosystem }) => ecosystem)).toEqual([
      'AlmaLinux:9',
      'Mageia:9',
    ]);
  });

  it('give osv-scanner source packages, each once', () => {
    const [document] = documents(
      [deb('libssl3', '3.0.20-1', 'openssl'), deb('openssl', '3.0.20-1')],
      'osv-scanner',
    );
    expect(document?.components.slice(1)).toEqual([
      {
        type: 'library',
        'bom-ref': 'relock-0',
        name: 'openssl',
        version: '3.0.20-1',
        purl: 'pkg:deb/debian/openssl@3.0.20-1?distro=debian-12',
      },
    ]);
  });

  it.each<[SbomDialect, ScanPackage, Readonly<Record<string, string>>]>([
    [
      'trivy',
      deb('bsdutils', '1:2.38.1-5', 'util-linux', '2.38.1-5'),
      { 'aquasecurity:trivy:SrcName': 'util-linux', 'aquasecurity:trivy:SrcVersion': '2.38.1-5' },
    ],
    [
      'trivy',
      of('AlmaLinux:9', { source: 'vim', sourceVersion: '2:9.1.083-5.el9' }),
      {
        'aquasecurity:trivy:SrcName': 'vim',
        'aquasecurity:trivy:SrcVersion': '9.1.083',
        'aquasecurity:trivy:SrcRelease': '5.el9',
        'aquasecurity:trivy:SrcEpoch': '2',
      },
    ],
    [
      'grype',
      deb('libssl3', '3.0.20-1', 'openssl'),
      {
        'syft:package:type': 'deb',
        'syft:package:metadataType': 'dpkg-db-entry',
        'syft:metadata:source': 'openssl',
        'syft:metadata:sourceVersion': '3.0.20-1',
        'syft:metadata:architecture': 'amd64',
      },
    ],
    [
      'grype',
      of('Alpine:v3.20', { source: 'openssl' }),
      {
        'syft:package:type': 'apk',
        'syft:package:metadataType': 'apk-db-entry',
        'syft:metadata:originPackage': 'openssl',
        'syft:metadata:architecture': 'amd64',
      },
    ],
    ['grype', python('django', '3.2'), {}],
  ])('tell %s the source package where it looks for it', (dialect, one, properties) => {
    const component = documents([one], dialect)[0]?.components.at(-1);
    expect(Object.fromEntries((component?.properties ?? []).map(({ name, value }) => [name, value]))).toEqual(
      properties,
    );
  });
});

describe('a purl', () => {
  it.each<[string, ScanPackage, string]>([
    ['of Python', python('zope-interface', '5.0+local.1'), 'pkg:pypi/zope-interface@5.0%2Blocal.1'],
    [
      'of a deb',
      deb('bsdutils', '1:2.38.1-5+deb12u3', 'util-linux', '2.38.1-5+deb12u3'),
      'pkg:deb/debian/bsdutils@1%3A2.38.1-5%2Bdeb12u3?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5%2Bdeb12u3',
    ],
    [
      'of an apk that is its own source',
      of('Alpine:v3.20', { arch: 'x86_64' }),
      'pkg:apk/alpine/bash@5.2-1?arch=x86_64&distro=alpine-3.20',
    ],
    [
      'of an rpm, with its epoch apart',
      of('AlmaLinux:9', {
        name: 'vim-minimal',
        version: '2:9.1.083-5.el9',
        source: 'vim',
        sourceVersion: '9.1.083-5.el9',
      }),
      'pkg:rpm/alma/vim-minimal@9.1.083-5.el9?arch=amd64&distro=alma-9&epoch=2&upstream=vim-9.1.083-5.el9.src.rpm',
    ],
  ])('%s', (_, one, purl) => {
    const system = systemOf(one.ecosystem, 'trivy');
    expect(system === null ? null : purlOf(one, system)).toBe(purl);
  });

  it('has nothing of a hostile name as it is', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(text, text, (name, version) => {
        const system = systemOf('PyPI', 'trivy');
        const purl = system === null ? '' : purlOf(python(name, version), system);
        expect(purl).toMatch(/^pkg:pypi\/[\w%.~!*'()-]+@[\w%.~!*'()-]+$/u);
      }),
    );
  });
});

describe('a distribution', () => {
  it.each([
    ['Ubuntu:22.04:LTS', 'ubuntu 22.04', 'ubuntu 22.04', 'ubuntu 22.04'],
    ['Alpine:edge', 'alpine edge', 'alpine edge', 'alpine edge'],
    ['Wolfi', 'wolfi ', 'wolfi ', 'wolfi '],
    ['Azure Linux:3', 'azurelinux 3.0', 'azurelinux 3', null],
    ['Azure Linux:2', 'cbl-mariner 2.0', 'mariner 2', null],
    ['openSUSE:Leap 15.5', 'opensuse-leap 15.5', 'opensuse-leap 15.5', null],
    ['Red Hat:9', 'redhat 9', 'rhel 9', null],
    ['Debian', null, null, null],
    ['Debian:', null, null, null],
    ['Debian:sid; rm', null, null, null],
    ['openSUSE:Tumbleweed', null, null, null],
    ['constructor', null, null, null],
  ])('%s is %s to Trivy, %s to Grype, %s to osv-scanner', (ecosystem, ...names) => {
    const told = DIALECTS.map((dialect) => systemOf(ecosystem, dialect)?.os ?? null);
    expect(told.map((os) => (os === null ? null : `${os.name} ${os.version}`))).toEqual(names);
  });
});
