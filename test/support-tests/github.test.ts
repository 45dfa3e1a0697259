import type { Octokit } from '@octokit/rest';
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { clientOf, refusal, svc } from './github-setup.ts';

let github: GitHub;
let app: Octokit;
let asApp: Octokit;

const now = (): number => Math.floor(Date.now() / 1000);

function jwt(claims: object, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claimed = { iss: github.appId, iat: now() - 10, exp: now() + 300, ...claims };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claimed)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

beforeEach(async () => {
  github = await startGitHub({ checkAnswers: true });
  await github.createRepository('acme', 'svc', {
    'requirements.txt': 'flask==3.0.0\n',
    'bin/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
    '.github/workflows/ci.yml': 'on: push\n',
    'docs/ü.md': 'text\n',
  });
  app = clientOf(github, 'installation');
  asApp = clientOf(github, 'app');
});
afterEach(() => github.close());

describe('who asks', () => {
  it('knows the App by its JWT, lists its installations and gives tokens', async () => {
    expect((await asApp.rest.apps.getAuthenticated()).data).toMatchObject({ id: 12345, slug: 'relock' });
    const { data } = await asApp.rest.apps.listInstallations();
    expect(data.map(({ id }) => id)).toEqual([github.installationId]);
    expect((await asApp.rest.apps.getRepoInstallation(svc)).data.id).toBe(github.installationId);
    const repositories = await app.rest.apps.listReposAccessibleToInstallation();
    const [first] = repositories.data.repositories;
    expect(repositories.data.total_count).toBe(1);
    expect(first).toMatchObject({
      full_name: 'acme/svc',
      private: true,
      fork: false,
      archived: false,
      disabled: false,
      default_branch: 'main',
    });
  });

  it.each([
    ['another App', { iss: 9 }, 404, 'Integration not found'],
    [
      'too long a life',
      { exp: now() + 700 },
      401,
      "'Expiration time' claim ('exp') is too far in the future",
    ],
    ['an end in the past', { exp: now() - 10 }, 401, expect.stringContaining('must be a numeric value')],
    ['a start in the future', { iat: now() + 60 }, 401, expect.stringContaining("'Issued at' claim")],
  ])('refuses a JWT with %s', async (_, claims, status, message: unknown) => {
    const token = jwt(claims, createPrivateKey(github.privateKey));
    expect(await refusal(clientOf(github, { token }).rest.apps.getAuthenticated())).toEqual([
      status,
      message,
    ]);
  });

  it('refuses a JWT that another key signed, and one that is none', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const token of [jwt({}, privateKey), 'a.b.c']) {
      const asked = clientOf(github, { token }).rest.apps.getAuthenticated();
      expect(await refusal(asked)).toEqual([401, 'A JSON web token could not be decoded']);
    }
  });

  it('lets an unknown, revoked or expired token act as nobody', async () => {
    expect(await refusal(clientOf(github, { token: 'ghs_madeup' }).rest.repos.get(svc))).toEqual([
      401,
      'Bad credentials',
    ]);
    expect(
      await refusal(
        clientOf(github, { token: 'ghs_madeup' }).rest.users.getByUsername({ username: 'alice' }),
      ),
    ).toEqual([401, 'Bad credentials']);
    const { data } = await asApp.rest.apps.createInstallationAccessToken({
      installation_id: github.installationId,
    });
    await clientOf(github, { token: data.token }).rest.repos.get(svc);
    github.expireTokens();
    expect(await refusal(clientOf(github, { token: data.token }).rest.repos.get(svc))).toEqual([
      401,
      'Bad credentials',
    ]);
    expect(github.secrets()).toContain(data.token);
  });

  it('keeps a token to the permissions and repositories that it was asked for', async () => {
    await github.createRepository('acme', 'other', { a: 'b' });
    const { data } = await asApp.rest.apps.createInstallationAccessToken({
      installation_id: github.installationId,
      repositories: ['svc'],
      permissions: { contents: 'read' },
    });
    const scoped = clientOf(github, { token: data.token });
    expect(await refusal(scoped.rest.git.createBlob({ ...svc, content: 'x' }))).toEqual([
      403,
      'Resource not accessible by integration',
    ]);
    expect(await refusal(scoped.rest.repos.get({ owner: 'acme', repo: 'other' }))).toEqual([
      404,
      'Not Found',
    ]);
    const wider = asApp.rest.apps.createInstallationAccessToken({
      installation_id: github.installationId,
      permissions: { administration: 'write' },
    });
    expect((await refusal(wider))[0]).toBe(422);
  });

  it.each([
    ['alice', 'admin'],
    ['walter', 'write'],
    ['rita', 'read'],
    ['mallory', 'none'],
  ])('says %s has %s', async (username, permission) => {
    const { data } = await app.rest.repos.getCollaboratorPermissionLevel({ ...svc, username });
    expect(data.permission).toBe(permission);
  });

  it('stops serving a suspended installation', async () => {
    github.suspend(github.installationId, true);
    expect(await refusal(app.rest.repos.get(svc))).toEqual([403, 'This installation has been suspended']);
  });
});

describe('the API as a whole', () => {
  it('answers 304 to a known ETag without counting it, and pages with Link', async () => {
    const first = await app.rest.repos.get(svc);
    const etag = first.headers.etag ?? '';
    const again = app.rest.repos.get({ ...svc, headers: { 'if-none-match': etag } });
    await expect(again).rejects.toMatchObject({ status: 304 });
    expect(github.requests().at(-1)).toMatchObject({
      status: 304,
      conditional: true,
      repository: 'acme/svc',
    });
    expect(github.counters().get('acme/svc')).toEqual({ counted: 1, unchanged: 1 });
    const after = await app.rest.repos.get(svc);
    expect(
      Number(first.headers['x-ratelimit-remaining']) - Number(after.headers['x-ratelimit-remaining']),
    ).toBe(1);
    const { data: issue } = await app.rest.issues.create({ ...svc, title: 't' });
    for (let count = 0; count < 5; count += 1)
      await app.rest.issues.createComment({ ...svc, issue_number: issue.number, body: `${count}` });
    const all = await app.paginate(app.rest.issues.listComments, {
      ...svc,
      issue_number: issue.number,
      per_page: 2,
    });
    expect(all.map(({ body }) => body)).toEqual(['0', '1', '2', '3', '4']);
    expect((await app.rest.rateLimit.get()).data.rate.limit).toBe(5000);
  });

  it('fails on demand: errors, limits, cut connections before and after the effect', async () => {
    await app.rest.repos.get(svc);
    github.fail({ kind: 'error', status: 502, path: /^\/repos\/acme\/svc$/ });
    github.fail({ kind: 'secondary-limit', retryAfter: 7, method: 'POST' });
    expect((await refusal(app.rest.repos.get(svc)))[0]).toBe(502);
    await expect(app.rest.issues.create({ ...svc, title: 'one' })).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'retry-after': '7' } },
    });
    github.fail({ kind: 'too-many', times: 2 });
    expect((await refusal(app.rest.repos.get(svc)))[0]).toBe(429);
    expect(github.pendingFaults()).toBe(1);
    expect((await refusal(app.rest.repos.get(svc)))[0]).toBe(429);
    github.fail({ kind: 'reset' });
    await expect(app.rest.issues.create({ ...svc, title: 'two' })).rejects.toThrow(Error);
    github.fail({ kind: 'reset-after' });
    await expect(app.rest.issues.create({ ...svc, title: 'three' })).rejects.toThrow(Error);
    const titles = [...github.repository('acme/svc').state.issues.values()].map(({ title }) => title);
    expect(titles).toEqual(['three']);
    github.fail({ kind: 'slow', delay: 60 });
    const before = performance.now();
    await app.rest.repos.get(svc);
    expect(performance.now() - before).toBeGreaterThan(55);
    expect(github.pendingFaults()).toBe(0);
  });

  it('judges what the App sends by the description of GitHub', async () => {
    const strict = await startGitHub();
    await strict.createRepository('acme', 'svc', {});
    const client = clientOf(strict, 'installation');
    await expect(
      client.request('POST /repos/{owner}/{repo}/issues', { ...svc, title: ['no'], titel: 'x' } as never),
    ).rejects.toMatchObject({ status: 422 });
    await expect(client.request('GET /repos/acme/svc/teams')).rejects.toMatchObject({ status: 404 });
    await client.request('GET /repos/{owner}/{repo}/issues?stat=open', svc);
    const violations = strict.takeViolations().join('\n');
    for (const words of [
      'the field titel is unknown',
      '/title must be string',
      '/repos/acme/svc/teams: the stand-in does not know',
      'parameter stat is unknown',
    ]) {
      expect(violations).toContain(words);
    }
    await client.request('GET /repos/{owner}/{repo}/issues?stat=open', svc);
    await expect(strict.close()).rejects.toThrow(/stat is unknown/);
  });

  it('stands beside another one and starts quickly', async () => {
    const before = performance.now();
    const other = await startGitHub();
    expect(performance.now() - before).toBeLessThan(500);
    expect(other.url).not.toBe(github.url);
    expect(() => other.repository('acme/svc')).toThrow('has no repository acme/svc');
    await other.close();
  });
});
