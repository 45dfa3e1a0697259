/** One repository of RPM packages: where it is, its index verified, the files that the index names checked and read. */
import { createHash } from 'node:crypto';
import { readKeyring, verifyDetached, type PgpKey } from '../distro/pgp-verify.ts';
import type { RepoFiles } from '../distro/repo-files.ts';
import { createPrimaryReader, type RpmReader } from '../distro/rpm-primary.ts';
import type { RpmIndex } from '../distro/rpm-candidates.ts';
import {
  parseMetalink,
  parseMirrorList,
  parseRepomd,
  type Checksum,
  type Repomd,
  type RepomdFile,
} from '../distro/rpm-repomd.ts';
import type { RpmSource } from '../distro/rpm-sources.ts';
import { createUpdateinfoReader } from '../distro/rpm-updateinfo.ts';
import { MirrorError, shown } from './deb-fetch.ts';
import { asMirrorError, fetchFile, REPO_LIMITS, sha256Of, type RepoLookup } from './repo-lookup.ts';
import type { FetchedFile } from './repo-pool.ts';
import { unpacked } from './repo-unpack.ts';

const MAX_REPOMD = 4 * 1024 * 1024;
const MAX_LIST = 4 * 1024 * 1024;
const MAX_SIGNATURE = 256 * 1024;
/** Mirrors that are tried one after the other. */
const MAX_TRIED = 4;
const REPOMD = 'repodata/repomd.xml';

interface Place {
  /** Without a slash at the end. */
  readonly base: string;
  /** Of repomd.xml, as the metalink promised it. */
  readonly checksum: Checksum | null;
}

/**
 * @returns the repository as the first of its mirrors that can be believed has it.
 * @throws {MirrorError} when none can. @throws {CancelledError}
 */
export async function loadRpmRepository(
  source: RpmSource,
  files: RepoFiles,
  lookup: RepoLookup,
): Promise<RpmIndex> {
  let failure: MirrorError | null = null;
  for (const place of (await placesOf(source, lookup)).slice(0, MAX_TRIED)) {
    try {
      return await loadFrom(place, source, files, lookup);
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new MirrorError('index-unreachable', `The mirror list of ${source.id} names no mirror.`);
}

async function placesOf(source: RpmSource, lookup: RepoLookup): Promise<readonly Place[]> {
  const { list } = source;
  if (list === null) return source.addresses.map((base) => ({ base, checksum: null }));
  const file = await fetchFile(lookup, list.url, MAX_LIST);
  if (file === null) throw notThere(source, list.url);
  try {
    // Some servers answer a mirrorlist with a metalink, and dnf takes it.
    if (list.kind === 'mirrorlist' && !file.bytes.toString('latin1', 0, 200).trimStart().startsWith('<')) {
      return parseMirrorList(file.bytes.toString('utf8')).map((base) => ({
        base: base.replace(/\/+$/u, ''),
        checksum: null,
      }));
    }
    const { checksum, urls } = parseMetalink(file.bytes);
    return urls
      .filter((url) => url.endsWith(`/${REPOMD}`))
      .map((url) => ({ base: url.slice(0, -REPOMD.length - 1), checksum }));
  } catch (error) {
    throw asMirrorError(error, list.url);
  }
}

async function loadFrom(
  place: Place,
  source: RpmSource,
  files: RepoFiles,
  lookup: RepoLookup,
): Promise<RpmIndex> {
  const { pool, signal } = lookup;
  const url = `${place.base}/${REPOMD}`;
  const file = await fetchFile(lookup, url, MAX_REPOMD);
  if (file === null) throw notThere(source, url);
  if (place.checksum !== null && digestOf(file.bytes, place.checksum) !== place.checksum.hex) {
    throw new MirrorError(
      'index-skew',
      `${shown(url)} is not what the metalink of ${source.id} says: the mirror is behind, or somebody changed it.`,
      'Run Relock again later.',
    );
  }
  const signed = await isSigned(url, file, source, files, lookup);
  const repomd = readRepomd(file.bytes, url);
  const primary = fileOf(repomd, 'primary', url);
  if (primary === null)
    throw new MirrorError('database-unreadable', `${shown(url)} names no list of packages (primary).`);
  const updateinfo = fileOf(repomd, 'updateinfo', url);
  const packages = await pool.primary.get(
    primary.checksum.hex,
    () => readFile(place.base, primary, createPrimaryReader(), lookup),
    signal,
  );
  const advisories =
    updateinfo === null
      ? null
      : await pool.updateinfo.get(
          updateinfo.checksum.hex,
          () => readFile(place.base, updateinfo, createUpdateinfoReader(), lookup),
          signal,
        );
  return { source, packages, advisories, date: repomd.date, signed };
}

function readRepomd(bytes: Buffer, url: string): Repomd {
  try {
    return parseRepomd(bytes);
  } catch (error) {
    throw asMirrorError(error, url);
  }
}

function fileOf({ files, refused }: Repomd, type: string, url: string): RepomdFile | null {
  const file = files.find((each) => each.type === type) ?? null;
  if (file === null && refused.includes(type)) {
    throw new MirrorError(
      'database-unreadable',
      `${shown(url)} names its ${type} without a checksum that proves anything (SHA-256 or better), or outside of itself.`,
    );
  }
  return file;
}

/** @throws {MirrorError} also when it is not what its index says. */
async function readFile<T>(
  base: string,
  file: RepomdFile,
  reader: RpmReader<T>,
  lookup: RepoLookup,
): Promise<T> {
  const limits = lookup.limits ?? REPO_LIMITS;
  const url = `${base}/${file.path}`;
  const { checksum, size } = file;
  if ((size ?? 0) > limits.packedBytes || (file.openSize ?? 0) > limits.bytes) {
    throw new MirrorError('too-large', `${shown(url)} was not read: it is larger than any index should be.`);
  }
  const bytes = await lookup.fetch({
    url,
    maxBytes: size ?? limits.packedBytes,
    sha256: checksum.algorithm === 'sha256' ? checksum.hex : null,
    signal: lookup.signal,
  });
  if (bytes === null) {
    throw new MirrorError(
      'index-unreachable',
      `${shown(url)} is named by its index, but is not there.`,
      AGAIN,
    );
  }
  if (digestOf(bytes, checksum) !== checksum.hex) {
    throw new MirrorError(
      'index-skew',
      `${shown(url)} is not what its index says (another checksum).`,
      AGAIN,
    );
  }
  try {
    for await (const part of unpacked(bytes, file.openSize ?? limits.bytes)) {
      reader.write(part);
      lookup.signal.throwIfAborted();
    }
    return reader.end();
  } catch (error) {
    throw asMirrorError(error, url);
  }
}

const AGAIN = 'The mirror is being updated, or somebody changed it: run Relock again later.';

function digestOf(bytes: Buffer, { algorithm }: Checksum): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Whether `repomd.xml.asc` is a good signature by a key of the image. @throws {MirrorError} when it is a bad one, or wanted. */
async function isSigned(
  url: string,
  file: FetchedFile,
  source: RpmSource,
  files: RepoFiles,
  lookup: RepoLookup,
): Promise<boolean> {
  const keys = await keysOf(source, files, lookup);
  if (!source.signed && keys.length === 0) return false;
  const signature = await fetchFile(lookup, `${url}.asc`, MAX_SIGNATURE);
  if (signature === null) {
    if (source.signed) throw unsigned(url, 'it is not signed', source);
    return false;
  }
  if (keys.length === 0) throw unsigned(url, 'the image has no key for it', source);
  const rings = keys.map((key) => key.getFingerprint()).sort();
  const { why } = await lookup.pool.verified.get(
    `${file.sha256} ${signature.sha256} ${sha256Of(rings.join(' '))}`,
    async () => {
      const text = file.bytes.toString('utf8');
      const verified = await verifyDetached(text, signature.bytes, keys, new Date(lookup.now()));
      return { why: verified.ok ? '' : verified.why, start: 0 };
    },
    lookup.signal,
  );
  if (why === '') return true;
  // One by somebody else says nothing where none is wanted.
  if (source.signed || !why.includes('no key ')) throw unsigned(url, why, source);
  return false;
}

/** `gpgkey`: files of the image; addresses by https only where the index must be signed. */
async function keysOf(source: RpmSource, files: RepoFiles, lookup: RepoLookup): Promise<readonly PgpKey[]> {
  const keys: PgpKey[] = [];
  for (const each of source.keys.slice(0, 10)) {
    const path = /^file:\/\/(?:localhost)?\/(.+)$/u.exec(each)?.[1]?.replace(/^\/+/u, '');
    const bytes =
      path === undefined
        ? source.signed && each.startsWith('https://')
          ? ((await fetchFile(lookup, each, MAX_SIGNATURE))?.bytes ?? null)
          : null
        : (files.get(path) ?? null);
    if (bytes === null) continue;
    keys.push(...(await lookup.pool.keyrings.get(sha256Of(bytes), () => readKeyring(bytes), lookup.signal)));
  }
  return keys;
}

function unsigned(url: string, why: string, source: RpmSource): MirrorError {
  return new MirrorError(
    'database-unreadable',
    `${shown(url)} is not believed: ${why}.`,
    `Look at [${source.id}] in ${source.namedIn} of the image (repo_gpgcheck, gpgkey).`,
  );
}

function notThere(source: RpmSource, url: string): MirrorError {
  if (source.subscription || /^https?:\/\/cdn\.redhat\.com\//u.test(url)) {
    return new MirrorError(
      'authentication-required',
      `${shown(url)} cannot be read: [${source.id}] in ${source.namedIn} is for subscribers, and wants their certificate.`,
      'Disable it in the image where it is not needed: UBI has repositories that anybody may read.',
    );
  }
  return new MirrorError(
    'index-unreachable',
    `${shown(url)} is not there (or may not be read).`,
    `Look at [${source.id}] in ${source.namedIn} of the image: the release may be gone (end of life).`,
  );
}
