/** What an OCI distribution registry (distribution-spec 1.1) says of an image. */
import type { Readable } from 'node:stream';
import type { ImageReference } from '../images/model.ts';

export interface RegistryManifest {
  /** Of `bytes`: as it was asked for, or as the registry tells (sha256 or, seldom, sha512). */
  readonly digest: string;
  readonly mediaType: string;
  /** Several platforms: an OCI image index, or Docker's manifest list. */
  readonly kind: 'index' | 'manifest';
  /** `bytes`, parsed: an object; nothing inside it is checked but what makes it of its kind. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/**
 * All methods throw `RegistryError` when the registry cannot be asked, refuses, or answers what cannot be used, and
 * `CancelledError` when the run is cancelled. Each image is asked for once: see `RegistryPool`.
 */
export interface Registry {
  /**
   * The digest that the reference's tag has now (of a reference without tag: that its digest is there). Of an image with
   * several platforms that of its index. HEAD is asked first, which Docker Hub does not count as a pull.
   * @returns null: there is no such tag, or no such repository.
   */
  digestOf(reference: ImageReference): Promise<string | null>;
  /** The manifest or index by the reference's digest, else its tag; checked against its digest. At most 4 MiB. */
  manifest(reference: ImageReference): Promise<RegistryManifest>;
  /**
   * A blob of the reference's repository, as it is stored.
   * @param limitBytes the stream fails with `too-large` once it is longer.
   * @returns a stream that fails with a `RegistryError` at its end when the digest is another, or when it is cut off. What
   *   was read until then is not to be trusted. Read it to its end or destroy it.
   */
  blob(reference: ImageReference, digest: string, limitBytes: number): Promise<Readable>;
  /** The tags of the repository in the registry's order; at most 50,000. */
  tags(reference: ImageReference): Promise<readonly string[]>;
}

/** What was sent since the pool was made. */
export interface RegistryCounts {
  /** All of the following, and retries of them. */
  readonly requests: number;
  readonly heads: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly tagPages: number;
  readonly tokens: number;
  readonly retries: number;
}
