/** The door under true clients: a private index and a private git host that want a password. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../src/run/network/certificate.ts';
import { startDoor, type DoorClient } from '../../src/run/network/door.ts';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import { startServer, type Handler, type TestServer } from '../support/loopback-server.ts';
import { runTool, scratchFolder } from '../support/real-tool.ts';
import { findUv } from '../support/uv.ts';

const HOST = 'private.example.test';
const PASSWORD = 's3cret-of-bob';
const BASIC = `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}`;
const WHEEL = 'demo_pkg-1.0-py3-none-any.whl';

let uv = '';
beforeAll(async () => {
  uv = await findUv();
}, 60_000);

function makeWheel(): Buffer {
  const info = 'demo_pkg-1.0.dist-info';
  return Buffer.from(
    zipSync({
      'demo_pkg.py': strToU8(''),
      [`${info}/METADATA`]: strToU8('Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0\n'),
      [`${info}/WHEEL`]: strToU8(
        'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      ),
      [`${info}/RECORD`]: strToU8(''),
    }),
  );
}

/** Index, wheel and a git repository by git's own server, for those who have the password. */
function privateHost(repository: string): Handler {
  const wheel = makeWheel();
  return (request, response) => {
    const path = normalize((request.url ?? '').split('?', 1)[0] ?? '');
    if (request.headers.authorization !== BASIC) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
    } else if (path === '/simple/demo-pkg/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<a href="/files/${WHEEL}">${WHEEL}</a>`);
    } else if (path === `/files/${WHEEL}`) {
      response.writeHead(200, { 'content-length': wheel.length });
      response.end(request.method === 'HEAD' ? undefined : wheel);
    } else if (path.startsWith('/team/demo.git/')) {
      serveGit(join(repository, '.git'), path.slice('/team/demo.git'.length), request, response);
    } else {
      response.writeHead(404).end();
    }
  };
}

/** Smart HTTP by the CGI program that comes with git. */
function serveGit(folder: string, path: string, request: IncomingMessage, response: ServerResponse): void {
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: path,
      REQUEST_METHOD: request.method,
      QUERY_STRING: (request.url ?? '').split('?')[1] ?? '',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin.on('error', () => undefined));
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdout.once('end', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.subarray(0, end).toString().split('\r\n');
    const status = headers.find((line) => line.startsWith('Status: '));
    response.statusCode = Number(status?.slice(8, 11) ?? 200);
    for (const line of headers.filter((line) => !line.startsWith('Status: '))) {
      response.setHeader(line.split(': ')[0] ?? '', line.split(': ')[1] ?? '');
    }
    response.end(all.subarray(end + 4));
  });
}

async function start(repository: string): Promise<{ client: DoorClient; server: TestServer }> {
  const authority = createAuthority(Date.now());
  const server = await startServer(privateHost(repository), authority.issue(HOST));
  const door = await startDoor({
    listen: { kind: 'loopback' },
    credentials: [{ host: HOST, path: '/', owner: 'acme', username: 'bob', password: PASSWORD }],
    environment: process.env,
    cooldown: null,
    cache: null,
    upstreamCa: authority.certificate,
    resolve: (host) => (host === HOST ? { address: '127.0.0.1', port: server.port } : null),
  });
  onTestFinished(() => door.close());
  const indexes = [`https://${HOST}/simple`, PUBLIC_INDEX];
  return { client: door.client('demo.lock', { indexes, hosts: [HOST], privateHosts: [] }), server };
}

function expectNoTrace(text: string, client: DoorClient): void {
  expect(text).not.toContain(PASSWORD);
  expect(text).not.toContain('127.0.0.1');
  for (const secret of client.secrets) expect(text).not.toContain(secret);
}

it.each([
  ['uv', 'pip compile --no-cache --emit-index-url --python-version 3.11'],
  [
    'pip-compile',
    'tool run --quiet --exclude-newer 2024-06-01 --from pip-tools==7.4.1 --with pip==24.0 pip-compile --strip-extras',
  ],
])(
  'lets %s lock from the private index',
  async (_, command) => {
    const { client } = await start('');
    // What a client makes of a placeholder that nobody fills in never reaches the host.
    for (const user of ['', '${USER_NAME}:${TOKEN}@']) {
      const folder = await scratchFolder({
        'all.in': `--index-url https://${user}${HOST}/simple\ndemo-pkg\n`,
      });
      // The tool itself comes from the public index, through the door too.
      const output = await runTool([uv, ...command.split(' '), '-o', 'lock.txt', 'all.in'], folder, {
        ...client.environment,
        PIP_NO_CACHE_DIR: '1',
      });
      const lock = await readFile(join(folder, 'lock.txt'), 'utf8');
      expect(lock).toMatch(/^demo-pkg==1\.0$/mu);
      expectNoTrace(lock + output, client);
    }
  },
  60_000,
);

it('lets git read a private repository', async () => {
  const repository = await scratchFolder({ 'README.md': 'demo\n' });
  const git = (...rest: string[]): Promise<string> =>
    runTool(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.test', ...rest], repository);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('commit', '--quiet', '--message=first');
  const { client } = await start(repository);
  const folder = await scratchFolder();
  const url = `https://${HOST}/team/demo.git`;
  const environment = { ...client.environment, GIT_TERMINAL_PROMPT: '0' };
  const listed = await runTool(['git', 'ls-remote', url], folder, environment);
  expect(listed).toContain('refs/heads/main');
  const output = await runTool(['git', 'clone', '--depth=1', url, 'demo'], folder, environment);
  const clone = join(folder, 'demo');
  expect(await readFile(join(clone, 'README.md'), 'utf8')).toBe('demo\n');
  expectNoTrace(output + (await readFile(join(clone, '.git', 'config'), 'utf8')), client);
  expect(client.refusals()).toEqual([]);
  await expect(runTool(['git', 'push', url, 'HEAD:refs/heads/other'], clone, environment)).rejects.toThrow(
    '405',
  );
  expect(client.refusals()).toMatchObject([{ host: HOST, code: 'method' }]);
}, 60_000);
