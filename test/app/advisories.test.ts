/** Advisories by signed webhooks, to pull requests on a GitHub on loopback. The lockers are replaced. */
import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fixed } from '../../src/app/fix.ts';
import { readOperator } from '../../src/app/operator.ts';
import { startService, type Service } from '../../src/app/service.ts';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { LockedPackage } from '../../src/model.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { oneVulnerability, securityAdvisory, securityEvent, vulnerability } from '../advisory/made.ts';
import { folder } from '../support/folder.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { target } from '../support/locks.ts';

const NAME = 'acme/svc';
const BRANCH = 'relock/security-demo-pkg';
let github: GitHub;
let service: Service;
/** What the default branch has locked; null: it has no such package. */
let locked: string | null = '1.0';
let blocked = false;
let fixes = 0;

const NOTHING: JobOutcome = {
  job: { repository: NAME, trigger: 'schedule', only: [], cutoff: null },
  results: [],
  skips: [],
  seconds: 0,
  notes: [],
  pullRequest: null,
  images: NO_IMAGES,
  rebuilds: NO_REBUILDS,
  scan: NO_SCAN,
};

function held(version: string): LockedPackage {
  return { name: 'demo-pkg', version, source: null, hashes: [], direct: true, via: [], groups: [] };
}

function fix(): Promise<Fixed> {
  fixes += 1;
  const nothing = { scan: NO_SCAN, links: new Map(), notes: [], seconds: 0 };
  if (locked !== '1.0') return Promise.resolve({ ...nothing, fixes: [] });
  const made = { target: target('a.txt'), reason: null, seconds: 0, solver: 'a test', notes: [] };
  const before = { packages: [held('1.0')] };
  const shared = { packages: ['demo-pkg'], attempts: 1, isMinimum: true, reason: null, notes: [] } as const;
  if (blocked) {
    const why = {
      code: 'held',
      by: [],
      message: 'It is held.',
      wouldFree: 'Let it in.',
      detail: '',
    } as const;
    const results = [
      { ...made, status: 'unchanged', changes: [], files: [], contents: { before, after: before } } as const,
    ];
    return Promise.resolve({
      ...nothing,
      fixes: [{ ...shared, status: 'blocked', results, moved: [], blocked: why }],
    });
  }
  const files = [{ path: 'a.txt', text: 'demo-pkg==1.2.3\n', executable: false }];
  const move = {
    from: '1.0',
    to: '1.2.3',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
  } as const;
  const changes = [{ name: 'demo-pkg', kind: 'minor', ...move } as const];
  const contents = { before, after: { packages: [held('1.2.3')] } };
  const moved = [{ name: 'demo-pkg', from: '1.0', to: '1.2.3', why: 'affected' } as const];
  const results = [{ ...made, status: 'updated', changes, files, contents } as const];
  return Promise.resolve({
    ...nothing,
    fixes: [{ ...shared, status: 'fixed', results, moved, blocked: null }],
  });
}

async function send(payload: object, id: string = randomUUID()): Promise<number> {
  const body = JSON.stringify(payload);
  const signature = createHmac('sha256', github.webhookSecret).update(body).digest('hex');
  const answer = await fetch(`${service.url}/api/github/webhooks`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'security_advisory',
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  });
  return answer.status;
}

async function idle(): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { waiting, active } = await service.store.counts();
    quiet = waiting + active === 0 ? quiet + 1 : 0;
  }
}

const event = (action: 'published' | 'updated' | 'withdrawn', vulnerabilities: unknown = oneVulnerability) =>
  securityEvent(
    securityAdvisory(vulnerabilities, {
      withdrawn_at: action === 'withdrawn' ? '2024-06-01T00:00:00Z' : null,
    }),
    action,
  );
const pulls = () =>
  github
    .repository(NAME)
    .pulls()
    .filter(({ pull }) => pull?.headRef === BRANCH);
const issues = () =>
  [...github.repository(NAME).state.issues.values()].filter(({ pull }) => pull === undefined);

beforeAll(async () => {
  github = await startGitHub({});
  await github.createRepository('acme', 'svc', { 'a.txt': 'demo-pkg==1.0\n' });
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
  service = await startService({
    operator: readOperator(environment),
    settings: DEFAULT_SETTINGS,
    environment,
    relock: () => Promise.resolve(NOTHING),
    fix,
    known: () => Promise.resolve([]),
    takeInventory: () => Promise.resolve([]),
    poll: false,
    version: '0.0.0-test',
    now: () => new Date(),
    pace: () => ({ turn: () => Promise.resolve() }),
  });
  await idle();
  const repository = { id: github.repository(NAME).state.id, owner: 'acme', name: 'svc' };
  const packages = [{ ecosystem: 'PyPI', name: 'demo-pkg', version: '1.0', direct: true, dev: false }];
  await service.store.recordPackages({ ...repository, installation: github.installationId }, 'head', [
    { kind: 'lock', place: 'a.txt', packages },
  ]);
}, 90_000);
afterAll(async () => {
  await service.stop();
  await github.close();
});

it('becomes a pull request of its own that changes the one file', async () => {
  const delivery = randomUUID();
  expect(await send(event('published'), delivery)).toBe(200);
  await idle();
  const [pull] = pulls();
  expect(pull).toMatchObject({ state: 'open', labels: ['security'] });
  expect(pull?.title).toContain('CVE-2024-1');
  expect(await github.repository(NAME).file(BRANCH, 'a.txt')).toBe('demo-pkg==1.2.3\n');
  const before = fixes;
  await send(event('published'), delivery);
  await send(event('published'));
  await idle();
  expect([fixes, pulls()]).toEqual([before, [pull]]);
}, 60_000);

it('asks for nothing for an ecosystem that is not Python, or a forged signature', async () => {
  const before = fixes;
  await send(
    event('published', [
      vulnerability('>= 1.0, < 1.2.3', '1.2.3', { package: { ecosystem: 'npm', name: 'demo-pkg' } }),
    ]),
  );
  const body = JSON.stringify(event('published'));
  const forged = await fetch(`${service.url}/api/github/webhooks`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'security_advisory',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
    },
  });
  expect(forged.status).toBeGreaterThanOrEqual(400);
  await idle();
  expect(fixes).toBe(before);
}, 60_000);

it('is closed with a word when the advisory is withdrawn', async () => {
  await send(event('withdrawn'));
  await idle();
  expect(pulls().map(({ state }) => state)).toEqual(['closed']);
  expect((await github.repository(NAME).branches()).has(BRANCH)).toBe(false);
}, 60_000);

it('becomes one issue where something stands in the way, closed when nothing does any more', async () => {
  blocked = true;
  await send(event('published'));
  await send(event('updated', [vulnerability('< 1.2.4', null)]));
  await idle();
  expect(issues().map(({ state }) => state)).toEqual(['open']);
  expect(issues()[0]?.body).toContain('It is held.');
  locked = null;
  await send(event('withdrawn'));
  await idle();
  expect(issues().map(({ state }) => state)).toEqual(['closed']);
}, 60_000);
