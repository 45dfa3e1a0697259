/** Two packages that are released together, of which one is out already and the other not yet. */
import type { Recognised } from './recogniser.ts';

/** @param wants exact requirements that the index cannot serve, each with the package that has it. */
export function skewOf(
  wants: readonly { readonly by: string; readonly name: string; readonly version: string }[],
  words: RegExp,
): Recognised | null {
  const pair = wants.find(({ by, name }) => siblings(by, name));
  if (pair === undefined) return null;
  const { by, name, version } = pair;
  return {
    code: 'index-skew',
    message: `The newest ${by} wants exactly ${name} ${version}, which is not on the index (yet): the two are released together.`,
    fix: `Try again in some hours. If it stays so, hold ${by} back in the manifest.`,
    words,
  };
}

/** psycopg and psycopg-c, grpcio and grpcio-tools, opentelemetry-sdk and opentelemetry-api. */
function siblings(one: string, other: string): boolean {
  const [first, second] = [one, other].map((name) => name.toLowerCase().replaceAll(/[-_.]+/gu, '-'));
  if (first === undefined || second === undefined || first === second) return false;
  const family = first.split('-', 1)[0] ?? '';
  return family.length > 2 && !COMMON_WORDS.has(family) && family === second.split('-', 1)[0];
}

/** First words that unrelated packages share. */
const COMMON_WORDS: ReadonlySet<string> = new Set([
  'python',
  'django',
  'flask',
  'pytest',
  'types',
  'sphinx',
  'pip',
  'django4',
  'lib',
]);
