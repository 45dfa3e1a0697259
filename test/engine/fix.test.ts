/** Fixes of pretended locks: a tool that takes the highest version that its view shows, within what packages want. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFix, type FixRun } from '../../src/engine/fix.ts';
import type { AffectedPackage } from '../../src/engine/fix-group.ts';
import type { Step } from '../../src/locks/ecosystem.ts';
import type { ReasonCode } from '../../src/model.ts';
import type { SimpleClient } from '../../src/pypi/simple-client.ts';
import type { IndexView } from '../../src/run/network/index-view.ts';
import { fakeLock, GOOD } from '../support/locks.ts';
import { JOB, setUp } from './set-up.ts';

type Pins = Readonly<Record<string, string>>;

interface Given {
  /** By path of a lock. */
  readonly locks: Readonly<Record<string, Pins>>;
  /** Which locks a lock reads. */
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  /** By package: all releases. */
  readonly releases: Readonly<Record<string, readonly string[]>>;
  /** Makes a lock of what it is shown; null: there is no solution. */
  readonly solve?: (highest: Pins, path: string) => Pins | null;
  readonly affected?: AffectedPackage;
  readonly failure?: ReasonCode;
}

const BAD: AffectedPackage = { name: 'bad', isAffected: (version) => version < '1.5', fixed: ['1.5'] };
const RELEASES = { bad: ['1.0', '1.5', '1.6'], top: ['1.0', '1.1', '1.2'], side: ['1.0', '2.0'] };

function textOf(pins: Pins): string {
  return Object.entries(pins)
    .map(([name, version]) => `${name} ${version}\n`)
    .join('');
}

async function fix(given: Given): Promise<{ run: FixRun; views: Map<string, IndexView[]>; asked: string[] }> {
  const views = new Map<string, IndexView[]>();
  const asked: string[] = [];
  const { releases, solve = (highest) => highest } = given;
  const locks = Object.keys(given.locks).map((path) =>
    fakeLock(path, { kind: 'uv', inputs: given.inputs?.[path] ?? [] }, (_, history): Step => {
      const [first] = history;
      const step = fakeLock(path).next({} as never, history);
      if (first === undefined || first.result?.exitCode === 0) return step;
      const code = given.failure ?? 'unsatisfiable';
      return { do: 'fail', reason: { code, message: `${path}: no.`, fix: '', detail: '' } };
    }),
  );
  const files = Object.fromEntries(Object.entries(given.locks).map(([path, pins]) => [path, textOf(pins)]));
  const { ports } = setUp({
    locks,
    files,
    tool: (path, root) => {
      const view = views.get(path)?.at(-1);
      const names = Object.keys(given.locks[path] ?? {});
      const shown = names.map((name) => [
        name,
        (view?.versions.get(name) ?? releases[name] ?? []).at(-1) ?? '',
      ]);
      const made = solve(Object.fromEntries(shown) as Pins, path);
      if (made === null) return { ...GOOD, exitCode: 1 };
      writeFileSync(join(root, path), textOf(made));
      return GOOD;
    },
  });
  const index: SimpleClient = {
    project: (name) => {
      asked.push(name);
      return Promise.resolve({
        name,
        files: (releases[name] ?? []).map((version) => ({
          filename: `${name}-${version}.tar.gz`,
          url: '',
          hashes: {},
          requiresPython: null,
          uploadTime: null,
          yanked: false,
          hasMetadata: false,
        })),
      });
    },
    metadata: () => Promise.resolve(null),
  };
  const network = {
    ...ports.network,
    open: async (...args: Parameters<typeof ports.network.open>) => {
      const gate = await ports.network.open(...args);
      return {
        ...gate,
        pass: (...[target, view]: Parameters<typeof gate.pass>) => {
          views.set(target.path, [...(views.get(target.path) ?? []), ...(view === undefined ? [] : [view])]);
          return gate.pass(target);
        },
      };
    },
  };
  const run = await runFix({ job: JOB, affected: [given.affected ?? BAD] }, { ...ports, network, index });
  return { run, views, asked };
}

describe('runFix', () => {
  it('does nothing where nothing is affected', async () => {
    const { run } = await fix({ locks: { 'a.txt': { bad: '1.5' } }, releases: RELEASES });
    expect(run.fixes).toEqual([]);
  });

  it('moves it alone, and asks the index for nothing else', async () => {
    const { run, views, asked } = await fix({
      locks: { 'a.txt': { bad: '1.0', side: '1.0' }, 'other.txt': { side: '1.0' } },
      releases: RELEASES,
    });
    expect(run.fixes).toMatchObject([
      {
        packages: ['bad'],
        status: 'fixed',
        attempts: 1,
        isMinimum: true,
        moved: [{ name: 'bad', from: '1.0', to: '1.5', why: 'affected' }],
        blocked: null,
        reason: null,
        notes: [],
      },
    ]);
    expect(run.fixes[0]?.results.map(({ files }) => files)).toMatchObject([
      [{ path: 'a.txt', text: 'bad 1.5\nside 1.0\n' }],
    ]);
    expect([...views.keys()]).toEqual(['a.txt']);
    expect(views.get('a.txt')).toEqual([
      {
        versions: new Map([
          ['bad', ['1.5']],
          ['side', ['1.0']],
        ]),
        unyank: true,
        exempt: [{ name: 'bad', version: '1.5' }],
      },
    ]);
    expect(asked).toEqual(['bad']);
  });

  it('frees what is in the way, as little as that can be', async () => {
    const { run } = await fix({
      locks: { 'a.txt': { bad: '1.0', side: '1.0', top: '1.0' } },
      releases: RELEASES,
      solve: (highest) => (highest['top'] === '1.0' ? null : highest),
    });
    expect(run.fixes).toMatchObject([
      {
        status: 'fixed',
        isMinimum: true,
        moved: [
          { name: 'bad', to: '1.5', why: 'affected' },
          { name: 'top', to: '1.1', why: 'freed' },
        ],
      },
    ]);
  });

  it('makes locks that read each other with the same fix, and leaves alone those below', async () => {
    const { run, views } = await fix({
      locks: { 'base.txt': { side: '1.0' }, 'main.txt': { bad: '1.0' }, 'top.txt': { side: '1.0' } },
      inputs: { 'main.txt': ['base.txt'], 'top.txt': ['main.txt'] },
      releases: RELEASES,
    });
    expect(run.fixes).toHaveLength(1);
    expect(run.fixes[0]?.results.map(({ target, status }) => `${target.path} ${status}`)).toEqual([
      'base.txt unchanged',
      'main.txt updated',
      'top.txt unchanged',
    ]);
    expect([...views.keys()]).toEqual(['main.txt', 'top.txt']);
  });

  it('fails a group as one', async () => {
    const { run } = await fix({
      locks: { 'main.txt': { bad: '1.0' }, 'top.txt': { bad: '1.0', side: '1.0' } },
      inputs: { 'top.txt': ['main.txt'] },
      releases: RELEASES,
      solve: (highest, path) => (path === 'top.txt' ? null : highest),
    });
    expect(run.fixes).toMatchObject([
      { status: 'blocked', blocked: { code: 'unknown', detail: 'top.txt: no.' } },
    ]);
    expect(run.fixes[0]?.results.flatMap(({ files }) => files)).toEqual([]);
  });

  it('says that there is no release with the fix', async () => {
    const affected = { ...BAD, isAffected: () => true };
    const { run } = await fix({ locks: { 'a.txt': { bad: '1.0' } }, releases: RELEASES, affected });
    expect(run.fixes).toMatchObject([{ status: 'blocked', attempts: 0, blocked: { code: 'no-fix' } }]);
  });

  it('ends at what has nothing to do with versions', async () => {
    const { run } = await fix({
      locks: { 'a.txt': { bad: '1.0', side: '1.0' } },
      releases: RELEASES,
      solve: () => null,
      failure: 'index-unreachable',
    });
    expect(run.fixes).toMatchObject([
      { status: 'failed', attempts: 1, blocked: null, reason: { code: 'index-unreachable' } },
    ]);
  });

  it.each([
    ['what it was not shown', (highest: Pins) => ({ ...highest, side: '9.9' })],
    ['what it held', (highest: Pins) => ({ ...highest, bad: '1.0' })],
    ['an older version', (highest: Pins) => ({ ...highest, side: '0.1' })],
  ])('takes no lock that holds %s', async (_, solve) => {
    const { run } = await fix({
      locks: { 'a.txt': { bad: '1.0', side: '1.0' } },
      releases: RELEASES,
      solve,
    });
    expect(run.fixes).toMatchObject([{ status: 'blocked' }]);
    expect(run.fixes[0]?.results.flatMap(({ files }) => files)).toEqual([]);
  });

  it('tells what came and went with it', async () => {
    const { run } = await fix({
      locks: { 'a.txt': { bad: '1.0', side: '1.0' } },
      releases: RELEASES,
      solve: ({ bad = '' }) => ({ bad, fresh: '3.0' }),
    });
    expect(run.fixes[0]?.moved).toEqual([
      { name: 'bad', from: '1.0', to: '1.5', why: 'affected' },
      { name: 'fresh', from: null, to: '3.0', why: 'new' },
      { name: 'side', from: '1.0', to: null, why: 'removed' },
    ]);
  });

  it('shows build tools whole when a build fails', async () => {
    let builds = 0;
    const { run, views } = await fix({
      locks: { 'a.txt': { bad: '1.0', setuptools: '1.0' } },
      releases: { ...RELEASES, setuptools: ['1.0', '2.0'] },
      solve: (highest) => (builds++ === 0 ? null : highest),
      failure: 'sdist-build-failed',
    });
    expect(views.get('a.txt')?.map(({ versions }) => versions.has('setuptools'))).toEqual([true, false]);
    expect(run.fixes[0]).toMatchObject({ status: 'fixed' });
    expect(run.fixes[0]?.notes).toEqual([
      'a.txt: setuptools moved (1.0 → 2.0), which the fix does not need.',
    ]);
  });
});
