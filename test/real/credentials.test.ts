/** The credential proxy under true clients: a private index and a private git host that want a password. */
import { readFile } from 'node:fs/promises';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../src/run/network/certificate.ts';
import { startCredentialProxy, type CredentialProxy } from '../../src/run/network/credential-proxy.ts';
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

/** Index, wheel and the files of a git repository, for those who have the password. */
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
    } else {
      const file = join(repository, path.replace(/^\/team\/demo\.git/u, '.git'));
      if (path.startsWith('/team/demo.git/') && existsSync(file) && statSync(file).isFile()) {
        createReadStream(file).pipe(response);
      } else {
        response.writeHead(404).end();
      }
    }
  };
}

async function start(repository: string): Promise<{ proxy: CredentialProxy; server: TestServer }> {
  const authority = createAuthority(Date.now());
  const server = await startServer(privateHost(repository), authority.issue(HOST));
  const proxy = await startCredentialProxy({
    credentials: [{ host: HOST, path: '/', owner: 'acme', username: 'bob', password: PASSWORD }],
    environment: process.env,
    upstreamCa: authority.certificate,
    resolve: (host) => (host === HOST ? { address: '127.0.0.1', port: server.port } : null),
  });
  onTestFinished(() => proxy.close());
  return { proxy, server };
}

function expectNoTrace(text: string, proxy: CredentialProxy): void {
  expect(text).not.toContain(PASSWORD);
  expect(text).not.toContain('127.0.0.1');
  for (const secret of proxy.secrets) expect(text).not.toContain(secret);
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
    const { proxy } = await start('');
    // What a client makes of a placeholder that nobody fills in never reaches the host.
    for (const user of ['', '${USER_NAME}:${TOKEN}@']) {
      const folder = await scratchFolder({
        'all.in': `--index-url https://${user}${HOST}/simple\ndemo-pkg\n`,
      });
      // The tool itself comes from the public index, past the proxy unread.
      const output = await runTool([uv, ...command.split(' '), '-o', 'lock.txt', 'all.in'], folder, {
        ...proxy.environment,
        PIP_NO_CACHE_DIR: '1',
      });
      const lock = await readFile(join(folder, 'lock.txt'), 'utf8');
      expect(lock).toMatch(/^demo-pkg==1\.0$/mu);
      expectNoTrace(lock + output, proxy);
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
  await git('update-server-info');
  const { proxy } = await start(repository);
  const clone = await scratchFolder();
  const output = await runTool(['git', 'clone', `https://${HOST}/team/demo.git`, 'demo'], clone, {
    ...proxy.environment,
    GIT_TERMINAL_PROMPT: '0',
  });
  expect(await readFile(join(clone, 'demo', 'README.md'), 'utf8')).toBe('demo\n');
  expectNoTrace(output + (await readFile(join(clone, 'demo', '.git', 'config'), 'utf8')), proxy);
}, 60_000);
