import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepoFormatError } from '../../src/distro/repo-store.ts';
import { createPrimaryReader, readStoredRpm } from '../../src/distro/rpm-primary.ts';
import { parseMetalink, parseMirrorList, parseRepomd } from '../../src/distro/rpm-repomd.ts';
import { createUpdateinfoReader, readStoredAdvice } from '../../src/distro/rpm-updateinfo.ts';
import {
  makeRepository,
  metalinkXml,
  primaryXml,
  updateinfoXml,
  type MadeRpm,
} from '../support/rpm-world.ts';

const PACKAGES: readonly MadeRpm[] = [
  { name: 'openssl', version: '1:3.0.7-27.el9', source: 'openssl', made: 1_700_000_000 },
  { name: 'openssl-libs', version: '1:3.0.7-27.el9', source: 'openssl' },
  { name: 'tzdata', version: '2024a-1.el9', arch: 'noarch' },
  { name: 'new', version: '2-1', obsoletes: ['old < 2.0-1', 'older', 'odd > 0:1'] },
];

function readPrimary(text: string, cut = 0) {
  const reader = createPrimaryReader();
  reader.write(Buffer.from(text.slice(0, cut)));
  reader.write(Buffer.from(text.slice(cut)));
  return reader.end();
}

describe('primary.xml', () => {
  it('gives packages by name', () => {
    const { packages, obsoleting } = readPrimary(primaryXml(PACKAGES));
    expect(packages.size).toBe(4);
    expect(packages.find('openssl').map(readStoredRpm)).toEqual([
      {
        name: 'openssl',
        arch: 'x86_64',
        version: '1:3.0.7-27.el9',
        source: 'openssl',
        sourceVersion: '3.0.7-27.el9',
        made: 1_700_000_000,
        obsoletes: [],
      },
    ]);
    expect([...obsoleting.keys()]).toEqual(['old', 'older', 'odd']);
    expect(obsoleting.get('old')?.[0]?.obsoletes).toEqual([
      { name: 'old', flags: 'LT', version: '2.0-1' },
      { name: 'older', flags: '', version: '' },
      { name: 'odd', flags: 'GT', version: '1' },
    ]);
  });

  it('is the same however it is cut', () => {
    const text = primaryXml(PACKAGES);
    fc.assert(
      fc.property(fc.nat(text.length), (cut) => {
        expect(readPrimary(text, cut).packages.find('tzdata').length).toBe(1);
      }),
    );
  });

  it('cut short is refused', () => {
    const text = primaryXml(PACKAGES).trimEnd();
    fc.assert(
      fc.property(fc.nat(text.length - 1), (end) => {
        expect(() => readPrimary(text.slice(0, end))).toThrow(RepoFormatError);
      }),
    );
  });

  it('passes over what is no package', () => {
    const text = primaryXml([
      { name: 'a b', version: '1-1' },
      { name: 'source', version: '1-1', arch: 'src' },
      { name: 'none', version: '-' },
      { name: 'right', version: '1-1' },
    ]);
    expect(readPrimary(text).packages.size).toBe(1);
  });
});

describe('updateinfo.xml', () => {
  it.each([
    ['2024-05-01 10:11:12', '2024-05-01T10:11:12.000Z'],
    ['2024-05-01', '2024-05-01T00:00:00.000Z'],
    ['2024-05-01T10:11:12Z', '2024-05-01T10:11:12.000Z'],
    ['1714558272', '2024-05-01T10:11:12.000Z'],
    ['yesterday', null],
    ['2024-99-01', null],
  ])('gives advisories by package; issued %s', (issued, expected) => {
    const reader = createUpdateinfoReader();
    const [openssl, libs] = PACKAGES;
    const text = updateinfoXml([
      {
        id: 'TEST-2024:1',
        type: 'security',
        issued,
        packages: [openssl, libs].flatMap((each) => each ?? []),
      },
      { id: 'TEST-2024:2', type: 'bugfix', packages: openssl === undefined ? [] : [openssl] },
    ]);
    reader.write(Buffer.from(text));
    const records = reader.end();
    expect(records.find('openssl').map(readStoredAdvice)).toEqual([
      {
        name: 'openssl',
        arch: 'x86_64',
        version: '1:3.0.7-27.el9',
        id: 'TEST-2024:1',
        security: true,
        issued: expected,
      },
      {
        name: 'openssl',
        arch: 'x86_64',
        version: '1:3.0.7-27.el9',
        id: 'TEST-2024:2',
        security: false,
        issued: null,
      },
    ]);
    expect(records.find('openssl-libs').length).toBe(1);
  });
});

describe('repomd.xml', () => {
  it('names files with their checksums', () => {
    const bytes = makeRepository({ packages: PACKAGES, advisories: [], timestamp: 1_714_558_272 }).get(
      'repodata/repomd.xml',
    );
    const { files, date, refused } = parseRepomd(bytes ?? Buffer.alloc(0));
    expect([date, refused]).toEqual(['2024-05-01T10:11:12.000Z', []]);
    expect(
      files.map(({ type, path, size }) => [type, /^repodata\/[0-9a-f]{64}-/u.test(path), size !== null]),
    ).toEqual([
      ['primary', true, true],
      ['updateinfo', true, true],
    ]);
  });

  const SUM = 'a'.repeat(64);
  it.each([
    ['../../other/x.xml.gz', 'sha256', SUM, ''],
    ['/etc/passwd', 'sha256', SUM, ''],
    ['https://b.example/x', 'sha256', SUM, ''],
    ['repodata/x', 'sha', 'a'.repeat(40), ''],
    ['repodata/x', 'md5', 'a'.repeat(32), ''],
    ['repodata/x', 'sha256', 'zz', ''],
    ['repodata/x', 'sha256', SUM, ' xml:base="https://b.example/"'],
  ])('does not lead to %s with %s %s%s', (href, kind, sum, base) => {
    const text = `<repomd><data type="primary"><checksum type="${kind}">${sum}</checksum><location href="${href}"${base}/></data></repomd>`;
    expect(parseRepomd(Buffer.from(text))).toMatchObject({ files: [], refused: ['primary'], date: null });
  });

  it.each(['<html><body>not found</body></html>', '', '<repomd>'])('is not read from %j', (text) => {
    expect(() => parseRepomd(Buffer.from(text))).toThrow(RepoFormatError);
  });
});

describe('mirrors', () => {
  it('of a metalink: https first, then by preference; with the checksum of today', () => {
    const urls = [
      'http://a.example/r/repodata/repomd.xml',
      'https://b.example/r/repodata/repomd.xml',
      'rsync://c.example/r/repodata/repomd.xml',
    ];
    const read = parseMetalink(Buffer.from(metalinkXml(urls, Buffer.from('x'))));
    expect(read.urls).toEqual([urls[1], urls[0]]);
    expect(read.checksum?.hex).toMatch(/^2d711642/u);
  });

  it('of a list', () => {
    expect(
      parseMirrorList('# comment\nhttps://a.example/r/\r\n\nftp://b.example/\nhttp://c.example/\nx y\n'),
    ).toEqual(['https://a.example/r/', 'http://c.example/']);
  });
});
