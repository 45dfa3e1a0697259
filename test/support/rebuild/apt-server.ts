/** A Debian repository on loopback, which its test changes as time goes by. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RepositoryFiles } from '../apt-repository.ts';

export interface AptServer {
  readonly origin: string;
  readonly host: string;
  /** What there is, in place of what was. */
  show(files: RepositoryFiles): void;
  /** Paths that were asked for since the last time. */
  asked(): readonly string[];
  /** Answers nothing but 503 until it shows something. */
  breakDown(): void;
  stop(): Promise<void>;
}

export async function startAptServer(): Promise<AptServer> {
  let files: RepositoryFiles | null = new Map();
  let asked: string[] = [];
  const server = createServer((request, response) => {
    // apt writes a plus as %2b.
    const path = decodeURIComponent(request.url ?? '')
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    asked.push(path.join('/'));
    const body = files?.get(path.join('/'));
    if (files === null) response.writeHead(503).end();
    else if (body === undefined) response.writeHead(404).end();
    else response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    origin: `http://${host}`,
    show: (given) => void (files = given),
    breakDown: () => void (files = null),
    asked() {
      const seen = asked;
      asked = [];
      return seen;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
