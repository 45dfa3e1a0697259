import { describe, expect, it } from 'vitest';
import { parseOsRelease } from '../../src/images/os-release.ts';
import type { ImagePackageKind } from '../../src/images/content.ts';
import { distributionOf, ecosystemOf, isOsvEcosystem } from '../../src/scan/ecosystem-of.ts';
import { whyNot } from '../../src/scan/osv/ecosystems.ts';

function system(id: string, version: string, name = id) {
  return { id, version, name, codename: '' };
}

describe('ecosystemOf', () => {
  it.each<[string, string, ImagePackageKind, string]>([
    ['debian', '12', 'deb', 'Debian:12'],
    ['debian', '13.1', 'deb', 'Debian:13'],
    ['ubuntu', '22.04', 'deb', 'Ubuntu:22.04:LTS'],
    ['ubuntu', '24.04', 'deb', 'Ubuntu:24.04:LTS'],
    ['ubuntu', '26.04', 'deb', 'Ubuntu:26.04:LTS'],
    ['ubuntu', '24.10', 'deb', 'Ubuntu:24.10'],
    ['ubuntu', '25.04', 'deb', 'Ubuntu:25.04'],
    ['alpine', '3.22.1', 'apk', 'Alpine:v3.22'],
    ['alpine', '3.9', 'apk', 'Alpine:v3.9'],
    ['wolfi', '20230201', 'apk', 'Wolfi'],
    ['chainguard', '', 'apk', 'Chainguard'],
    ['alpaquita', 'stream', 'apk', 'Alpaquita:stream'],
    ['almalinux', '9.6', 'rpm', 'AlmaLinux:9'],
    ['almalinux', '10.0', 'rpm', 'AlmaLinux:10'],
    ['rocky', '8.10', 'rpm', 'Rocky Linux:8'],
    ['mageia', '9', 'rpm', 'Mageia:9'],
    ['azurelinux', '3.0', 'rpm', 'Azure Linux:3'],
    ['mariner', '2.0', 'rpm', 'Azure Linux:2'],
    ['opensuse-leap', '15.6', 'rpm', 'openSUSE:Leap 15.6'],
    ['opensuse-tumbleweed', '20251120', 'rpm', 'openSUSE:Tumbleweed'],
  ])('%s %s has %s packages of %s', (id, version, kind, ecosystem) => {
    expect(ecosystemOf(system(id, version), kind)).toBe(ecosystem);
    expect(isOsvEcosystem(ecosystem)).toBe(true);
    const item = { ecosystem, name: 'a', version: '1', source: 'a', sourceVersion: '1', arch: '' };
    expect(whyNot(item), 'the built-in scanner looks it up').toBeNull();
  });

  it.each([
    ['openEuler 24.03 (LTS-SP1)', 'openEuler:24.03-LTS-SP1'],
    ['openEuler 22.03 (LTS)', 'openEuler:22.03-LTS'],
    ['openEuler 25.09', null],
  ])('%s, whose advisories go by the marketing name, is %s', (name, ecosystem) => {
    expect(ecosystemOf(system('openeuler', '24.03', name), 'rpm')).toBe(ecosystem);
  });

  it.each<[string, string, ImagePackageKind, string]>([
    ['debian', '', 'deb', 'testing and unstable name no release'],
    ['debian', 'sid', 'deb', 'no number'],
    ['ubuntu', '24', 'deb', 'no release'],
    ['alpine', '3.23.0_alpha20250612', 'apk', 'edge'],
    ['alpine', '', 'apk', 'no release'],
    ['rhel', '9.6', 'rpm', 'filed by product stream'],
    ['sles', '15.6', 'rpm', 'filed by module'],
    ['fedora', '43', 'rpm', 'not in OSV'],
    ['amzn', '2023', 'rpm', 'not in OSV'],
    ['ol', '9.6', 'rpm', 'not in OSV'],
    ['photon', '5.0', 'rpm', 'not served by OSV'],
    ['raspbian', '12', 'deb', 'its versions are its own'],
    ['debian', '12', 'rpm', 'a stranger’s database'],
    ['constructor', '1', 'deb', 'no distribution'],
    ['almalinux', '9\u0000:x', 'rpm', 'hostile'],
  ])('%s %s (%s): nothing, since %s', (id, version, kind) => {
    expect(ecosystemOf(system(id, version), kind)).toBeNull();
  });

  it('takes what os-release says as it is read', () => {
    const read = parseOsRelease('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n');
    expect(read === null ? null : ecosystemOf(read, 'deb')).toBe('Debian:12');
  });
});

describe('distributionOf', () => {
  it.each<[string, string, ImagePackageKind, string]>([
    ['debian', '12', 'deb', 'Debian:12'],
    ['rhel', '9.6', 'rpm', 'Red Hat:9'],
    ['amzn', '2023', 'rpm', 'Amazon Linux:2023'],
    ['photon', '5.0', 'rpm', 'Photon OS:5.0'],
    ['ol', '9.6', 'rpm', 'Oracle Linux:9'],
    ['sles', '15.6', 'rpm', 'SUSE:15.6'],
    ['fedora', '43', 'rpm', 'Fedora:43'],
    ['centos', '9', 'rpm', 'CentOS:9'],
    ['debian', '', 'deb', 'Debian'],
    ['alpine', '3.23.0_alpha20250612', 'apk', 'Alpine:edge'],
    ['strange', '1.2', 'rpm', 'strange:1.2'],
    ['strange', 'a\u0000b', 'rpm', 'strange'],
  ])('%s %s (%s) is %s', (id, version, kind, name) => {
    expect(distributionOf(system(id, version), kind)).toBe(name);
    expect(isOsvEcosystem(name)).toBe(ecosystemOf(system(id, version), kind) !== null);
  });
});
