/** A door before one real server that stands for every host of a test. */
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import { createAuthority } from '../../src/run/network/certificate.ts';
import { startDoor, type Door, type DoorClient, type DoorOptions } from '../../src/run/network/door.ts';
import type { Reach } from '../../src/run/network/reach.ts';
import { startServer, type Handler, type TestServer } from './loopback-server.ts';
import { requestThrough, type ProxiedAnswer, type ProxiedRequest } from './proxy-client.ts';

export const INDEX = 'index.example.test';
export const FILES = 'files.example.test';
export const FORGE = 'forge.example.test';
export const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

export const REACH: Reach = {
  indexes: [`https://${INDEX}/simple`],
  hosts: [FORGE],
  privateHosts: [],
};

export interface DoorScene {
  readonly door: Door;
  readonly client: DoorClient;
  /** Answers for every host below `example.test`, over https. */
  readonly server: TestServer;
  readonly log: readonly string[];
  /** Proxy URL of the client. */
  readonly proxy: string;
  readonly ca: string;
  /** A request through the door; fails where CONNECT is refused. */
  readonly get: (url: string, wanted?: ProxiedRequest) => Promise<ProxiedAnswer>;
  /** Status alone; that of CONNECT where it is refused. */
  readonly status: (url: string, wanted?: ProxiedRequest) => Promise<number>;
}

export async function startScene(
  handler: Handler,
  more: Partial<DoorOptions> = {},
  reach: Partial<Reach> = {},
): Promise<DoorScene> {
  const outside = createAuthority(Date.now());
  const server = await startServer(handler, outside.issue('*.example.test'));
  const log: string[] = [];
  const door = await startDoor({
    listen: { kind: 'loopback' },
    credentials: [],
    environment: {},
    cooldown: null,
    cache: null,
    upstreamCa: outside.certificate,
    resolve: (host) => (host.endsWith('.example.test') ? { address: '127.0.0.1', port: server.port } : null),
    log: (line) => log.push(line),
    ...more,
  });
  onTestFinished(() => door.close());
  const client = door.client('demo.lock', { ...REACH, ...reach });
  const ca = await readFile(door.bundle, 'utf8');
  const proxy = proxyOf(client);

  async function get(url: string, wanted: ProxiedRequest = {}): Promise<ProxiedAnswer> {
    return await requestThrough(proxy, url, { ca, ...wanted });
  }

  return { door, client, server, log, proxy, ca, get, status: (url, wanted) => statusOf(get(url, wanted)) };
}

/** Status alone; that of CONNECT where it is refused. */
export async function statusOf(asked: Promise<ProxiedAnswer>): Promise<number> {
  try {
    return (await asked).status;
  } catch (error) {
    const refused = /^CONNECT: (\d+)/u.exec(error instanceof Error ? error.message : '');
    if (refused === null) throw error;
    return Number(refused[1]);
  }
}

export function proxyOf(client: DoorClient): string {
  return client.environment['HTTPS_PROXY'] ?? '';
}

/** Status and body of a plain http GET of an absolute URL. */
export async function getPlain(
  proxy: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { hostname, port, username, password } = new URL(proxy);
  const user = Buffer.from(`${username}:${password}`).toString('base64');
  const host = URL.canParse(url) ? new URL(url).host : 'none';
  return await new Promise((resolve, reject) => {
    httpRequest({
      hostname,
      port,
      path: url,
      headers: { host, ...headers, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${user}` }) },
    })
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

/** What git posts to fetch from a repository; the host must have said that it has one. */
export const GIT_REQUEST = { 'content-type': 'application/x-git-upload-pack-request' };

/** A git host that advertises each repository, and gives the rest to `handler`. */
export function gitHost(handler: Handler): Handler {
  return (request, response) => {
    if (request.url?.endsWith('/info/refs?service=git-upload-pack') === true) {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' }).end('0000');
    } else {
      handler(request, response);
    }
  };
}

export interface DemoFile {
  readonly filename: string;
  /** PEP 700; absent: the index tells none. */
  readonly uploadTime?: string;
  readonly sha256?: string;
}

/** A simple index (PEP 691) that has only projects of these names, with these files on the host for files. */
export function simpleIndex(projects: Readonly<Record<string, readonly DemoFile[]>>): Handler {
  return (request, response) => {
    const name = /^\/simple\/([a-z0-9-]+)\/$/u.exec(request.url ?? '')?.[1];
    const files = name === undefined ? undefined : projects[name];
    if (files === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = {
      meta: { 'api-version': '1.1' },
      name,
      versions: [...new Set(files.map(({ filename }) => filename.split('-')[1]?.replace('.tar.gz', '')))],
      files: files.map(({ filename, uploadTime, sha256 }) => ({
        filename,
        url: `https://${FILES}/packages/${filename}`,
        hashes: sha256 === undefined ? {} : { sha256 },
        ...(uploadTime === undefined ? {} : { 'upload-time': uploadTime }),
      })),
    };
    response.writeHead(200, { 'content-type': JSON_TYPE }).end(JSON.stringify(body));
  };
}
