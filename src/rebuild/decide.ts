/** Whether a published image is to be built anew, and why. Pure. */
import { listed, plural } from '../report/count.ts';
import { code } from '../report/markdown.ts';
import type { BuiltImage, PublishedState, RebuildDecision } from './model.ts';
import { builtSince, isMonthOld, restOf, type AskedRebuild, type Rest } from './rest.ts';
import {
  dayOfDate,
  daysInWords,
  foldLacks,
  isHelped,
  isStuck,
  waitedDays,
  worstFirst,
  type Lack,
} from './words.ts';

const LONGEST_NAME = 80;

export interface RebuildQuestion {
  readonly image: Pick<BuiltImage, 'rebuild' | 'restDays'>;
  /** One for each platform; empty: none could be read. */
  readonly published: readonly PublishedState[];
  readonly now: Date;
  readonly lastAsked: AskedRebuild | null;
  /** See `RestInput`. */
  readonly bustDate: string | null;
  /** Whether the same run proposes the new digest of its base. */
  readonly baseMoves: boolean;
}

/**
 * Decides by the policy. What no rebuild brings asks for none; what could not be learned is never clean, and stays unsaid
 * only where another platform already asks for a rebuild (there it is told beside).
 */
export function decideRebuild(question: RebuildQuestion): RebuildDecision {
  const { image, published, now } = question;
  if (published.length === 0)
    return { verdict: 'unknown', because: 'Nothing that is published could be read.' };
  const lacks = foldLacks(published);
  const wanted = lacks.filter(({ security }) => security || image.rebuild === 'any').toSorted(worstFirst);
  const helped = wanted.filter(isHelped);
  const stuck = wanted.filter(isStuck);
  const rest = restOf({ ...question, restDays: image.restDays });
  const old = image.rebuild === 'monthly' ? ageInWords(question) : null;
  const dark = published.filter(({ updates }) => updates.state === 'unknown');
  if (helped.length > 0 || old !== null) {
    const lacking = helped.length === 0 ? '' : lackInWords(wanted, image.rebuild, now);
    if (rest.state === 'resting')
      return {
        verdict: 'on-its-way',
        because: sentences(restInWords(rest, now), lacking, darkShort(dark, published)),
      };
    return {
      verdict: 'needed',
      because: sentences(
        lacking,
        old ?? '',
        helped.length === 0 ? '' : helpInWords(helped, wanted.length, question.baseMoves),
        stuckInWords(stuck),
        restInWords(rest, now),
        darkShort(dark, published),
      ),
    };
  }
  if (dark.length > 0) {
    const because = sentences(darkInWords(dark, published), stuckInWords(stuck), restInWords(rest, now));
    return { verdict: 'unknown', because };
  }
  if (stuck.length > 0) {
    const why = 'Rebuilding will not help: the Dockerfile never upgrades.';
    return { verdict: 'will-not-help', because: sentences(lackInWords(wanted, image.rebuild, now), why) };
  }
  return { verdict: 'clean', because: cleanInWords(lacks, wanted, image.rebuild) };
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** ``It lacks 4 security fixes, worst `openssl` `1` → `2`, waiting for 23 days.`` @param wanted worst first. */
function lackInWords(wanted: readonly Lack[], rebuild: BuiltImage['rebuild'], now: Date): string {
  const [worst] = wanted;
  if (worst === undefined) return '';
  const days = waitedDays(worst.since, now);
  const name = `${code(worst.name, LONGEST_NAME)} ${code(worst.from, LONGEST_NAME)} → ${code(worst.to, LONGEST_NAME)}`;
  const waiting = days === null ? '' : `, waiting for ${daysInWords(days)}`;
  const between = wanted.length === 1 ? ': ' : ', worst ';
  return `It lacks ${countInWords(wanted, rebuild)}${between}${name}${waiting}.`;
}

function countInWords(wanted: readonly Lack[], rebuild: BuiltImage['rebuild']): string {
  const fixes = wanted.filter(({ security }) => security).length;
  const inWords = plural(fixes, 'security fix', 'security fixes');
  if (rebuild !== 'any' || fixes === wanted.length) return inWords;
  return `${plural(wanted.length, 'update')}${fixes === 0 ? '' : ` (${inWords})`}`;
}

function helpInWords(helped: readonly Lack[], all: number, baseMoves: boolean): string {
  const byBuild = helped.filter(({ ways }) => ways.includes('rebuild')).length;
  const byBase = helped.length - byBuild;
  const digest = baseMoves ? ', and its digest moves here' : ': its digest is to move';
  const them = all === 1 ? 'it' : 'them';
  const build = `A build without cache brings ${byBuild === all ? them : `${byBuild.toLocaleString('en-US')} of them`}`;
  if (byBase === 0) return `${build}.`;
  if (byBuild === 0)
    return `The base image has ${byBase === all ? them : `${byBase.toLocaleString('en-US')} of them`}${digest}.`;
  return `${build}; the base image has ${byBase.toLocaleString('en-US')}${digest}.`;
}

function stuckInWords(stuck: readonly Lack[]): string {
  if (stuck.length === 0) return '';
  const fixes = stuck.filter(({ security }) => security).length;
  const count =
    fixes === stuck.length ? plural(fixes, 'security fix', 'security fixes') : plural(stuck.length, 'update');
  return `${count} ${stuck.length === 1 ? 'needs' : 'need'} an upgrade step, which the Dockerfile lacks.`;
}

function restInWords(rest: Rest, now: Date): string {
  if (rest.state === 'none') return '';
  const day = dayOfDate(rest.asked);
  if (rest.state === 'resting')
    return `A rebuild was asked for on ${day}, and what is published does not show it yet; it has until ${dayOfDate(rest.until)}.`;
  const days = daysInWords(waitedDays(rest.asked.toISOString(), now) ?? 0);
  return `A rebuild was asked for ${days} ago (on ${day}), and what is published does not show it: it is overdue, and asked for again.`;
}

/** Why its age alone asks for a rebuild; null when it does not. */
function ageInWords(question: RebuildQuestion): string | null {
  const { now, image } = question;
  const since = builtSince({ ...question, restDays: image.restDays });
  if (since === null) return 'It does not tell when it was built, and the policy rebuilds it monthly.';
  if (!isMonthOld(since, now)) return null;
  const days = daysInWords(waitedDays(since.toISOString(), now) ?? 0);
  return `It was built ${days} ago, and the policy rebuilds it monthly.`;
}

function darkPlaces(dark: readonly PublishedState[], published: readonly PublishedState[]): string {
  return published.length === 1
    ? ''
    : ` on ${listed(dark.map(({ platform }) => code(platform, LONGEST_NAME)))}`;
}

function darkShort(dark: readonly PublishedState[], published: readonly PublishedState[]): string {
  return dark.length === 0 ? '' : `What it lacks${darkPlaces(dark, published)} is unknown.`;
}

function darkInWords(dark: readonly PublishedState[], published: readonly PublishedState[]): string {
  const whys = dark.flatMap(({ updates }) => (updates.state === 'unknown' ? [updates.reason.message] : []));
  return `What it lacks${darkPlaces(dark, published)} is unknown: ${[...new Set(whys)].map(ended).join(' ')}`;
}

function ended(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

function cleanInWords(
  lacks: readonly Lack[],
  wanted: readonly Lack[],
  rebuild: BuiltImage['rebuild'],
): string {
  const what = rebuild === 'any' ? 'update' : 'security fix';
  const later = wanted.length;
  const others = lacks.length - wanted.length;
  return sentences(
    later === 0
      ? `It lacks no ${what}.`
      : `It lacks no ${what} that can be had: ${later.toLocaleString('en-US')} ${later === 1 ? 'is' : 'are'} kept back or phased.`,
    others === 0
      ? ''
      : `${plural(others, 'other update')} ${others === 1 ? 'waits' : 'wait'}, for which the policy does not rebuild.`,
  );
}
