/** One file out of a tar that goes by, in pieces: an index of a hundred megabytes is never whole in memory. */
import { RepoFormatError } from '../distro/repo-store.ts';
import { LayerError } from '../registry/layers/layer-error.ts';
import { BLOCK, isZero, parseHeader } from '../registry/layers/tar-header.ts';

export interface FileOfTar {
  /** The next bytes, cut anywhere. @throws {RepoFormatError} */
  readonly write: (chunk: Buffer) => void;
  /** The file was there, to its end. */
  readonly isWhole: () => boolean;
}

/** Tars may follow each other, with or without blocks of zeros between. The first file of the name counts. */
export function createFileOfTar(name: string, take: (chunk: Buffer) => void): FileOfTar {
  const header = Buffer.alloc(BLOCK);
  let filled = 0;
  /** Bytes of content that are still to come, and of padding after them. */
  let left = 0;
  let padding = 0;
  let state: 'before' | 'inside' | 'after' = 'before';

  function onHeader(): void {
    if (isZero(header)) return;
    const { path, flag, size } = read(header);
    const isOwn = state === 'before' && flag === '0' && path.replace(/^\.\//u, '') === name;
    if (isOwn) state = size === 0 ? 'after' : 'inside';
    left = '123456'.includes(flag) ? 0 : size;
    padding = Math.ceil(left / BLOCK) * BLOCK - left;
  }

  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (left > 0) {
          const part = chunk.subarray(at, at + left);
          if (state === 'inside') take(part);
          left -= part.length;
          at += part.length;
          if (left === 0 && state === 'inside') state = 'after';
        } else if (padding > 0) {
          const bytes = Math.min(padding, chunk.length - at);
          padding -= bytes;
          at += bytes;
        } else {
          const bytes = chunk.copy(header, filled, at, Math.min(chunk.length, at + BLOCK - filled));
          filled += bytes;
          at += bytes;
          if (filled < BLOCK) return;
          filled = 0;
          onHeader();
        }
      }
    },
    isWhole: () => state === 'after',
  };
}

function read(header: Buffer): ReturnType<typeof parseHeader> {
  try {
    return parseHeader(header);
  } catch (error) {
    throw error instanceof LayerError ? new RepoFormatError(error.message) : error;
  }
}
