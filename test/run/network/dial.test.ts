import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDialer } from '../../../src/run/network/dial.ts';
import { EnvironmentError } from '../../../src/errors.ts';

/** A proxy that writes down what it is asked and gives one answer. */
async function startProxy(answer: string): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      asked.push(data.toString());
      socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, asked };
}

const soon = (): AbortSignal => AbortSignal.timeout(5000);

describe('createDialer', () => {
  it('opens a tunnel through the proxy of the environment, and gives what came with its answer', async () => {
    const proxy = await startProxy('HTTP/1.1 200 OK\r\n\r\nhello');
    const dialer = createDialer({ environment: { HTTPS_PROXY: `http://me:p%40w@127.0.0.1:${proxy.port}` } });
    const socket = await dialer.dial('pypi.example.test', 443, soon());
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(data.toString()).toBe('hello');
    expect(proxy.asked[0]).toContain('CONNECT pypi.example.test:443 HTTP/1.1\r\n');
    expect(proxy.asked[0]?.toLowerCase()).toContain(
      `proxy-authorization: basic ${Buffer.from('me:p@w').toString('base64')}`.toLowerCase(),
    );
  });

  it.each(['HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'])(
    'names the proxy that refuses, and no password: %j',
    async (answer) => {
      const proxy = await startProxy(answer);
      const dialer = createDialer({ environment: { https_proxy: `me:hunter2@127.0.0.1:${proxy.port}` } });
      const failure = await dialer
        .dial('pypi.example.test', 443, soon())
        .catch((error: unknown) => String(error));
      expect(failure).toContain(
        `the proxy 127.0.0.1:${proxy.port} refused a connection to pypi.example.test:443`,
      );
      expect(failure).not.toContain('hunter2');
    },
  );

  it('gives up when its signal says so, and not later', async () => {
    const proxy = await startProxy('');
    const dialer = createDialer({ environment: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    await expect(dialer.dial('pypi.example.test', 443, AbortSignal.timeout(100))).rejects.toThrow('timeout');
    await expect(dialer.dial('127.0.0.1', proxy.port, AbortSignal.abort())).rejects.toThrow('aborted');
    const limit = new AbortController();
    const socket = await dialer.dial('127.0.0.1', proxy.port, limit.signal);
    limit.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it.each([
    ['pypi.example.test', false],
    ['.example.test', false],
    ['*.example.test', false],
    ['other.test, example.test', false],
    ['other.test example.test', false],
    ['pypi.example.test:80', false],
    ['*', false],
    ['pypi.example.test:8080', true],
    ['ample.test', true],
    ['', true],
  ])('NO_PROXY=%j', (noProxy, usesProxy) => {
    const dialer = createDialer({ environment: { HTTP_PROXY: 'http://proxy.test:3128', NO_PROXY: noProxy } });
    expect(dialer.httpProxy('pypi.example.test', 80)?.host).toBe(usesProxy ? 'proxy.test' : undefined);
  });

  it.each(['localhost', '127.0.0.1', '127.9.9.9', '::1'])('never asks a proxy for %s', (host) => {
    expect(createDialer({ environment: { ALL_PROXY: 'proxy.test' } }).httpProxy(host, 80)).toBeNull();
    expect(createDialer({ environment: { ALL_PROXY: 'proxy.test' } }).httpProxy('a.test', 80)?.port).toBe(80);
  });

  it.each(['socks5://me:hunter2@proxy.test', 'https://proxy.test', 'http://', 'http://a b'])(
    'refuses %s',
    (proxy) => {
      const make = (): unknown => createDialer({ environment: { HTTPS_PROXY: proxy } });
      expect(make).toThrow(EnvironmentError);
      expect(make).not.toThrow('hunter2');
    },
  );
});
