/** Whether an index has the JSON page of a single release, which Poetry reads and mirrors often lack. */
import { CancelledError } from '../errors.ts';
import type { Fetch } from './http-get.ts';

/** A release that is small and on every mirror of use. */
const PROBE = '/pypi/poetry-core/1.0.0/json';

export interface VersionJsonOptions {
  /** 5 unless told. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | null;
}

/**
 * Asks once.
 * @param indexRoot root of the index, above `/simple`, without a trailing slash.
 * @returns false also when it does not answer in time.
 * @throws {CancelledError} when the signal aborts.
 */
export async function hasVersionJson(
  indexRoot: string,
  fetch: Fetch,
  options: VersionJsonOptions = {},
): Promise<boolean> {
  const limit = AbortSignal.timeout((options.timeoutSeconds ?? 5) * 1000);
  const given = options.signal ?? null;
  const signal = given === null ? limit : AbortSignal.any([limit, given]);
  try {
    const response = await fetch(`${indexRoot}${PROBE}`, { headers: { accept: 'application/json' }, signal });
    await response.body?.cancel();
    return response.status === 200 && (response.headers.get('content-type') ?? '').includes('json');
  } catch {
    if (given?.aborted === true) throw new CancelledError('The run was cancelled.');
    return false;
  }
}
