/** What is said of images in few words: names, places, sizes, dates, counts. Pure. */
import type { ImageMention } from '../images/model.ts';
import type { PlannedImage } from '../images/plan-images.ts';
import type { ImageOutcome, ImageResult } from '../images/result.ts';
import { listed, plural } from './count.ts';
import { code } from './markdown.ts';

const MOST_PLACES = 10;
const SHORT_DIGEST = 'sha256:'.length + 12;
/** Builders that make the same bytes twice write the epoch, or what zip takes for it, in place of the time. */
const FIRST_BELIEVED_YEAR = 2000;

/** `python:3.12-slim`, as a code span. */
export function imageName({ reference }: PlannedImage): string {
  return code(reference.text);
}

/** `Dockerfile:1`, as a code span. */
export function placeOf({ path, line }: ImageMention): string {
  return code(`${path}:${line}`);
}

/** `Dockerfile:1` (FROM) and `compose.yaml:4` (compose image); the first few. */
export function placesOf(mentions: readonly ImageMention[]): string {
  const places = [...new Set(mentions.map((mention) => `${placeOf(mention)} (${mention.where})`))];
  const more = places.length - MOST_PLACES;
  return listed(more > 0 ? [...places.slice(0, MOST_PLACES), `${more} more`] : places);
}

/** `sha256:0123456789ab`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, SHORT_DIGEST);
}

/** `2026-11-03 04:12 UTC`; null where none is recorded that could be the truth. */
export function dateInWords(created: string | null): string | null {
  const time = created === null ? Number.NaN : Date.parse(created);
  if (Number.isNaN(time)) return null;
  const date = new Date(time);
  if (date.getUTCFullYear() < FIRST_BELIEVED_YEAR) return null;
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `43.1 MB`: units of a thousand, as registries show them. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

/** `+0.3 MB`, `−12.0 kB`, `same`. */
export function growthInWords(from: number, to: number): string {
  if (from === to) return 'same';
  return `${to > from ? '+' : '−'}${bytesInWords(Math.abs(to - from))}`;
}

export function updatedImages({ results }: ImageOutcome): readonly ImageResult[] {
  return results.filter(({ status }) => status === 'updated');
}

export function failedImages({ results }: ImageOutcome): readonly ImageResult[] {
  return results.filter(({ status }) => status === 'failed');
}

/** How many packages inside are not as they were; the same on several platforms counts once. */
export function movedInside(results: readonly ImageResult[]): number {
  const names = results.map(
    ({ comparisons }) =>
      new Set(
        comparisons.flatMap(({ packages }) =>
          packages === null
            ? []
            : [...packages.moved, ...packages.added, ...packages.removed].map(
                ({ kind, name }) => `${kind} ${name}`,
              ),
        ),
      ).size,
  );
  return names.reduce((sum, count) => sum + count, 0);
}

/** Images that had no digest and have one now. */
function pinned(results: readonly ImageResult[]): number {
  return results.filter(({ from, to }) => from === null && to !== null).length;
}

/** Whether all that was done to these is giving them a digest. */
export function onlyPinned(results: readonly ImageResult[]): boolean {
  return results.length > 0 && pinned(results) === results.length;
}

/** `2 base images moved (31 packages inside)`, `1 base image pinned`; empty when none is new. */
export function imagesInWords(results: readonly ImageResult[]): readonly string[] {
  const fresh = pinned(results);
  const moved = results.length - fresh;
  const inside = movedInside(results);
  const packages = inside > 0 ? ` (${plural(inside, 'package')} inside)` : '';
  return [
    ...(moved > 0 ? [`${plural(moved, 'base image')} moved${packages}`] : []),
    ...(fresh > 0 ? [`${plural(fresh, 'base image')} pinned`] : []),
  ];
}
