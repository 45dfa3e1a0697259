import nock from 'nock';
import { afterEach, expect, it } from 'vitest';
import { createCompareView } from '../../src/pypi/compare-view.ts';

const RELEASES = 'https://github.com/acme/x/releases';
const forge = () => nock('https://github.com');

afterEach(() => {
  nock.cleanAll();
});

it.each([
  ['v2.0', [200], 'https://github.com/acme/x/compare/v1.0...v2.0'],
  ['2.0', [404, 200], 'https://github.com/acme/x/compare/1.0...2.0'],
  ['another way', [404, 404], null],
])('of a project that writes its tags %s', async (_, statuses, view) => {
  for (const [index, status] of statuses.entries()) {
    forge()
      .head(`/acme/x/releases/tag/${index === 0 ? 'v' : ''}2.0`)
      .reply(status);
  }
  expect(await createCompareView(fetch, 'relock/test')(RELEASES, '1.0', '2.0')).toBe(view);
  expect(nock.isDone()).toBe(true);
});

it('is asked of no other host', async () => {
  expect(
    await createCompareView(fetch, 'relock/test')('https://git.example.test/a/b/releases', '1', '2'),
  ).toBeNull();
});

it.each([
  ['cannot be reached', (interceptor: nock.Interceptor) => interceptor.replyWithError('gone')],
  ['wants to be left alone', (interceptor: nock.Interceptor) => interceptor.reply(429)],
])('is not asked again of a forge that %s', async (_, answer) => {
  answer(forge().head('/acme/x/releases/tag/v2.0'));
  const view = createCompareView(fetch, 'relock/test');
  expect(await view(RELEASES, '1.0', '2.0')).toBeNull();
  forge().head('/acme/x/releases/tag/v3.0').reply(200);
  expect(await view(RELEASES, '1.0', '3.0')).toBeNull();
  expect(nock.isDone()).toBe(false);
});
