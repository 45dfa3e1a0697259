import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import { UsageError } from '../../../src/errors.ts';
import { startDoor } from '../../../src/run/network/door.ts';
import {
  FORGE,
  getPlain,
  GIT_REQUEST,
  gitHost,
  INDEX,
  proxyOf,
  REACH,
  startScene,
} from '../../support/door-scene.ts';
import { startServer, type Handler } from '../../support/loopback-server.ts';
import { connectThrough } from '../../support/proxy-client.ts';

const hello: Handler = (_, response) => response.end('hello');

describe('requests through the door', () => {
  it.each(['DELETE', 'PUT', 'POST', 'TRACE', 'OPTIONS', 'PATCH', 'PROPFIND'])(
    'refuses %s',
    async (method) => {
      const { get, server, client } = await startScene(hello);
      const answer = await get(`https://${FORGE}/legacy/`, { method });
      expect(answer.status).toBe(405);
      expect(server.seen).toEqual([]);
      expect(client.refusals()).toMatchObject([{ host: FORGE, code: 'method', count: 1 }]);
      expect(client.refusals()[0]?.why).toContain(method);
    },
  );

  it('refuses a push of git, and lets it fetch', async () => {
    const { status, server, client } = await startScene(gitHost(hello));
    const repository = `https://${FORGE}/team/demo.git`;
    const post = { method: 'POST', body: 'x', headers: GIT_REQUEST };
    // Nobody said yet that there is a repository.
    expect(await status(`${repository}/git-upload-pack`, post)).toBe(405);
    for (const query of [
      'git-receive-pack',
      'git%2Dreceive%2Dpack',
      'git-upload-pack&service=git-receive-pack',
    ]) {
      expect(await status(`${repository}/info/refs?service=${query}`)).toBe(405);
    }
    expect(await status(`${repository}/git-receive-pack`, post)).toBe(405);
    expect(server.seen).toEqual([]);
    expect(client.refusals()).toMatchObject([{ code: 'method', count: 5 }]);
    expect(await status(`${repository}/info/refs?service=git-upload-pack`)).toBe(200);
    expect(await status(`${repository}/git-upload-pack`, post)).toBe(200);
    expect(await status(`${repository}/git-upload-pack`, { ...post, headers: {} })).toBe(405);
    expect(await status(`https://${FORGE}/other.git/git-upload-pack`, post)).toBe(405);
    expect(await status(`https://${INDEX}/team/demo.git/git-upload-pack`, post)).toBe(405);
    expect(server.seen).toHaveLength(2);
  });

  it('takes no host for a git host that does not say so', async () => {
    const { status, server } = await startScene(hello);
    await status(`https://${FORGE}/info/refs?service=git-upload-pack`);
    const post = { method: 'POST', body: 'secret', headers: GIT_REQUEST };
    expect(await status(`https://${FORGE}/git-upload-pack`, post)).toBe(405);
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    [{ body: 'secret', headers: { 'content-length': '6' } }, 400],
    [{ body: 'secret', headers: { 'transfer-encoding': 'chunked' } }, 400],
    [{ headers: { 'content-length': '0' } }, 200],
  ])('refuses a GET with a body: %j', async (wanted, expected) => {
    const { status, server } = await startScene(hello);
    expect(await status(`https://${FORGE}/`, wanted)).toBe(expected);
    expect(server.seen).toHaveLength(expected === 200 ? 1 : 0);
  });

  it.each(['other.example.test', `${FORGE}:8443`, 'a b'])('refuses the Host header %j', async (host) => {
    const { status, server } = await startScene(hello);
    expect(await status(`https://${FORGE}/`, { headers: { host } })).toBe(421);
    expect(server.seen).toEqual([]);
  });

  it('streams large bodies both ways', async () => {
    const { get, log } = await startScene(
      gitHost((incoming, response) => {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        incoming.pipe(response);
      }),
    );
    await get(`https://${FORGE}/a.git/info/refs?service=git-upload-pack`);
    const body = randomBytes(8 * 1024 * 1024);
    const sha = createHash('sha256').update(body).digest('hex');
    const ways: Record<string, string>[] = [
      { 'transfer-encoding': 'chunked' },
      { 'content-length': String(body.length) },
    ];
    for (const headers of ways) {
      const answer = await get(`https://${FORGE}/a.git/git-upload-pack`, {
        method: 'POST',
        body,
        headers: { ...headers, ...GIT_REQUEST },
      });
      expect(createHash('sha256').update(answer.body).digest('hex')).toBe(sha);
    }
    expect(log).toEqual([]);
  });

  it('passes a cut-off answer on as one', async () => {
    const { get } = await startScene((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(get(`https://${FORGE}/file`)).rejects.toThrow('aborted');
  });

  it.each<[string, Handler | null]>([
    ['hangs up', (incoming) => incoming.socket.destroy()],
    ['is not trusted', null],
  ])('answers 502 when the host %s', async (_, handler) => {
    const { get, server } = await startScene(handler ?? hello, handler === null ? { upstreamCa: '' } : {});
    const answer = await get(`https://${FORGE}/`);
    expect(answer.status).toBe(502);
    expect(answer.reason).toContain(`Relock: ${FORGE}: `);
    expect(server.seen).toHaveLength(handler === null ? 0 : 1);
  });

  it('answers 502 when nothing listens', async () => {
    const { get, server } = await startScene(hello);
    await server.close();
    const answer = await get(`https://${FORGE}/`);
    expect([answer.status, answer.reason]).toEqual([502, expect.stringContaining('ECONNREFUSED')]);
  });

  it('tells which source distribution was fetched last before a refusal', async () => {
    const { get, proxy, client } = await startScene(hello);
    await connectThrough(proxy, 'early.example.test:443');
    await get(`https://${INDEX}/files/evil-1.0.tar.gz?x=y.zip`);
    await get(`https://${INDEX}/files/other-1.0-py3-none-any.whl`);
    await connectThrough(proxy, 'late.example.test:443');
    expect(client.refusals().map(({ host, during }) => [host, during])).toEqual([
      ['early.example.test', null],
      ['late.example.test', 'evil-1.0.tar.gz'],
    ]);
  });
});

const SECRET = 's3cret-of-bob';
const BASIC = `Basic ${Buffer.from(`bob:${SECRET}`).toString('base64')}`;
const CREDENTIAL: Credential = { host: FORGE, path: '/', owner: 'acme', username: 'bob', password: SECRET };

describe('credentials at the door', () => {
  it('lends one to the host it is for, in place of what the child sends', async () => {
    const { get, server, log, client, ca } = await startScene(hello, { credentials: [CREDENTIAL] });
    const headers = { authorization: 'Basic Z3Vlc3M=', cookie: 'a=b' };
    await get(`https://${FORGE}/simple/demo/?x=1`, { headers });
    await get(`https://${INDEX}/simple/`, { headers: { authorization: 'Basic own' } });
    expect(server.seen.map(({ host, authorization }) => [host, authorization])).toEqual([
      [FORGE, BASIC],
      [INDEX, 'Basic own'],
    ]);
    expect(log).toEqual([`${FORGE}: credential lent to GET`]);
    expect(JSON.stringify(client.environment) + ca).not.toContain(SECRET);
  });

  it('lends it below its path only, and not to a path that climbs out', async () => {
    const { get, server } = await startScene(hello, {
      credentials: [{ ...CREDENTIAL, path: '/simple/team/' }],
    });
    for (const path of ['/simple/team/demo/', '/simple/other/', '/simple/team/..%2fother/']) {
      await get(`https://${FORGE}${path}`, { headers: { authorization: 'Basic x' } });
    }
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([BASIC, undefined, undefined]);
  });

  it('does not allow a host', async () => {
    const { status, server } = await startScene(hello, { credentials: [CREDENTIAL] }, { hosts: [] });
    expect(await status(`https://${FORGE}/`)).toBe(403);
    expect(server.seen).toEqual([]);
  });

  it('lends it to git that fetches, and for nothing that writes', async () => {
    const { status, server } = await startScene(gitHost(hello), { credentials: [CREDENTIAL] });
    const repository = `https://${FORGE}/team/demo.git`;
    const post = { method: 'POST', body: 'x', headers: GIT_REQUEST };
    await status(`${repository}/info/refs?service=git-upload-pack`);
    expect(await status(`${repository}/git-upload-pack`, post)).toBe(200);
    expect(await status(`${repository}/git-receive-pack`, { method: 'POST', body: 'x' })).toBe(405);
    expect(await status(`https://${FORGE}/legacy/`, { method: 'PUT', body: 'x' })).toBe(405);
    expect(server.seen).toMatchObject([
      { method: 'GET', authorization: BASIC },
      { method: 'POST', authorization: BASIC },
    ]);
  });

  it('gives a redirect to the child, and no secret to where it leads', async () => {
    const { get, server } = await startScene(
      (request, response) => {
        if (request.headers.host === FORGE) response.writeHead(302, { location: `https://${INDEX}/f` }).end();
        else response.end('file');
      },
      { credentials: [CREDENTIAL] },
    );
    const answer = await get(`https://${FORGE}/f`);
    expect([answer.status, answer.headers.location]).toEqual([302, `https://${INDEX}/f`]);
    await get(`https://${INDEX}/f`);
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([BASIC, undefined]);
  });

  it('lends over plain http only where its host names the port', async () => {
    const plain = await startServer(hello);
    const { proxy } = await startScene(
      hello,
      {
        credentials: [CREDENTIAL, { ...CREDENTIAL, host: 'clear.example.test:80' }],
        resolve: () => ({ address: '127.0.0.1', port: plain.port }),
      },
      { hosts: ['clear.example.test:80', `${FORGE}:80`] },
    );
    await getPlain(proxy, 'http://clear.example.test/', { authorization: 'Basic x' });
    await getPlain(proxy, `http://${FORGE}/`);
    expect(plain.seen.map(({ authorization }) => authorization)).toEqual([BASIC, undefined]);
  });

  it.each([
    [{ ...CREDENTIAL, host: 'https://forge.example.test' }, 'names no host'],
    [{ ...CREDENTIAL, host: '[::1]' }, 'names no host'],
    [{ ...CREDENTIAL, username: 'a:b' }, 'has a colon'],
  ])('refuses a credential that cannot be used', async (credential, message) => {
    const started = startDoor({
      listen: { kind: 'loopback' },
      credentials: [credential],
      environment: {},
      cooldown: null,
      cache: null,
    });
    await expect(started).rejects.toThrow(UsageError);
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.not.toThrow(SECRET);
  });
});

describe("the operator's proxy", () => {
  it('is gone through for https, by its own name for a host that DNS here does not know', async () => {
    const outer = await startScene(hello);
    const { get, client } = await startScene(hello, {
      environment: { HTTPS_PROXY: outer.proxy, SSL_CERT_FILE: outer.door.bundle },
      resolve: () => null,
      lookup: () => Promise.reject(new Error('unknown here')),
    });
    expect((await get(`https://${FORGE}/`)).body.toString()).toBe('hello');
    expect(outer.server.seen).toHaveLength(1);
    expect(client.environment['HTTPS_PROXY']).not.toBe(outer.proxy);
  });

  it('is not asked for private addresses', async () => {
    const outer = await startScene(hello);
    const { get, door, client } = await startScene(
      hello,
      {
        environment: { HTTPS_PROXY: outer.proxy, http_proxy: outer.proxy },
        resolve: () => null,
        lookup: () => Promise.resolve(['10.0.0.1', '::1']),
      },
      { hosts: [FORGE, '10.1.2.3', 'clear.example.test:80'] },
    );
    expect((await get(`https://${FORGE}/`)).status).toBe(403);
    expect((await get('https://10.1.2.3/')).status).toBe(403);
    expect(await getPlain(proxyOf(client), 'http://clear.example.test/')).toMatch(/^403 /u);
    expect(client.refusals().map(({ host, code }) => [host, code])).toEqual([
      [FORGE, 'private-address'],
      ['10.1.2.3', 'private-address'],
      ['clear.example.test', 'private-address'],
    ]);
    expect(outer.client.refusals()).toEqual([]);
    const own = door.client('own', { ...REACH, privateHosts: [FORGE] });
    expect(await connectThrough(proxyOf(own), `${FORGE}:443`)).toMatchObject({ status: 200 });
  });

  it('gets plain http requests whole, with its password, which the host does not see', async () => {
    const outer = await startServer(hello);
    const { proxy } = await startScene(
      hello,
      {
        environment: { http_proxy: `http://me:pw@127.0.0.1:${outer.port}` },
        resolve: () => null,
        lookup: () => Promise.resolve(['203.0.113.1']),
      },
      { hosts: ['far.example.test:80'] },
    );
    expect(await getPlain(proxy, 'http://far.example.test/x')).toBe('200 hello');
    expect(outer.seen[0]).toMatchObject({ url: 'http://far.example.test/x', host: 'far.example.test' });
  });
});
