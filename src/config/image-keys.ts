/** The keys of `[[image]]` in `.github/relock.toml`: images that the repository builds and publishes. */
import { parseReference } from '../images/reference.ts';
import { resolveInside } from '../locks/tree.ts';
import { parseSeconds } from './cutoff.ts';
import type { Fields } from './schema.ts';
import { parseBytes, parsePercent } from './size.ts';

const DAY = 24 * 3600;
const LONGEST_REST = 90 * DAY;

export const IMAGE_KEYS = {
  ref: {
    type: 'string',
    required: true,
    check: whyNotPublished,
    example: 'ghcr.io/acme/app:latest',
    description: 'The image as it is published: with its tag ("latest" when left out), without a digest.',
  },
  dockerfile: {
    type: 'string',
    check: whyNotFile,
    example: 'Dockerfile',
    description:
      'The Dockerfile that it is built from, from the root of the repository. Left out: "Dockerfile" in `context`.',
  },
  context: {
    type: 'string',
    check: whyNotInside,
    example: 'services/app',
    description: 'The folder that the build sees, from the root of the repository. Left out: the root.',
  },
  platforms: {
    type: 'strings',
    check: whyNotPlatform,
    example: 'linux/arm64',
    description: 'The platforms that it is published for. Left out: "linux/amd64".',
  },
  rebuild: {
    type: 'string',
    oneOf: ['security', 'any', 'monthly'],
    example: 'security',
    description:
      'What it is rebuilt for: "security" fixes of its distribution (left out), "any" update, or "monthly": also ' +
      'when nothing waits and it is a month old.',
  },
  via: {
    type: 'strings',
    oneOf: ['commit', 'workflow', 'dispatch'],
    example: 'commit',
    description:
      'How the App has it rebuilt, one or more: "commit" (left out) proposes a change of a date in the Dockerfile, which ' +
      'any CI rebuilds; "workflow" starts `workflow`; "dispatch" sends the event repository_dispatch.',
  },
  workflow: {
    type: 'string',
    check: whyNotWorkflow,
    example: 'build.yml',
    description:
      'File name, in .github/workflows, of the workflow that builds it; needed for `via = ["workflow"]`.',
  },
  smoke: {
    type: 'strings',
    check: whyNotArgument,
    example: 'python',
    description:
      'A command, one text per word, that shows that the image works: it is run inside a trial build, without network. ' +
      "Left out: the image's Python starts and imports what is installed.",
  },
  rest: {
    type: 'string',
    check: whyNotRest,
    example: '7 days',
    description:
      'How long a merge or a start of the workflow may take to show in the published image, before a rebuild is asked for ' +
      'again. Left out: "7 days".',
  },
  'size-budget': {
    type: 'string',
    check: (value) => (sizeBudgetOf(value) === null ? 'it is neither a size nor a share' : null),
    example: '20 MB',
    description: 'Growth of the image that is told: a size ("20 MB") or a share of what it was ("10%").',
  },
} as const satisfies Fields;

/** `20 MB` or `10%`; null when it is neither. */
export function sizeBudgetOf(text: string): { readonly bytes: number } | { readonly percent: number } | null {
  const percent = parsePercent(text);
  if (percent !== null) return { percent };
  const bytes = parseBytes(text);
  return bytes === null ? null : { bytes };
}

/** Days, which may be broken; null when it is no time. */
export function restDaysOf(text: string): number | null {
  const seconds = parseSeconds(text);
  return seconds === null ? null : seconds / DAY;
}

function whyNotPublished(value: string): string | null {
  if (/[${}]/u.test(value)) return 'variables are not known here';
  if (value.includes('@')) return 'it has a digest, which the next build changes';
  return parseReference(value) === null ? 'it is not the name of an image' : null;
}

function whyNotInside(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return resolveInside('.', value) === null ? 'it is not a path inside the repository' : null;
}

function whyNotFile(value: string): string | null {
  const why = whyNotInside(value);
  if (why !== null) return why;
  return value.endsWith('/') || resolveInside('.', value) === '.' ? 'it is not a file' : null;
}

function whyNotPlatform(value: string): string | null {
  return /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/u.test(value) && value.length <= 64
    ? null
    : 'it is not a platform';
}

function whyNotWorkflow(value: string): string | null {
  if (value.includes('/')) return 'it must be the name of the file alone, without its folder';
  // Threat: it becomes part of an address.
  return /^[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}\.ya?ml$/u.test(value)
    ? null
    : 'it is not the file of a workflow';
}

function whyNotArgument(value: string): string | null {
  if (value === '') return 'it is empty';
  return /\0/u.test(value) || value.length > 4000 ? 'it has a null character or is too long' : null;
}

function whyNotRest(value: string): string | null {
  const seconds = parseSeconds(value);
  if (seconds === null) return 'it is not a time';
  return seconds < 3600 || seconds > LONGEST_REST ? 'it is not from one hour to 90 days' : null;
}
