/**
 * Signed indexes of apk (version 2): one or more gzip members whose tar holds `.SIGN.RSA256.NAME.rsa.pub`, and then the
 * members with the content, whose bytes as they are sent are what is signed. Pure.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { constants, inflateRawSync } from 'node:zlib';
import { filesIn, type RepoFiles } from './repo-files.ts';

export type ApkVerified =
  /** What is signed, gzip members, goes from `start` to the end of the file. Nothing before that may be read. */
  | { readonly ok: true; readonly key: string; readonly start: number }
  /** For people; goes on after "is not believed:". */
  | { readonly ok: false; readonly why: string };

interface ApkSignature {
  readonly hash: 'sha1' | 'sha256' | 'sha512';
  readonly key: string;
  readonly bytes: Buffer;
}

/** Algorithms by the word in the file's name. apk also knew DSA, which nobody uses. */
const HASHES: Readonly<Record<string, ApkSignature['hash']>> = {
  RSA: 'sha1',
  RSA256: 'sha256',
  RSA512: 'sha512',
};
const MAX_SIGNATURES = 16;
const MAX_SIGNATURE_BYTES = 65_536;
const MAX_MEMBER_BYTES = 1024 * 1024;
const BLOCK = 512;

/** @param keys of the image, by file name, as `apkKeys` gives them. */
export function verifyApkIndex(file: Buffer, keys: ReadonlyMap<string, Buffer>): ApkVerified {
  const signatures: ApkSignature[] = [];
  let at = 0;
  for (;;) {
    const member = readMember(file, at);
    const found = member === null ? null : signaturesIn(member.content);
    if (member === null || found === null) break;
    signatures.push(...found);
    at = member.end;
    if (signatures.length > MAX_SIGNATURES) return { ok: false, why: 'it has too many signatures' };
  }
  if (at === 0) return { ok: false, why: 'it is not signed' };
  // As apk does it: the first signature by a key that is there decides.
  const own = signatures.find(({ key }) => keys.has(key));
  if (own === undefined) {
    const names = [...new Set(signatures.map(({ key }) => key))].slice(0, 3).join(', ');
    return {
      ok: false,
      why: names === '' ? 'its signature is of no kind that is known' : `the image has no key ${names}`,
    };
  }
  const key = readKey(keys.get(own.key));
  if (key === null) return { ok: false, why: `${own.key} of the image is no RSA key` };
  if (!verify(own.hash, file.subarray(at), key, own.bytes))
    return { ok: false, why: `its signature by ${own.key} is wrong` };
  return { ok: true, key: own.key, start: at };
}

/** `etc/apk/keys` and `lib/apk/keys`, by file name; the former count. */
export function apkKeys(files: RepoFiles): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const folder of ['lib/apk/keys', 'etc/apk/keys']) {
    for (const path of filesIn(files, folder, '')) {
      const bytes = files.get(path);
      if (bytes !== undefined) keys.set(path.slice(folder.length + 1), bytes);
    }
  }
  return keys;
}

function readKey(pem: Buffer | undefined): KeyObject | null {
  try {
    const key = createPublicKey({ key: pem ?? '', format: 'pem' });
    return key.asymmetricKeyType === 'rsa' ? key : null;
  } catch {
    return null;
  }
}

/** One gzip member (RFC 1952) from `start` on; null: there is none, or it is larger than a signature can be. */
function readMember(file: Buffer, start: number): { readonly content: Buffer; readonly end: number } | null {
  const body = gzipBody(file, start);
  if (body === null) return null;
  try {
    // A member of content is only begun, to see what it is.
    const { buffer, engine } = inflateRawSync(file.subarray(body), {
      info: true,
      maxOutputLength: MAX_MEMBER_BYTES,
      finishFlush: constants.Z_FINISH,
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    const end = body + engine.bytesWritten + 8;
    return end > file.length ? null : { content: buffer, end };
  } catch {
    return null;
  }
}

/** Where the deflated bytes start. */
function gzipBody(file: Buffer, start: number): number | null {
  if (file.length < start + 18 || file[start] !== 0x1f || file[start + 1] !== 0x8b || file[start + 2] !== 8)
    return null;
  const flags = file[start + 3] ?? 0;
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + file.readUInt16LE(at);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = file.indexOf(0, at);
    if (end === -1) return null;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return at < file.length ? at : null;
}

/** @returns null when the tar is none of signatures alone. */
function signaturesIn(tar: Buffer): readonly ApkSignature[] | null {
  const found: ApkSignature[] = [];
  let isSignature = false;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const end = header.indexOf(0);
    const name = header.toString('latin1', 0, end === -1 || end > 100 ? 100 : end);
    const size = Number.parseInt(header.toString('latin1', 124, 136).replaceAll(/[^0-7]/gu, '') || '0', 8);
    if (!name.startsWith('.SIGN.') || size > MAX_SIGNATURE_BYTES || at + BLOCK + size > tar.length)
      return null;
    isSignature = true;
    const match = /^\.SIGN\.(RSA|RSA256|RSA512)\.([\x21-\x2e\x30-\x7e]{1,90})$/u.exec(name);
    const hash = HASHES[match?.[1] ?? ''];
    if (match !== null && hash !== undefined) {
      found.push({ hash, key: match[2] ?? '', bytes: tar.subarray(at + BLOCK, at + BLOCK + size) });
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return isSignature ? found : null;
}
