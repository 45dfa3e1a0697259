/** What names and redirects lead to: public addresses only, and the very address that was looked at. */
import { describe, expect, it } from 'vitest';
import { FORGE, getPlain, INDEX, startScene, type DoorScene } from '../../support/door-scene.ts';
import { startServer, type Handler } from '../../support/loopback-server.ts';

const hello: Handler = (_, response) => response.end('hello');

describe('addresses at the door', () => {
  it.each<[string, readonly string[]]>([
    ['loopback', ['127.0.0.1']],
    ['this machine', ['0.0.0.0']],
    ['a private range', ['10.0.0.5', '192.168.1.1', '172.20.0.1']],
    ['the metadata of a cloud', ['169.254.169.254']],
    ['the same as IPv6', ['::ffff:169.254.169.254']],
    ['IPv6 loopback', ['::1']],
    ['a unique local address', ['fd00:ec2::254']],
    ['both families', ['127.0.0.1', '::1']],
    ['nothing at all', []],
  ])('refuses a name that leads to %s', async (_, addresses) => {
    const { get, server, client } = await startScene(hello, {
      resolve: () => null,
      lookup: () => Promise.resolve(addresses),
    });
    const answer = await get(`https://${FORGE}/`);
    expect([answer.status, answer.reason]).toEqual([403, expect.stringContaining(`Relock: ${FORGE} is at `)]);
    expect((await get(`https://${INDEX}/simple/demo/`)).status).toBe(403);
    expect(server.seen).toEqual([]);
    expect(client.refusals().map(({ host, code, count }) => [host, code, count])).toEqual([
      [FORGE, 'private-address', 1],
      [INDEX, 'private-address', 1],
    ]);
  });

  it.each([
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ])('refuses the address %s although it is on the list', async (host) => {
    const plain = await startServer(hello);
    const authority = `${host}:${plain.port}`;
    const { proxy, client } = await startScene(hello, { resolve: () => null }, { hosts: [authority] });
    expect(await getPlain(proxy, `http://${authority}/`)).toMatch(/^403 /u);
    expect(plain.seen).toEqual([]);
    expect(client.refusals()).toMatchObject([{ port: plain.port, code: 'private-address' }]);
  });

  it('lets be at a private address what the operator named', async () => {
    const plain = await startServer(hello);
    const authority = `127.0.0.1:${plain.port}`;
    const named = `intra.example.test:${plain.port}`;
    const { proxy, client } = await startScene(
      hello,
      {
        resolve: (host) =>
          host === 'intra.example.test' ? { address: '127.0.0.1', port: plain.port } : null,
      },
      { indexes: [`http://${authority}/simple`], hosts: [named], privateHosts: [authority, named] },
    );
    expect(await getPlain(proxy, `http://${authority}/`)).toBe('200 hello');
    expect(await getPlain(proxy, `http://${named}/`)).toBe('200 hello');
    // Another service of the same machine is not named by that.
    expect(await getPlain(proxy, `http://127.0.0.1:${plain.port + 1}/`)).toMatch(/^403 /u);
    expect(client.refusals()).toMatchObject([{ port: plain.port + 1, code: 'not-allowed' }]);
  });

  it('does not lend a connection to a private address to those who may not open one', async () => {
    const plain = await startServer(hello);
    const authority = `127.0.0.1:${plain.port}`;
    const { door, proxy } = await startScene(
      hello,
      { resolve: () => null },
      { hosts: [authority], privateHosts: [authority] },
    );
    expect(await getPlain(proxy, `http://${authority}/`)).toBe('200 hello');
    const other = door.client('other.lock', { indexes: [], hosts: [authority], privateHosts: [] });
    const theirs = other.environment['HTTP_PROXY'] ?? '';
    expect(await getPlain(theirs, `http://${authority}/`)).toMatch(/^403 /u);
    expect(plain.seen).toHaveLength(1);
  });

  it('connects to the address that it looked at: a name that changes its mind leads nowhere else', async () => {
    const plain = await startServer(hello);
    let asked = 0;
    const { proxy, client } = await startScene(
      hello,
      {
        resolve: () => null,
        // Public at first, loopback at the second look: nobody is there at the first, so that no connection is made.
        lookup: () => {
          asked += 1;
          return Promise.resolve([asked === 1 ? '192.0.2.1' : '127.0.0.1']);
        },
      },
      { hosts: [`rebind.example.test:${plain.port}`] },
    );
    const url = `http://rebind.example.test:${plain.port}/`;
    const first = await Promise.race([
      getPlain(proxy, url),
      new Promise((resolve) => setTimeout(resolve, 300, 'waiting')),
    ]);
    expect(first).toMatch(/^(?:502 .*|waiting$)/su);
    expect(plain.seen).toEqual([]);
    expect(asked).toBe(1);
    expect(client.refusals()).toEqual([]);
  });
});

describe('redirects', () => {
  async function redirecting(location: string): Promise<DoorScene & { location: string }> {
    const scene = await startScene(
      (_, response) => response.writeHead(302, { location }).end(),
      {},
      { hosts: [FORGE, '169.254.169.254:80', '127.0.0.1:80'] },
    );
    const answer = await scene.get(`https://${FORGE}/archive.zip`);
    expect([answer.status, answer.headers.location]).toEqual([302, location]);
    return { ...scene, location };
  }

  it('are looked at again: to a host that is not on the list', async () => {
    const { status, location, server, client } = await redirecting('https://evil.example.test/archive.zip');
    expect(await status(location)).toBe(403);
    expect(server.seen).toHaveLength(1);
    expect(client.refusals()).toMatchObject([
      { host: 'evil.example.test', code: 'not-allowed', during: null },
    ]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://2852039166/',
  ])('are looked at again: to %s', async (location) => {
    const { proxy, client, server } = await redirecting(location);
    expect(await getPlain(proxy, location)).toMatch(/^403 /u);
    expect(server.seen).toHaveLength(1);
    expect(client.refusals()).toHaveLength(1);
  });

  it('of pages are followed on their host, and handed to the client for others', async () => {
    const { get, server } = await startScene((request, response) => {
      const moved: Record<string, string> = {
        '/simple/here/': '/moved/here/',
        '/simple/there/': 'https://evil.example.test/simple/there/',
        '/simple/round/': '/simple/round/',
      };
      const location = moved[request.url ?? ''];
      if (location === undefined)
        response.writeHead(200, { 'content-type': 'text/html' }).end('<a href="x-1.zip">x</a>');
      else response.writeHead(301, { location }).end();
    });
    const here = await get(`https://${INDEX}/simple/here/`);
    expect([here.status, here.body.toString()]).toEqual([
      200,
      `<base href="https://${INDEX}/moved/here/"><a href="x-1.zip">x</a>`,
    ]);
    const there = await get(`https://${INDEX}/simple/there/`);
    expect([there.status, there.headers.location]).toEqual([301, 'https://evil.example.test/simple/there/']);
    expect(server.seen.map(({ url }) => url)).toEqual(['/simple/here/', '/moved/here/', '/simple/there/']);
    expect((await get(`https://${INDEX}/simple/round/`)).status).toBe(502);
  });

  it('of a file that a page names may lead to a storage, for that address alone', async () => {
    const stored = 'https://storage.example.test/bucket/demo-1.0.zip';
    const { get, status, client } = await startScene((request, response) => {
      if (request.url === '/simple/demo/')
        response.writeHead(200, { 'content-type': 'text/html' }).end('<a href="/files/demo-1.0.zip">x</a>');
      else if (request.url === '/files/demo-1.0.zip')
        response.writeHead(302, { location: `${stored}?signature=1` }).end();
      else response.end('hello');
    });
    expect(await status(`${stored}?signature=1`)).toBe(403);
    await get(`https://${INDEX}/simple/demo/`);
    expect(await status(`https://${INDEX}/files/demo-1.0.zip`)).toBe(302);
    expect(await status(`${stored}?signature=1`)).toBe(200);
    expect(await status('https://storage.example.test/bucket/other.zip')).toBe(403);
    expect(client.refusals().map(({ host, count }) => [host, count])).toEqual([['storage.example.test', 2]]);
  });
});
