/** The nouns of base images: where one is named, and which one it is. Types only. */
import type { Reason } from '../reason.ts';

/** A part of a file's text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Which construct names an image. */
export type MentionPlace =
  | 'FROM'
  | 'COPY --from'
  | 'RUN --mount from'
  | '# syntax'
  | 'compose image'
  | 'workflow container'
  | 'workflow service'
  | 'docker:// step'
  | 'action runs.image';

/** A place in a file that names an image. */
export interface ImageMention {
  readonly path: string;
  /** From 1: where the construct starts, also when the text to edit stands elsewhere (an `ARG` line). */
  readonly line: number;
  readonly where: MentionPlace;
  /** As written, variables replaced by their defaults: `python:3.12-slim@sha256:…`. */
  readonly reference: ImageReference;
  /** Where the digest stands (`sha256:` and hex); null: none is written, or not in one piece. */
  readonly digestSpan: Span | null;
  /** Where `@sha256:…` would be put; null where it cannot (the text comes from a variable that other things share). */
  readonly insertAt: number | null;
  /** Where the tag stands; null when there is none or it cannot be edited in place. */
  readonly tagSpan: Span | null;
  /** `linux/amd64` by `--platform` or compose's `platform`; null: none named. */
  readonly platform: string | null;
  /** A tag named in a comment beside a digest without tag (`# 3.12-slim`), or null. */
  readonly commentTag: string | null;
  /** Why it is left alone (`${TAG}` without default…), or null. */
  readonly left: Reason | null;
}

/** Normalised as the reference grammar of distribution says: docker.io and library/ filled in. */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/python`. */
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string | null;
  /** As a person writes it, without the digest: `python:3.12-slim`. */
  readonly text: string;
}

/** One platform of an image as an OCI distribution registry has it. */
export interface ImagePlatformManifest {
  /** `linux/arm64/v8`. */
  readonly platform: string;
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
}
