/** The release file of a suite: fetched, verified by the keys that the image trusts, and checked to be of today. */
import { createHash } from 'node:crypto';
import { trustedKeys } from '../distro/apt-keyring.ts';
import type { AptFiles } from '../distro/apt-files.ts';
import { parseRelease, type AptRelease } from '../distro/apt-release.ts';
import type { AptSource } from '../distro/apt-sources.ts';
import {
  readKeyring,
  verifyClearSigned,
  verifyDetached,
  withFingerprint,
  type PgpKey,
  type Verified,
} from '../distro/pgp-verify.ts';
import type { AptPool, ReadRelease, ReleaseFiles } from './apt-pool.ts';
import { MirrorError, shown, type MirrorFetch } from './deb-fetch.ts';

/** Debian's has 150 KB. */
const MAX_RELEASE_BYTES = 8 * 1024 * 1024;
const MAX_SIGNATURE_BYTES = 256 * 1024;
/** Clocks differ. */
const FUTURE_MS = 24 * 60 * 60 * 1000;

export interface SuiteRelease {
  /** null: a trusted repository without one. */
  readonly release: AptRelease | null;
  readonly signed: boolean;
  readonly notes: readonly string[];
}

export interface ReleaseContext {
  readonly fetch: MirrorFetch;
  readonly pool: AptPool;
  readonly files: AptFiles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Where the files of a suite lie; no slash at the end. */
export function suiteUrl({ url, suite }: Pick<AptSource, 'url' | 'suite'>): string {
  if (!suite.endsWith('/')) return `${url}/dists/${suite}`;
  const folder = suite.split('/').filter((part) => part !== '' && part !== '.');
  return [url, ...folder].join('/');
}

/**
 * @throws {MirrorError} when it cannot be had, is not signed by a key of the image, is expired, or is of another suite.
 */
export async function loadRelease(source: AptSource, context: ReleaseContext): Promise<SuiteRelease> {
  const base = suiteUrl(source);
  const files = await context.pool.releases.get(base, () => fetchFiles(base, context), context.signal);
  if (files.inRelease === null && files.release === null) {
    if (source.trusted) return { release: null, signed: false, notes: [unsignedNote(source)] };
    throw new MirrorError(
      'index-unreachable',
      `${shown(base)} has neither InRelease nor Release.`,
      `Look at ${source.namedIn} of the image: the suite may be gone (end of life), or misspelt.`,
    );
  }
  const { verified, release } = await readVerified(source, files, context);
  if (!verified.ok && !source.trusted) {
    throw new MirrorError(
      'database-unreadable',
      `The release file of ${shown(base)} is not believed: ${verified.why}.`,
      'A key may have been changed: look whether apt in a fresh container of the image complains too.',
    );
  }
  const found = release ?? (verified.ok ? null : parseRelease(plainText(files)));
  if (found === null) {
    throw new MirrorError(
      'database-unreadable',
      `The release file of ${shown(base)} names no file by SHA-256.`,
    );
  }
  const notes = verified.ok ? [] : [unsignedNote(source)];
  return {
    release: found,
    signed: verified.ok,
    notes: [...notes, ...checkRelease(source, found, context.now())],
  };
}

async function fetchFiles(base: string, { fetch, signal }: ReleaseContext): Promise<ReleaseFiles> {
  const get = (name: string, maxBytes: number): Promise<Buffer | null> =>
    fetch({ url: `${base}/${name}`, maxBytes, sha256: null, signal });
  const inRelease = await get('InRelease', MAX_RELEASE_BYTES);
  if (inRelease !== null) return { inRelease: inRelease.toString('utf8'), release: null, signature: null };
  const release = await get('Release', MAX_RELEASE_BYTES);
  const signature = release === null ? null : await get('Release.gpg', MAX_SIGNATURE_BYTES);
  return { inRelease: null, release: release?.toString('utf8') ?? null, signature };
}

/** Verifying is the same for all images that trust the same keys. */
async function readVerified(
  source: AptSource,
  files: ReleaseFiles,
  context: ReleaseContext,
): Promise<ReadRelease> {
  const { pool, signal } = context;
  const trusted = trustedKeys(context.files, source.signedBy);
  const digest = createHash('sha256');
  for (const text of [files.inRelease, files.release]) digest.update(`${text?.length ?? -1} ${text ?? ''}`);
  digest.update(files.signature ?? '');
  const rings = trusted.rings.map((ring) => createHash('sha256').update(ring).digest('hex'));
  const key = [digest.digest('hex'), ...rings, ...trusted.fingerprints].join(' ');
  return await pool.verified.get(
    key,
    async () => {
      const keys: PgpKey[] = [];
      for (const [at, ring] of trusted.rings.entries()) {
        keys.push(...(await pool.keyrings.get(rings[at] ?? '', () => readKeyring(ring), signal)));
      }
      const { fingerprints } = trusted;
      const own =
        fingerprints.length === 0 ? keys : fingerprints.flatMap((each) => withFingerprint(keys, each));
      const verified = await verifyFiles(files, own, trusted.missing, context.now());
      return { verified, release: verified.ok ? parseRelease(verified.text) : null };
    },
    signal,
  );
}

async function verifyFiles(
  files: ReleaseFiles,
  keys: readonly PgpKey[],
  missing: readonly string[],
  now: number,
): Promise<Verified> {
  if (keys.length === 0) {
    const named = missing.length === 0 ? '' : ` (${missing.map((each) => each.slice(0, 100)).join(', ')})`;
    return { ok: false, why: `the image has no key for it${named}` };
  }
  const at = new Date(now);
  if (files.inRelease !== null) return await verifyClearSigned(files.inRelease, keys, at);
  if (files.signature === null) return { ok: false, why: 'it is not signed' };
  return await verifyDetached(files.release ?? '', files.signature, keys, at);
}

/** Of a file that needs no signature: what would have been signed. */
function plainText({ inRelease, release }: ReleaseFiles): string {
  if (release !== null) return release;
  const text = (inRelease ?? '').replaceAll('\r\n', '\n');
  const start = text.startsWith('-----BEGIN PGP SIGNED MESSAGE-----') ? text.indexOf('\n\n') + 2 : 0;
  const end = text.indexOf('\n-----BEGIN PGP SIGNATURE-----');
  return text.slice(start, end === -1 ? text.length : end + 1).replaceAll(/^- /gmu, '');
}

/** @returns notes. @throws {MirrorError} when the file is not what the image asks for, or not of today. */
function checkRelease(source: AptSource, release: AptRelease, now: number): readonly string[] {
  const base = shown(suiteUrl(source));
  const notes: string[] = [];
  if (release.date !== null && release.date > now + FUTURE_MS) {
    throw new MirrorError(
      'database-unreadable',
      `The release file of ${base} is from the future (${dayOf(release.date)}).`,
      'Look at the clock of this machine.',
    );
  }
  if (release.validUntil !== null && release.validUntil < now) {
    const ended = `The release file of ${base} was good until ${dayOf(release.validUntil)}`;
    if (source.checkValidUntil) {
      throw new MirrorError(
        'database-unreadable',
        `${ended}: its mirror is no longer fed, or somebody holds back what is newer.`,
        `Look at ${source.namedIn} of the image; a snapshot needs \`Check-Valid-Until: no\` there.`,
      );
    }
    notes.push(`${ended}; the image says not to mind (${source.namedIn}).`);
  }
  if (!isNamed(source.suite, release)) {
    const what = `${base} says that it is ${release.suite || release.codename || 'another suite'}`;
    // Threat: an old or other suite of the same signer stands in for the one with the fixes.
    if (['Debian', 'Ubuntu'].includes(release.origin)) {
      throw new MirrorError('database-unreadable', `${what}: the answer of another suite is not believed.`);
    }
    notes.push(`${what}.`);
  }
  return notes;
}

function isNamed(suite: string, release: AptRelease): boolean {
  if (suite.endsWith('/')) return true;
  const names = [release.suite, release.codename].filter((name) => name !== '');
  // `buster/updates` calls itself buster.
  return names.length === 0 || names.some((name) => suite === name || suite === `${name}/updates`);
}

function unsignedNote({ url, suite, namedIn }: AptSource): string {
  return `${shown(url)} ${suite.slice(0, 60)} is not verified: the image trusts it unsigned (${namedIn}).`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/u, 'Z');
}
