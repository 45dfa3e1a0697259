/** A simple index (PEP 503, 691, 700) on loopback, with ways to send its guests elsewhere. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Distribution } from './distributions.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HostileIndex {
  /** `http://127.0.0.1:PORT/simple`. */
  readonly url: string;
  readonly port: number;
  readonly asked: readonly Asked[];
  offer(distribution: Distribution): void;
  /** A file of a page that is somewhere else, as the page says. */
  offerElsewhere(project: string, filename: string, url: string): void;
  /** Where `/redirect/NAME` and `/files/FILENAME` lead. */
  redirect(path: string, to: string): void;
  close(): Promise<void>;
}

const UPLOADED = '2024-01-01T00:00:00.000000Z';

export async function startIndex(): Promise<HostileIndex> {
  const asked: Asked[] = [];
  const files = new Map<string, Distribution>();
  const pages = new Map<string, { filename: string; url: string; sha256: string; size: number }[]>();
  const redirects = new Map<string, string>();

  function answer(url: string, response: ServerResponse): void {
    const path = url.split('?', 1)[0] ?? '';
    const to = redirects.get(path);
    if (to !== undefined) {
      response.writeHead(302, { location: to }).end();
      return;
    }
    const project = /^\/simple\/(?<name>[^/]+)\/$/u.exec(path)?.groups?.['name'];
    const listed = project === undefined ? undefined : pages.get(project);
    if (listed !== undefined) {
      const page = {
        meta: { 'api-version': '1.1' },
        name: project,
        versions: listed.map(({ filename }) => /-(?<version>\d[^-]*?)(?:-py3|\.tar)/u.exec(filename)?.[1]),
        files: listed.map(({ sha256, ...file }) => ({
          ...file,
          hashes: { sha256 },
          'upload-time': UPLOADED,
          yanked: false,
        })),
      };
      response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
      response.end(JSON.stringify(page));
      return;
    }
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end('nothing here');
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': file.bytes.length,
    });
    response.end(file.bytes);
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text: string) => (body += text.slice(0, 10_000)));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, headers, body });
      // A wrong method is served like a right one: it is not the index that has to refuse it.
      answer(url, response);
    });
    request.on('error', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  function list(
    project: string,
    file: { filename: string; url: string; sha256: string; size: number },
  ): void {
    pages.set(project, [...(pages.get(project) ?? []), file]);
  }
  return {
    url: `${origin}/simple`,
    port,
    asked,
    offer(made) {
      const path = `/files/${made.filename}`;
      files.set(path, made);
      list(made.project, {
        filename: made.filename,
        url: origin + path,
        sha256: made.sha256,
        size: made.bytes.length,
      });
    },
    offerElsewhere(project, filename, url) {
      list(project, { filename, url, sha256: '0'.repeat(64), size: 1000 });
    },
    redirect(path, to) {
      redirects.set(path, to);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
