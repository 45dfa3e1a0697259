/** One `Packages` index, in whichever form the suite has it, checked against what its release file says of it. */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AptRelease, ReleaseFile } from '../distro/apt-release.ts';
import { createDebIndexReader, DebIndexError, type DebIndex } from '../distro/deb-index.ts';
import { LzmaError } from '../distro/deb-lzma.ts';
import { xzParts } from '../distro/deb-xz.ts';
import { messageOf } from '../errors.ts';
import type { AptIndexLimits } from './apt-indexes.ts';
import type { AptPool } from './apt-pool.ts';
import { MirrorError, shown, type MirrorFetch } from './deb-fetch.ts';

export interface PackagesRequest {
  /** The suite's address. */
  readonly base: string;
  /** `main/binary-amd64`; empty for a flat repository. */
  readonly folder: string;
  /** null: a trusted repository that has none; nothing is checked then. */
  readonly release: AptRelease | null;
  readonly limits: AptIndexLimits;
  readonly fetch: MirrorFetch;
  readonly pool: AptPool;
  readonly signal: AbortSignal;
}

type Form = 'gz' | 'xz' | 'plain';

interface Listed extends ReleaseFile {
  readonly form: Form;
  readonly path: string;
}

const ENDS: Readonly<Record<Form, string>> = { gz: '.gz', xz: '.xz', plain: '' };
/** A gzip unfolds eight times as fast as an .xz, which only small indexes make up for by their size. */
const SMALL_BYTES = 8 * 1024 * 1024;

/**
 * @returns null when the suite lists no such index.
 * @throws {MirrorError} when it cannot be had, or is not what the release file says.
 */
export async function loadPackages(request: PackagesRequest): Promise<DebIndex | null> {
  const { release, folder } = request;
  const path = folder === '' ? 'Packages' : `${folder}/Packages`;
  if (release === null) return await loadUnlisted(request, path);
  const plain = release.files.get(path) ?? null;
  const forms: readonly Form[] =
    (plain?.size ?? 0) > SMALL_BYTES ? ['gz', 'xz', 'plain'] : ['xz', 'gz', 'plain'];
  const listed = forms.flatMap((form): readonly Listed[] => {
    const file = release.files.get(`${path}${ENDS[form]}`);
    return file === undefined ? [] : [{ form, path: `${path}${ENDS[form]}`, ...file }];
  });
  if (listed.length === 0) {
    const others = [...release.files.keys()].filter((each) => each.startsWith(`${path}.`));
    if (others.length === 0) return null;
    throw new MirrorError(
      'database-unreadable',
      `${shown(request.base)} offers its index in forms that Relock cannot read alone: ${others.slice(0, 4).join(', ')}.`,
    );
  }
  for (const file of listed) {
    const key = `${new URL(request.base).origin} ${file.sha256}`;
    const found = await request.pool.indexes
      .get(key, () => loadListed(request, file, plain), request.signal)
      .catch((error: unknown) => {
        if (error instanceof NotThereError) return null;
        throw error;
      });
    if (found !== null) return found;
  }
  throw new MirrorError(
    'index-unreachable',
    `${shown(`${request.base}/${path}`)} is listed in the release file, but is not there.`,
    'The mirror is being updated, or is broken: run Relock again later.',
  );
}

/** Of a form that is listed, but not kept on the server (Debian lists plain indexes that nobody can fetch). */
class NotThereError extends Error {
  override readonly name = 'NotThereError';
}

async function loadListed(
  request: PackagesRequest,
  file: Listed,
  plain: ReleaseFile | null,
): Promise<DebIndex> {
  const { base, limits, release } = request;
  const url = `${base}/${file.path}`;
  if (file.size > limits.packedBytes && file.form !== 'plain') throw tooLarge(url);
  if (file.size > limits.bytes || (plain?.size ?? 0) > limits.bytes) throw tooLarge(url);
  const slash = file.path.lastIndexOf('/');
  const byHash = `${base}/${file.path.slice(0, slash + 1)}by-hash/SHA256/${file.sha256}`;
  for (const each of release?.byHash === true ? [byHash, url] : [url]) {
    const body = await request.fetch({
      url: each,
      maxBytes: file.size,
      sha256: file.sha256,
      signal: request.signal,
    });
    if (body === null) continue;
    if (body.length === file.size && digestOf(body) === file.sha256) {
      return await readBody(body, file.form, plain, limits.bytes, url);
    }
    // Between two updates of the mirror the plain name already holds the next index.
    throw new MirrorError(
      'index-skew',
      `${shown(each)} is not what the release file says (${body.length} of ${file.size} bytes, or another digest).`,
      'The mirror is being updated, or somebody changed it: run Relock again later.',
    );
  }
  throw new NotThereError(url);
}

async function loadUnlisted(request: PackagesRequest, path: string): Promise<DebIndex | null> {
  for (const form of ['xz', 'gz', 'plain'] as const) {
    const url = `${request.base}/${path}${ENDS[form]}`;
    const { limits, signal } = request;
    const body = await request.fetch({ url, maxBytes: limits.packedBytes, sha256: null, signal });
    if (body !== null) return await readBody(body, form, null, limits.bytes, url);
  }
  throw new MirrorError('index-unreachable', `${shown(`${request.base}/${path}`)} is not there.`);
}

async function readBody(
  body: Buffer,
  form: Form,
  plain: ReleaseFile | null,
  maxBytes: number,
  url: string,
): Promise<DebIndex> {
  const reader = createDebIndexReader();
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const part of partsOf(body, form)) {
      size += part.length;
      if (size > (plain?.size ?? maxBytes)) throw tooLarge(url);
      hash.update(part);
      reader.write(part);
    }
  } catch (error) {
    if (error instanceof MirrorError) throw error;
    const isOurs = error instanceof LzmaError || error instanceof DebIndexError;
    const why = isOurs ? messageOf(error) : 'it cannot be unpacked';
    throw new MirrorError('database-unreadable', `${shown(url)} cannot be read: ${why}.`, '', {
      cause: error,
    });
  }
  if (plain !== null && (size !== plain.size || hash.digest('hex') !== plain.sha256)) {
    throw new MirrorError('index-skew', `${shown(url)} does not unfold to what the release file says.`);
  }
  return reader.end();
}

async function* partsOf(body: Buffer, form: Form): AsyncGenerator<Uint8Array> {
  if (form === 'plain') yield body;
  else if (form === 'gz') {
    yield* Readable.from([body]).pipe(createGunzip({ chunkSize: 256 * 1024 })) as AsyncIterable<Buffer>;
  } else {
    for (const part of xzParts(body)) {
      yield part;
      // Unfolding is work of this very thread: others have their turn between.
      await nextTurn();
    }
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function tooLarge(url: string): MirrorError {
  return new MirrorError('too-large', `${shown(url)} was not read: it is larger than any index should be.`);
}
