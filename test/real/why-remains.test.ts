/** Why findings stay, as the true index tells of old releases that move no more. */
import { describe, expect, it } from 'vitest';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import type { LockedPackage, Target } from '../../src/model.ts';
import { explainRemaining } from '../../src/pypi/explain-remaining.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import type { RemainingWhy } from '../../src/scan/outcome.ts';
import { target } from '../support/locks.ts';
import { diffOf, finding, lockedPackage, lockPlace, remaining } from '../support/remaining.ts';

interface Case {
  /** The package with the finding comes first. */
  readonly packages: readonly LockedPackage[];
  readonly fixed: string;
  readonly cutoff?: string;
  readonly target?: Partial<Target>;
}

async function why({
  packages,
  fixed,
  cutoff,
  target: more,
}: Case): Promise<RemainingWhy | null | undefined> {
  const [vulnerable] = packages;
  const found = finding(vulnerable?.name ?? '', vulnerable?.version ?? '', { fixed: [fixed] });
  const explained = await explainRemaining(diffOf(remaining(found, lockPlace('a.txt'))), {
    locks: [{ target: target('a.txt', more), failed: false, content: { packages } }],
    tree: { paths: [], files: new Map() },
    hidesItsIndex: () => false,
    index: createSimpleClient({
      indexUrl: PUBLIC_INDEX,
      fetch,
      userAgent: 'relock-tests',
      cacheFolder: null,
      authorization: null,
    }),
    cutoff: cutoff ?? null,
    signal: new AbortController().signal,
    timeoutMs: 30_000,
  });
  return explained.remaining[0]?.why;
}

describe('why a finding stays', () => {
  it('is the package that wants an older one', async () => {
    const packages = [
      lockedPackage('kombu', '4.6.11', { via: ['celery'] }),
      lockedPackage('celery', '4.4.7', { direct: true }),
    ];
    expect(await why({ packages, fixed: '5.0.0' })).toMatchObject({
      kind: 'held',
      by: 'celery 4.4.7',
      wants: expect.stringMatching(/^kombu.*<4\.7/u),
      // 5.0.0 and 5.0.1 were withdrawn.
      fixed: '5.0.2',
    });
  }, 60_000);

  it('is found without the lock telling who wants what', async () => {
    const packages = ['kombu 4.6.11', 'vine 1.3.0', 'celery 4.4.7'].map((each) => {
      const [name = '', version = ''] = each.split(' ');
      return lockedPackage(name, version);
    });
    expect(await why({ packages, fixed: '5.0.0' })).toMatchObject({ kind: 'held', by: 'celery 4.4.7' });
  }, 60_000);

  it('is unknown where all let it in', async () => {
    const packages = [
      lockedPackage('werkzeug', '1.0.1', { via: ['flask'] }),
      lockedPackage('flask', '1.1.2', { direct: true }),
    ];
    expect(await why({ packages, fixed: '2.0.0' })).toEqual({ kind: 'unknown', fixed: '2.0.0' });
  }, 60_000);

  it('is the Python of the lock', async () => {
    const packages = [lockedPackage('django', '4.2.1', { direct: true })];
    const python = { version: '3.8', from: 'Dockerfile:1' };
    expect(await why({ packages, fixed: '5.0', target: { python } })).toEqual({
      kind: 'held',
      by: 'django 5.0',
      wants: 'Python >=3.10 (the lock is for 3.8)',
      fixed: '5.0',
    });
  }, 60_000);

  it('is the cool-down', async () => {
    const packages = [lockedPackage('jinja2', '3.1.2', { direct: true })];
    expect(await why({ packages, fixed: '3.1.3', cutoff: '2024-01-01T00:00:00Z' })).toMatchObject({
      kind: 'cool-down',
      fixed: '3.1.3',
      released: expect.stringMatching(/^2024-01-10T/u),
    });
  }, 60_000);
});
