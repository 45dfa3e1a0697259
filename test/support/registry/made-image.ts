/** Manifests, digests and references made for tests. */
import { createHash } from 'node:crypto';
import type { ImageReference } from '../../../src/images/model.ts';

/** @param text with its registry: `ghcr.io/a/b:1@sha256:…`. */
export function imageOf(text: string): ImageReference {
  const [name = '', digest = null] = text.split('@');
  const slash = name.indexOf('/');
  const [, repository = '', tag = null] =
    /^([^:]*)(?::(.*))?$/u.exec(name.slice(slash + 1)) ?? ([] as (string | undefined)[]);
  return { registry: name.slice(0, slash), repository, tag: tag ?? null, digest, text: name };
}

export function sha256(body: string | Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A manifest that names nothing that is there. */
export function manifestText(note = ''): string {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(note), size: 2 };
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] });
}
