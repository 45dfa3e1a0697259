/** A blob on its way: counted, and checked against its digest when it has all come. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { CancelledError } from '../errors.ts';
import { RegistryError } from './registry-error.ts';

export interface BlobInput {
  readonly source: IncomingMessage;
  readonly digest: string;
  readonly limitBytes: number;
  /** From the first byte to the last. Threat: a byte now and then holds a job for ever. */
  readonly timeoutSeconds: number;
  /** For messages: the image and where it comes from. */
  readonly image: string;
  readonly from: string;
  readonly signal: AbortSignal;
}

/**
 * @returns the bytes of `source`. What goes wrong, a wrong digest at the end included, is a `RegistryError` of the stream.
 *   Destroying it destroys `source`.
 */
export function checkedBlob(input: BlobInput): Readable {
  const { source, digest, limitBytes, image, from, signal } = input;
  const hash = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256');
  const told = lengthOf(source);
  let size = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limitBytes) {
        done(tooLarge(image, digest, limitBytes));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const [algorithm = ''] = digest.split(':', 1);
      done(`${algorithm}:${hash.digest('hex')}` === digest ? null : tampered());
    },
  });

  function tampered(): RegistryError {
    return new RegistryError(
      'manifest-invalid',
      `${image} cannot be read: its part ${digest} is not what its digest says: it was changed or cut off on its way from ${from}.`,
      'Run Relock again; if it stays so, the registry or a proxy before it is broken, or hostile.',
    );
  }

  function cutOff(why: string, cause: unknown): RegistryError {
    const of = told === null ? '' : ` of ${told}`;
    return new RegistryError(
      'registry-unreachable',
      `${image} cannot be read: ${from} ${why} after ${size}${of} bytes of its part ${digest}.`,
      'Run Relock again.',
      { cause },
    );
  }

  function fail(error: Error): void {
    if (!checked.writableFinished) checked.destroy(error);
  }

  const timer = setTimeout(
    () => fail(cutOff(`was still not done within ${input.timeoutSeconds} s,`, null)),
    input.timeoutSeconds * 1000,
  );
  timer.unref();
  const onAbort = (): void => fail(new CancelledError('The run was cancelled.'));
  signal.addEventListener('abort', onAbort, { once: true });
  source.once('error', (cause) => fail(cutOff('broke off', cause)));
  source.once('close', () => {
    if (!source.complete) fail(cutOff('broke off', null));
  });
  checked.once('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    source.destroy();
  });
  if (told !== null && told > limitBytes) fail(tooLarge(image, digest, limitBytes));
  else source.pipe(checked);
  if (signal.aborted) onAbort();
  return checked;
}

function lengthOf(source: IncomingMessage): number | null {
  const text = source.headers['content-length'] ?? '';
  return /^\d{1,15}$/u.test(text) ? Number(text) : null;
}

function tooLarge(image: string, digest: string, limitBytes: number): RegistryError {
  return new RegistryError(
    'too-large',
    `${image} was not read: its part ${digest} is larger than ${limitBytes} bytes.`,
  );
}
