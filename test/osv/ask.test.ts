import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { createAdvisoryService } from '../../src/osv/ask.ts';
import type { AdvisoryServiceOptions } from '../../src/osv/ask.ts';
import type { ScanHttpAnswer, ScanRequest } from '../../src/scan/scanner.ts';
import { folder } from '../support/folder.ts';
import { startServer } from '../support/loopback-server.ts';

const RECORD = '{"id":"A-1"}';
const batch: ScanRequest = { method: 'POST', path: '/v1/querybatch', body: '{"queries":[]}', keep: null };

function vuln(id: string, keep: string | null = `${id} 2024-01-01T00:00:00Z`): ScanRequest {
  return { method: 'GET', path: `/v1/vulns/${id}`, body: null, keep };
}

function service(baseUrl: string, more: Partial<AdvisoryServiceOptions> = {}) {
  return createAdvisoryService({
    baseUrl,
    fetch,
    userAgent: 'relock/test',
    cacheFolder: null,
    signal: null,
    parallel: 4,
    retryDelayMs: 1,
    ...more,
  });
}

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers the first request with the first reply and so on, all further ones with the last. */
async function serverOf(...replies: readonly Reply[]) {
  let at = 0;
  return startServer((request, response) => {
    const reply = replies[Math.min(at, replies.length - 1)];
    at += 1;
    reply?.(response, request);
  });
}

function reply(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => response.writeHead(status, headers).end(body);
}

function failed(answer: ScanHttpAnswer | undefined): string {
  return answer !== undefined && 'failed' in answer ? answer.failed : `no failure: ${JSON.stringify(answer)}`;
}

function filesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((found) =>
    found.isFile() ? [join(found.parentPath, found.name)] : [],
  );
}

function answersIn(root: string): readonly string[] {
  return filesIn(root).filter((path) => !path.endsWith('/swept'));
}

describe('ask', () => {
  it('sends what it was given, and answers in order', async () => {
    const bodies: string[] = [];
    const server = await startServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        bodies.push(`${request.headers['content-type']} ${request.headers['user-agent']} ${body}`);
        // The first asked is answered last.
        setTimeout(() => response.end(request.url), request.method === 'POST' ? 50 : 0);
      });
    });
    const answers = await service(`${server.origin}/`).ask([batch, vuln('A-1'), vuln('A-2')]);
    expect(answers).toEqual([
      { status: 200, body: '/v1/querybatch' },
      { status: 200, body: '/v1/vulns/A-1' },
      { status: 200, body: '/v1/vulns/A-2' },
    ]);
    expect(bodies.sort()).toEqual([
      'application/json relock/test {"queries":[]}',
      'undefined relock/test ',
      'undefined relock/test ',
    ]);
  });

  it.each([
    ['a 500', reply(500)],
    ['a 429', reply(429)],
    ['a connection that breaks', ((response) => response.destroy()) satisfies Reply],
    [
      'an answer that is cut',
      ((response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"id"');
        setTimeout(() => response.destroy(), 10);
      }) satisfies Reply,
    ],
  ])('tries once more after %s', async (_, first) => {
    const server = await serverOf(first, reply(200, RECORD));
    expect(await service(server.origin).ask([batch])).toEqual([{ status: 200, body: RECORD }]);
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ['a 503', reply(503, 'secret words'), 2, /^http:\S+\/v1\/querybatch answered 503 twice\.$/u],
    [
      'a broken connection',
      ((response) => response.destroy()) satisfies Reply,
      2,
      /cannot be reached: .+ twice\.$/u,
    ],
    ['silence', (() => undefined) satisfies Reply, 2, /no whole answer within 0\.2 s twice\.$/u],
    [
      'an answer that never ends',
      ((response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      }) satisfies Reply,
      2,
      /no whole answer within 0\.2 s/u,
    ],
    [
      'a redirect',
      reply(302, '', { location: 'https://evil.example.com/x?y' }),
      1,
      /answered 302, and leads to https:\/\/evil\.example\.com\.$/u,
    ],
  ])('tells in words of %s', async (_, always, requests, words) => {
    const server = await serverOf(always);
    const [answer] = await service(server.origin, { timeoutSeconds: 0.2 }).ask([batch]);
    expect(failed(answer)).toMatch(words);
    expect(server.seen).toHaveLength(requests);
  });

  it('hands on what the service refuses', async () => {
    const server = await serverOf(reply(400, '{"code":3,"message":"Invalid query."}'));
    expect(await service(server.origin).ask([batch])).toEqual([
      { status: 400, body: '{"code":3,"message":"Invalid query."}' },
    ]);
    expect(server.seen).toHaveLength(1);
  });

  it('takes no answer that is larger than allowed', async () => {
    const server = await serverOf((response) => response.end(Buffer.alloc(20 * 1024 * 1024, ' ')));
    const [record, queries] = await service(server.origin).ask([vuln('A-1'), batch]);
    expect(failed(record)).toContain(`answered with more than ${16 * 1024 * 1024} bytes.`);
    expect(queries).toMatchObject({ status: 200 });
  });

  it('asks at most so many at once', async () => {
    let open = 0;
    let most = 0;
    const server = await startServer((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end(RECORD);
      }, 10);
    });
    const requests = Array.from({ length: 20 }, (_, at) => vuln(`A-${at}`));
    await service(server.origin, { parallel: 3 }).ask(requests);
    expect(server.seen).toHaveLength(20);
    expect(most).toBe(3);
  });

  it('asks for the same thing once', async () => {
    const server = await serverOf(reply(200, RECORD));
    const answers = await service(server.origin).ask([vuln('A-1'), vuln('A-1'), vuln('A-1')]);
    expect(answers).toHaveLength(3);
    expect(server.seen).toHaveLength(1);
  });

  it('does not find out a hundred times that the service is down', async () => {
    const server = await serverOf(reply(503));
    const requests = Array.from({ length: 100 }, (_, at) => vuln(`A-${at}`));
    const answers = await service(server.origin, { parallel: 1 }).ask(requests);
    expect(answers.map(failed)).toEqual(answers.map(() => expect.stringContaining('answered 503 twice.')));
    expect(server.seen).toHaveLength(6);
  });

  it('has nothing to ask for nothing', async () => {
    expect(await service('http://127.0.0.1:9').ask([])).toEqual([]);
  });

  it('stops when the run is cancelled', async () => {
    const stop = new AbortController();
    const server = await startServer(() => stop.abort());
    await expect(
      service(server.origin, { signal: stop.signal }).ask([batch, vuln('A-1')]),
    ).rejects.toBeInstanceOf(CancelledError);
    await expect(service(server.origin, { signal: stop.signal }).ask([])).rejects.toBeInstanceOf(
      CancelledError,
    );
  });
});

describe('Retry-After', () => {
  it('holds back all requests for as long as the service asks', async () => {
    const times: number[] = [];
    const start = performance.now();
    const server = await startServer((_, response) => {
      times.push(performance.now() - start);
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.end(RECORD);
    });
    const answers = await service(server.origin, { parallel: 1 }).ask([vuln('A-1'), vuln('A-2')]);
    expect(answers).toEqual([
      { status: 200, body: RECORD },
      { status: 200, body: RECORD },
    ]);
    expect(times.slice(1).every((time) => time >= 990)).toBe(true);
  });

  it.each([
    ['seconds', '3600'],
    ['a date', 'Thu, 02 May 2024 11:00:00 GMT'],
  ])('of an hour, as %s, is an answer', async (_, value) => {
    const server = await serverOf(reply(503, '', { 'retry-after': value }));
    const now = () => Date.UTC(2024, 4, 2, 10);
    const [answer] = await service(server.origin, { now }).ask([batch]);
    expect(failed(answer)).toMatch(/answered 503, and wants to be asked again only in 3600 s\.$/u);
    expect(server.seen).toHaveLength(1);
  });
});

describe('credentials in the address', () => {
  it('go into a header, never into words, and nothing is kept', async () => {
    const cacheFolder = folder();
    const server = await serverOf(reply(200, RECORD), reply(503));
    const base = server.origin.replace('//', '//me:p%40ss@');
    const advisories = service(base, { cacheFolder });
    expect(await advisories.ask([vuln('A-1')])).toEqual([{ status: 200, body: RECORD }]);
    expect(server.seen[0]?.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    const [answer] = await advisories.ask([batch]);
    expect(failed(answer)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/querybatch answered 503 twice\.$/u);
    expect(filesIn(cacheFolder)).toEqual([]);
  });

  it('of a proxy are not in words either', async () => {
    const broken = () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: new Error('http://u:secret@proxy:3128/ refused') }),
      );
    const [answer] = await service('https://api.example.com', { fetch: broken }).ask([batch]);
    expect(failed(answer)).toBe(
      'https://api.example.com/v1/querybatch cannot be reached: http://proxy:3128/ refused twice.',
    );
  });
});

describe('what is kept', () => {
  it('is not asked for again, by another instance either, until its key changes', async () => {
    const cacheFolder = folder();
    const server = await serverOf(reply(200, RECORD));
    expect(await service(server.origin, { cacheFolder }).ask([vuln('A-1')])).toEqual([
      { status: 200, body: RECORD },
    ]);
    expect(await service(server.origin, { cacheFolder }).ask([vuln('A-1')])).toEqual([
      { status: 200, body: RECORD },
    ]);
    expect(server.seen).toHaveLength(1);
    await service(server.origin, { cacheFolder }).ask([vuln('A-1', 'A-1 2025-01-01T00:00:00Z')]);
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ['no key', vuln('A-1', null), reply(200, RECORD)],
    ['a refusal', vuln('A-1'), reply(404, RECORD)],
    ['words of a portal', vuln('A-1'), reply(200, '<html>please log in</html>')],
    ['JSON of someone else', vuln('A-1'), reply(200, '{"error":"quota"}')],
  ])('is not %s', async (_, request, answer) => {
    const cacheFolder = folder();
    const server = await serverOf(answer);
    await service(server.origin, { cacheFolder }).ask([request]);
    await service(server.origin, { cacheFolder }).ask([request]);
    expect(server.seen).toHaveLength(2);
    expect(answersIn(cacheFolder)).toEqual([]);
  });

  it('is asked for again when it was cut or changed on disk', async () => {
    const cacheFolder = folder();
    const server = await serverOf(reply(200, RECORD));
    const advisories = service(server.origin, { cacheFolder });
    await advisories.ask([vuln('A-1')]);
    const [path = ''] = answersIn(cacheFolder);
    const { size } = statSync(path);
    for (let length = 0; length < size; length += 7) {
      truncateSync(path, length);
      expect(await advisories.ask([vuln('A-1')])).toEqual([{ status: 200, body: RECORD }]);
      expect(statSync(path).size).toBe(size);
    }
    writeFileSync(path, readFileSync(path, 'utf8').replace('A-1', 'A-2'));
    expect(await advisories.ask([vuln('A-1')])).toEqual([{ status: 200, body: RECORD }]);
  });

  it('does not have to be writable', async () => {
    const server = await serverOf(reply(200, RECORD));
    const root = folder({ file: '' });
    const advisories = service(server.origin, { cacheFolder: join(root, 'file') });
    expect(await advisories.ask([vuln('A-1')])).toEqual([{ status: 200, body: RECORD }]);
  });

  it('is bounded: the oldest goes first, with what killed processes left', async () => {
    const cacheFolder = folder();
    const server = await startServer((request, response) =>
      response.end(JSON.stringify({ id: request.url, details: 'x'.repeat(1000) })),
    );
    const requests = Array.from({ length: 10 }, (_, at) => vuln(`A-${at}`));
    await service(server.origin, { cacheFolder }).ask(requests);
    const files = answersIn(cacheFolder);
    expect(files).toHaveLength(10);
    for (const [at, path] of [...files].entries()) utimesSync(path, 1000 + at, 1000 + at);
    const [oldest = ''] = files;
    writeFileSync(`${oldest}.0123456789ab`, 'half');
    utimesSync(`${oldest}.0123456789ab`, 1000, 1000);
    const later = { cacheFolder, maxCacheBytes: 8000, now: () => Date.now() + 2 * 3_600_000 };
    await service(server.origin, later).ask([vuln('B-1')]);
    const left = answersIn(cacheFolder);
    expect(left.length).toBeLessThanOrEqual(6);
    expect(existsSync(oldest)).toBe(false);
    expect(existsSync(`${oldest}.0123456789ab`)).toBe(false);
    expect(existsSync(files[9] ?? '')).toBe(true);
  });

  it('is shared by many at once', async () => {
    const cacheFolder = folder();
    const server = await startServer((request, response) =>
      response.end(JSON.stringify({ id: request.url })),
    );
    const requests = Array.from({ length: 50 }, (_, at) => vuln(`A-${at}`));
    const all = await Promise.all(
      Array.from({ length: 4 }, () => service(server.origin, { cacheFolder, parallel: 8 }).ask(requests)),
    );
    for (const answers of all) expect(answers).toEqual(all[0]);
    expect(answersIn(cacheFolder)).toHaveLength(50);
  });
});
