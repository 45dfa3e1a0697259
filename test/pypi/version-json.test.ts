import nock from 'nock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { hasVersionJson } from '../../src/pypi/version-json.ts';

const ROOT = 'https://index.example.com';
const PATH = '/pypi/poetry-core/1.0.0/json';
beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

it.each<[string, () => unknown, boolean]>([
  ['it has it', () => nock(ROOT).get(PATH).reply(200, {}), true],
  ['it has not', () => nock(ROOT).get(PATH).reply(404, {}), false],
  [
    'it answers all with a page',
    () => nock(ROOT).get(PATH).reply(200, '<html>', { 'content-type': 'text/html' }),
    false,
  ],
  ['it is down', () => nock(ROOT).get(PATH).reply(500), false],
  ['it is not there', () => nock(ROOT).get(PATH).replyWithError('no'), false],
])('answers by one request: %s', async (_, answer, has) => {
  answer();
  expect(await hasVersionJson(ROOT, fetch)).toBe(has);
});

it('takes no answer in time for no', async () => {
  const silent = (_: string, init: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  expect(await hasVersionJson(ROOT, silent, { timeoutSeconds: 0.1 })).toBe(false);
});

it('is cancelled with the run', async () => {
  await expect(hasVersionJson(ROOT, fetch, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
    CancelledError,
  );
});
