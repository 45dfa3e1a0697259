/** What is said of published images in few words. Pure. */
import type { RebuildOutcome, RebuildResult, RebuildVerdict } from '../rebuild/model.ts';
import {
  believedDate,
  dayOfDate,
  daysInWords,
  foldLacks,
  waitedDays,
  worstFirst,
  type Lack,
} from '../rebuild/words.ts';
import { listed, plural } from './count.ts';
import { code } from './markdown.ts';
import { broughtBy } from './rebuild-brought.ts';

/** Of the verdict line; the others stand further down. */
const MOST_NAMED = 3;

/** `ghcr.io/acme/app:latest`, as a code span. */
export function publishedName({ image }: RebuildResult): string {
  return code(image.ref);
}

/** Those whose Dockerfile is edited so that its next build leaves the cache. */
export function rebuiltImages({ results }: RebuildOutcome): readonly RebuildResult[] {
  return results.filter(({ files }) => files.length > 0);
}

/** Those that could not be looked at, or whose clean build failed. */
export function failedRebuilds({ results }: RebuildOutcome): readonly RebuildResult[] {
  return results.filter(({ reason, proof }) => reason !== null || proof?.state === 'failed');
}

/** What it lacks of what its policy rebuilds for, worst first. */
export function wantedLacks({ image, published }: RebuildResult): readonly Lack[] {
  return foldLacks(published)
    .filter(({ security }) => security || image.rebuild === 'any')
    .toSorted(worstFirst);
}

/** `4 security fixes`, `7 updates (2 security fixes)`. */
export function lacksInWords(lacks: readonly Lack[]): string {
  const fixes = lacks.filter(({ security }) => security).length;
  const inWords = plural(fixes, 'security fix', 'security fixes');
  if (fixes === lacks.length) return inWords;
  return `${plural(lacks.length, 'update')}${fixes === 0 ? '' : ` (${inWords})`}`;
}

/** `for 23 days`, or, where the report does not know what day it is, `since 2026-11-01`; empty: not told. */
export function sinceInWords(since: string | null, now: Date | null): string {
  const date = believedDate(since);
  if (date === null) return '';
  return now === null
    ? `since ${dayOfDate(date)}`
    : `for ${daysInWords(waitedDays(date.toISOString(), now) ?? 0)}`;
}

const LOUDEST_FIRST: readonly RebuildVerdict[] = [
  'unknown',
  'needed',
  'will-not-help',
  'on-its-way',
  'clean',
];

/**
 * Parts of the verdict line: what each image lacks and what a clean build brings, the loudest first; what is clean only
 * counts.
 */
export function rebuildsInWords({ results }: RebuildOutcome, now: Date | null): readonly string[] {
  const clean = results.filter(isClean);
  const others = results.filter((result) => !isClean(result)).toSorted((a, b) => loudness(a) - loudness(b));
  const more = others.slice(MOST_NAMED);
  return [
    ...others.slice(0, MOST_NAMED).flatMap((result) => resultInWords(result, now)),
    ...(more.length === 0
      ? []
      : [
          `${plural(more.length, 'more published image')} ${more.length === 1 ? 'needs' : 'need'} a look (${moreInWords(more)})`,
        ]),
    ...(clean.length === 0
      ? []
      : [`${plural(clean.length, 'published image')} ${clean.length === 1 ? 'needs' : 'need'} no rebuild`]),
  ];
}

export function isClean({ decision, reason }: RebuildResult): boolean {
  return reason === null && decision.verdict === 'clean';
}

function loudness({ decision, reason }: RebuildResult): number {
  return reason === null ? LOUDEST_FIRST.indexOf(decision.verdict) : -1;
}

const COUNTED: Readonly<Record<RebuildVerdict, string>> = {
  unknown: 'unknown',
  needed: 'to be rebuilt',
  'will-not-help': 'not helped by a rebuild',
  'on-its-way': 'on the way',
  clean: 'clean',
};

function moreInWords(results: readonly RebuildResult[]): string {
  return listed(
    LOUDEST_FIRST.flatMap((verdict) => {
      const count = results.filter(({ decision }) => decision.verdict === verdict).length;
      return count === 0 ? [] : [`${count.toLocaleString('en-US')} ${COUNTED[verdict]}`];
    }),
  );
}

function resultInWords(result: RebuildResult, now: Date | null): readonly string[] {
  const name = publishedName(result);
  if (result.reason !== null) return [`${name} could not be looked at`];
  const lacking = lackingInWords(result, now);
  const lacks = lacking === '' ? '' : `${name} lacks ${lacking}`;
  switch (result.decision.verdict) {
    case 'unknown':
      return [lacks === '' ? `${name}: what it lacks is unknown` : `${lacks}, and what else is unknown`];
    case 'needed':
      return [lacks === '' ? `${name} is to be rebuilt for its age` : lacks, ...proofInWords(result)];
    case 'will-not-help':
      return [`${lacks}, and rebuilding will not help: its Dockerfile never upgrades`];
    case 'on-its-way':
      return [`${lacks === '' ? `${name} is old` : lacks}, and a rebuild is on its way`];
    case 'clean':
      return [];
  }
}

function lackingInWords(result: RebuildResult, now: Date | null): string {
  const lacks = wantedLacks(result);
  if (lacks.length === 0) return '';
  const dates = lacks.flatMap(({ since }) => believedDate(since) ?? []);
  const [oldest] = dates.toSorted((a, b) => a.getTime() - b.getTime());
  const words = sinceInWords(oldest?.toISOString() ?? null, now);
  return `${lacksInWords(lacks)}${words === '' ? '' : `, ${lacks.length === 1 ? '' : 'the oldest '}${words}`}`;
}

/** Only what a build has shown is said to be brought. */
function proofInWords(result: RebuildResult): readonly string[] {
  const { proof } = result;
  switch (proof?.state) {
    case undefined:
    case 'not-built':
      return ['no build has proved it'];
    case 'failed':
      return ['its clean build fails'];
    case 'built': {
      const parts = [broughtInWords(result)].filter((part) => part !== '');
      return [...parts, ...(proof.smoke.state === 'failed' ? ['its smoke test fails'] : [])];
    }
  }
}

function broughtInWords(result: RebuildResult): string {
  const { proof } = result;
  const shown = broughtBy(result);
  if (proof?.state !== 'built' || shown === null) return '';
  if (shown.unproved.length === result.published.length)
    return 'what is in its clean build could not be read';
  if (shown.wanted === 0)
    return proof.samePackages
      ? 'rebuilt, nothing changed: no need to deploy'
      : 'a clean build has other packages';
  const on =
    shown.unproved.length === 0
      ? ''
      : ` (but for ${listed(shown.unproved.map((platform) => code(platform, 40)))}, which was not compared)`;
  const { brought, wanted } = shown;
  const them =
    wanted === 1 ? 'it' : brought === wanted ? 'all of them' : `${brought.toLocaleString('en-US')} of them`;
  if (brought === 0)
    return `a clean build ${wanted === 1 ? 'does not bring it' : 'brings none of them'}${on}`;
  return `a clean build brings ${them}${on}`;
}
