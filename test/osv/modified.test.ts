import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { readModified, readModifiedRecords } from '../../src/osv/modified.ts';
import type { Modified, ReadModified } from '../../src/osv/modified.ts';
import { startServer } from '../support/loopback-server.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
const list = (...lines: readonly (readonly [number, string])[]): string =>
  lines.map(([minutes, id]) => `${at(minutes)},${id}\n`).join('');

function answering(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  status = 200,
): ReadModified['fetch'] {
  return async () => new Response(status === 304 ? null : body, { status, headers });
}

async function readOf(fetch: ReadModified['fetch'], cursor: string | null, more: Partial<ReadModified> = {}) {
  return readModified({
    baseUrl: 'https://user:secret@lists.example/',
    ecosystem: 'PyPI',
    cursor,
    fetch,
    userAgent: 'relock/test',
    signal: null,
    now: () => NOW,
    ...more,
  });
}

async function read(body: string, cursor: string | null, more: Partial<ReadModified> = {}) {
  return got(await readOf(answering(body), cursor, more));
}

function got(modified: Modified): Extract<Modified, { state: 'read' }> {
  if (modified.state !== 'read') throw new Error(modified.why);
  return modified;
}

const ids = ({ entries }: Extract<Modified, { state: 'read' }>): readonly string[] =>
  entries.map(({ id }) => id);

describe('readModified', () => {
  it('gives nothing the first time, then what is new, the oldest first', async () => {
    const old = list([-10, 'B-1'], [-20, 'A-1'], [-9000, 'OLD-1']);
    const first = await read(old, null);
    expect(first).toMatchObject({ entries: [], more: false });
    const second = await read(list([-1, 'D-1'], [-2, 'C-1']) + old, first.cursor);
    expect(second.entries).toEqual([
      { id: 'C-1', modified: at(-2), time: NOW - 120_000 },
      { id: 'D-1', modified: at(-1), time: NOW - 60_000 },
    ]);
    expect(ids(await read(list([-1, 'D-1'], [-2, 'C-1']) + old, second.cursor))).toEqual([]);
  });

  it('gives an entry again when it changes again, and one that turns up late', async () => {
    const { cursor } = await read(list([-10, 'B-1'], [-200, 'A-1']), null);
    const later = list([-5, 'A-1'], [-10, 'B-1'], [-60, 'LATE-1'], [-10_000, 'OLD-1']);
    expect(ids(await read(later, cursor))).toEqual(['LATE-1', 'A-1']);
  });

  it('gives no more than asked for at once, and the rest after', async () => {
    const { cursor } = await read(list([-100, 'A-1']), null);
    const body = list([-1, 'F-1'], [-2, 'E-1'], [-2, 'D-1'], [-2, 'C-1'], [-3, 'B-1'], [-100, 'A-1']);
    const seen: string[] = [];
    let now = cursor;
    let rounds = 0;
    for (let more = true; more; rounds += 1) {
      const part = await read(body, now, { maxEntries: 2 });
      seen.push(...ids(part));
      ({ cursor: now, more } = part);
    }
    expect(seen.sort()).toEqual(['B-1', 'C-1', 'D-1', 'E-1', 'F-1']);
    expect(rounds).toBe(3);
  });

  it('gives each change once, however the list grows', async () => {
    const change = fc.record({
      id: fc.nat({ max: 5 }),
      late: fc.nat({ max: 100 }),
      step: fc.nat({ max: 90 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (rounds, maxEntries) => {
          // Newest change of each entry; the clock goes on, and some changes turn up later than they happened.
          const lines = new Map<string, number>([['START-1', -100_000]]);
          let clock = -100_000;
          let { cursor } = await read(list([-100_000, 'START-1']), null);
          for (const changes of rounds) {
            const expected = new Map<string, number>();
            for (const { id, late, step } of changes) {
              clock += step;
              const name = `X-${id}`;
              const time = clock - late;
              if (time <= -100_000 || time <= (lines.get(name) ?? Number.NEGATIVE_INFINITY)) continue;
              lines.set(name, time);
              expected.set(name, time);
            }
            const body = list(
              ...[...lines].map(([id, time]) => [time, id] as const).sort((a, b) => b[0] - a[0]),
            );
            const seen: string[] = [];
            for (let more = true; more;) {
              const part = await read(body, cursor, { maxEntries });
              seen.push(...part.entries.map(({ id, modified }) => `${id} ${modified}`));
              ({ cursor, more } = part);
            }
            expect(seen.sort()).toEqual([...expected].map(([id, time]) => `${id} ${at(time)}`).sort());
          }
        },
      ),
    );
  });

  it('reads only the top of the list, over HTTP, and asks with its tag', async () => {
    const asked: (string | undefined)[] = [];
    let body = list([-10, 'A-1']);
    const server = await startServer((request: IncomingMessage, response: ServerResponse) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"2"') return response.writeHead(304).end();
      response.writeHead(200, { etag: body.includes('B-1') ? '"2"' : '"1"' });
      response.write(body);
      // The rest never comes.
      return response.write(list([-9000, 'OLD-1']));
    });
    const options = { baseUrl: server.origin, timeoutSeconds: 5 };
    const first = got(await readOf(fetch, null, options));
    body = list([-1, 'B-1']) + body;
    const second = got(await readOf(fetch, first.cursor, options));
    const third = got(await readOf(fetch, second.cursor, options));
    expect([ids(second), ids(third)]).toEqual([['B-1'], []]);
    expect(third.cursor).toBe(second.cursor);
    expect(asked).toEqual([undefined, '"1"', '"2"']);
    expect(server.seen[0]?.url).toBe('/PyPI/modified_id.csv');
  });

  it('does not take the tag of a list that it has not dealt with', async () => {
    const { cursor } = await read(list([-100, 'A-1']), null);
    const body = list([-1, 'C-1'], [-2, 'B-1'], [-100, 'A-1']);
    const part = got(await readOf(answering(body, { etag: '"9"' }), cursor, { maxEntries: 1 }));
    const headers: unknown[] = [];
    await readOf(async (_, init) => {
      headers.push(init.headers);
      return new Response(body);
    }, part.cursor);
    expect(headers).toEqual([{ 'user-agent': 'relock/test' }]);
  });

  it('passes over lines that are none, and times to come', async () => {
    const { cursor } = await read(list([-100, 'A-1']), null);
    const body = `${list([9_999_999, 'FUTURE-1'])}\n,\nx,B-1\n${at(-3)},<b>\n${at(-3)},PyPI/C-1\n${at(-3)}\n2026-13-45T99:00:00Z,D-1\n${at(-2)},E-1\r\n${list([-100, 'A-1'])}`;
    const next = await read(body, cursor);
    expect(ids(next)).toEqual(['E-1']);
    expect(ids(await read(list([-1, 'F-1']) + body, next.cursor))).toEqual(['F-1']);
  });

  it.each([
    ['words', '<html>\n<p>Sign in</p>\n', 'is not a list of times and names'],
    ['nothing', '', 'is not a list of times and names'],
    ['one endless line', 'x'.repeat(40_000), 'has a line of more than 512 characters'],
    [
      'too much',
      list(...Array.from({ length: 3000 }, (_, index) => [-1, `A-${index}`] as const)),
      'has more than 50000 bytes',
    ],
  ])('fails on %s', async (_, body, why) => {
    const { cursor } = await read(list([-100, 'A-1']), null);
    const failed = await readOf(answering(body), cursor, { maxBytes: 50_000 });
    expect(failed).toMatchObject({ state: 'failed', why: expect.stringContaining(why) });
    expect(JSON.stringify(failed)).not.toContain('secret');
  });

  it.each([404, 500, 429, 206])('fails on status %i', async (status) => {
    const why = `https://lists.example/PyPI/modified_id.csv answered ${status}`;
    expect(await readOf(answering('x', {}, status), null)).toEqual({ state: 'failed', why });
  });

  it('fails when nobody answers in time, and stops when cancelled', async () => {
    const server = await startServer(() => undefined);
    const options = { baseUrl: server.origin, timeoutSeconds: 0.1 };
    expect(await readOf(fetch, null, options)).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('within 0.1 s'),
    });
    const signal = AbortSignal.timeout(50);
    await expect(readOf(fetch, null, { baseUrl: server.origin, signal })).rejects.toThrow(CancelledError);
  });

  it.each(['', 'x', '{}', 'null', '[]', '{"done":"1","known":[]}'])(
    'begins anew with the cursor %j',
    async (cursor) => {
      expect(await read(list([-10, 'A-1']), cursor)).toMatchObject({ entries: [], more: false });
    },
  );
});

describe('readModifiedRecords', () => {
  const entry = (id: string) => ({ id, modified: at(-1), time: NOW });

  it('tells records from what is none, and from what was not answered', async () => {
    const answers = new Map<string, { status: number; body: string } | { failed: string }>([
      ['/v1/vulns/A-1', { status: 200, body: '{"id":"A-1"}' }],
      ['/v1/vulns/B-1', { status: 404, body: '{}' }],
      ['/v1/vulns/C-1', { status: 200, body: '{"id":"A-1"}' }],
      ['/v1/vulns/D-1', { status: 200, body: '<html>' }],
    ]);
    const service = {
      ask: async (requests: readonly { readonly path: string; readonly keep: string | null }[]) => {
        expect(requests.every(({ keep }) => keep === null)).toBe(true);
        return requests.map(({ path }) => answers.get(path) ?? { failed: 'It is down.' });
      },
    };
    const found = await readModifiedRecords(service, ['A-1', 'B-1', 'C-1', 'D-1'].map(entry));
    expect(found.records.map(({ id }) => id)).toEqual(['A-1']);
    expect(found).toMatchObject({ left: ['B-1', 'C-1', 'D-1'], failed: null });
    expect(await readModifiedRecords(service, ['A-1', 'E-1'].map(entry))).toMatchObject({
      left: [],
      failed: 'It is down.',
    });
  });
});
