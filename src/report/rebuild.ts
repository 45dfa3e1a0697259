/** The section on published images: what each lacks, what was decided, what a clean build proves, and advice. Pure. */
import type { Advice, PublishedState, RebuildOutcome, RebuildResult } from '../rebuild/model.ts';
import type { Reason } from '../reason.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import { listed, plural } from './count.ts';
import { dateInWords, shortDigest } from './image-words.ts';
import { code, fenced, fold, sentence } from './markdown.ts';
import { proofSections } from './rebuild-proof.ts';
import { waitingSections } from './rebuild-table.ts';
import { isClean, publishedName } from './rebuild-words.ts';
import type { Section } from './sections.ts';

/** Longer lists are cut; `--json` holds them whole. */
const MOST_ADVICE = 20;
const MOST_INDEXES = 30;
const MOST_CLEAN = 30;
const LONGEST_NAME = 80;
const LONGEST_NOTE = 400;

export interface RebuildReport {
  readonly rebuilds: RebuildOutcome;
  /** What is known of vulnerabilities before and after a clean build, by the image's reference. */
  readonly scans: ReadonlyMap<string, ScanOutcome>;
  /** null: the report says since when, and not for how long. */
  readonly now: Date | null;
}

/** Sections in reading order, the images in the order of the config; none when it names no image. */
export function rebuildSections({ rebuilds: { results }, scans, now }: RebuildReport): readonly Section[] {
  if (results.length === 0) return [];
  const quiet = results.filter(isQuiet);
  const told = results.filter((result) => !isQuiet(result));
  return [
    { text: '## Published images', drop: 8, name: 'the heading of published images' },
    ...told.flatMap((result) => sectionsOf(result, scans.get(result.image.ref) ?? null, now)),
    { text: quietInWords(quiet), drop: 5, name: 'the published images that need no rebuild' },
  ];
}

/** Nothing is to be said of it but that it is clean. */
function isQuiet(result: RebuildResult): boolean {
  const { published, advice, proof, notes } = result;
  const silent = published.every(
    ({ waiting, updates }) =>
      waiting.length === 0 && updates.state !== 'unknown' && updates.notes.length === 0,
  );
  return isClean(result) && silent && advice.length === 0 && proof === null && notes.length === 0;
}

function quietInWords(quiet: readonly RebuildResult[]): string {
  if (quiet.length === 0) return '';
  const names = quiet.slice(0, MOST_CLEAN).map(publishedName);
  const more = quiet.length - names.length;
  return `Need no rebuild: ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}.`;
}

function sectionsOf(result: RebuildResult, scan: ScanOutcome | null, now: Date | null): readonly Section[] {
  const { image, published, advice, notes } = result;
  const told = [
    ...notes,
    ...published.flatMap(({ updates }) => (updates.state === 'unknown' ? [] : updates.notes)),
  ];
  return [
    {
      text: [`### ${publishedName(result)}`, decisionOf(result)].join('\n\n'),
      drop: 8,
      name: `what was decided of the image ${image.ref}`,
    },
    ...unknownDetails(result),
    {
      text: [factsOf(result), [...new Set(told)].map((note) => `> ${sentence(short(note))}`).join('  \n')]
        .filter((part) => part !== '')
        .join('\n\n'),
      drop: 5,
      name: `what is published as ${image.ref}`,
    },
    ...waitingSections(result, now),
    ...proofSections(result, scan),
    { text: adviceOf(advice), drop: 5, name: `the advice on the image ${image.ref}` },
    { text: indexesOf(published), drop: 2, name: `the indexes that ${image.ref} was compared with` },
  ];
}

const VERDICTS: Readonly<Record<RebuildResult['decision']['verdict'], string>> = {
  needed: '**To be rebuilt.** ',
  'on-its-way': '**On its way.** ',
  unknown: '**Unknown, and so not called clean.** ',
  // These say it in their own words.
  'will-not-help': '',
  clean: '',
};

function decisionOf(result: RebuildResult): string {
  const { decision, reason, files } = result;
  if (reason !== null)
    return warning(
      `It could not be looked at, which does not mean that it is clean: ${reasonInWords(reason)}`,
    );
  const said = `${VERDICTS[decision.verdict]}${sentence(decision.because)}`;
  if (decision.verdict === 'unknown') {
    // Its words have the reasons already.
    const lines = unknownLines(result, decision.because);
    return warning([said, ...(lines.length === 1 ? lines : lines.map((line) => `- ${line}`))].join('\n'));
  }
  const paths = [...new Set(files.map(({ path }) => code(path)))];
  const edit =
    paths.length === 0
      ? ''
      : ` ${listed(paths)} ${paths.length === 1 ? 'is' : 'are'} edited here so that the next build leaves the cache.`;
  const lines = unknownLines(result, '');
  return [`${said}${edit}`, ...lines.map(warning)].join('\n\n');
}

/** @param text of one or several lines. */
function warning(text: string): string {
  return ['[!WARNING]', ...text.split('\n')].map((line) => `> ${line}`).join('\n');
}

/**
 * Platforms of which nothing could be learned, each with its reason; what is alike is said once.
 * @param said what stands before: a message that is in it is not repeated.
 */
function unknownLines({ published }: RebuildResult, said: string): readonly string[] {
  const dark = published.flatMap(({ platform, updates }) =>
    updates.state === 'unknown' ? [{ platform, reason: updates.reason }] : [],
  );
  const alike = Map.groupBy(dark, ({ reason }) => JSON.stringify([reason.code, reason.message, reason.fix]));
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const on = listed(same.map(({ platform }) => code(platform, LONGEST_NAME)));
    const { reason } = first;
    if (said.includes(reason.message))
      return [`${alike.size === 1 ? '' : `${on}: `}${reasonInWords({ ...reason, message: '' })}`];
    return [
      `What waits on ${on} is unknown, which does not mean that nothing does: ${reasonInWords(reason)}`,
    ];
  });
}

function reasonInWords({ message, fix, code: why }: Pick<Reason, 'message' | 'fix' | 'code'>): string {
  return [...[message, fix].filter((part) => part !== '').map(sentence), `(${code(why)})`].join(' ');
}

function unknownDetails({ image, published, reason }: RebuildResult): readonly Section[] {
  const reasons = published.flatMap(({ updates }) => (updates.state === 'unknown' ? [updates.reason] : []));
  const details = [...(reason === null ? [] : [reason]), ...reasons].map(({ detail }) => detail);
  return [...new Set(details)]
    .filter((detail) => detail !== '')
    .map((detail) => ({
      text: fold('What stood in the way', fenced(detail)),
      drop: 1,
      name: `what stood in the way of looking at ${image.ref}`,
    }));
}

function factsOf({ image, published }: RebuildResult): string {
  const lines = published.map((state) => `${published.length > 1 ? '- ' : ''}${stateInWords(state)}`);
  const context = image.context === '.' ? '' : ` in ${code(image.context)}`;
  const from = `It is built from ${code(image.dockerfile)}${context}.`;
  return published.length > 1 ? `${from}\n${lines.join('\n')}` : [from, ...lines].join(' ');
}

function stateInWords({ platform, digest, created, revision, os }: PublishedState): string {
  const date = dateInWords(created);
  const facts = [
    date === null ? 'built at a time that it does not tell' : `built ${date}`,
    ...(revision === null || revision === '' ? [] : [`from revision ${code(revision, 40)}`]),
    ...(os === null || os === '' ? [] : [code(os, LONGEST_NAME)]),
  ];
  return `Published for ${code(platform, LONGEST_NAME)} is ${code(shortDigest(digest))}, ${facts.join(', ')}.`;
}

function adviceOf(advice: readonly Advice[]): string {
  if (advice.length === 0) return '';
  const lines = [
    ...new Set(
      advice.map(({ path, line, message, code: what }) => {
        const place = path === null ? '' : `${code(line === null ? path : `${path}:${line}`)}: `;
        return `- ${place}${sentence(ended(short(message)))} (${code(what)})`;
      }),
    ),
  ];
  const more = lines.length - MOST_ADVICE;
  return [
    '**Advice**',
    ...lines.slice(0, MOST_ADVICE),
    ...(more > 0 ? [`- and ${more.toLocaleString('en-US')} more`] : []),
  ].join('\n');
}

const HOW_LONG =
  'An update waits since its advisory, or the index that offers it, came out: at least so long.';

/** What was read to know, with what is not signed said before it is unfolded. */
function indexesOf(published: readonly PublishedState[]): string {
  const lines = new Map<string, boolean>();
  for (const { updates } of published) {
    for (const { source, date, signed } of updates.state === 'unknown' ? [] : updates.indexes) {
      const what = [source.suite, ...source.components, source.architecture]
        .filter((part) => part !== '')
        .join(' ');
      const of = date === null ? '' : `, of ${dateInWords(date) ?? code(date, 40)}`;
      lines.set(`- ${code(source.url)} ${code(what)}${of}${signed ? '' : ', **not signed**'}`, signed);
    }
  }
  if (lines.size === 0) return '';
  const unsigned = [...lines.values()].filter((signed) => !signed).length;
  const all = [...lines.keys()];
  const more = all.length - MOST_INDEXES;
  const count = `Compared with ${plural(all.length, 'index', 'indexes')}`;
  const summary = unsigned === 0 ? count : `${count}, ${unsigned.toLocaleString('en-US')} not signed`;
  const shown = [
    ...all.slice(0, MOST_INDEXES),
    ...(more > 0 ? [`- and ${more.toLocaleString('en-US')} more`] : []),
  ];
  return fold(summary, `${shown.join('\n')}\n\n${HOW_LONG}`);
}

/** What a reviewer should see first. Lines of a list. */
export function rebuildsToReview({ results }: RebuildOutcome): readonly string[] {
  return results.flatMap((result) => {
    const { proof, published } = result;
    const comparisons = proof?.state === 'built' ? proof.comparisons : [];
    const down = comparisons
      .flatMap(({ packages }) => packages?.moved ?? [])
      .filter(({ direction }) => direction === 'down');
    const starts = comparisons
      .flatMap(({ config }) => config)
      .filter(({ what }) => what === 'user' || what === 'entrypoint' || what === 'cmd');
    const dark = published.filter(({ updates }) => updates.state === 'unknown');
    const facts = [
      ...(result.reason === null ? [] : ['could not be looked at']),
      ...(dark.length === 0 ? [] : ['what it lacks is unknown']),
      ...(proof?.state === 'failed' ? ['its clean build failed'] : []),
      ...(proof?.state === 'built' && proof.smoke.state === 'failed' ? ['its smoke test failed'] : []),
      ...(down.length === 0 ? [] : [`${plural(down.length, 'package')} downgraded by a clean build`]),
      ...starts.map(({ what }) => `a clean build has another ${STARTS[what]}`),
    ];
    return facts.length === 0 ? [] : [`- ${publishedName(result)}: ${[...new Set(facts)].join(', ')}`];
  });
}

const STARTS: Readonly<Record<string, string>> = { user: 'user', entrypoint: 'entry point', cmd: 'command' };

function ended(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

function short(text: string): string {
  return text.length > LONGEST_NOTE ? `${text.slice(0, LONGEST_NOTE - 1)}…` : text;
}
