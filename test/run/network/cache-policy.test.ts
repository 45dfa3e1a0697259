import { describe, expect, it } from 'vitest';
import type { CacheEntry } from '../../../src/run/network/cache-entry.ts';
import {
  confirmed,
  isKnownToClient,
  judge,
  mayAsk,
  mayKeep,
  servedHeaders,
} from '../../../src/run/network/cache-policy.ts';
import type { CacheHeaders, CacheRequest } from '../../../src/run/network/http-cache.ts';
import { get, PAGE_URL, sha256, START } from '../../support/http-cache.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const ETAG = { etag: '"one"' };
const promised = { sha256: sha256('demo') };

describe('mayKeep', () => {
  const cases: readonly [string, boolean, CacheHeaders, Partial<CacheRequest>?, number?][] = [
    ['a page that is fresh for a while', true, { 'cache-control': 'max-age=600' }],
    ['a page with an entity tag', true, ETAG],
    ['a page with a date', true, { 'last-modified': 'Sun, 01 Feb 2026 00:00:00 GMT' }],
    ['a page that can be checked but never trusted', true, { ...ETAG, 'cache-control': 'no-cache' }],
    ['a page with neither', false, {}],
    ['no-store', false, { ...ETAG, 'cache-control': 'no-store' }],
    ['No-Store', false, { ...ETAG, 'cache-control': 'Max-Age=600, No-Store' }],
    ['a cookie', false, { ...ETAG, 'set-cookie': ['session=1'] }],
    ['a cookie on a promised file', false, { 'set-cookie': ['session=1'] }, promised],
    ['private, for all', false, { ...ETAG, 'cache-control': 'private, max-age=600' }],
    ['Private, for all', false, { ...ETAG, 'cache-control': 'Private' }],
    ['private, for its owner', true, { ...ETAG, 'cache-control': 'private' }, { space: 'acme' }],
    ['no-store, for its owner', false, { ...ETAG, 'cache-control': 'no-store' }, { space: 'acme' }],
    ['vary by everything', false, { ...ETAG, vary: '*' }],
    ['vary by everything and more', false, { ...ETAG, vary: 'accept, *' }],
    ['vary by accept', true, { ...ETAG, vary: 'Accept' }],
    ['a reader with a credential', false, ETAG, { headers: { authorization: 'Basic eDp5' } }],
    [
      'even where the server allows it',
      false,
      { 'cache-control': 'public, max-age=9' },
      { headers: { authorization: 'x' } },
    ],
    ['a reader with a cookie', false, ETAG, { headers: { cookie: 'a=b' } }],
    ['a reader with an owner’s credential', true, ETAG, { space: 'acme', headers: { authorization: 'x' } }],
    ['a reader who wants nothing kept', false, ETAG, { headers: { 'cache-control': 'no-store' } }],
    ['POST', false, ETAG, { method: 'POST' }],
    ['HEAD of a page', false, ETAG, { method: 'HEAD' }],
    ['HEAD of a promised file', true, {}, { method: 'HEAD', ...promised }],
    ['a promised file', true, {}, promised],
    ['a part of a promised file', true, {}, promised, 206],
    ['a part of a page', false, ETAG, { headers: { range: 'bytes=0-1' } }, 206],
    ['301', false, { 'cache-control': 'max-age=600' }, {}, 301],
    ['302', false, { 'cache-control': 'max-age=600' }, {}, 302],
    ['500', false, { 'cache-control': 'max-age=600' }, {}, 500],
    ['401', false, { 'cache-control': 'max-age=600' }, {}, 401],
    ['404 with its time', true, { 'cache-control': 'max-age=600' }, {}, 404],
    ['404 with a tag only', false, ETAG, {}, 404],
    ['404 of a promised file', false, { 'cache-control': 'max-age=600' }, promised, 404],
    [
      'an odd header, which may have changed the answer',
      false,
      ETAG,
      { headers: { 'x-original-url': '/evil/' } },
    ],
    ['a body in the request', false, ETAG, { headers: { 'content-length': '5' } }],
    ['an odd header, for a promised file', false, {}, { ...promised, headers: { 'x-original-url': '/' } }],
    [
      'what locker’s clients send',
      true,
      ETAG,
      {
        headers: {
          host: 'a',
          'user-agent': 'uv/0.9',
          accept: '*/*',
          'accept-encoding': 'gzip',
          connection: 'keep-alive',
          'if-none-match': '"0"',
        },
      },
    ],
    ['a coded page', true, { ...ETAG, 'content-encoding': 'gzip' }],
    ['a coded promised file', false, { 'content-encoding': 'gzip' }, promised],
    ['a coded part', false, { 'content-encoding': 'br' }, promised, 206],
    ['a very long address', false, ETAG, { url: `${PAGE_URL}?${'a'.repeat(4096)}` }],
  ];
  it.each(cases)('%s: %s', (_, expected, headers, more = {}, status = 200) => {
    expect(mayKeep(get(PAGE_URL, more), { status, headers }, START)).toBe(expected);
  });
});

function entry(headers: Record<string, string>, more: Partial<CacheEntry> = {}): CacheEntry {
  return {
    key: '0'.repeat(64),
    url: PAGE_URL,
    space: 'public',
    kind: 'whole',
    status: 200,
    headers,
    vary: {},
    sha256: sha256('demo'),
    length: 4,
    promised: null,
    time: START,
    ...more,
  };
}

describe('judge', () => {
  const checked = 'stale';
  const cases: readonly [
    string,
    string,
    Record<string, string>,
    number,
    Partial<CacheRequest>?,
    Partial<CacheEntry>?,
  ][] = [
    ['within max-age', 'fresh', { 'cache-control': 'max-age=600' }, 599 * SECOND],
    ['after max-age, with a tag', checked, { 'cache-control': 'max-age=600', ...ETAG }, 600 * SECOND],
    ['after max-age, without', 'none', { 'cache-control': 'max-age=600' }, 601 * SECOND],
    ['aged on its way', checked, { 'cache-control': 'max-age=600', age: '590', ...ETAG }, 20 * SECOND],
    ['s-maxage goes first', 'fresh', { 'cache-control': 'max-age=0, s-maxage=600' }, 60 * SECOND],
    [
      'but not for an owner',
      checked,
      { 'cache-control': 'max-age=0, s-maxage=600', ...ETAG },
      SECOND,
      { space: 'acme' },
      { space: 'acme' },
    ],
    [
      'expires',
      'fresh',
      { date: 'Sun, 01 Mar 2026 00:00:00 GMT', expires: 'Sun, 01 Mar 2026 00:10:00 GMT' },
      60 * SECOND,
    ],
    ['no-cache', checked, { 'cache-control': 'no-cache', ...ETAG }, 0],
    ['Max-Age=0, Must-Revalidate', checked, { 'cache-control': 'Max-Age=0, Must-Revalidate', ...ETAG }, 0],
    ['an old date is no promise', checked, { 'last-modified': 'Tue, 01 Jan 2019 00:00:00 GMT' }, 0],
    [
      'a reader who wants it new',
      checked,
      { 'cache-control': 'max-age=600', ...ETAG },
      SECOND,
      { headers: { 'cache-control': 'max-age=0' } },
    ],
    [
      'a reader who would take it stale',
      checked,
      { 'cache-control': 'no-cache', ...ETAG },
      SECOND,
      { headers: { 'cache-control': 'Max-Stale' } },
    ],
    ['a promised file, a year later', 'fresh', {}, 365 * DAY, promised],
    [
      'that the reader wants new',
      'fresh',
      {},
      DAY,
      { ...promised, headers: { 'cache-control': 'no-cache' } },
    ],
    ['another file is promised', 'none', { 'cache-control': 'max-age=600' }, 0, { sha256: sha256('other') }],
    [
      'the same varied header',
      'fresh',
      { 'cache-control': 'max-age=9', vary: 'X-A' },
      0,
      { headers: { 'x-a': '1' } },
      { vary: { 'x-a': '1' } },
    ],
    [
      'another varied header',
      'none',
      { 'cache-control': 'max-age=9', vary: 'X-A', ...ETAG },
      0,
      { headers: { 'x-a': '2' } },
      { vary: { 'x-a': '1' } },
    ],
    [
      'a varied header that came in between',
      'none',
      { 'cache-control': 'max-age=9', vary: 'x-a', ...ETAG },
      0,
      { headers: { 'x-a': '2' } },
    ],
  ];
  it.each(cases)('%s: %s', (_, expected, headers, later, more = {}, stored = {}) => {
    expect(judge(entry(headers, stored), get(PAGE_URL, more), START + later)?.kind ?? 'none').toBe(expected);
  });

  it('asks about its own answer only, whatever the client has', () => {
    const stored = entry({ etag: 'W/"one"', 'last-modified': 'Sun, 01 Feb 2026 00:00:00 GMT' });
    const request = get(PAGE_URL, {
      headers: { 'if-none-match': '"other"', 'if-modified-since': 'Mon, 02 Feb 2026 00:00:00 GMT' },
    });
    expect(judge(stored, request, START)).toEqual({
      kind: 'stale',
      conditions: { 'if-none-match': 'W/"one"', 'if-modified-since': 'Sun, 01 Feb 2026 00:00:00 GMT' },
    });
  });
});

describe('confirmed', () => {
  const stored = entry({ etag: '"one"', 'cache-control': 'max-age=600', 'content-type': 'text/html' });
  const later = START + 700 * SECOND;

  it('makes it fresh again, with the newer headers', () => {
    const newer = confirmed(stored, get(PAGE_URL), { etag: '"one"', 'cache-control': 'max-age=60' }, later)!;
    expect(newer).toMatchObject({
      time: later,
      sha256: stored.sha256,
      headers: { 'content-type': 'text/html' },
    });
    expect(judge(newer, get(PAGE_URL), later + 59 * SECOND)?.kind).toBe('fresh');
    expect(judge(newer, get(PAGE_URL), later + 60 * SECOND)?.kind).toBe('stale');
  });

  it('takes a 304 that names nothing', () => {
    expect(confirmed(stored, get(PAGE_URL), {}, later)).not.toBeNull();
  });

  it('does not take a 304 about another answer', () => {
    expect(confirmed(stored, get(PAGE_URL), { etag: '"two"' }, later)).toBeNull();
  });

  it('does not keep the age of the first answer', () => {
    const aged = entry({ etag: '"one"', 'cache-control': 'max-age=600', age: '500' });
    expect(servedHeaders(confirmed(aged, get(PAGE_URL), { etag: '"one"' }, later)!, later)['age']).toBe('0');
  });
});

describe('servedHeaders', () => {
  it('tells the age', () => {
    const headers = servedHeaders(entry({ age: '5', 'cache-control': 'max-age=600' }), START + 7 * SECOND);
    expect(headers).toMatchObject({ age: '12', date: 'Sun, 01 Mar 2026 00:00:07 GMT' });
  });
});

describe('isKnownToClient', () => {
  const stored = entry({ etag: '"one"', 'last-modified': 'Sun, 01 Feb 2026 00:00:00 GMT' });
  it.each([
    [{}, false],
    [{ 'if-none-match': '"one"' }, true],
    [{ 'if-none-match': '"zero", W/"one"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"two"' }, false],
    [{ 'if-modified-since': 'Sun, 01 Feb 2026 00:00:00 GMT' }, true],
    [{ 'if-modified-since': 'Sat, 31 Jan 2026 00:00:00 GMT' }, false],
    [{ 'if-modified-since': 'soon' }, false],
    [{ 'if-none-match': '"two"', 'if-modified-since': 'Sun, 01 Feb 2026 00:00:00 GMT' }, false],
  ])('%j: %s', (headers, known) => {
    expect(isKnownToClient(stored, get(PAGE_URL, { headers }))).toBe(known);
  });
});

describe('mayAsk', () => {
  it.each([
    [{}, true],
    [{ method: 'HEAD' }, true],
    [{ method: 'POST' }, false],
    [{ headers: { authorization: 'x' } }, false],
    [{ headers: { authorization: 'x' }, space: 'acme' }, true],
    [{ headers: { 'if-match': '"one"' } }, false],
  ])('%j: %s', (more, may) => {
    expect(mayAsk(get(PAGE_URL, more))).toBe(may);
  });
});
