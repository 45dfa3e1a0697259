/** What a hostile client can do to the others: nothing. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FORGE, INDEX, JSON_TYPE, proxyOf, REACH, startScene } from '../../support/door-scene.ts';
import { connectThrough, requestThrough } from '../../support/proxy-client.ts';
import type { Handler } from '../../support/loopback-server.ts';

const hello: Handler = (_, response) => response.end('hello');

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    socket.once('close', () => resolve());
  });
}

describe('a client that opens connections without end', () => {
  it('loses its idle ones, and nobody else does', async () => {
    const { door, proxy, client, ca } = await startScene(hello);
    const other = door.client('other.lock', REACH);
    const theirs = await connectThrough(proxyOf(other), `${FORGE}:443`);
    const sockets: Socket[] = [];
    for (let count = 0; count < 80; count += 1) {
      const opened = await connectThrough(proxy, `${FORGE}:443`);
      expect(opened.status).toBe(200);
      sockets.push(opened.socket);
    }
    await Promise.all(sockets.slice(0, 16).map(closed));
    expect(sockets.slice(16).every((socket) => !socket.destroyed)).toBe(true);
    expect(theirs.socket.destroyed).toBe(false);
    expect((await requestThrough(proxyOf(other), `https://${FORGE}/`, { ca })).status).toBe(200);
    expect(client.refusals()).toEqual([]);
    for (const socket of [...sockets, theirs.socket]) socket.destroy();
  });

  it('is refused further ones while all are in use', async () => {
    const waiting: (() => void)[] = [];
    const { door, proxy, client, get, ca } = await startScene((request, response) => {
      if (request.url === '/slow') waiting.push(() => response.end('slow'));
      else response.end('hello');
    });
    const slow = Array.from({ length: 64 }, () => get(`https://${FORGE}/slow`));
    while (waiting.length < 64) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await connectThrough(proxy, `${FORGE}:443`)).status).toBe(503);
    expect(client.refusals()).toMatchObject([{ host: FORGE, code: 'too-many', count: 1 }]);
    const other = door.client('other.lock', REACH);
    expect((await requestThrough(proxyOf(other), `https://${FORGE}/`, { ca })).body.toString()).toBe('hello');
    for (const answer of waiting) answer();
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 200));
    expect((await get(`https://${FORGE}/`)).status).toBe(200);
  });

  it('is refused further requests on one connection too', async () => {
    const waiting: (() => void)[] = [];
    const { proxy, client, ca, server } = await startScene((_, response) =>
      waiting.push(() => response.end('slow')),
    );
    const { socket } = await connectThrough(proxy, `${FORGE}:443`);
    const secured = connectTls({ socket, servername: FORGE, ca });
    let answers = '';
    secured.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    secured.write(`GET /slow HTTP/1.1\r\nHost: ${FORGE}\r\n\r\n`.repeat(100));
    while (client.refusals().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    while (waiting.length < 64) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const answer of waiting) answer();
    await closed(socket);
    expect(server.seen).toHaveLength(64);
    expect(answers.split('HTTP/1.1 200').length - 1).toBe(64);
    expect(client.refusals()).toMatchObject([{ code: 'too-many' }]);
  });
});

describe('somebody who does not say who it is', () => {
  it('cannot keep others out with open connections', async () => {
    const { proxy, get } = await startScene(hello);
    const { port } = new URL(proxy);
    const silent = Array.from({ length: 400 }, () =>
      connect(Number(port), '127.0.0.1').on('error', () => undefined),
    );
    await Promise.all(silent.slice(0, 100).map(closed));
    expect((await get(`https://${FORGE}/`)).status).toBe(200);
    expect(silent.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(256);
    for (const socket of silent) socket.destroy();
  });

  it.each([
    ['garbage', '\0\u0001\u0002garbage\r\n\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\0\u0001\0'],
    ['a header without end', `GET http://x/ HTTP/1.1\r\nx: ${'a'.repeat(200_000)}`],
    ['two lengths', 'GET http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('is hung up on for %s', async (_, sent) => {
    const { proxy, get } = await startScene(hello);
    const socket = connect(Number(new URL(proxy).port), '127.0.0.1').on('error', () => undefined);
    socket.resume();
    socket.write(Buffer.from(sent, 'latin1'));
    await closed(socket);
    expect((await get(`https://${FORGE}/`)).status).toBe(200);
  });
});

describe('inside a tunnel', () => {
  it.each([
    ['garbage', '\0\u0001garbage\r\n\r\n'],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'a'.repeat(200_000)}`],
    [
      'a request within a request',
      'POST /a/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['another proxy', 'CONNECT evil.example.test:443 HTTP/1.1\r\nHost: evil.example.test:443\r\n\r\n'],
    ['an absolute address', `GET http://evil.example.test/ HTTP/1.1\r\nHost: ${FORGE}\r\n\r\n`],
    [
      'another protocol',
      `GET / HTTP/1.1\r\nHost: ${FORGE}\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n`,
    ],
  ])('%s reaches nobody, or only its host', async (name, sent) => {
    const { proxy, server, get, ca } = await startScene(hello);
    const { socket } = await connectThrough(proxy, `${FORGE}:443`);
    const secured = connectTls({ socket, servername: FORGE, ca }).on('error', () => undefined);
    let answer = '';
    secured.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    secured.write(sent);
    await Promise.race([closed(socket), new Promise((resolve) => setTimeout(resolve, 300))]);
    secured.destroy();
    expect(server.seen.map(({ host, url }) => [host, url])).toEqual(
      name === 'another protocol' ? [[FORGE, '/']] : [],
    );
    expect(answer).not.toMatch(/101 |^HTTP\/1.1 200 Connection/u);
    expect((await get(`https://${FORGE}/`)).status).toBe(200);
  });
});

/** One whose end says that its content is short. */
function lyingGzip(): Buffer {
  const zipped = gzipSync(Buffer.alloc(1024 * 1024));
  zipped.writeUInt32LE(10, zipped.length - 4);
  return zipped;
}

describe('pages that are too much', () => {
  const sending =
    (headers: Record<string, string>, body: () => Buffer): Handler =>
    (request, response) => {
      if (request.headers.host === INDEX) response.writeHead(200, headers).end(body());
      else response.end('hello');
    };

  it.each<[string, string, () => Buffer]>([
    ['larger than 64 MiB', 'gzip', () => gzipSync(Buffer.alloc(65 * 1024 * 1024))],
    ['the coding of the page is broken', 'gzip', lyingGzip],
    ['too many parts', 'identity', () => Buffer.from(`{"files":[${'{},'.repeat(3_000_001)}{}]}`)],
  ])('%s (%s)', async (message, coding, body) => {
    const { get } = await startScene(
      sending({ 'content-type': JSON_TYPE, 'content-encoding': coding }, body),
    );
    const answer = await get(`https://${INDEX}/simple/demo/`);
    expect([answer.status, answer.reason]).toEqual([502, expect.stringContaining(message)]);
    const legacy = await get(`https://${INDEX}/pypi/demo/json`);
    expect([legacy.status, legacy.reason]).toEqual([502, expect.stringContaining(message)]);
  });

  it('are not kept for each client that does not read them', async () => {
    const page = { name: 'demo', files: [{ filename: 'x'.repeat(20 * 1024 * 1024), url: 'a' }] };
    const { proxy, ca, get, server } = await startScene(
      sending({ 'content-type': JSON_TYPE }, () => Buffer.from(JSON.stringify(page))),
    );
    const before = process.memoryUsage().rss;
    const stalled = [];
    for (let count = 0; count < 30; count += 1) {
      const { socket } = await connectThrough(proxy, `${INDEX}:443`);
      const secured = connectTls({ socket, servername: INDEX, ca }).on('error', () => undefined);
      secured.write(`GET /simple/demo/ HTTP/1.1\r\nHost: ${INDEX}\r\nAccept: ${JSON_TYPE}\r\n\r\n`);
      stalled.push(secured);
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Thirty copies would be 600 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(350 * 1024 * 1024);
    expect(server.seen).toHaveLength(1);
    expect((await get(`https://${FORGE}/`)).status).toBe(200);
    for (const secured of stalled) secured.destroy();
  }, 20_000);
});

describe('a page without end', () => {
  it('is given up at 64 MiB', async () => {
    let sent = 0;
    const { get } = await startScene((request, response) => {
      if (request.headers.host !== INDEX) {
        response.end('hello');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/html' });
      const chunk = Buffer.alloc(1024 * 1024, 'x');
      const more = (): void => {
        sent += 1;
        if (response.destroyed || sent > 1000) return;
        if (response.write(chunk)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    const answer = await get(`https://${INDEX}/simple/demo/`);
    expect([answer.status, answer.reason]).toEqual([502, expect.stringContaining('larger than 64 MiB')]);
    expect(sent).toBeLessThan(400);
  }, 30_000);
});
