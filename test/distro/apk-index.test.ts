import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApkIndexReader, parseInstalledApks } from '../../src/distro/apk-index.ts';
import { isAskedFor, readApkDependencies, readStoredApk } from '../../src/distro/apk-record.ts';
import { verifyApkIndex } from '../../src/distro/apk-signature.ts';
import { makeTar } from '../support/images/make-tar.ts';
import { apkText, makeApkKey, signedIndex, unsignedIndex, type MadeApk } from '../support/apk-world.ts';

const PACKAGES: readonly MadeApk[] = [
  { name: 'musl', version: '1.2.5-r9', built: 1_700_000_000, provides: 'so:libc.musl-x86_64.so.1=1' },
  { name: 'musl', version: '1.2.5-r8' },
  {
    name: 'app',
    version: '1-r0',
    origin: 'apps',
    depends: 'musl so:libc.musl-x86_64.so.1 !other<2',
    arch: 'noarch',
  },
];

function readIndex(text: Buffer, cuts: readonly number[] = []) {
  const reader = createApkIndexReader();
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    reader.write(text.subarray(at, cut));
    at = Math.max(at, cut);
  }
  reader.write(text.subarray(at));
  return reader.end();
}

describe('an index', () => {
  it('gives packages by name, and by what they provide', () => {
    const { packages, date } = readIndex(Buffer.from(apkText(PACKAGES)));
    expect(packages.size).toBe(3);
    expect(date).toBe('2023-11-14T22:13:20.000Z');
    expect(packages.find('musl').map(([, version]) => version)).toEqual(['1.2.5-r9', '1.2.5-r8']);
    expect(packages.find('nothing')).toEqual([]);
    expect(packages.find('__proto__')).toEqual([]);
    // `app` asks for it, and does not provide it.
    expect(packages.providing('so:libc.musl-x86_64.so.1').map(([name]) => name)).toEqual(['musl']);
    expect(packages.providing('so:libc')).toEqual([]);
    expect(readStoredApk(packages.find('app')[0] ?? [])).toMatchObject({
      origin: 'apps',
      built: null,
      depends: [{ name: 'musl' }, { name: 'so:libc.musl-x86_64.so.1' }, { name: 'other', isConflict: true }],
    });
  });

  it('is the same however it is cut', () => {
    const text = Buffer.from(apkText(PACKAGES).replaceAll('\n', '\r\n'));
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const { packages } = readIndex(text, cuts);
        expect(packages.find('app').concat(packages.find('musl')).length).toBe(3);
      }),
    );
  });

  it('never breaks on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readIndex(Buffer.from(bytes)).packages.size).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('has limits', () => {
    const reader = createApkIndexReader({ records: 2, bytes: 1000 });
    expect(() => reader.write(Buffer.from(apkText(PACKAGES)))).toThrow('it has too many entries');
    const small = createApkIndexReader({ records: 9, bytes: 40 });
    expect(() => small.write(Buffer.from(apkText(PACKAGES)))).toThrow('it is too large');
    const long = createApkIndexReader();
    expect(() => long.write(Buffer.alloc(2 * 1024 * 1024, 'x'))).toThrow('it has a line without end');
  });
});

it('of a database of installed packages, files are passed over', () => {
  const text = `${apkText(PACKAGES.slice(2)).trimEnd()}\nF:usr/bin\nR:app\na:0:0:755\nZ:Q1xx=\n\n`;
  expect(parseInstalledApks(text)).toMatchObject([{ name: 'app', version: '1-r0', tag: null }]);
  expect(parseInstalledApks(apkText([{ name: 'a', version: '1-r0', tag: '@edge' }]))).toMatchObject([
    { tag: 'edge' },
  ]);
});

describe('what is asked for', () => {
  it.each([
    ['a', '1-r0', true],
    ['a=1-r0', '1-r0', true],
    ['a=1-r0', '1-r1', false],
    ['a>=1.2', '1.10-r0', true],
    ['a<1.2', '1.10-r0', false],
    ['a<2_rc1', '2_alpha1', true],
    ['a~3.12', '3.12.4-r1', true],
    ['a~3.12', '3.120-r1', false],
    ['a=~3.12', '3.12-r1', true],
    ['a>~3.12', '3.13-r1', true],
    ['a><Q1abc=', '1-r0', true],
    ['a>=1', '', false],
    ['a', '', true],
    ['a=odd', 'odd', true],
  ])('%s, given %s: %s', (asked, version, expected) => {
    const [dependency] = readApkDependencies(asked);
    expect(dependency !== undefined && isAskedFor(dependency, version)).toBe(expected);
  });

  it('has marks of its own', () => {
    expect(readApkDependencies(' !a  b@edge>=2 \u0007 /bin/sh ')).toEqual([
      { name: 'a', isConflict: true, operator: '', version: '', tag: null },
      { name: 'b', isConflict: false, operator: '>=', version: '2', tag: 'edge' },
      { name: '/bin/sh', isConflict: false, operator: '', version: '', tag: null },
    ]);
  });
});

describe('a signature', () => {
  const key = makeApkKey();
  const keys = new Map([[key.name, Buffer.from(key.publicPem)]]);
  const content = unsignedIndex(PACKAGES);

  it.each(['RSA', 'RSA256', 'RSA512'] as const)('by %s is good', (kind) => {
    const file = signedIndex(content, key, kind);
    expect(verifyApkIndex(file, keys)).toEqual({
      ok: true,
      key: key.name,
      start: file.length - content.length,
    });
  });

  it('may be one of several', () => {
    const other = makeApkKey('other.rsa.pub');
    const [one, two] = [key, other].map((each) =>
      signedIndex(content, each, 'RSA256').subarray(0, -content.length),
    );
    expect(verifyApkIndex(Buffer.concat([two ?? content, one ?? content, content]), keys)).toMatchObject({
      ok: true,
    });
  });

  it.each<readonly [string, Buffer, RegExp]>([
    ['none', content, /^it is not signed$/u],
    ['nothing', Buffer.alloc(0), /^it is not signed$/u],
    ['no gzip', Buffer.from('<html>not found</html>'), /^it is not signed$/u],
    [
      'a stranger',
      signedIndex(content, makeApkKey('stranger.rsa.pub')),
      /^the image has no key stranger\.rsa\.pub$/u,
    ],
    ['a stranger under the name of a friend', signedIndex(content, makeApkKey()), /^its signature by test@/u],
    [
      'another content',
      Buffer.concat([signedIndex(content, key).subarray(0, -content.length), unsignedIndex([])]),
      /is wrong$/u,
    ],
    ['something after the end', Buffer.concat([signedIndex(content, key), gzipSync('x')]), /is wrong$/u],
    [
      'a kind that is not known',
      Buffer.concat([gzipSync(makeTar([{ path: `.SIGN.DSA.${key.name}`, content: 'x' }])), content]),
      /of no kind that is known$/u,
    ],
  ])('is not believed: %s', (_, file, why) => {
    const verified = verifyApkIndex(file, keys);
    expect(verified.ok ? 'good' : verified.why).toMatch(why);
  });

  it('is none in which other files are', () => {
    const tar = makeTar([
      { path: `.SIGN.RSA.${key.name}`, content: key.sign(content, 'sha1') },
      { path: 'APKINDEX', content: apkText([]) },
    ]);
    expect(verifyApkIndex(Buffer.concat([gzipSync(tar), content]), keys)).toEqual({
      ok: false,
      why: 'it is not signed',
    });
  });

  it('cannot swallow the start of what it signs', () => {
    const tar = makeTar([
      { path: `.SIGN.RSA.${key.name}`, content: key.sign(content, 'sha1'), size: 60_000 },
    ]);
    expect(verifyApkIndex(Buffer.concat([gzipSync(tar.subarray(0, 768)), content]), keys).ok).toBe(false);
  });

  it('never breaks, cut or changed anywhere', () => {
    const file = signedIndex(content, key, 'RSA256');
    fc.assert(
      fc.property(
        fc.nat(file.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, change, isCut) => {
          const other = Buffer.from(isCut ? file.subarray(0, at) : file);
          if (!isCut) other[at] = (other[at] ?? 0) ^ change;
          const verified = verifyApkIndex(other, keys);
          // The header of the first member is not signed: its time and system may be any.
          expect(!verified.ok || other.subarray(verified.start).equals(content)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
