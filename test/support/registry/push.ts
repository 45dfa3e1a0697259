/** Images put into a registry by plain HTTP, as distribution-spec says ("Push"). */
import { gzipSync } from 'node:zlib';
import { OCI_INDEX, OCI_MANIFEST, sha256 } from './made-image.ts';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface PushedLayer {
  /** As it is stored: compressed. */
  readonly bytes: Buffer;
  readonly mediaType?: string;
  /** Digest of what is inside; that of `bytes` unpacked by gzip when absent. */
  readonly diffId?: string;
}

export interface PushedPlatform {
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string;
  readonly layers: readonly PushedLayer[];
  /** More of the configuration: `config`, `created`… */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface PushedImage {
  /** Of the index. */
  readonly digest: string;
  /** By platform. */
  readonly manifests: Readonly<Record<string, string>>;
}

/** A layer of text that is no tar: for tests that read none. */
export function textLayer(text: string): PushedLayer {
  return { bytes: gzipSync(text), diffId: sha256(text) };
}

/**
 * Pushes one manifest for each platform, and their index as `tag`.
 * @param origin `http://127.0.0.1:PORT`, of a registry that lets everybody push.
 */
export async function pushImage(
  origin: string,
  repository: string,
  tag: string,
  platforms: readonly PushedPlatform[],
): Promise<PushedImage> {
  const manifests: Record<string, string> = {};
  const entries: object[] = [];
  for (const { platform, layers, config = {} } of platforms) {
    const [os = '', architecture = '', variant] = platform.split('/');
    const diffIds = layers.map(({ bytes, diffId }) => diffId ?? sha256(bytes));
    const text = JSON.stringify({
      os,
      architecture,
      ...config,
      rootfs: { type: 'layers', diff_ids: diffIds },
    });
    await pushBlob(origin, repository, Buffer.from(text));
    for (const { bytes } of layers) await pushBlob(origin, repository, bytes);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: CONFIG, digest: sha256(text), size: Buffer.byteLength(text) },
      layers: layers.map(({ bytes, mediaType = LAYER }) => ({
        mediaType,
        digest: sha256(bytes),
        size: bytes.length,
      })),
    });
    const digest = sha256(manifest);
    await pushManifest(origin, repository, digest, OCI_MANIFEST, manifest);
    manifests[platform] = digest;
    entries.push({
      mediaType: OCI_MANIFEST,
      digest,
      size: Buffer.byteLength(manifest),
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    });
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries });
  await pushManifest(origin, repository, tag, OCI_INDEX, index);
  return { digest: sha256(index), manifests };
}

async function pushManifest(
  origin: string,
  repository: string,
  reference: string,
  mediaType: string,
  text: string,
): Promise<void> {
  const url = `${origin}/v2/${repository}/manifests/${reference}`;
  await send(url, 'PUT', mediaType, text);
}

/** In one piece, after asking for a place. */
async function pushBlob(origin: string, repository: string, bytes: Buffer): Promise<string> {
  const digest = sha256(bytes);
  const started = await send(`${origin}/v2/${repository}/blobs/uploads/`, 'POST', null, null);
  const place = new URL(started.headers.get('location') ?? '', origin);
  place.searchParams.set('digest', digest);
  await send(place.href, 'PUT', 'application/octet-stream', bytes);
  return digest;
}

async function send(
  url: string,
  method: string,
  type: string | null,
  body: string | Buffer | null,
): Promise<Response> {
  const answer = await fetch(url, {
    method,
    ...(type === null ? {} : { headers: { 'content-type': type } }),
    ...(body === null ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
