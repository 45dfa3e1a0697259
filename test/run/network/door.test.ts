import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EnvironmentError } from '../../../src/errors.ts';
import { startDoor } from '../../../src/run/network/door.ts';
import { FILES, FORGE, getPlain, proxyOf, REACH, startScene } from '../../support/door-scene.ts';
import { startServer, type Handler } from '../../support/loopback-server.ts';
import { connectThrough } from '../../support/proxy-client.ts';

const hello: Handler = (_, response) => response.end('hello');

describe('startDoor', () => {
  it('lets a client read from what it may reach, with a certificate of the run', async () => {
    const { get, server, client } = await startScene(hello);
    const answer = await get(`https://${FORGE}/team/demo/archive.zip?x=1`, {
      headers: { authorization: 'Basic own', 'proxy-authorization': 'Basic x', te: 'trailers' },
    });
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('hello') });
    expect(answer.issuer).toMatch(/^Relock run /u);
    expect(server.seen).toEqual([
      { method: 'GET', url: '/team/demo/archive.zip?x=1', host: FORGE, authorization: 'Basic own' },
    ]);
    expect(client.refusals()).toEqual([]);
  });

  it('refuses every other host and port, by name in the answer, and counts', async () => {
    const { proxy, server, client } = await startScene(hello);
    for (let round = 0; round < 3; round += 1) {
      const refused = await connectThrough(proxy, 'evil.example.test:443');
      expect([refused.status, refused.reason]).toEqual([
        403,
        'Relock: demo.lock may not reach evil.example.test',
      ]);
    }
    for (const authority of [`${FORGE}:8443`, '127.0.0.1:22', '[::1]:443', '0x7f.1:443']) {
      expect([authority, (await connectThrough(proxy, authority)).status]).toEqual([authority, 403]);
    }
    expect(server.seen).toEqual([]);
    expect(client.refusals().map(({ host, port, code, count }) => [host, port, code, count])).toEqual([
      ['evil.example.test', 443, 'not-allowed', 3],
      [FORGE, 8443, 'not-allowed', 1],
      ['127.0.0.1', 22, 'not-allowed', 1],
      ['::1', 443, 'not-allowed', 1],
      ['127.0.0.1', 443, 'not-allowed', 1],
    ]);
  });

  it('keeps at most a hundred refusals', async () => {
    const { proxy, client } = await startScene(hello);
    for (let port = 1000; port < 1120; port += 1) await connectThrough(proxy, `evil.example.test:${port}`);
    expect(client.refusals()).toHaveLength(100);
  });

  it('keeps clients apart', async () => {
    const { door, proxy, client } = await startScene(hello);
    const other = door.client('other.lock', { ...REACH, hosts: ['other.example.test'] });
    const status = async (url: string, authority: string): Promise<number> => {
      const { status, socket } = await connectThrough(url, authority);
      socket.destroy();
      return status;
    };
    expect(await status(proxyOf(other), 'other.example.test:443')).toBe(200);
    expect(await status(proxyOf(other), `${FORGE}:443`)).toBe(403);
    expect(await status(proxy, 'other.example.test:443')).toBe(403);
    expect(other.refusals().map(({ host }) => host)).toEqual([FORGE]);
    expect(client.refusals().map(({ host }) => host)).toEqual(['other.example.test']);
    expect(other.secrets).not.toEqual(client.secrets);
  });

  it('is closed to those who do not know a password', async () => {
    const { proxy, server, door } = await startScene(hello);
    const { port } = new URL(proxy);
    for (const user of ['', 'relock:guess@', `relock:${'0'.repeat(48)}@`]) {
      const url = `http://${user}127.0.0.1:${port}`;
      expect((await connectThrough(url, `${FORGE}:443`)).status).toBe(407);
      expect(await getPlain(url, `http://${FORGE}/`)).toMatch(/^407 /u);
    }
    expect(await getPlain(`http://127.0.0.1:${port}`, '/etc/passwd')).toMatch(/^404 /u);
    expect(server.seen).toEqual([]);
    expect(door.socket).toBeNull();
  });

  it.each([FORGE, `${FORGE}:0`, `u@${FORGE}:443`, ':443', '::1:443'])(
    'answers 400 to CONNECT %j',
    async (authority) => {
      const { proxy } = await startScene(hello);
      expect((await connectThrough(proxy, authority)).status).toBe(400);
    },
  );

  it.each([
    ['not TLS at all\r\n\r\n', 'at once'],
    ['GET / HTTP/1.1\r\nHost: forge.example.test\r\n\r\n', 'http without TLS'],
    ['\0\0\0\0', 'zeros'],
  ])('ends a tunnel with %j', async (sent) => {
    const { proxy, server, client } = await startScene(hello);
    const { socket } = await connectThrough(proxy, `${FORGE}:443`);
    socket.write(sent);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(server.seen).toEqual([]);
    expect(client.refusals()).toMatchObject([{ host: FORGE, port: 443, code: 'not-http' }]);
  });

  it('serves on a socket that this user alone can open', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relock-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { door, client, server, proxy } = await startScene(hello, { listen: { kind: 'socket', folder } });
    const socketPath = door.socket ?? '';
    expect(dirname(dirname(socketPath))).toBe(folder);
    expect((await stat(dirname(socketPath))).mode & 0o777).toBe(0o700);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect(new URL(proxy)).toMatchObject({ hostname: '127.0.0.1', port: '41730' });
    const status = await new Promise((resolve) => {
      const { username, password } = new URL(proxy);
      const user = Buffer.from(`${username}:${password}`).toString('base64');
      const asked = request({
        socketPath,
        method: 'CONNECT',
        path: 'evil.example.test:443',
        headers: { 'proxy-authorization': `Basic ${user}` },
      });
      asked.once('connect', (response) => resolve(response.statusCode)).end();
    });
    expect(status).toBe(403);
    expect(client.refusals()).toHaveLength(1);
    expect(server.seen).toEqual([]);
    await door.close();
    expect(existsSync(dirname(socketPath))).toBe(false);
  });

  it('says that the path of a socket is too long', async () => {
    const folder = await mkdtemp(join(tmpdir(), `relock-test-${'x'.repeat(100)}`));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const started = startDoor({
      listen: { kind: 'socket', folder },
      credentials: [],
      environment: {},
      cooldown: null,
      cache: null,
    });
    await expect(started).rejects.toThrow(EnvironmentError);
  });

  it('refuses a cut-off that is none', async () => {
    const cooldown = { cutoff: 'soon', exempt: [] };
    await expect(startScene(hello, { cooldown })).rejects.toThrow(RangeError);
  });

  it('leaves nothing behind, and closes twice', async () => {
    const { door, proxy, client, ca } = await startScene(hello);
    expect(JSON.stringify(client.environment) + ca).not.toContain('PRIVATE KEY');
    expect((await stat(dirname(door.bundle))).mode & 0o777).toBe(0o700);
    expect(client.environment).toMatchObject({ SSL_CERT_FILE: door.bundle, NO_PROXY: '', no_proxy: '' });
    expect(await readFile(door.bundle, 'utf8')).toContain('BEGIN CERTIFICATE');
    const idle = await connectThrough(proxy, `${FORGE}:443`);
    const ended = new Promise((resolve) => idle.socket.once('close', resolve));
    await door.close();
    await door.close();
    await ended;
    expect(existsSync(dirname(door.bundle))).toBe(false);
    await expect(connectThrough(proxy, `${FORGE}:443`)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('plain http through the door', () => {
  it('reaches only hosts that are allowed with their port', async () => {
    const plain = await startServer(hello);
    const { proxy, client } = await startScene(
      hello,
      { resolve: () => ({ address: '127.0.0.1', port: plain.port }) },
      { hosts: [FORGE, 'clear.example.test:80', 'dev.example.test:3141'] },
    );
    expect(await getPlain(proxy, 'http://clear.example.test/a?b=c')).toBe('200 hello');
    expect(await getPlain(proxy, 'http://dev.example.test:3141/')).toBe('200 hello');
    expect(await getPlain(proxy, `http://${FORGE}/`)).toMatch(/^403 /u);
    expect(await getPlain(proxy, `http://${FILES}/`)).toMatch(/^403 /u);
    expect(await getPlain(proxy, 'http://clear.example.test/', { host: 'other.example.test' })).toMatch(
      /^421 /u,
    );
    expect(await getPlain(proxy, 'ftp://clear.example.test/')).toMatch(/^400 /u);
    expect(plain.seen.map(({ url, host }) => [url, host])).toEqual([
      ['/a?b=c', 'clear.example.test'],
      ['/', 'dev.example.test:3141'],
    ]);
    expect(client.refusals().map(({ host, port }) => [host, port])).toEqual([
      [FORGE, 80],
      [FILES, 80],
      ['other.example.test', 80],
    ]);
  });
});
