import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import { UsageError } from '../../../src/errors.ts';
import { createAuthority } from '../../../src/run/network/certificate.ts';
import {
  startCredentialProxy,
  type CredentialProxy,
  type CredentialProxyOptions,
} from '../../../src/run/network/credential-proxy.ts';
import { startServer, type Handler, type TestServer } from '../../support/loopback-server.ts';
import { connectThrough, requestThrough } from '../../support/proxy-client.ts';

const SECRET = 's3cret-of-bob';
const BASIC = `Basic ${Buffer.from(`bob:${SECRET}`).toString('base64')}`;
const PRIVATE = 'private.example.test';
const PUBLIC = 'public.example.test';
const CREDENTIAL: Credential = { host: PRIVATE, path: '/', owner: 'acme', username: 'bob', password: SECRET };

interface Scene {
  readonly proxy: CredentialProxy;
  /** Answers for every host of the scene. */
  readonly server: TestServer;
  /** What a child trusts. */
  readonly ca: string;
  readonly log: readonly string[];
}

/** One https server that stands for a private and a public host, and the proxy before both. */
async function start(handler: Handler, more: Partial<CredentialProxyOptions> = {}): Promise<Scene> {
  const outside = createAuthority(Date.now());
  const server = await startServer(handler, outside.issue(PRIVATE));
  const log: string[] = [];
  const proxy = await startCredentialProxy({
    credentials: [CREDENTIAL],
    environment: {},
    upstreamCa: outside.certificate,
    resolve: (host) => (host.endsWith('.example.test') ? { address: '127.0.0.1', port: server.port } : null),
    log: (line) => log.push(line),
    ...more,
  });
  onTestFinished(() => proxy.close());
  return { proxy, server, ca: await readFile(proxy.environment['SSL_CERT_FILE'] ?? '', 'utf8'), log };
}

const hello: Handler = (_, response) => response.end('hello');

/** Status and body of a GET of an absolute URL. */
async function get(proxy: string, url: string, headers: Record<string, string> = {}): Promise<string> {
  const { hostname, port, username, password } = new URL(proxy);
  const user = Buffer.from(`${username}:${password}`).toString('base64');
  return await new Promise((resolve, reject) => {
    request({ hostname, port, path: url, headers: { ...headers, 'proxy-authorization': `Basic ${user}` } })
      .once('error', reject)
      .once('response', (response) => {
        response.setEncoding('utf8');
        let body = '';
        response.on('data', (chunk: string) => (body += chunk));
        response.once('end', () => resolve(`${response.statusCode} ${body}`));
      })
      .end();
  });
}

describe('startCredentialProxy', () => {
  it('lends the credential to the host it is for', async () => {
    const { proxy, server, ca, log } = await start(hello);
    const answer = await requestThrough(proxy.url, `https://${PRIVATE}/simple/demo/?x=1`, {
      ca,
      headers: { authorization: 'Basic Z3Vlc3M=', host: 'other.example.test', cookie: 'a=b' },
    });
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('hello') });
    expect(answer.issuer).toMatch(/^Relock run /u);
    expect(server.seen).toEqual([
      { method: 'GET', url: '/simple/demo/?x=1', host: PRIVATE, authorization: BASIC },
    ]);
    expect(log.join('\n')).not.toMatch(/s3cret|Basic|simple|x=1/u);
  });

  it('lends it below its path only, and not to a path that climbs out', async () => {
    const { proxy, server, ca } = await start(hello, {
      credentials: [{ ...CREDENTIAL, path: '/simple/team/' }],
    });
    for (const path of ['/simple/team/demo/', '/simple/other/', '/simple/team/..%2fother/']) {
      await requestThrough(proxy.url, `https://${PRIVATE}${path}`, {
        ca,
        headers: { authorization: 'Basic x' },
      });
    }
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([BASIC, undefined, undefined]);
  });

  it('passes connections to other hosts and ports through unread', async () => {
    const outside = createAuthority(Date.now());
    const open = await startServer(hello, outside.issue(PUBLIC));
    const { proxy, server } = await start(hello, {
      resolve: (_, port) => ({ address: '127.0.0.1', port: port === 443 ? open.port : server.port }),
    });
    const answer = await requestThrough(proxy.url, `https://${PUBLIC}/`, {
      ca: outside.certificate,
      headers: { authorization: 'Basic own' },
    });
    expect(answer.status).toBe(200);
    expect(open.seen[0]?.authorization).toBe('Basic own');
    const tunnel = await connectThrough(proxy.url, `${PRIVATE}:8443`);
    expect(tunnel.status).toBe(200);
    tunnel.socket.write('not TLS at all\r\n\r\n');
    await new Promise((resolve) => tunnel.socket.once('close', resolve));
    expect(server.seen).toEqual([]);
  });

  it('gives a redirect to the child, and nothing to where it leads', async () => {
    const { proxy, server, ca } = await start((_, response) =>
      response.writeHead(302, { location: `https://${PUBLIC}/file` }).end(),
    );
    const answer = await requestThrough(proxy.url, `https://${PRIVATE}/file`, { ca });
    expect([answer.status, answer.headers.location]).toEqual([302, `https://${PUBLIC}/file`]);
    expect(server.seen).toHaveLength(1);
  });

  it.each(['DELETE', 'PUT', 'POST', 'TRACE', 'OPTIONS'])('does not lend it for %s', async (method) => {
    const { proxy, server, ca } = await start(hello);
    const answer = await requestThrough(proxy.url, `https://${PRIVATE}/legacy/`, { ca, method });
    expect(answer.status).toBe(405);
    expect(server.seen).toEqual([]);
  });

  it('streams large bodies both ways, and lends it to git that fetches', async () => {
    const { proxy, server, ca } = await start((incoming, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      incoming.pipe(response);
    });
    const body = randomBytes(8 * 1024 * 1024);
    const sha = createHash('sha256').update(body).digest('hex');
    for (const headers of [{ 'transfer-encoding': 'chunked' }, { 'content-length': String(body.length) }]) {
      const answer = await requestThrough(proxy.url, `https://${PRIVATE}/a.git/git-upload-pack`, {
        ca,
        method: 'POST',
        body,
        headers,
      });
      expect(createHash('sha256').update(answer.body).digest('hex')).toBe(sha);
    }
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([BASIC, BASIC]);
  });

  it('is closed to those who do not know its password', async () => {
    const { proxy, server, ca } = await start(hello);
    const { port } = new URL(proxy.url);
    for (const user of ['', 'relock:guess@', `relock:${'0'.repeat(48)}@`]) {
      const refused = await connectThrough(`http://${user}127.0.0.1:${port}`, `${PRIVATE}:443`);
      expect(refused.status).toBe(407);
    }
    const plain = await get(`http://127.0.0.1:${port}`, `http://${PRIVATE}/`);
    expect(plain).toMatch(/^407 /u);
    expect(server.seen).toEqual([]);
    expect(proxy.url).toContain(proxy.secrets[0]);
    await requestThrough(proxy.url, `https://${PRIVATE}/`, { ca });
    expect(server.seen).toHaveLength(1);
  });

  it.each(['private.example.test', 'private.example.test:0', 'u@private.example.test:443', ':443'])(
    'refuses a connection to %j',
    async (authority) => {
      const { proxy } = await start(hello);
      expect((await connectThrough(proxy.url, authority)).status).toBe(400);
    },
  );

  it('keeps to the hosts that are allowed', async () => {
    const { proxy } = await start(hello, { allowHosts: [PUBLIC, 'other.example.test:8443'] });
    const status = async (authority: string): Promise<number> => {
      const { status, socket } = await connectThrough(proxy.url, authority);
      socket.destroy();
      return status;
    };
    expect(await status(`${PUBLIC}:443`)).toBe(200);
    expect(await status(`${PRIVATE}:443`)).toBe(200);
    expect(await status('other.example.test:8443')).toBe(200);
    expect(await status('other.example.test:443')).toBe(403);
    expect(await status('127.0.0.1:22')).toBe(403);
  });

  it.each<[string, Handler | null]>([
    ['hangs up', (incoming) => incoming.socket.destroy()],
    ['is not trusted', null],
  ])('answers 502 when the host %s', async (_, handler) => {
    const { proxy, server, ca } = await start(handler ?? hello, handler === null ? { upstreamCa: '' } : {});
    const answer = await requestThrough(proxy.url, `https://${PRIVATE}/`, { ca });
    expect(answer.status).toBe(502);
    expect(answer.reason).toContain(`Relock: ${PRIVATE}: `);
    expect(server.seen.length).toBe(handler === null ? 0 : 1);
  });

  it('answers 502 when nothing listens', async () => {
    const { proxy, server, ca } = await start(hello);
    await server.close();
    const answer = await requestThrough(proxy.url, `https://${PRIVATE}/`, { ca });
    expect([answer.status, answer.reason]).toEqual([502, expect.stringContaining('ECONNREFUSED')]);
    expect(await connectThrough(proxy.url, `${PUBLIC}:443`)).toMatchObject({ status: 502 });
  });

  it('chains to the proxy of the operator', async () => {
    const outer = await start(hello);
    const inner = await startCredentialProxy({
      credentials: [CREDENTIAL],
      environment: { HTTPS_PROXY: outer.proxy.url, SSL_CERT_FILE: outer.proxy.environment['SSL_CERT_FILE'] },
    });
    onTestFinished(() => inner.close());
    const ca = await readFile(inner.environment['SSL_CERT_FILE'] ?? '', 'utf8');
    expect((await requestThrough(inner.url, `https://${PRIVATE}/`, { ca })).body.toString()).toBe('hello');
    expect(inner.environment['HTTPS_PROXY']).toBe(inner.url);
  });

  it('holds no secret in what children get, and leaves nothing behind', async () => {
    const { proxy, ca } = await start(hello);
    expect(JSON.stringify(proxy.environment) + ca).not.toMatch(/s3cret|PRIVATE KEY/u);
    const bundle = proxy.environment['SSL_CERT_FILE'] ?? '';
    expect((await stat(dirname(bundle))).mode & 0o777).toBe(0o700);
    const idle = await connectThrough(proxy.url, `${PUBLIC}:443`);
    const ended = new Promise((resolve) => idle.socket.once('close', resolve));
    await proxy.close();
    await proxy.close();
    await ended;
    expect(existsSync(dirname(bundle))).toBe(false);
    await expect(connectThrough(proxy.url, `${PUBLIC}:443`)).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    [{ ...CREDENTIAL, host: 'https://private.example.test' }, 'names no host'],
    [{ ...CREDENTIAL, host: '[::1]' }, 'names no host'],
    [{ ...CREDENTIAL, username: 'a:b' }, 'has a colon'],
  ])('refuses a credential that cannot be used', async (credential, message) => {
    const started = startCredentialProxy({ credentials: [credential], environment: {} });
    await expect(started).rejects.toThrow(UsageError);
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.not.toThrow(SECRET);
  });
});

describe('plain http through the proxy', () => {
  it('lends a credential only where its host names the port', async () => {
    const plain = await startServer(hello);
    const resolve = (): { address: string; port: number } => ({ address: '127.0.0.1', port: plain.port });
    const { proxy } = await start(hello, {
      credentials: [CREDENTIAL, { ...CREDENTIAL, host: 'clear.example.test:80' }],
      resolve,
    });
    expect(await get(proxy.url, 'http://clear.example.test/a?b=c', { authorization: 'Basic x' })).toBe(
      '200 hello',
    );
    expect(await get(proxy.url, `http://${PRIVATE}/`)).toBe('200 hello');
    expect(await get(proxy.url, `http://${PUBLIC}/`, { authorization: 'Basic own' })).toBe('200 hello');
    expect(plain.seen).toEqual([
      { method: 'GET', url: '/a?b=c', host: 'clear.example.test', authorization: BASIC },
      { method: 'GET', url: '/', host: PRIVATE, authorization: undefined },
      { method: 'GET', url: '/', host: PUBLIC, authorization: 'Basic own' },
    ]);
  });

  it('goes whole to the proxy of the operator, whose password the host does not see', async () => {
    const outer = await startServer(hello);
    const { proxy } = await start(hello, {
      environment: { http_proxy: `http://me:pw@127.0.0.1:${outer.port}` },
      resolve: () => null,
    });
    expect(await get(proxy.url, 'http://far.example.test/x')).toBe('200 hello');
    expect(outer.seen[0]).toMatchObject({ url: 'http://far.example.test/x', host: 'far.example.test' });
  });

  it('takes no other scheme, and keeps to the allowed hosts', async () => {
    const { proxy } = await start(hello, { allowHosts: [PUBLIC] });
    expect(await get(proxy.url, 'ftp://public.example.test/')).toMatch(/^400 /u);
    expect(await get(proxy.url, '/etc/passwd')).toMatch(/^400 /u);
    expect(await get(proxy.url, 'http://127.0.0.1/')).toMatch(/^403 /u);
  });
});
