/** Detection, parsing, diff and report of a conda lock of 5,000 entries; no tool runs. */
import { performance } from 'node:perf_hooks';
import { NO_POLICY } from '../src/config/defaults.ts';
import { diffLocks } from '../src/diff/packages.ts';
import { ECOSYSTEMS } from '../src/locks/index.ts';
import type { Tree } from '../src/model.ts';
import { planTargets } from '../src/plan.ts';
import { NO_IMAGES } from '../src/images/result.ts';
import { NO_REBUILDS } from '../src/rebuild/model.ts';
import { writePullRequest } from '../src/report/pull-request.ts';
import { NO_SCAN } from '../src/scan/outcome.ts';
import { median } from './measure.ts';

const ENTRIES = 5000;
const PLATFORMS = ['linux-64', 'osx-arm64', 'win-64'];
const ROUNDS = 9;
const PATH = 'conda-lock.yml';
const JOB = { repository: 'bench/conda', trigger: 'terminal', only: [], cutoff: null } as const;

/** @param say prints a line. */
export function benchConda(say: (line: string) => void): void {
  const [before, after] = [lockText(false), lockText(true)];
  const tree = treeOf(before);
  const [lock] = planTargets(tree, NO_POLICY, JOB, ECOSYSTEMS).locks;
  if (lock === undefined) throw new Error('The lock of the bench was not found.');
  const read = (): null => null;
  const [old, now] = [lock.parse(before, read), lock.parse(after, read)];
  const changes = diffLocks(old, now);
  const result = { target: lock.target, status: 'updated', reason: null, seconds: 1, changes } as const;
  const results = [{ ...result, solver: 'conda-lock 4.0.3', notes: [], files: [] }];
  const report = {
    job: JOB,
    results,
    skips: [],
    seconds: 1,
    notes: [],
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    links: new Map(),
  };
  const size = `${old.packages.length.toLocaleString('en-US')} entries, ${(before.length / 1e6).toFixed(1)} MB`;
  say(`A conda lock of ${size}, ${changes.length.toLocaleString('en-US')} changes:`);
  const parts: readonly (readonly [string, () => unknown])[] = [
    ['detection', () => planTargets(tree, NO_POLICY, JOB, ECOSYSTEMS)],
    ['parsing it before', () => lock.parse(before, read)],
    ['diff', () => diffLocks(old, now)],
    ['report', () => writePullRequest(report)],
  ];
  for (const [name, work] of parts) say(`  ${name.padEnd(20)} ${milliseconds(work)} ms`);
}

function milliseconds(work: () => unknown): string {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return `${median(times).toFixed(1).padStart(7)} (at most ${Math.max(...times).toFixed(1)})`;
}

function treeOf(text: string): Tree {
  const environment = 'channels: [conda-forge]\ndependencies: [package-0, package-1]\n';
  return {
    paths: [PATH, 'environment.yml'],
    files: new Map([
      [PATH, { kind: 'text', text }],
      ['environment.yml', { kind: 'text', text: environment }],
    ]),
  };
}

/** @param moved a third has another version, a third another build, and a few came and went. */
function lockText(moved: boolean): string {
  const hashes = PLATFORMS.map((platform) => `    ${platform}: ${'a'.repeat(64)}`).join('\n');
  const platforms = PLATFORMS.map((platform) => `  - ${platform}`).join('\n');
  const head = `version: 1\nmetadata:\n  content_hash:\n${hashes}\n  channels:\n  - url: conda-forge\n    used_env_vars: []\n  platforms:\n${platforms}\n  sources:\n  - environment.yml\npackage:\n`;
  const entries = Array.from({ length: ENTRIES }, (_, entry) =>
    entryText(Math.floor(entry / PLATFORMS.length), entry % PLATFORMS.length, moved),
  );
  return head + entries.join('');
}

function entryText(number: number, on: number, moved: boolean): string {
  const platform = PLATFORMS[on] ?? '';
  const came = moved && number % 100 === 0 ? '-anew' : '';
  const name = `package-${number}${came}`;
  const version = `${number % 7}.${moved && number % 3 === 0 ? 1 : 0}.${number % 5}`;
  const build = `py311h${(number * PLATFORMS.length + on).toString(16).padStart(7, '0')}_${moved && number % 3 === 1 ? 1 : 0}`;
  const needs = [1, 2, 3].map((step) => `    package-${Math.max(0, number - step * 7)}: '>=1.0,<3'\n`);
  const digest = `${moved ? 'b' : 'a'}${number.toString(16)}`.padEnd(64, '0');
  const file =
    number % 20 === 0
      ? `https://files.pythonhosted.org/packages/${name}-${version}-py3-none-any.whl`
      : `https://conda.anaconda.org/conda-forge/${platform}/${name}-${version}-${build}.conda`;
  return `- name: ${name}\n  version: ${version}\n  manager: ${number % 20 === 0 ? 'pip' : 'conda'}\n  platform: ${platform}\n  dependencies:\n${[...new Set(needs)].join('')}  url: ${file}\n  hash:\n    md5: ${digest.slice(0, 32)}\n    sha256: ${digest}\n  category: main\n  optional: false\n`;
}
