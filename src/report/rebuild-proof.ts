/** What a build without cache gave: before and after, the smoke test, or the step that failed. Pure. */
import type { ImageComparison } from '../images/compare.ts';
import type { RebuildProof, RebuildResult, SmokeResult } from '../rebuild/model.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import { duration, listed } from './count.ts';
import { alarmsOf } from './findings-alarm.ts';
import { findingTables } from './findings-table.ts';
import { scanInWords } from './findings-words.ts';
import { differenceInWords, packageFolds } from './image-packages.ts';
import { imageTables } from './image-table.ts';
import { configurationOf } from './images.ts';
import { code, fenced, fold, sentence } from './markdown.ts';
import { broughtBy } from './rebuild-brought.ts';
import type { Section } from './sections.ts';
import { commandLine } from './shell.ts';

/** The end of a build's or a test's output says most. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 4000;
const MOST_MISSING = 10;
const LONGEST_NAME = 80;
const LONGEST_STEP = 300;

type Built = Extract<RebuildProof, { readonly state: 'built' }>;
type Failed = Extract<RebuildProof, { readonly state: 'failed' }>;

/** @param scan of the published and of the built image alone; null: none was made. */
export function proofSections(result: RebuildResult, scan: ScanOutcome | null): readonly Section[] {
  const { image, proof } = result;
  switch (proof?.state) {
    case undefined:
      return [];
    case 'not-built': {
      const { message, fix, code: why } = proof.reason;
      const text = `**Not proved by a build**: ${[message, fix]
        .filter((part) => part !== '')
        .map(sentence)
        .join(' ')} (${code(why)})`;
      return [{ text, drop: 6, name: `why the image ${image.ref} was not built` }];
    }
    case 'failed':
      return failedSections(image.ref, proof);
    case 'built':
      return builtSections(result, proof, scan);
  }
}

function failedSections(ref: string, { builder, seconds, step, lines, reason }: Failed): readonly Section[] {
  const at = step === '' ? '' : ` at ${code(step, LONGEST_STEP)}`;
  const why = [reason.message, reason.fix]
    .filter((part) => part !== '')
    .map(sentence)
    .join(' ');
  const head = `> [!WARNING]\n> **The clean build failed**${at}, after ${duration(seconds)} with ${code(builder, LONGEST_NAME)}: ${why} (${code(reason.code)})`;
  // One that ends before its first step has no lines, only an error of its own.
  const said = lastLines(lines === '' ? reason.detail : lines);
  return [
    { text: head, drop: 7, name: `why the image ${ref} could not be built` },
    {
      text: said === '' ? '' : `Its last lines:\n\n${fenced(said)}`,
      drop: 5,
      name: `the words of the build of ${ref}`,
    },
  ];
}

function builtSections(result: RebuildResult, proof: Built, scan: ScanOutcome | null): readonly Section[] {
  const { image } = result;
  const { comparisons } = proof;
  const notes = [...new Set(comparisons.flatMap((comparison) => comparison.notes))];
  const head = [
    summaryOf(result, proof),
    notes.map((note) => `> ${sentence(note)}`).join('  \n'),
    tablesOf(comparisons),
  ];
  const config = configurationOf(comparisons.flatMap((comparison) => comparison.config));
  return [
    {
      text: head.filter((part) => part !== '').join('\n\n'),
      drop: 5,
      name: `the table of the clean build of ${image.ref}`,
    },
    ...smokeSections(image.ref, proof.smoke),
    ...findingSections(image.ref, scan),
    { text: config.values, drop: 4, name: `the configuration of the clean build of ${image.ref}` },
    ...packageFolds(comparisons).map((text) => ({
      text,
      drop: 3,
      name: `the packages of the clean build of ${image.ref}`,
    })),
    { text: config.labels, drop: 1, name: `the labels of the clean build of ${image.ref}` },
  ];
}

function summaryOf(result: RebuildResult, { builder, seconds, comparisons, samePackages }: Built): string {
  const by = `**Built without cache** in ${duration(seconds)} by ${code(builder, LONGEST_NAME)}`;
  if (samePackages) return `${by}: rebuilt, nothing changed, so there is no need to deploy.`;
  const several = comparisons.length > 1;
  const said = comparisons.map((comparison) => insideOf(comparison));
  const inside =
    new Set(said).size === 1
      ? (said[0] ?? '')
      : comparisons
          .map(
            ({ platform }, index) =>
              `${several ? `${code(platform, LONGEST_NAME)}: ` : ''}${said[index] ?? ''}`,
          )
          .join('; ');
  const still = missingInWords(result);
  return [`${by}${inside === '' ? '' : `: ${inside}`}.`, still].filter((part) => part !== '').join(' ');
}

function insideOf({ packages, from, to }: ImageComparison): string {
  if (packages === null) {
    const why = [...new Set([from.unread, to.unread].filter((one) => one !== null))].join(' ');
    return `what is different inside could not be read (${sentence(why.replace(/\.$/u, ''))})`;
  }
  const words = differenceInWords(packages);
  return words === '' ? 'the packages are the same' : `${words} inside`;
}

/** What it was to bring and does not, and where nothing shows. */
function missingInWords(result: RebuildResult): string {
  const shown = broughtBy(result);
  if (shown === null) return '';
  const names = shown.missing.slice(0, MOST_MISSING).map((name) => code(name, LONGEST_NAME));
  const more = shown.missing.length - names.length;
  const all = [...names, ...(more > 0 ? [`${more.toLocaleString('en-US')} more`] : [])];
  return [
    ...(all.length === 0 ? [] : [`It still lacks ${listed(all)}.`]),
    ...(shown.unproved.length === 0
      ? []
      : [
          `Nothing shows what it brings on ${listed(shown.unproved.map((name) => code(name, LONGEST_NAME)))}.`,
        ]),
  ].join(' ');
}

function tablesOf(comparisons: readonly ImageComparison[]): string {
  const [first] = comparisons;
  if (first === undefined) return '';
  const [from, to] = [first.from.manifestDigest, first.to.manifestDigest];
  return imageTables({ comparisons, from, to }, ['Published', 'Rebuilt']);
}

function smokeSections(ref: string, smoke: SmokeResult): readonly Section[] {
  if (smoke.state === 'not-run') {
    const text = `No smoke test was run: ${sentence(ended(smoke.because))}`;
    return [{ text, drop: 5, name: `the smoke test of ${ref}` }];
  }
  const command = smoke.command.length === 0 ? '' : ` ${code(commandLine(smoke.command, '.'), LONGEST_STEP)}`;
  if (smoke.state === 'passed')
    return [{ text: `The smoke test${command} passed.`, drop: 5, name: `the smoke test of ${ref}` }];
  const said = lastLines(smoke.output);
  return [
    {
      text: `> [!WARNING]\n> **The smoke test**${command} **failed** in the image that was built.`,
      drop: 7,
      name: `the smoke test of ${ref}`,
    },
    {
      text: said === '' ? '' : `Its last lines:\n\n${fenced(said)}`,
      drop: 5,
      name: `the words of the smoke test of ${ref}`,
    },
  ];
}

function findingSections(ref: string, scan: ScanOutcome | null): readonly Section[] {
  if (scan === null || scan.skipped !== null) return [];
  const words = `**Vulnerabilities**, published against rebuilt: ${scanInWords(scan).join('; ')}.`;
  const alarms = alarmsOf(scan).map((alarm) => `**${alarm}**`);
  const tables = findingTables(scan)
    .map(({ text }) => text)
    .filter((text) => text !== '');
  return [
    { text: [...alarms, words].join(' '), drop: 6, name: `known vulnerabilities of ${ref}` },
    {
      text: tables.length === 0 ? '' : fold('Known vulnerabilities of it', tables.join('\n\n')),
      drop: 4,
      name: `the table of known vulnerabilities of ${ref}`,
    },
  ];
}

function ended(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

function lastLines(text: string): string {
  const all = text.replace(/\s+$/u, '').slice(-MOST_CHARACTERS).split('\n');
  return all.slice(-MOST_LINES).join('\n');
}
