/**
 * Image references: `registry:port/path/name:tag@sha256:…`. Pure.
 *
 * Follows the grammar of github.com/distribution/reference (`regexp.go`, `normalize.go`): what Docker, BuildKit and
 * containerd take. Every expression here is linear: its repeated parts start with different characters.
 */
import type { ImageReference, Span } from './model.ts';

const DEFAULT_REGISTRY = 'docker.io';
const OFFICIAL = 'library/';
/** No name is longer; distribution's `RepositoryNameTotalLengthMax`. */
const LONGEST_NAME = 255;
const LONGEST = 600;

const HOST =
  /^(?:(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(?:\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/u;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/u;
const TAG = /^\w[\w.-]{0,127}$/u;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/u;
/** Docker takes 64 hexadecimal digits for the id of a local image, never for a name. */
const IDENTIFIER = /^[0-9a-f]{64}$/u;

/** Where the parts of a reference stand in its text. */
export interface ReferenceParts {
  readonly reference: ImageReference;
  /** End of the name, before any tag. */
  readonly nameEnd: number;
  readonly tag: Span | null;
  readonly digest: Span | null;
}

/** Whether a text is a tag as registries take it. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether a text is a digest that can be checked: `sha256:` with 64 digits, or `sha512:` with 128. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Reads a reference; null when it is none (`scratch` is a word of Dockerfiles that this does not know). */
export function parseReference(text: string): ImageReference | null {
  return referenceParts(text)?.reference ?? null;
}

/** As `parseReference`, with the places of the parts. */
export function referenceParts(text: string): ReferenceParts | null {
  if (text.length > LONGEST) return null;
  const at = text.indexOf('@');
  const named = at === -1 ? text.length : at;
  const colon = text.slice(0, named).indexOf(':', text.lastIndexOf('/', named) + 1);
  const nameEnd = colon === -1 ? named : colon;
  const tag = colon === -1 ? null : { start: colon + 1, end: named };
  const digest = at === -1 ? null : { start: at + 1, end: text.length };
  if (tag !== null && !TAG.test(text.slice(tag.start, tag.end))) return null;
  if (digest !== null && !DIGEST.test(text.slice(digest.start, digest.end))) return null;
  const name = normaliseName(text.slice(0, nameEnd));
  if (name === null) return null;
  return {
    reference: {
      ...name,
      tag: tag === null ? null : text.slice(tag.start, tag.end),
      digest: digest === null ? null : text.slice(digest.start, digest.end),
      text: text.slice(0, named),
    },
    nameEnd,
    tag,
    digest,
  };
}

/**
 * The full form that every tool takes: `docker.io/library/python:3.12@sha256:…`. A reference with neither tag nor digest
 * means the tag `latest`, which is left unsaid here.
 */
export function formatReference(reference: ImageReference): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** The tag that a reference asks for: a missing one means `latest`, but not beside a digest. */
export function effectiveTag(reference: ImageReference): string | null {
  return reference.tag ?? (reference.digest === null ? 'latest' : null);
}

/** `python` is `docker.io/library/python`, `org/app` is `docker.io/org/app`, `localhost/app` has a registry. */
function normaliseName(name: string): Pick<ImageReference, 'registry' | 'repository'> | null {
  if (name === '' || IDENTIFIER.test(name)) return null;
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost =
    first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase();
  const host = slash !== -1 && isHost ? first : DEFAULT_REGISTRY;
  const rest = slash !== -1 && isHost ? name.slice(slash + 1) : name;
  const registry = host === 'index.docker.io' ? DEFAULT_REGISTRY : host;
  if (!HOST.test(registry)) return null;
  const repository = registry === DEFAULT_REGISTRY && !rest.includes('/') ? `${OFFICIAL}${rest}` : rest;
  if (registry.length + 1 + repository.length > LONGEST_NAME) return null;
  return repository.split('/').every((part) => COMPONENT.test(part)) ? { registry, repository } : null;
}
