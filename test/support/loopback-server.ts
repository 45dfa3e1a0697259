/** Real HTTP and HTTPS servers on loopback, for one test. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  /** Method, path and a few headers of every request so far. */
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Starts a server that ends with the test; with TLS when a certificate is given.
 * @param host an address of loopback; one that clients do not take for this very machine is 127.0.0.2 (on Linux).
 */
export async function startServer(
  handler: Handler,
  certificate?: { readonly certificate: string; readonly key: string },
  host = '127.0.0.1',
): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  function listener(request: IncomingMessage, response: ServerResponse): void {
    const { authorization, host } = request.headers;
    seen.push({ method: request.method ?? '', url: request.url ?? '', host, authorization });
    handler(request, response);
  }
  const server =
    certificate === undefined
      ? createHttp(listener)
      : createHttps({ cert: certificate.certificate, key: certificate.key }, listener);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  onTestFinished(close);
  return { port, origin: `http${certificate === undefined ? '' : 's'}://${host}:${port}`, seen, close };
}
