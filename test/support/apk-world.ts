/** Alpine as tests make it: indexes in apk's own form, signed by a key of the test, and an image set up for them. */
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { makeTar } from './images/make-tar.ts';

export interface MadeApk {
  readonly name: string;
  readonly version: string;
  readonly arch?: string;
  readonly origin?: string;
  readonly depends?: string;
  readonly provides?: string;
  readonly installIf?: string;
  /** Seconds since 1970. */
  readonly built?: number;
  /** Of the repository that it was installed from. */
  readonly tag?: string;
}

export interface ApkWorld {
  readonly repositories: readonly { readonly tag?: string; readonly packages: readonly MadeApk[] }[];
  readonly installed: readonly MadeApk[];
  /** Words of `etc/apk/world`; absent: the image has none. */
  readonly world?: string;
}

/** A paragraph as indexes and the database have it. Two that are alike are one build. */
function apkParagraph(one: MadeApk): string {
  const { name, version, arch = 'x86_64', origin = name, depends, provides, installIf, built, tag } = one;
  const identity = JSON.stringify([name, version, arch, origin, depends, provides, installIf]);
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    ['C', `Q1${createHash('sha1').update(identity).digest('base64')}`],
    ['P', name],
    ['V', version],
    ['A', arch],
    ['S', 100],
    ['I', 100],
    ['T', 'made for a test'],
    ['U', 'https://example.com/'],
    ['L', 'MIT'],
    ['o', origin],
    ['t', built],
    ['D', depends],
    ['p', provides],
    ['i', installIf],
    ['s', tag],
  ];
  const lines = fields.flatMap(([letter, value]) =>
    value === undefined || value === '' ? [] : [`${letter}:${value}\n`],
  );
  return lines.join('');
}

export function apkText(packages: readonly MadeApk[]): string {
  return packages.map((each) => `${apkParagraph(each)}\n`).join('');
}

/** `APKINDEX.tar.gz` without its signature. */
export function unsignedIndex(packages: readonly MadeApk[]): Buffer {
  const tar = makeTar([
    { path: 'DESCRIPTION', content: 'v3.22.1-1-gabcdef' },
    { path: 'APKINDEX', content: apkText(packages) },
  ]);
  return gzipSync(tar);
}

export interface ApkKey {
  /** As the image has it, in `etc/apk/keys`. */
  readonly name: string;
  readonly publicPem: string;
  readonly sign: (content: Buffer, hash: string) => Buffer;
}

export function makeApkKey(name = 'test@example.com-5f3c.rsa.pub'): ApkKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    name,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (content, hash) => createSign(hash).update(content).sign(privateKey),
  };
}

const HASHES = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' } as const;

/** As abuild-sign makes it: a tar without its end, in a gzip member of its own, before what it signs. */
export function signedIndex(content: Buffer, key: ApkKey, kind: keyof typeof HASHES = 'RSA'): Buffer {
  const whole = makeTar([{ path: `.SIGN.${kind}.${key.name}`, content: key.sign(content, HASHES[kind]) }]);
  return Buffer.concat([gzipSync(whole.subarray(0, whole.length - 1024)), content]);
}
