/** The keys of `.github/relock.toml`: the table from which it is checked, and its JSON schema made. */
import { valid } from '@renovatebot/pep440';
import { resolveInside } from '../locks/tree.ts';
import { whyNotTimeZone } from '../schedule/time-zone.ts';
import { whyNotCutoff } from './cutoff.ts';
import { whyNotGlob } from './glob.ts';
import { whyNotHost } from './host.ts';
import { IMAGE_KEYS } from './image-keys.ts';
import { PULL_REQUEST_KEYS, whyNotSchedule } from './pull-request-keys.ts';
import { SCAN_POLICY_KEYS } from './scan-policy-keys.ts';
import type { Checked, Fields } from './schema.ts';
import { SECURITY_KEYS } from './security-keys.ts';

const SOLVER = {
  type: 'string',
  oneOf: ['auto', 'uv', 'pip-compile'],
  example: 'auto',
  description:
    'What solves locks made by pip-compile: "auto" takes uv and falls back to pip-compile where uv refuses a line, ' +
    '"uv" and "pip-compile" take only that one.',
} as const;

export const POLICY_KEYS = {
  'exclude-newer': {
    type: 'string',
    check: whyNotCutoff,
    example: '7 days',
    description:
      'Cool-down: no release younger than this enters a lock. A duration ("7 days", "P7D"), a date ("2026-11-01", up ' +
      'to the end of that day, UTC) or an instant ("2026-11-01T12:00:00Z").',
  },
  ignore: {
    type: 'strings',
    check: whyNotGlob,
    example: 'vendor/**',
    description: 'Globs of lock files, or of folders, that are left alone.',
  },
  'allow-hosts': {
    type: 'strings',
    check: whyNotHost,
    example: 'files.example.org',
    description:
      'Hosts that lockers may reach besides the indexes, forges and files that the manifests name: what the build of a ' +
      'source distribution downloads from. Each with its port if it is not 443; only at public addresses.',
  },
  solver: SOLVER,
  schedule: {
    type: 'string',
    check: whyNotSchedule,
    example: 'monthly',
    description:
      'When the App looks the repository over unasked: "monthly" (on the first), "weekly" (on Mondays), "quarterly", ' +
      '"off", or a cron expression ("0 3 * * 1#1", first Monday at three). Repositories are spread over the day, but ' +
      'for those with a cron expression.',
  },
  'time-zone': {
    type: 'string',
    check: whyNotTimeZone,
    example: 'Europe/Berlin',
    description: 'IANA name of the time zone in which `schedule` is read; left out, UTC.',
  },
  'pull-request': {
    type: 'table',
    description: 'How the App proposes its changes.',
    fields: PULL_REQUEST_KEYS,
  },
  lock: {
    type: 'tables',
    description:
      'What holds for the locks that `path` matches. Where several match, the last one wins, key by key.',
    fields: {
      path: {
        type: 'string',
        required: true,
        check: whyNotGlob,
        example: 'requirements/*.txt',
        description: 'Glob of lock files, from the root of the repository.',
      },
      enabled: {
        type: 'boolean',
        description: 'With false, these locks are left alone.',
      },
      python: {
        type: 'string',
        pattern: String.raw`^[23]\.\d{1,3}(?:\.\d{1,3})?$`,
        example: '3.12',
        description: 'The Python that the lock is for, over everything that the repository says elsewhere.',
      },
      'tool-version': {
        type: 'string',
        check: (value) => (valid(value) === null ? 'it is not one exact version' : null),
        example: '1.8.5',
        description: 'Exact version of the tool that makes the lock, over what the lock says.',
      },
      inputs: {
        type: 'strings',
        check: whyNotInput,
        example: 'requirements/base.in',
        description:
          'The manifests from which the lock is made, in order, from the root of the repository: for a header that ' +
          'does not name them.',
      },
      options: {
        type: 'strings',
        check: whyNotOption,
        example: '--generate-hashes',
        description:
          "Further options of the lock's own tool, one text per word: for a header that does not name them.",
      },
      solver: SOLVER,
    },
  },
  images: {
    type: 'table',
    description: 'What holds for the images that Dockerfiles, Compose files and workflows name.',
    fields: {
      pin: {
        type: 'boolean',
        description:
          'With true, an image without a digest is given one. Left out, only digests that are there are moved.',
      },
      tags: {
        type: 'string',
        oneOf: ['off', 'patch', 'minor'],
        example: 'off',
        description:
          'How far a tag is moved by itself: "patch" from 3.11.4-slim to 3.11.9-slim, "minor" also to 3.12.1-slim, ' +
          '"off" (left out) not at all: a newer tag is then only suggested. A distribution\'s release stays in any case.',
      },
      ignore: {
        type: 'strings',
        check: whyNotGlob,
        example: 'ghcr.io/our-org/**',
        description:
          'Globs of images that are left alone, with or without their tag, as written or in full: "python:3.8*".',
      },
    },
  },
  image: {
    type: 'tables',
    description:
      'An image that the repository builds and publishes: whether it lacks fixes is looked up, and it is rebuilt when it ' +
      'does. A list here replaces that of the organisation.',
    fields: IMAGE_KEYS,
  },
  scan: {
    type: 'table',
    description: 'What holds for known vulnerabilities, which are looked for before and after a change.',
    fields: SCAN_POLICY_KEYS,
  },
  security: {
    type: 'table',
    description:
      'What the App does at once, outside its schedule, when an advisory on a locked package is published.',
    fields: SECURITY_KEYS,
  },
} as const satisfies Fields;

/** What a policy file says itself: without defaults, so that one file can stand above another. */
export type WrittenPolicy = Checked<typeof POLICY_KEYS>;

function whyNotInput(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return resolveInside('.', value) === null ? 'it is not a path inside the repository' : null;
}

function whyNotOption(value: string): string | null {
  if (value === '') return 'it is empty';
  return /\p{Cc}/u.test(value) || value.length > 1000 ? 'it has control characters or is too long' : null;
}
