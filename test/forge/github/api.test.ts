import { Octokit } from '@octokit/rest';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../../src/errors.ts';
import { createGitHubApi, type GitHubApi } from '../../../src/forge/github/api.ts';
import { ForgeError, unavailable } from '../../../src/forge/github/forge-error.ts';
import { createConditional, createGate } from '../../../src/forge/github/memo.ts';
import { silent } from './setup.ts';

const ROOT = 'https://github.example.com';
const TOKEN = 'ghs_planted0secret';
const NOW = new Date('2026-11-02T10:00:00Z');
const identity = { appId: 1, slug: 'relock', signs: true };

function apiAt(signal: AbortSignal | null = null, now = () => NOW): GitHubApi {
  const octokit = new Octokit({ baseUrl: ROOT, auth: TOKEN, log: silent });
  return createGitHubApi(octokit, {
    identity,
    conditional: createConditional(),
    gate: createGate(),
    now,
    signal,
  });
}

const ask = (api: GitHubApi): Promise<unknown> =>
  api.ask((request) => request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'svc' }));
const at = (reply: [number, object?, Record<string, string>?]): nock.Scope =>
  nock(ROOT)
    .get('/repos/acme/svc')
    .reply(...reply);

function thrownBy(promise: Promise<unknown>): Promise<ForgeError> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ForgeError);
      return error as ForgeError;
    },
  );
}

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

describe('failures', () => {
  const limit = { message: 'API rate limit exceeded for installation 1.' };
  const reset = String(NOW.getTime() / 1000 + 900);
  it.each<[string, [number, object?, Record<string, string>?], string, string | null]>([
    [
      'a used up hour',
      [403, limit, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }],
      'rate-limit',
      '10:15:00',
    ],
    [
      'the same as 429',
      [429, limit, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }],
      'rate-limit',
      '10:15:00',
    ],
    [
      'a reset that is past',
      [403, limit, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' }],
      'rate-limit',
      '10:00:01',
    ],
    [
      'a reset that is absurd',
      [403, limit, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }],
      'rate-limit',
      '12:00:00',
    ],
    ['a limit without a time', [403, limit], 'rate-limit', '10:01:00'],
    [
      'a secondary limit',
      [403, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '30' }],
      'secondary-limit',
      '10:00:30',
    ],
    [
      'the same with a date',
      [429, {}, { 'retry-after': 'Mon, 02 Nov 2026 10:05:00 GMT' }],
      'secondary-limit',
      '10:05:00',
    ],
    [
      'the same without a time',
      [403, { message: 'You have triggered an abuse detection mechanism.' }],
      'secondary-limit',
      '10:01:00',
    ],
    ['429 without words', [429], 'secondary-limit', '10:01:00'],
    ['an error of GitHub', [502, { message: 'Server Error' }], 'server-error', null],
    ['a pause of GitHub', [503, {}, { 'retry-after': '120' }], 'server-error', '10:02:00'],
    ['a token that is no more', [401, { message: 'Bad credentials' }], 'unauthorized', null],
    [
      'a suspended installation',
      [403, { message: 'This installation has been suspended' }],
      'suspended',
      null,
    ],
    [
      'an archived repository',
      [403, { message: 'Repository was archived so is read-only.' }],
      'archived',
      null,
    ],
    ['a legal block', [451, { message: 'Repository access blocked' }], 'blocked', null],
    ['another refusal', [403, { message: 'Resource not accessible by integration' }], 'refused', null],
  ])('names %s', async (_, answer, code, time) => {
    at(answer);
    const error = await thrownBy(ask(apiAt()));
    expect(error.code).toBe(code);
    expect(error.retryAfter?.toISOString().slice(11, 19) ?? null).toBe(time);
    expect(error.status).toBe(answer[0]);
    const passing = ['rate-limit', 'secondary-limit', 'server-error', 'unauthorized'].includes(code);
    expect(error.passing).toBe(passing);
    expect(unavailable(error)?.reason ?? code).toBe(code);
    expect(unavailable(error) === null).toBe(!['suspended', 'archived', 'blocked'].includes(code));
  });

  it('says what was asked and what GitHub said, on one line, and no token', async () => {
    at([
      422,
      {
        message: 'Validation\nFailed',
        errors: [{ resource: 'Issue', field: 'title', code: 'missing' }, 'x'],
      },
    ]);
    const error = await thrownBy(ask(apiAt()));
    expect(error.message).toBe(
      'GitHub answered 422 to GET /repos/acme/svc: Validation Failed; Issue title missing; x',
    );
    nock(ROOT).get('/repos/acme/svc').replyWithError(`connect failed`);
    const lost = await thrownBy(ask(apiAt()));
    expect(lost).toMatchObject({ code: 'unreachable', status: null, passing: true });
    for (const one of [error, lost]) {
      expect(JSON.stringify([one, one.message, one.stack, one.cause])).not.toContain('planted');
    }
  });

  it('gives a refusal as a value to those who expect one', async () => {
    at([404, { message: 'Not Found' }]);
    const answer = await apiAt().attempt((request) =>
      request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'svc' }),
    );
    expect(answer).toEqual({
      ok: false,
      refusal: { status: 404, message: 'Not Found', what: 'GET /repos/acme/svc' },
    });
  });

  it('does not take a token that cannot be had for an answer', async () => {
    nock(ROOT).post('/app/installations/3/access_tokens').reply(404, { message: 'Not Found' });
    const lost = apiAt().attempt((request) =>
      request('POST /app/installations/{installation_id}/access_tokens', { installation_id: 3 }),
    );
    const error = await thrownBy(lost);
    expect(unavailable(error)).toMatchObject({ reason: 'not-installed' });
  });

  it('lets an error that is not of a request through', async () => {
    const mistake = new TypeError('no');
    await expect(apiAt().attempt(() => Promise.reject(mistake))).rejects.toBe(mistake);
  });

  it('ends with the job', async () => {
    at([200, {}]);
    await expect(ask(apiAt(AbortSignal.abort()))).rejects.toBeInstanceOf(CancelledError);
    expect(nock.pendingMocks()).toHaveLength(1);
  });
});

describe('limits', () => {
  it('sends nothing more until the time is up', async () => {
    let now = NOW;
    const api = apiAt(null, () => now);
    at([403, { message: 'secondary rate limit' }, { 'retry-after': '60' }]);
    await thrownBy(ask(api));
    const held = await thrownBy(ask(api));
    expect(held).toMatchObject({ code: 'rate-limit', status: null });
    expect(held.retryAfter?.toISOString()).toBe('2026-11-02T10:01:00.000Z');
    expect(api.spent().sent).toBe(1);
    now = new Date('2026-11-02T10:01:00Z');
    at([200, { id: 1 }]);
    expect(await ask(api)).toEqual({ id: 1 });
  });

  it('stops when the last request of the hour was answered', async () => {
    const api = apiAt();
    const reset = String(NOW.getTime() / 1000 + 60);
    at([200, { id: 1 }, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }]);
    expect(await ask(api)).toEqual({ id: 1 });
    expect(await thrownBy(ask(api))).toMatchObject({ code: 'rate-limit' });
  });

  it('repeats no request by itself', async () => {
    const tries = nock(ROOT).post('/repos/acme/svc/issues/1/comments').times(2).reply(502, {});
    const api = apiAt();
    const comment = api.ask((request) =>
      request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        owner: 'acme',
        repo: 'svc',
        issue_number: 1,
        body: 'x',
      }),
    );
    await thrownBy(comment);
    expect(tries.pendingMocks()).toHaveLength(1);
  });
});

describe('conditional requests', () => {
  const look = (api: GitHubApi): Promise<unknown> =>
    api.look('svc', (request) => request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'svc' }));

  it('asks with the ETag of before, and counts what has not changed', async () => {
    const api = apiAt();
    at([200, { id: 1 }, { etag: 'W/"a"' }]);
    expect(await look(api)).toEqual({ ok: true, data: { id: 1 } });
    nock(ROOT, { reqheaders: { 'if-none-match': 'W/"a"' } })
      .get('/repos/acme/svc')
      .reply(304);
    expect(await look(api)).toEqual({ ok: true, data: { id: 1 } });
    expect(api.spent()).toEqual({ sent: 2, unchanged: 1 });
    nock(ROOT, { reqheaders: { 'if-none-match': 'W/"a"' } })
      .get('/repos/acme/svc')
      .reply(200, { id: 2 }, { etag: 'W/"b"' });
    expect(await look(api)).toEqual({ ok: true, data: { id: 2 } });
    nock(ROOT, { reqheaders: { 'if-none-match': 'W/"b"' } })
      .get('/repos/acme/svc')
      .reply(404, { message: 'Not Found' });
    expect(await look(api)).toMatchObject({ ok: false, refusal: { status: 404 } });
  });

  it('forgets what was longest not asked for', () => {
    const memo = createConditional(2);
    for (const key of ['a', 'b']) memo.set(key, { etag: key, data: key });
    memo.get('a');
    memo.set('c', { etag: 'c', data: 'c' });
    expect(['a', 'b', 'c'].map((key) => memo.get(key)?.data)).toEqual(['a', undefined, 'c']);
  });
});

describe('GraphQL', () => {
  const mutate = (api: GitHubApi): Promise<unknown> => api.mutate('mutation { x }', { id: 'a' });
  const answer = (data: object): nock.Scope => nock(ROOT).post('/graphql').reply(200, data);

  it('gives errors as a refusal, and limits as an error', async () => {
    answer({
      data: { x: null },
      errors: [{ type: 'UNPROCESSABLE', message: 'Pull request is in\nclean status' }],
    });
    expect(await mutate(apiAt())).toMatchObject({
      ok: false,
      refusal: { message: 'Pull request is in clean status' },
    });
    answer({ errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] });
    expect(await thrownBy(mutate(apiAt()))).toMatchObject({ code: 'rate-limit', passing: true });
    nock(ROOT).post('/graphql').reply(502, {});
    expect(await thrownBy(mutate(apiAt()))).toMatchObject({ code: 'server-error' });
    answer({ data: { x: 1 } });
    expect(await mutate(apiAt())).toEqual({ ok: true, data: { x: 1 } });
  });
});
