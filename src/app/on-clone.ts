/** Work on a fresh clone of a repository's default branch, which is gone afterwards. */
import { tmpdir } from 'node:os';
import type { Walls } from '../engine/gate.ts';
import { cloneWith } from './clone-with.ts';
import type { RelockRequest } from './handle-job.ts';

export interface CloneSetUp {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Around git. */
  readonly walls: () => Promise<Walls>;
}

const CLONE_SECONDS = 600;

/** @param work is given the clone's root, absolute. @throws what cloning (see `cloneWith`) and the work throw. */
export async function onClone<T>(
  { look, token, signal }: Pick<RelockRequest, 'look' | 'token' | 'signal'>,
  { environment, walls }: CloneSetUp,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const clone = await cloneWith({
    url: look.cloneUrl,
    commit: look.head,
    token: await token(),
    scratch: tmpdir(),
    environment,
    walls: await walls(),
    timeoutSeconds: CLONE_SECONDS,
    signal,
  });
  try {
    return await work(clone.root);
  } finally {
    await clone.close();
  }
}
