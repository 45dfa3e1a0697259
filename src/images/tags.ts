/** Newer tags of an image, by the pattern of the tag that it has. Pure. */
import type { ImageReference } from './model.ts';
import { isTag } from './reference.ts';

export interface TagSuggestions {
  /** The newest that differs in the patch alone; null: there is none. */
  readonly patch: string | null;
  /** The newest of a newer minor version; null: there is none. */
  readonly minor: string | null;
}

const NONE: TagSuggestions = { patch: null, minor: null };
/** Threat: a registry that lists tags without end. */
const MOST_TAGS = 100_000;

/** `v3.11.4-slim-bullseye`: prefix, numbers, everything behind them. */
const VERSIONED = /^(v?)(\d{1,15}(?:\.\d{1,15}){0,4})(?![\d.])(.*)$/u;
/** `trixie-20260623-slim`: a dated build of one release. */
const DATED = /^([a-z]{1,30}-)(20\d{6})(?!\d)(.*)$/u;
/** `rc1`, `-beta.2`, `a3`: of what stands behind the numbers. */
const PRE_RELEASE = /^[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|milestone|m)[-_.]?\d*(?:[-_.].*)?$/iu;
/** A number as long as this is a date or a build, and none of a version's. */
const BUILD_DIGITS = 6;

/**
 * How far the versions of a distribution's own image may go by themselves: from Ubuntu 22.04 to 22.10, or from Alpine 3.19
 * to 3.20, is another release of the distribution; from Debian 12.5 to 12.6 is not.
 */
const DISTRIBUTIONS: ReadonlyMap<string, 'nothing' | 'patch' | 'point'> = new Map([
  ['ubuntu', 'nothing'],
  ['leap', 'nothing'],
  ['fedora', 'nothing'],
  ['alpine', 'patch'],
  ['debian', 'point'],
]);

interface Shape {
  readonly prefix: string;
  readonly numbers: readonly number[];
  readonly digits: readonly number[];
  readonly suffix: string;
  readonly isDate: boolean;
}

/**
 * Suggests newer tags. These rules hold for all of them:
 * - what stands around the numbers stays letter by letter, so that neither variant (`slim`), nor distribution (`bookworm`,
 *   `alpine3.19`), nor any other version in the tag (`python3.12`) is crossed;
 * - as many numbers as before: `3.11` stays short, and moves by its digest alone;
 * - never to, nor from, a pre-release (`3.14.0rc1`), never to another major version (`16` has no newer one);
 * - patch: the third number and those behind it grow; minor: the second grows;
 * - a date behind a release's name (`trixie-20260623`) is a patch;
 * - of a distribution's own image (`alpine:3.19.1`) its release stays.
 * @param reference of the image; without a tag there is no pattern.
 * @param tags all that the registry lists, in any order.
 */
export function suggestTags(reference: ImageReference, tags: readonly string[]): TagSuggestions {
  const own = reference.tag === null ? null : shapeOf(reference.tag);
  if (own === null || PRE_RELEASE.test(own.suffix)) return NONE;
  const name = reference.repository.slice(reference.repository.lastIndexOf('/') + 1);
  const distribution = DISTRIBUTIONS.get(name) ?? null;
  if (distribution === 'nothing' && !own.isDate) return NONE;
  let patch: Found | null = null;
  let minor: Found | null = null;
  for (const tag of tags.slice(0, MOST_TAGS)) {
    const shape = shapeOf(tag);
    if (shape === null || !isAlike(own, shape) || compareNumbers(shape.numbers, own.numbers) <= 0) continue;
    switch (stepOf(own, shape, distribution)) {
      case 'patch':
        patch = newer(patch, { tag, numbers: shape.numbers });
        break;
      case 'minor':
        minor = newer(minor, { tag, numbers: shape.numbers });
        break;
      case 'other':
    }
  }
  return { patch: patch?.tag ?? null, minor: minor?.tag ?? null };
}

interface Found {
  readonly tag: string;
  readonly numbers: readonly number[];
}

function newer(before: Found | null, now: Found): Found {
  return before === null || compareNumbers(now.numbers, before.numbers) > 0 ? now : before;
}

function shapeOf(tag: string): Shape | null {
  if (!isTag(tag)) return null;
  const dated = DATED.exec(tag);
  const [, prefix = '', version = '', suffix = ''] = dated ?? VERSIONED.exec(tag) ?? [];
  if (version === '') return null;
  const texts = version.split('.');
  return {
    prefix,
    numbers: texts.map(Number),
    digits: texts.map((text) => text.length),
    suffix,
    isDate: dated !== null,
  };
}

function isAlike(own: Shape, other: Shape): boolean {
  return (
    own.prefix === other.prefix &&
    own.suffix === other.suffix &&
    own.isDate === other.isDate &&
    own.numbers.length === other.numbers.length &&
    own.digits.every((digits, index) => digits >= BUILD_DIGITS === (other.digits[index] ?? 0) >= BUILD_DIGITS)
  );
}

function stepOf(
  own: Shape,
  other: Shape,
  distribution: 'nothing' | 'patch' | 'point' | null,
): 'patch' | 'minor' | 'other' {
  if (own.isDate) return 'patch';
  if (own.numbers.length < 2 || own.numbers[0] !== other.numbers[0]) return 'other';
  if (distribution === 'point') return 'patch';
  if (own.numbers[1] === other.numbers[1]) return 'patch';
  return distribution === null ? 'minor' : 'other';
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const other = b[index] ?? 0;
    if (number !== other) return number - other;
  }
  return 0;
}
