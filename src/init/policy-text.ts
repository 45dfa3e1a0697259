/** The policy that `relock init` proposes. Pure. */
import { listed, plural } from '../report/count.ts';

/** An image for `[[image]]`. */
export interface ImageEntry {
  /** null: it is not known how it is published. */
  readonly ref: string | null;
  /** Whether `ref` is certain; else the table is written as a comment. */
  readonly certain: boolean;
  readonly dockerfile: string;
  readonly context: string;
  readonly platforms: readonly string[];
  /** Where it was found: `.github/workflows/build.yml:12`. */
  readonly from: string;
  /** File name of the workflow that builds it, where Relock can start that; null: it cannot. */
  readonly workflow: string | null;
}

export interface PolicyFacts {
  readonly locks: number;
  /** As written, with place: `python:3.12 (Dockerfile:1)`. */
  readonly unpinned: readonly string[];
  readonly images: readonly ImageEntry[];
}

/** The whole of a new `.github/relock.toml`; what is not certain stands in it as a comment. */
export function policyText({ locks, unpinned, images }: PolicyFacts): string {
  const parts = [
    '# What Relock does in this repository. Every key is optional; what stands behind `#` is not in force.',
    `# Proposed by \`relock init\`, which found ${plural(locks, 'lock')} and ${plural(images.length, 'Dockerfile')} here.`,
    '',
    'schedule = "monthly" # or "weekly", "quarterly", "off", or a cron expression; for the App',
    '# time-zone = "Europe/Berlin"',
    '# exclude-newer = "7 days" # cool-down: no release younger than this enters a lock',
    ...(unpinned.length === 0 ? [] : ['', ...pinText(unpinned)]),
    ...images.flatMap((image) => ['', ...imageText(image)]),
  ];
  return `${parts.join('\n')}\n`;
}

/** One `[[image]]` with what was found, as lines. */
export function imageText(image: ImageEntry): readonly string[] {
  const { ref, certain, dockerfile, context, platforms, from, workflow } = image;
  const usual = context === '.' ? 'Dockerfile' : `${context}/Dockerfile`;
  const table = [
    '[[image]]',
    `ref = ${quoted(ref ?? 'ghcr.io/OWNER/NAME:latest')}`,
    ...(context === '.' ? [] : [`context = ${quoted(context)}`]),
    ...(dockerfile === usual && context !== '.' ? [] : [`dockerfile = ${quoted(dockerfile)}`]),
    ...(platforms.length === 0 ? [] : [`platforms = [${platforms.map(quoted).join(', ')}]`]),
    'rebuild = "security" # or "any", "monthly"',
    ...(workflow === null
      ? ['via = ["commit"] # or "workflow" (with `workflow = "build.yml"`), "dispatch"']
      : ['via = ["workflow"] # or "commit", "dispatch"', `workflow = ${quoted(workflow)}`]),
  ];
  const example = '# smoke = ["python", "-c", "import app"] # what shows that a new build works';
  if (certain && ref !== null) return [`# ${from}`, ...table, example];
  const why = ref === null ? 'say how it is published' : 'make sure that this is how it is published';
  return [`# ${from}: ${why}, and take the marks off.`, ...table.map((line) => `# ${line}`)];
}

function pinText(unpinned: readonly string[]): readonly string[] {
  const shown = unpinned.slice(0, 3);
  const more = unpinned.length - shown.length;
  const names = listed([...shown, ...(more > 0 ? [`${more} more`] : [])]);
  return [
    `# ${plural(unpinned.length, 'image')} without a digest: ${names}.`,
    '# [images]',
    '# pin = true # gives each a digest, which then moves with its tag',
  ];
}

/** A basic string of TOML, which those of JSON are, too, for text without control characters. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
