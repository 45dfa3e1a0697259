/** Holds docs/examples/conda-lock.md to what Relock writes; `npx vitest run test/report/conda-example.test.ts --update` writes it anew. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { diffLocks } from '../../src/diff/packages.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import { condaEcosystem } from '../../src/locks/conda/ecosystem.ts';
import type { PackageLinks, Tree } from '../../src/model.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';

const folder = new URL('../fixtures/conda-example/', import.meta.url);
const EXAMPLE = fileURLToPath(new URL('../../docs/examples/conda-lock.md', import.meta.url));

function fixture(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

function pages(changelog: string, releases: string): PackageLinks {
  return { changelog, releases, compare: null, home: null };
}

/** As the index tells of what pip manages; the last is of a stranger's package with the name of conda's. */
const LINKS = new Map([
  [
    'httpx@0.28.1',
    pages(
      'https://github.com/encode/httpx/blob/master/CHANGELOG.md',
      'https://github.com/encode/httpx/releases',
    ),
  ],
  [
    'humanize@4.13.0',
    pages(
      'https://github.com/python-humanize/humanize/releases',
      'https://github.com/python-humanize/humanize/releases',
    ),
  ],
  ['tzdata@2025b', pages('https://stranger.test/changes', 'https://stranger.test/releases')],
]);

it('the example of a conda lock is what Relock writes', async () => {
  const before = fixture('before.yml');
  const environment = fixture('environment.yml');
  const tree: Tree = {
    paths: ['conda-lock.yml', 'environment.yml'],
    files: new Map([
      ['conda-lock.yml', { kind: 'text', text: before }],
      ['environment.yml', { kind: 'text', text: environment }],
    ]),
  };
  const { locks, skips } = condaEcosystem.detect(tree, NO_POLICY);
  expect(skips).toEqual([]);
  const read = (path: string): string | null => (path === 'environment.yml' ? environment : null);
  const results = locks.map((lock) => {
    const changes = diffLocks(lock.parse(before, read), lock.parse(fixture('after.yml'), read));
    const solver = 'conda-lock 4.0.3';
    return {
      target: lock.target,
      status: 'updated',
      reason: null,
      seconds: 9.2,
      changes,
      solver,
      notes: [],
      files: [],
    } as const;
  });
  const job = { repository: 'acme/forecast', trigger: 'terminal', only: [], cutoff: null } as const;
  const { title, body } = writePullRequest({
    job,
    results,
    skips,
    seconds: 9.8,
    notes: [],
    links: LINKS,
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: { ...NO_SCAN, skipped: 'switched off' },
  });
  expect(body).not.toContain('stranger');
  await expect(`# ${title}\n\n${body}`).toMatchFileSnapshot(EXAMPLE);
});
