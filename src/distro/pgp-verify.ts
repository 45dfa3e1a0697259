/** OpenPGP signatures of repositories (RFC 9580), against keys that an image brings. Pure. */
import {
  createMessage,
  readCleartextMessage,
  readKeys,
  readSignature,
  verify,
  type Key,
  type VerifyMessageResult,
} from 'openpgp';

export type PgpKey = Key;

/** Threat: work without end; a real Release file has one to four. */
const MAX_SIGNATURES = 16;
const MAX_KEYS = 200;

export type Verified =
  | { readonly ok: true; /** Only this is signed. */ readonly text: string; readonly keys: readonly string[] }
  | { readonly ok: false; /** For people. */ readonly why: string };

/**
 * Reads a keyring: armored or binary public keys, one or many. What is no key gives none (also GnuPG's keybox format).
 */
export async function readKeyring(bytes: Uint8Array): Promise<readonly PgpKey[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    const keys: PgpKey[] = [];
    if (text.includes('-----BEGIN PGP PUBLIC KEY')) {
      // A file may hold several armors after each other.
      for (const [armoredKeys] of text.matchAll(
        /-----BEGIN PGP PUBLIC KEY[^]*?-----END PGP PUBLIC KEY[^\n]*/gu,
      )) {
        keys.push(...(await readKeys({ armoredKeys })));
      }
    } else keys.push(...(await readKeys({ binaryKeys: Uint8Array.from(bytes) })));
    return keys.slice(0, MAX_KEYS);
  } catch {
    return [];
  }
}

/** Keys that have this fingerprint, themselves or as a subkey; as `signed-by` names them (`!` at the end counts for nothing). */
export function withFingerprint(keys: readonly PgpKey[], fingerprint: string): readonly PgpKey[] {
  const wanted = fingerprint.replace(/!$/u, '').toLowerCase();
  return keys.filter((key) => key.getKeys().some((each) => each.getFingerprint().toLowerCase() === wanted));
}

/** `InRelease`: a text with its signature around it. At least one signature must be good and by one of the keys. */
export async function verifyClearSigned(text: string, keys: readonly PgpKey[], now: Date): Promise<Verified> {
  // What stands before or after the signed text would be read by a careless parser.
  if (!/^-----BEGIN PGP SIGNED MESSAGE-----\r?\n/u.test(text)) return { ok: false, why: 'it is not signed' };
  try {
    const message = await readCleartextMessage({ cleartextMessage: text });
    const { data, signatures } = await verify({ message, verificationKeys: [...keys], date: now });
    return await judge(data, signatures, keys, now);
  } catch (error) {
    return { ok: false, why: `its signature cannot be read (${wordsOf(error)})` };
  }
}

/** `Release` with `Release.gpg` beside it, which must be armored: apt takes no other. */
export async function verifyDetached(
  text: string,
  signature: Uint8Array,
  keys: readonly PgpKey[],
  now: Date,
): Promise<Verified> {
  const bytes = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength);
  try {
    const read = await readSignature({ armoredSignature: bytes.toString('latin1') });
    const message = await createMessage({ binary: Buffer.from(text, 'utf8') });
    const { signatures } = await verify({
      message,
      signature: read,
      verificationKeys: [...keys],
      date: now,
      format: 'binary',
    });
    return await judge(text, signatures, keys, now);
  } catch (error) {
    return { ok: false, why: `its signature cannot be read (${wordsOf(error)})` };
  }
}

async function judge(
  text: string,
  signatures: VerifyMessageResult['signatures'],
  keys: readonly PgpKey[],
  now: Date,
): Promise<Verified> {
  if (signatures.length > MAX_SIGNATURES) return { ok: false, why: 'it has too many signatures' };
  const good: string[] = [];
  const problems: string[] = [];
  for (const { keyID, verified } of signatures) {
    const id = keyID.toHex().toUpperCase();
    const key = keys.find((each) => each.getKeys(keyID).length > 0);
    if (key === undefined) {
      problems.push(`no key ${id} in the image`);
      // Its promise fails too, unheard otherwise.
      await verified.catch(() => undefined);
      continue;
    }
    try {
      await verified;
      // The signature may be older than the end of its key; apt looks at today.
      await key.getSigningKey(keyID, now);
      good.push(id);
    } catch (error) {
      problems.push(`${id}: ${wordsOf(error)}`);
    }
  }
  if (good.length > 0) return { ok: true, text, keys: good };
  if (problems.length === 0) return { ok: false, why: 'it has no signature' };
  return { ok: false, why: `no signature is good (${problems.slice(0, 4).join('; ')})` };
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/[^\x20-\x7E]+/gu, ' ').slice(0, 160);
}
