/** Published images as an engine would tell of them, for tests. */
import type { PackageUpdate, SystemUpdates } from '../../src/distro/model.ts';
import type { ImageComparison } from '../../src/images/compare.ts';
import type {
  BuiltImage,
  PublishedState,
  RebuildProof,
  RebuildResult,
  WaitingUpdate,
  Way,
} from '../../src/rebuild/model.ts';
import type { Reason } from '../../src/reason.ts';
import { OLD } from './image-results.ts';

export const NOW = new Date('2026-11-24T12:00:00Z');

export function builtImage(more: Partial<BuiltImage> = {}): BuiltImage {
  return {
    ref: 'ghcr.io/acme/app:latest',
    dockerfile: 'Dockerfile',
    context: '.',
    platforms: ['linux/amd64'],
    rebuild: 'security',
    via: ['commit'],
    workflow: null,
    smoke: [],
    restDays: 7,
    sizeBudget: null,
    ...more,
  };
}

const KINDS: Readonly<Record<Way, PackageUpdate['kind']>> = {
  'base-digest': 'upgrade',
  rebuild: 'upgrade',
  'upgrade-step': 'upgrade',
  'not-yet': 'kept-back',
};

/** `waits('rebuild', 'libssl3 3.0.16-1 3.0.17-1')`: a security fix, offered since 1 November. */
export function waits(way: Way, line: string, more: Partial<PackageUpdate> = {}): WaitingUpdate {
  const [name = '', from = '1', to = '2'] = line.split(' ');
  const kind = KINDS[way];
  return {
    way,
    update: {
      name,
      arch: 'amd64',
      source: name,
      from,
      to,
      security: true,
      advisories: [],
      kind,
      because: kind === 'kept-back' ? 'it wants to install others' : null,
      suite: 'bookworm-security',
      since: '2026-11-01T00:00:00Z',
      ...more,
    },
  };
}

export const PLAIN = { security: false, suite: 'bookworm' } as const;

export const DOWN: Reason = {
  code: 'index-unreachable',
  message: 'deb.debian.org does not answer (bookworm-security): timed out after 3 attempts.',
  fix: 'Run it again later.',
  detail: '',
};
export const UNKNOWN: SystemUpdates = { state: 'unknown', reason: DOWN };

export function publishedState(
  waiting: readonly WaitingUpdate[],
  more: Partial<PublishedState> = {},
): PublishedState {
  const updates = waiting.map(({ update }) => update);
  return {
    platform: 'linux/amd64',
    digest: OLD,
    created: '2026-10-01T06:30:00Z',
    revision: null,
    os: 'Debian GNU/Linux 12 (bookworm)',
    updates: { state: updates.length === 0 ? 'clean' : 'behind', updates, indexes: [], notes: [] },
    waiting,
    ...more,
  };
}

export function rebuildResult(more: Partial<RebuildResult> = {}): RebuildResult {
  return {
    image: builtImage(),
    decision: { verdict: 'clean', because: 'No security fix waits for it.' },
    published: [publishedState([])],
    advice: [],
    proof: null,
    files: [],
    reason: null,
    notes: [],
    ...more,
  };
}

/** Built in 42 seconds, and its smoke test passed. */
export function builtProof(
  comparisons: readonly ImageComparison[],
  more: Partial<Extract<RebuildProof, { readonly state: 'built' }>> = {},
): RebuildProof {
  return {
    state: 'built',
    builder: 'buildah 1.28.2',
    seconds: 42.4,
    comparisons,
    samePackages: false,
    smoke: { state: 'passed', command: ['python', '-c', 'import app'], output: '' },
    ...more,
  };
}

export const BROKEN: RebuildProof = {
  state: 'failed',
  builder: 'buildah 1.28.2',
  seconds: 12,
  step: 'RUN apt-get install -y libfoo=1.2-3',
  lines: "Reading package lists...\nE: Version '1.2-3' for 'libfoo' was not found\n",
  reason: {
    code: 'tool-failed',
    message: 'The build ended with exit code 100.',
    fix: 'Look at the step that failed.',
    detail: '',
  },
};
