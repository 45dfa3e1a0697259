/** A client that goes through an HTTP proxy, as lockers do. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface ProxiedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** PEM of the authorities that the client trusts. */
  readonly ca?: string;
}

export interface ProxiedAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Who vouched for the host: common name of the certificate's issuer. */
  readonly issuer: string;
}

/** The status of a CONNECT request, and the open connection when it is 200. */
export async function connectThrough(
  proxy: string,
  authority: string,
): Promise<{ status: number; reason: string; socket: Socket }> {
  const url = new URL(proxy);
  const user = `${url.username}:${url.password}`;
  return await new Promise((resolve, reject) => {
    httpRequest({
      host: url.hostname,
      port: url.port,
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: user === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` },
    })
      .once('connect', (response, socket: Socket) => {
        socket.on('error', () => undefined);
        resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? '', socket });
      })
      .once('error', reject)
      .end();
  });
}

/**
 * Sends one https request through a proxy.
 * @throws {Error} when the proxy refuses the connection (with its status), and what TLS throws.
 */
export async function requestThrough(
  proxy: string,
  url: string,
  wanted: ProxiedRequest = {},
): Promise<ProxiedAnswer> {
  const { hostname, port, pathname, search } = new URL(url);
  const opened = await connectThrough(proxy, `${hostname}:${port === '' ? 443 : port}`);
  if (opened.status !== 200) throw new Error(`CONNECT: ${opened.status} ${opened.reason}`);
  const socket = connectTls({
    socket: opened.socket,
    servername: hostname,
    ...(wanted.ca === undefined ? {} : { ca: wanted.ca }),
  });
  try {
    return await new Promise((resolve, reject) => {
      const request = httpsRequest({
        createConnection: () => socket,
        host: hostname,
        method: wanted.method ?? 'GET',
        path: pathname + search,
        headers: { host: hostname, ...wanted.headers },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.headers,
            body: Buffer.concat(chunks),
            issuer: String(socket.getPeerCertificate().issuer.CN),
          });
        });
      });
      request.end(wanted.body);
    });
  } finally {
    socket.destroy();
    opened.socket.destroy();
  }
}
