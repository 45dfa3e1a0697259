import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJob } from '../../src/engine.ts';
import type { ChosenScanner } from '../../src/engine/scan-run.ts';
import { scanCheckout } from '../../src/engine/scan-checkout.ts';
import type { Finding, ScanReport } from '../../src/scan/model.ts';
import type { ScanInput } from '../../src/scan/scanner.ts';
import type { ScanOutcome } from '../../src/scan/outcome.ts';
import { fakeLock, GOOD } from '../support/locks.ts';
import { JOB, noScan, setUp } from './set-up.ts';

const REASON = { code: 'advisories-unreachable', message: 'No answer.', fix: '', detail: '' } as const;

function finding(name: string, version: string, id: string, more: Partial<Finding> = {}): Finding {
  return {
    id,
    ids: [id],
    ecosystem: 'PyPI',
    package: name,
    version,
    summary: '',
    severity: { level: 'high', score: 8, source: 'CVSS 3.1', vector: null },
    fixed: ['9.0'],
    link: null,
    note: null,
    malicious: false,
    ...more,
  };
}

/** Knows a fixed list; says it of packages that it is given. */
function scanner(
  known: readonly Finding[],
  more: Partial<ChosenScanner> = {},
): ChosenScanner & { readonly inputs: ScanInput[] } {
  const inputs: ScanInput[] = [];
  return {
    inputs,
    scanner: {
      name: 'osv',
      next(input) {
        inputs.push(input);
        const findings = known.filter((one) =>
          input.packages.some(({ name, version }) => name === one.package && version === one.version),
        );
        const report: ScanReport = {
          state: findings.length === 0 ? 'clean' : 'found',
          by: { name: 'osv', version: null, database: 'a test', databaseDate: null },
          findings,
          secrets: [],
          notChecked: [],
        };
        return { do: 'done', report };
      },
    },
    program: null,
    sendsNames: true,
    readsLayers: false,
    imagesOnly: false,
    ...more,
  };
}

interface Scene {
  /** Lock path to its text before and after; the same text: it stays. */
  readonly locks: Readonly<Record<string, readonly [string, string]>>;
  readonly chosen: readonly ChosenScanner[];
  readonly policy?: string;
  readonly broken?: string;
}

function sceneOf({ locks, chosen, policy = '', broken }: Scene) {
  const files = Object.fromEntries(Object.entries(locks).map(([path, [before]]) => [path, before]));
  return setUp({
    locks: Object.keys(locks).map((path) => fakeLock(path)),
    files: { ...files, '.github/relock.toml': policy },
    tool: (path, copy) => {
      if (path === broken) return { ...GOOD, exitCode: 1 };
      writeFileSync(join(copy, path), locks[path]?.[1] ?? '');
      return GOOD;
    },
    ports: { scan: { ...noScan(), choose: () => Promise.resolve(chosen) } },
  });
}

async function scanOf(scene: Scene): Promise<ScanOutcome> {
  return (await runJob(JOB, sceneOf(scene).ports)).scan;
}

const ids = (changes: ScanOutcome['diff']['fixed']) => changes.map(({ finding: one }) => one.id);
const KNOWN = [
  finding('flask', '1.0', 'CVE-1'),
  finding('flask', '2.0', 'CVE-2'),
  finding('six', '1.0', 'CVE-3'),
];

describe('what a run does to known vulnerabilities', () => {
  it('is known of both sides by one scan', async () => {
    const osv = scanner(KNOWN);
    const { diff, by } = await scanOf({
      locks: { 'a.lock': ['flask 1.0\nsix 1.0\n', 'flask 2.0\nsix 1.0\n'] },
      chosen: [osv],
    });
    expect(osv.inputs).toHaveLength(1);
    expect(by.map(({ name }) => name)).toEqual(['osv']);
    expect([ids(diff.fixed), ids(diff.added), ids(diff.remaining)]).toEqual([
      ['CVE-1'],
      ['CVE-2'],
      ['CVE-3'],
    ]);
    expect(diff.fixed[0]?.causes).toEqual([
      { place: { kind: 'lock', location: 'a.lock', platform: null }, from: '1.0', to: '2.0' },
    ]);
  });

  it('says that what one lock loses and another keeps stays', async () => {
    const { diff } = await scanOf({
      locks: { 'a.lock': ['flask 1.0\n', 'flask 3.0\n'], 'b.lock': ['flask 1.0\n', 'flask 1.0\n'] },
      chosen: [scanner(KNOWN)],
    });
    expect(ids(diff.fixed)).toEqual([]);
    expect(diff.remaining[0]).toMatchObject({ before: [{}, {}], after: [{ location: 'b.lock' }] });
  });

  it('says that the findings of a lock that failed stay', async () => {
    const { diff } = await scanOf({
      locks: { 'a.lock': ['six 1.0\n', 'six 2.0\n'], 'b.lock': ['flask 1.0\n', 'flask 3.0\n'] },
      chosen: [scanner(KNOWN)],
      broken: 'b.lock',
    });
    expect([ids(diff.fixed), ids(diff.remaining)]).toEqual([['CVE-3'], ['CVE-1']]);
  });

  it('is not looked for when nothing changed, or when no scanner is chosen', async () => {
    const osv = scanner(KNOWN);
    const same = await scanOf({ locks: { 'a.lock': ['flask 1.0\n', 'flask 1.0\n'] }, chosen: [osv] });
    const off = await scanOf({
      locks: { 'a.lock': ['flask 1.0\n', 'flask 2.0\n'] },
      chosen: [],
    });
    expect([same.skipped, off.skipped]).toEqual(['nothing changed', 'switched off']);
    expect(osv.inputs).toEqual([]);
  });

  it('is not called clean by a scanner that failed', async () => {
    const broken: ChosenScanner = {
      ...scanner([]),
      scanner: { name: 'osv', next: () => ({ do: 'fail', reason: REASON }) },
    };
    const given = sceneOf({ locks: { 'a.lock': ['flask 1.0\n', 'flask 2.0\n'] }, chosen: [broken] });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.scan).toMatchObject({ by: [], failed: [{ scanner: 'osv', reason: REASON }] });
    expect(outcome.pullRequest?.body).toContain('not checked');
  });

  it('leaves out what the repository ignores, and says so', async () => {
    const { diff, ignored } = await scanOf({
      locks: { 'a.lock': ['flask 1.0\nsix 1.0\n', 'flask 2.0\nsix 1.0\n'] },
      chosen: [scanner(KNOWN)],
      policy: '[[scan.ignore]]\nid = "CVE-3"\nreason = "not reachable"\n',
    });
    expect(ids(diff.remaining)).toEqual([]);
    expect(ignored).toMatchObject([{ finding: { id: 'CVE-3' }, reason: 'not reachable' }]);
  });

  it('keeps the names of an index of its own from a public service, not from a database here', async () => {
    const remotes = [{ url: 'https://pypi.corp.example/simple', purpose: 'index', namedIn: 'a.in' }] as const;
    const run = async (sendsNames: boolean) => {
      const osv = scanner(KNOWN, { sendsNames });
      const given = setUp({
        locks: [fakeLock('a.lock', { kind: 'pip-compile', remotes })],
        files: { 'a.lock': 'flask 1.0\n' },
        tool: (path, copy) => {
          writeFileSync(join(copy, path), 'flask 2.0\n');
          return GOOD;
        },
        ports: { scan: { ...noScan(), choose: () => Promise.resolve([osv]) } },
      });
      return { inputs: osv.inputs, scan: (await runJob(JOB, given.ports)).scan };
    };
    const online = await run(true);
    expect(online.inputs).toEqual([]);
    expect(online.scan.notChecked.join()).toContain('not sent to a public service');
    expect(ids((await run(false)).scan.diff.fixed)).toEqual(['CVE-1']);
  });
});

describe('a checkout as it is', () => {
  it('is scanned without a locker', async () => {
    const { ports, root } = sceneOf({ locks: { 'a.lock': ['flask 1.0\n', ''] }, chosen: [scanner(KNOWN)] });
    const listing = await scanCheckout(JOB, ports);
    expect(root).not.toBe('');
    expect(listing.findings.map(({ finding: one, places }) => [one.id, places[0]?.location])).toEqual([
      ['CVE-1', 'a.lock'],
    ]);
    expect(listing.targets).toEqual([{ location: 'a.lock', kind: 'lock', platform: null, packages: 1 }]);
  });
});
