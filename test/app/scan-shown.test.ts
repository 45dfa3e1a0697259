/** What a scan found, on a GitHub on loopback: the label that warns, and code scanning. The lockers are replaced. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOperator } from '../../src/app/operator.ts';
import { startService, type Service } from '../../src/app/service.ts';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_SCAN, type FindingChange, type ScanOutcome } from '../../src/scan/outcome.ts';
import { folder } from '../support/folder.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { target } from '../support/locks.ts';
import { finding, lockPlace } from '../support/scan-results.ts';

const NAME = 'acme/svc';
let github: GitHub;
let service: Service;
let scan: ScanOutcome = NO_SCAN;

function adding(...ids: readonly string[]): ScanOutcome {
  const added = ids.map((id): FindingChange => ({
    state: 'added',
    finding: finding(id, 'flask 2.0', 'critical'),
    before: [],
    after: [lockPlace('a.txt')],
    causes: [{ place: lockPlace('a.txt'), from: '1.0', to: '2.0' }],
    why: null,
  }));
  const by = { name: 'osv', version: null, database: 'a test', databaseDate: null } as const;
  return { ...NO_SCAN, by: [by], diff: { ...NO_SCAN.diff, added }, skipped: null };
}

function relock(): Promise<JobOutcome> {
  const file = { path: 'a.txt', text: 'flask==2.0\n', executable: false };
  const made = {
    status: 'updated',
    reason: null,
    seconds: 0,
    changes: [],
    solver: 'a test',
    notes: [],
  } as const;
  return Promise.resolve({
    job: { repository: NAME, trigger: 'schedule', only: [], cutoff: null },
    results: [{ ...made, target: target('a.txt'), files: [file] }],
    skips: [],
    seconds: 0,
    notes: [],
    pullRequest: { title: 'Re-lock a.txt', body: `${scan.diff.added.map((one) => one.finding.id).join()}\n` },
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan,
  });
}

async function run(next: ScanOutcome): Promise<void> {
  scan = next;
  await service.store.enqueue({
    repository: { id: github.repository(NAME).state.id, owner: 'acme', name: 'svc' },
    installation: github.installationId,
    purpose: 'monthly',
    trigger: 'schedule',
    only: [],
    force: true,
    noCache: false,
    answer: null,
    advisory: null,
  });
  for (let quiet = 0; quiet < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { waiting, active } = await service.store.counts();
    quiet = waiting + active === 0 ? quiet + 1 : 0;
  }
}

beforeAll(async () => {
  github = await startGitHub({});
  await github.createRepository('acme', 'svc', {
    'a.txt': 'flask==1.0\n',
    '.github/relock.toml': '[scan]\nupload = true\n',
  });
  github.setPermissions(github.installationId, {
    contents: 'write',
    pull_requests: 'write',
    issues: 'write',
    checks: 'write',
    metadata: 'read',
    security_events: 'write',
  });
  const { PATH, HOME } = process.env;
  const environment = {
    PATH,
    HOME,
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: github.webhookSecret,
    GHE_HOST: github.host,
    GHE_PROTOCOL: 'http',
    LOG_LEVEL: process.env['RELOCK_TEST_LOG'] ?? 'fatal',
    PORT: '0',
    RELOCK_DATA: folder(),
  };
  const now = () => new Date();
  const operator = readOperator(environment);
  service = await startService({
    operator,
    settings: DEFAULT_SETTINGS,
    environment,
    relock,
    version: '0.0.0-test',
    now,
    pace: () => ({ turn: () => Promise.resolve() }),
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await github.close();
});

const pull = () => github.repository(NAME).pulls()[0];

it('warns by a label while a severe vulnerability is added, and not longer', async () => {
  await run(adding('CVE-2026-1'));
  expect(pull()?.labels).toEqual(['adds vulnerabilities']);
  await run(adding());
  expect(pull()?.labels).toEqual([]);
}, 60_000);

it('refreshes what it says when only the advisories have changed', async () => {
  await run(adding('CVE-2026-1'));
  expect(pull()?.body).toContain('CVE-2026-1');
  await run(adding('CVE-2026-1', 'CVE-2026-2'));
  expect(pull()?.body).toContain('CVE-2026-2');
  expect(github.repository(NAME).pulls()).toHaveLength(1);
}, 60_000);

it('gives code scanning what is there after the change, and nothing where a scanner failed', async () => {
  const { uploads } = github.repository(NAME).state.automation;
  await run(adding('CVE-2026-1'));
  const { head } = { head: (await github.repository(NAME).branches()).get('relock/monthly') };
  const last = uploads.at(-1);
  expect(last).toMatchObject({ ref: 'refs/heads/relock/monthly', commit: head });
  expect(JSON.stringify(last?.sarif)).toContain('CVE-2026-1');
  const { length } = uploads;
  const reason = { code: 'scanner-failed', message: 'It broke.', fix: '', detail: '' } as const;
  await run({ ...adding('CVE-2026-3'), failed: [{ scanner: 'trivy', reason }] });
  expect(uploads).toHaveLength(length);
}, 60_000);
