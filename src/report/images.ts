/** Sections of base images: what moved inside each, which need an eye, and what was left alone. Pure. */
import type { ImageComparison, ImageConfigChange } from '../images/compare.ts';
import type { LeftImage } from '../images/plan-images.ts';
import type { ImageOutcome, ImageResult } from '../images/result.ts';
import { plural } from './count.ts';
import { differenceInWords, packageFolds } from './image-packages.ts';
import { imageTables } from './image-table.ts';
import { imageName, placeOf, placesOf, shortDigest, updatedImages } from './image-words.ts';
import { code, fold, sentence } from './markdown.ts';
import type { Section } from './sections.ts';

/** Longer lists are cut; `--json` holds them whole. */
const MOST_CONFIG = 20;
const MOST_LEFT = 30;
const LONGEST_VALUE = 80;

/** The sections of the images that were named anew, in the plan's order. */
export function imageSections(images: ImageOutcome): readonly Section[] {
  return updatedImages(images).flatMap(sectionsOf);
}

function sectionsOf(result: ImageResult): readonly Section[] {
  const { image, comparisons, notes } = result;
  const told = [...new Set([...notes, ...comparisons.flatMap((comparison) => comparison.notes)])];
  const head = [
    `## ${imageName(image)}`,
    `${summaryOf(result)} It is named in ${placesOf(image.mentions)}.`,
    told.map((note) => `> ${sentence(note)}`).join('  \n'),
    imageTables(result),
  ];
  const name = image.reference.text;
  const config = configurationOf(comparisons.flatMap((comparison) => comparison.config));
  return [
    {
      text: head.filter((part) => part !== '').join('\n\n'),
      drop: 5,
      name: `the table of the image ${name}`,
    },
    { text: config.values, drop: 4, name: `the configuration of the image ${name}` },
    ...packageFolds(comparisons).map((text) => ({
      text,
      drop: 3,
      name: `the packages of the image ${name}`,
    })),
    { text: config.labels, drop: 1, name: `the labels of the image ${name}` },
  ];
}

function summaryOf({ from, to, comparisons }: ImageResult): string {
  if (to === null) return 'Only its tag moved.';
  if (from === null) return `It had no digest, and has ${code(shortDigest(to))} now.`;
  if (comparisons.length === 0) return 'Its digest moved.';
  const said = comparisons.map((comparison) => insideOf(comparison));
  if (new Set(said).size === 1) return said[0] ?? '';
  return comparisons.map(({ platform }, index) => `${code(platform)}: ${said[index] ?? ''}`).join(' ');
}

function insideOf({ packages, from, to }: ImageComparison): string {
  if (packages === null) {
    const why = [...new Set([from.unread, to.unread].filter((one) => one !== null))];
    return `What is different inside could not be read: ${sentence(ended(why.join(' ')))}`;
  }
  const words = differenceInWords(packages);
  if (words !== '') return `${words} inside.`;
  return from.counts.length === 0 && to.counts.length === 0
    ? 'No package database was found in it.'
    : 'It was built anew with the same packages.';
}

function ended(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

const CONFIG_WORDS: Readonly<Record<ImageConfigChange['what'], string>> = {
  env: 'environment',
  user: 'user',
  workdir: 'working folder',
  entrypoint: 'entry point',
  cmd: 'command',
  port: 'port',
  label: 'label',
};

/** What is not as it was in the configuration; what is alike on several platforms is said once. Empty texts: nothing. */
export function configurationOf(changes: readonly ImageConfigChange[]): {
  readonly values: string;
  readonly labels: string;
} {
  const lines = (some: readonly ImageConfigChange[]): readonly string[] => {
    const all = [...new Set(some.map(configLine))];
    const more = all.length - MOST_CONFIG;
    return more > 0 ? [...all.slice(0, MOST_CONFIG), `- and ${more} more`] : all;
  };
  const labels = lines(changes.filter(({ what }) => what === 'label'));
  const values = lines(changes.filter(({ what }) => what !== 'label'));
  return {
    values: values.length === 0 ? '' : `**Configuration**\n${values.join('\n')}`,
    labels: labels.length === 0 ? '' : fold('Labels', labels.join('\n')),
  };
}

function configLine({ what, name, from, to }: ImageConfigChange): string {
  const subject = `${CONFIG_WORDS[what]}${name === '' ? '' : ` ${code(name, LONGEST_VALUE)}`}`;
  if (what === 'port') return `- ${subject} ${from === null ? 'added' : 'removed'}`;
  const value = (text: string): string => (text === '' ? 'empty' : code(text, LONGEST_VALUE));
  if (from === null) return `- ${subject} added: ${value(to ?? '')}`;
  if (to === null) return `- ${subject} removed: was ${value(from)}`;
  return `- ${subject}: ${value(from)} → ${value(to)}`;
}

/** What a reviewer should see first: another system, other ways to start, packages that went back. Lines of a list. */
export function imagesToReview(images: ImageOutcome): readonly string[] {
  return updatedImages(images).flatMap(({ image, comparisons }) => {
    const facts = comparisons.flatMap(({ from, to, packages, config }) => {
      const other = from.os !== null && to.os !== null && releaseOf(from.os) !== releaseOf(to.os);
      const down = (packages?.moved ?? []).filter(({ direction }) => direction === 'down').length;
      const starts = config.filter(({ what }) => what === 'user' || what === 'entrypoint' || what === 'cmd');
      return [
        ...(other ? [`another system, ${code(releaseOf(from.os))} → ${code(releaseOf(to.os))}`] : []),
        ...(down > 0 ? [`${plural(down, 'package')} downgraded inside`] : []),
        ...starts.map(({ what }) => `another ${CONFIG_WORDS[what]}`),
      ];
    });
    return facts.length === 0 ? [] : [`- ${imageName(image)}: ${[...new Set(facts)].join(', ')}`];
  });
}

function releaseOf(os: ImageComparison['from']['os']): string {
  // Alpine's `3.22.1` and Red Hat's `9.4` are points of one release.
  const parts = (os?.version ?? '').split('.');
  return `${os?.id ?? ''} ${os?.id === 'alpine' || os?.id === 'ubuntu' ? parts.slice(0, 2).join('.') : (parts[0] ?? '')}`.trim();
}

/** Newer tags of all images, and what is to be said of those that stay as they are. */
export function imagesToLookAt({ results }: ImageOutcome): readonly Section[] {
  const lines = results.flatMap(({ image, status, suggestions, notes }) => {
    const said = [...suggestions, ...(status === 'updated' ? [] : notes)].map((one) => sentence(ended(one)));
    const [first] = said;
    if (first === undefined) return [];
    const name = imageName(image);
    const places = [...new Set(image.mentions.map(placeOf))];
    const more = places.length > MOST_LEFT ? ` and ${places.length - MOST_LEFT} more` : '';
    const where = `${places.slice(0, MOST_LEFT).join(', ')}${more}`;
    return [`- ${first.startsWith(name) ? '' : `${name}: `}${said.join(' ')} (${where})`];
  });
  if (lines.length === 0) return [];
  const text = `## Images to look at\n\n${[...new Set(lines)].join('\n')}`;
  return [{ text, drop: 6, name: 'the images to look at' }];
}

/** Images that could not be followed, with what the reader can do. */
export function imageFailures({ results }: ImageOutcome): readonly Section[] {
  const lines = results.flatMap(({ image, status, reason }) => {
    if (reason === null || (status !== 'failed' && status !== 'skipped')) return [];
    const fix = reason.fix === '' ? '' : ` ${sentence(reason.fix)}`;
    return [
      `- ${imageName(image)}, named in ${placesOf(image.mentions)}: ${sentence(reason.message)}${fix} (${code(reason.code)})`,
    ];
  });
  if (lines.length === 0) return [];
  return [{ text: `## Images not moved\n\n${lines.join('\n')}`, drop: 8, name: 'why images were not moved' }];
}

/** A stage, `scratch`, what Compose builds: nothing that a registry has. */
export function isNoImage({ reason }: LeftImage): boolean {
  return reason.code === 'unsupported-kind' && reason.fix === '';
}

/** Places that were left alone, counted by reason. */
export function leftImages(images: ImageOutcome): readonly Section[] {
  const edited = new Set(
    updatedImages(images).flatMap(({ image }) => image.mentions.map((mention) => placeOf(mention))),
  );
  const left = images.left.filter(
    (one) => one.reason.code !== 'not-selected' && !isNoImage(one) && !edited.has(placeOf(one.mention)),
  );
  if (left.length === 0) return [];
  // The same kind of reason has the same way out, whatever its message names.
  const kinds = Map.groupBy(left, ({ reason }) => `${reason.code} ${reason.fix}`);
  const lines = [...kinds.values()].map(kindOfLeft);
  const summary = `Left alone: ${plural(left.length, 'place')} that ${left.length === 1 ? 'names' : 'name'} an image`;
  return [{ text: fold(summary, lines.join('\n')), drop: 2, name: 'the images left alone' }];
}

function kindOfLeft(left: readonly LeftImage[]): string {
  const [first] = left;
  if (first === undefined) return '';
  const { message, fix } = first.reason;
  const shown = left.slice(0, MOST_LEFT);
  const more = left.length > shown.length ? [`and ${left.length - shown.length} more`] : [];
  if (left.some(({ reason }) => reason.message !== message)) {
    const lines = shown.map(({ mention, reason }) => `  - ${placeOf(mention)}: ${sentence(reason.message)}`);
    const lead = `- ${plural(left.length, 'place')}. ${sentence(fix)}`.trimEnd();
    return [lead, ...lines, ...more.map((one) => `  - ${one}`)].join('\n');
  }
  const why = [message, fix].filter((part) => part !== '').map(sentence);
  const places = shown.map(({ mention }) => {
    const { text } = mention.reference;
    return message.includes(text) ? placeOf(mention) : `${placeOf(mention)} ${code(text)}`;
  });
  const where = [...places, ...more].join(', ');
  const lead = left.length === 1 ? where : `${plural(left.length, 'place')} (${where})`;
  return `- ${lead}: ${why.join(' ')}`;
}
