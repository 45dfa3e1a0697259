/** Names that `docker/metadata-action` gives an image on the default branch. Pure. */
import type { Surroundings } from './model.ts';

/** What the action does when no tags are asked for. */
const DEFAULT_TAGS = ['type=ref,event=branch'];

/** The names that an image gets. */
export interface MetadataNames {
  /** null for each name that is not known. */
  readonly names: readonly (string | null)[];
  /** A name that it may have, since the action tags a release so; null: its image is not known. */
  readonly guess: string | null;
}

/**
 * @param images its input, images by line or comma; null: not known. The action makes them lower case.
 * @param tags its input, a rule a line; empty: its own.
 * @param evaluate an expression; null: not known.
 */
export function metadataNames(
  images: string | null,
  tags: string,
  evaluate: (text: string) => string | null,
  around: Surroundings,
): MetadataNames {
  if (images === null) return { names: [null], guess: null };
  const found = linesOf(images).flatMap(imagesOfLine);
  const rules = linesOf(tags);
  const known = (rules.length === 0 ? DEFAULT_TAGS : rules).flatMap((rule) => {
    const tag = tagOf(rule, evaluate, around);
    return tag === undefined ? [] : [tag];
  });
  const names = found.flatMap((image) => known.map((tag) => (tag === null ? null : `${image}:${tag}`)));
  const [first] = found;
  return { names, guess: first === undefined ? null : `${first}:latest` };
}

/** `a,b` are two images; `name=a,enable=true` is one. */
function imagesOfLine(line: string): readonly string[] {
  const parts = line.split(',').map((part) => part.trim().toLowerCase());
  if (!line.includes('=')) return parts.filter((part) => part !== '');
  return parts.flatMap((part) => (part.startsWith('name=') ? [part.slice('name='.length)] : [])).slice(0, 1);
}

/** A tag; null: one that is not known; undefined: none of the default branch. */
function tagOf(
  rule: string,
  evaluate: (text: string) => string | null,
  around: Surroundings,
): string | null | undefined {
  // When it applies is not asked: what is named here is published at some time.
  const [said = ''] = rule.split(/,enable=/u);
  const parts = new Map(
    said.split(',').map((part) => {
      const equals = part.indexOf('=');
      return equals === -1 ? ['value', part] : [part.slice(0, equals), part.slice(equals + 1)];
    }),
  );
  if (parts.has('prefix') || parts.has('suffix')) return null;
  switch (parts.get('type') ?? 'raw') {
    case 'raw':
      return plain(evaluate(parts.get('value') ?? ''));
    case 'edge':
      return 'edge';
    case 'ref':
      if (parts.get('event') !== 'branch') return undefined;
      return around.defaultBranch?.replaceAll(/[^\w.-]+/gu, '-') ?? null;
    // Of releases, commits and pull requests; none of them moves with the branch.
    case 'semver':
    case 'pep440':
    case 'match':
    case 'sha':
      return undefined;
    default:
      return null;
  }
}

/** `{{date 'YYYYMMDD'}}` is computed. */
function plain(text: string | null): string | null {
  return text === null || text === '' || text.includes('{{') ? null : text;
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
