/**
 * Moves the date that makes builders run package steps anew.
 *
 * A default of an `ARG` declared in a stage is part of the cache key of each RUN below it, whether the RUN reads it or not
 * (Dockerfile reference, "Impact on build caching"); above the first FROM, or below the RUN, it is not. So each stage whose
 * packages are in the image has one, above its first package step. Pure.
 */
import { readLines, type DockerInstruction } from '../images/dockerfile-lines.ts';
import type { Span } from '../images/model.ts';
import type { Reason } from '../reason.ts';
import { bodyOf } from './dockerfile-body.ts';
import { readDockerfile } from './dockerfile.ts';
import {
  finalStages,
  type DockerfileOutline,
  type OutlineStage,
  type PackageStep,
  type VariablePlace,
} from './dockerfile-outline.ts';
import { placeAbove } from './upgrade-step.ts';

/** The one name, in all stages: its prefix says whose it is, so that nobody takes it for a setting of the image. */
const REBUILD_ARGUMENT = 'RELOCK_REBUILD';
const COMMENT =
  '# Relock moves this date, so that the packages below are fetched anew and not taken from the build cache.';

/** A day, or, for a second rebuild within one, a minute of it (UTC). */
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}Z)?$/u;

interface Replacement extends Span {
  readonly text: string;
}

/**
 * Moves the dates that are there, and puts one into each stage that leads to the image, has a package step and no date
 * above it; all other bytes stay. The result is read anew and must hold the same instructions; otherwise nothing is edited.
 * @param date `2026-11-24`, or `2026-11-24T08:30Z`.
 * @param outline of this very text.
 * @returns the new text (the same when it has that date already), or why it was not edited.
 */
export function bustCache(
  path: string,
  text: string,
  date: string,
  outline: DockerfileOutline,
): { readonly text: string } | { readonly problem: Reason } {
  if (outline.unread !== null) return { problem: outline.unread };
  if (!DATE.test(date)) return { problem: internal(path, null, 'the new date is none') };
  const stages = finalStages(outline).flatMap((stage) => {
    const step = firstStep(stage);
    return step === null ? [] : [{ stage, step }];
  });
  if (stages.length === 0) return { problem: noStep(path) };
  const replacements: Replacement[] = [];
  for (const place of places(outline)) {
    // Without a default it has that of the global one.
    const isGiven = place.value === null && outline.globals.some(isDated);
    if (isGiven || place.value === date) continue;
    const span = place.value === null ? { start: place.nameEnd, end: place.nameEnd } : place.span;
    if (span === null) return { problem: internal(path, place.line, 'its value is not in one piece') };
    replacements.push({ ...span, text: place.value === null ? `=${date}` : date });
  }
  for (const { stage, step } of stages) {
    if (!isBusted(stage, step)) replacements.push(insertion(text, stage, step, date));
  }
  const edited = applied(text, replacements);
  return edited === text || holdsTheSame(path, text, edited, date)
    ? { text: edited }
    : { problem: internal(path, null, 'what came out is another Dockerfile') };
}

/**
 * The date that all package steps are at least of: the oldest one.
 * @returns null: there is none, or it cannot be read.
 */
export function bustDate(text: string): string | null {
  const dates = places(readDockerfile('Dockerfile', text)).flatMap(({ value }) =>
    value !== null && DATE.test(value) ? [value] : [],
  );
  return dates.sort()[0] ?? null;
}

function isOurs({ keyword, name }: VariablePlace): boolean {
  return keyword === 'ARG' && name === REBUILD_ARGUMENT;
}

function isDated(place: VariablePlace): boolean {
  return isOurs(place) && place.value !== null;
}

function places(outline: DockerfileOutline): readonly VariablePlace[] {
  return [...outline.globals, ...outline.stages.flatMap((stage) => stage.variables)].filter(isOurs);
}

/** The first step that names a package manager, its `update` included; where there is none, the first unread script. */
function firstStep({ steps }: OutlineStage): PackageStep | null {
  return steps.find(({ commands }) => commands.length > 0) ?? steps[0] ?? null;
}

function isBusted({ variables }: OutlineStage, step: PackageStep): boolean {
  return variables.some((place) => isOurs(place) && place.start < step.start);
}

/** Above the comments that belong to the step, with the line end and the indentation of the lines around. */
function insertion(text: string, stage: OutlineStage, step: PackageStep, date: string): Replacement {
  const line = text.lastIndexOf('\n', step.start - 1) + 1;
  const indentation = /^[ \t]*/u.exec(text.slice(line, step.start))?.[0] ?? '';
  const end = text.slice(line - 2, line) === '\r\n' ? '\r\n' : '\n';
  const at = placeAbove(text, step.start, stage.end);
  const lines = [COMMENT, `ARG ${REBUILD_ARGUMENT}=${date}`];
  return { start: at, end: at, text: lines.map((line) => indentation + line + end).join('') };
}

function applied(text: string, replacements: readonly Replacement[]): string {
  let edited = text;
  for (const { start, end, text: put } of [...replacements].sort((a, b) => b.start - a.start)) {
    edited = edited.slice(0, start) + put + edited.slice(end);
  }
  return edited;
}

/** Reads both texts: besides ours, the same instructions; and each package step has the new date above it. */
function holdsTheSame(path: string, before: string, after: string, date: string): boolean {
  const outline = readDockerfile(path, after);
  const isEffective = finalStages(outline).every((stage) => {
    const step = firstStep(stage);
    return step === null || isBusted(stage, step);
  });
  const was = instructionsOf(before);
  return (
    was !== null &&
    was === instructionsOf(after) &&
    isEffective &&
    places(outline).every(({ value }) => value === null || value === date)
  );
}

/** All instructions with their here-documents, without the dates and without ARG that declare nothing else. */
function instructionsOf(text: string): string | null {
  const lines = readLines(text);
  if (lines === null) return null;
  const { instructions, escape, syntax } = lines;
  const texts = instructions.flatMap((instruction, index) => {
    const next = instructions[index + 1]?.start ?? text.length;
    const { keyword, isTrigger, flags } = instruction;
    const words = instruction.words.map((word) => word.text);
    const others = keyword === 'ARG' ? words.filter((word) => !isOurWord(word)) : words;
    if (keyword === 'ARG' && others.length === 0 && words.length > 0) return [];
    return [
      [
        keyword,
        isTrigger,
        flags.map(({ name, value }) => [name, value.text]),
        others,
        bodyText(text, instruction, next),
      ],
    ];
  });
  return JSON.stringify([escape, syntax?.text, texts]);
}

function isOurWord(word: string): boolean {
  return word === REBUILD_ARGUMENT || word.startsWith(`${REBUILD_ARGUMENT}=`);
}

function bodyText(text: string, instruction: DockerInstruction, next: number): string | null {
  return bodyOf(text, instruction, next)?.text ?? null;
}

function noStep(path: string): Reason {
  return {
    code: 'unsupported-kind',
    message: `${path} was not given a date, since no RUN on the way to its last stage installs or upgrades packages of the distribution: they all come with the base image.`,
    fix: 'Move the digest of the base image, or add an upgrade step.',
    detail: '',
  };
}

function internal(path: string, line: number | null, why: string): Reason {
  const where = line === null ? path : `${path}:${line}`;
  return {
    code: 'internal',
    message: `${where}: the date of \`ARG ${REBUILD_ARGUMENT}\` was not moved, since ${why}.`,
    fix: `Write \`ARG ${REBUILD_ARGUMENT}=2000-01-01\` on a line of its own above the first package step of each stage, and Relock moves it.`,
    detail: '',
  };
}

/** A Dockerfile as it is but for the date, so that two can be compared. Other text stays. */
export function withoutBustDate(text: string): string {
  return text.replaceAll(/(?<name>\bRELOCK_REBUILD=["']?)\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}Z)?/gu, '$<name>');
}
