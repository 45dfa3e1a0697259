/** `app.yml`, as the setup page gives it to GitHub, against what the code listens to and asks for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Probot } from 'probot';
import { beforeAll, expect, it } from 'vitest';
import { registerTriggers, type TriggerOptions } from '../../src/app/triggers.ts';
import { folder } from '../support/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOOK = 'https://relock.example.com/api/github/webhooks';

interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly public: boolean;
  readonly hook_attributes: { readonly url: string };
  readonly default_events: readonly string[];
  readonly default_permissions: Readonly<Record<string, string>>;
}

let manifest: Manifest;
beforeAll(async () => {
  manifest = await fromSetupPage();
}, 30_000);

/** Starts the App without an id, as an operator does first, and reads the form of its page. */
async function fromSetupPage(): Promise<Manifest> {
  const port = await freePort();
  const read = (name: string): string => readFileSync(`${ROOT}/${name}`, 'utf8');
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [`${ROOT}/src/app/main.ts`], {
    // Not in the checkout, whose `.env` may be of an App that is there already.
    cwd: folder({ 'app.yml': read('app.yml'), 'package.json': read('package.json') }),
    env: { PATH, HOME, PORT: String(port), HOST: '127.0.0.1', WEBHOOK_PROXY_URL: HOOK, LOG_LEVEL: 'fatal' },
    stdio: 'ignore',
  });
  try {
    const page = await eventually(() => fetch(`http://127.0.0.1:${port}/probot`));
    const value = /id="manifest" value='([^']*)'/u.exec(await page.text())?.[1];
    return JSON.parse(value ?? '') as Manifest;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** GitHub sends them to every App. They cannot be asked for. */
const ALWAYS_SENT = new Set(['installation', 'installation_repositories']);

it('asks for the events that have a handler, and for no others', () => {
  const handled: string[] = [];
  const app = { on: (name: string) => handled.push(name) } as unknown as Probot;
  registerTriggers(app, {} as TriggerOptions);
  const events = handled.map((name) => name.split('.')[0] ?? '').filter((name) => !ALWAYS_SENT.has(name));
  const text = readFileSync(`${ROOT}/app.yml`, 'utf8');
  const optional = events.filter((name) => text.includes(`# - ${name}\n`));
  expect(new Set([...manifest.default_events, ...optional])).toEqual(new Set(events));
});

it('gives the webhook the address that the operator names, and no App to strangers', () => {
  expect(manifest).toMatchObject({ name: 'Relock', public: false, hook_attributes: { url: HOOK } });
});

/** What GitHub's documentation wants for each request; of several permissions that suffice, the one that we have. */
const NEEDS: Readonly<Record<string, string | null>> = {
  'GET /app': null,
  'GET /app/hook/deliveries': null,
  'POST /app/hook/deliveries/{delivery_id}/attempts': null,
  'GET /app/installations': null,
  'GET /app/installations/{installation_id}': null,
  'POST /app/installations/{installation_id}/access_tokens': null,
  'GET /installation/repositories': 'metadata:read',
  // Auto-merge. It wants the contents, too.
  'POST /graphql': 'pull_requests:write',
  'GET /repos/{owner}/{repo}': 'metadata:read',
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': 'metadata:read',
  'GET /repos/{owner}/{repo}/compare/{basehead}': 'contents:read',
  'GET /repos/{owner}/{repo}/contents/{path}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/matching-refs/{ref}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/ref/{ref}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': 'contents:read',
  'POST /repos/{owner}/{repo}/git/blobs': 'contents:write',
  'POST /repos/{owner}/{repo}/git/commits': 'contents:write',
  'POST /repos/{owner}/{repo}/git/refs': 'contents:write',
  'POST /repos/{owner}/{repo}/git/trees': 'contents:write',
  'PATCH /repos/{owner}/{repo}/git/refs/{ref}': 'contents:write',
  'DELETE /repos/{owner}/{repo}/git/refs/{ref}': 'contents:write',
  'GET /repos/{owner}/{repo}/pulls': 'pull_requests:read',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': 'pull_requests:read',
  'POST /repos/{owner}/{repo}/pulls': 'pull_requests:write',
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': 'pull_requests:write',
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': 'pull_requests:write',
  'GET /repos/{owner}/{repo}/issues': 'issues:read',
  'GET /repos/{owner}/{repo}/issues/{issue_number}': 'issues:read',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': 'issues:read',
  'POST /repos/{owner}/{repo}/issues': 'issues:write',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees': 'issues:write',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': 'issues:write',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': 'issues:write',
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': 'issues:write',
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': 'issues:write',
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': 'issues:write',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': 'issues:write',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': 'checks:read',
  'POST /repos/{owner}/{repo}/check-runs': 'checks:write',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': 'checks:write',
  // Only where the policy wants it.
  'POST /repos/{owner}/{repo}/dispatches': 'contents:write',
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': 'actions:write (optional)',
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': 'actions:write (optional)',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': 'actions:write (optional)',
  'POST /repos/{owner}/{repo}/code-scanning/sarifs': 'security_events:write (optional)',
};

it('asks for the permissions that the requests of the code need, and for no others', () => {
  const source = globSync(['src/app/*.ts', 'src/forge/github/*.ts'], { cwd: ROOT })
    .map((path) => readFileSync(`${ROOT}/${path}`, 'utf8'))
    .join('\n');
  const requests = new Set(
    [...source.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE) \/[^'\s]*)'/gu)].map((match) => match[1] ?? ''),
  );
  expect(requests.size).toBeGreaterThan(25);
  // A request that is new here wants its line above, and perhaps one in app.yml.
  expect([...requests].filter((request) => !Object.hasOwn(NEEDS, request))).toEqual([]);
  const wanted = new Map<string, string>();
  const optional = new Set<string>();
  for (const request of requests) {
    const [need, isOptional] = NEEDS[request]?.split(' ') ?? [];
    const [name, access] = need?.split(':') ?? [];
    if (isOptional !== undefined) optional.add(`# ${name}: ${access}`);
    else if (name !== undefined && access !== undefined && wanted.get(name) !== 'write')
      wanted.set(name, access);
  }
  expect(manifest.default_permissions).toEqual(Object.fromEntries(wanted));
  const text = readFileSync(`${ROOT}/app.yml`, 'utf8');
  expect([...optional].filter((line) => !text.includes(line))).toEqual([]);
});
