import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import type { Reason, Remote } from '../../../src/model.ts';
import { createAuthority } from '../../../src/run/network/certificate.ts';
import { createDialer } from '../../../src/run/network/dial.ts';
import { createGuardedDialer } from '../../../src/run/network/guarded-dial.ts';
import { probeRemotes, type ProbeOptions } from '../../../src/run/network/probe.ts';
import { startServer, type Handler, type TestServer } from '../../support/loopback-server.ts';

const HOST = 'private.example.test';
const CREDENTIAL: Credential = { host: HOST, path: '/', owner: 'acme', username: 'bob', password: 'hunter2' };

function remote(
  url: string,
  purpose: Remote['purpose'] = 'extra-index',
  namedIn = 'requirements.in:3',
): Remote {
  return { url, purpose, namedIn };
}

interface Scene {
  readonly server: TestServer;
  readonly probe: (
    remotes: readonly Remote[],
    more?: Partial<ProbeOptions>,
  ) => Promise<ReadonlyMap<Remote, Reason>>;
}

/** One https server that stands for every host under example.test. */
async function start(handler: Handler): Promise<Scene> {
  const authority = createAuthority(Date.now());
  const server = await startServer(handler, authority.issue(HOST));
  const dialer = createDialer({
    environment: {},
    resolve: (host) => (host.endsWith('.example.test') ? { address: '127.0.0.1', port: server.port } : null),
  });
  return {
    server,
    probe: (remotes, more) =>
      probeRemotes(remotes, { dialer, credentials: [], timeoutMs: 3000, ca: authority.certificate, ...more }),
  };
}

function answering(status: number): Handler {
  return (_, response) => {
    response.writeHead(status, { 'www-authenticate': 'Basic realm="x"' }).end();
  };
}

/** A port of this machine at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = await startServer(() => undefined);
  await server.close();
  return server.port;
}

describe('probeRemotes', () => {
  it.each<[Remote['purpose'], number, Reason['code'] | null]>([
    ['index', 200, null],
    ['index', 302, null],
    ['index', 401, 'authentication-required'],
    ['index', 403, null],
    ['index', 404, null],
    ['index', 503, 'index-unreachable'],
    ['extra-index', 401, 'authentication-required'],
    ['extra-index', 500, 'extra-index-unreachable'],
    ['git', 200, null],
    ['git', 401, 'authentication-required'],
    ['git', 404, 'git-host-unreachable'],
    ['git', 502, 'git-host-unreachable'],
    ['url', 206, null],
    ['url', 403, 'authentication-required'],
    ['url', 404, 'url-unreachable'],
    ['url', 410, 'url-unreachable'],
    ['url', 416, null],
  ])('%s that answers %i: %s', async (purpose, status, code) => {
    const { probe } = await start(answering(status));
    const asked = remote(`https://${HOST}/a`, purpose);
    expect((await probe([asked])).get(asked)?.code ?? null).toBe(code);
  });

  it('says who, where and what to do to the reader of each place, and no secret', async () => {
    const { server, probe } = await start(answering(401));
    const url = `https://eve:letmein@${HOST}/t0ken/simple`;
    const places = ['a/requirements.in:3', 'b/Pipfile:7'].map((place) => remote(url, 'extra-index', place));
    const reason = (place: string): Reason => ({
      code: 'authentication-required',
      message: `The extra index ${HOST} (named in ${place}) wants a credential (it answered 401), and the operator's settings have none for it.`,
      fix: `Add a \`[[credential]]\` for ${HOST} and this repository's owner to the operator's settings.`,
      detail: '',
    });
    expect(await probe(places)).toEqual(new Map(places.map((one) => [one, reason(one.namedIn)])));
    expect(server.seen).toHaveLength(1);
  });

  it('asks as a locker does: each remote once, with the credential for it', async () => {
    const { server, probe } = await start(answering(200));
    await probe(
      [
        remote(`https://${HOST}/simple`, 'index'),
        remote(`https://${HOST}/simple`, 'index', 'base.in:1'),
        remote(`git+https://${HOST}/a.git@v1`, 'git'),
      ],
      { credentials: [CREDENTIAL] },
    );
    const authorization = `Basic ${Buffer.from('bob:hunter2').toString('base64')}`;
    expect(server.seen.toSorted((a, b) => a.url.localeCompare(b.url))).toEqual([
      { method: 'GET', url: '/a.git/info/refs?service=git-upload-pack', host: HOST, authorization },
      { method: 'GET', url: '/simple/', host: HOST, authorization },
    ]);
  });

  it('tells a refused credential from a missing one', async () => {
    const { probe } = await start(answering(401));
    const asked = remote(`https://${HOST}/simple`);
    const reason = (await probe([asked], { credentials: [CREDENTIAL] })).get(asked);
    expect(reason?.message).toContain("refuses the credential in the operator's settings");
    expect(JSON.stringify(reason)).not.toContain('hunter2');
  });

  it('asks again after a passing fault', async () => {
    let count = 0;
    const { server, probe } = await start((_, response) => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 200).end();
    });
    expect(await probe([remote(`https://${HOST}/simple`)])).toEqual(new Map());
    expect(server.seen).toHaveLength(2);
  });

  it('leaves a certificate that it does not trust to the locker', async () => {
    const { server, probe } = await start(answering(200));
    const options = { ca: createAuthority(Date.now()).certificate, credentials: [CREDENTIAL] };
    expect(await probe([remote(`https://${HOST}/simple`)], options)).toEqual(new Map());
    expect(server.seen).toEqual([]);
  });

  it('finds closed ports, unknown names and silent hosts side by side, in the time of one', async () => {
    const closed = await closedPort();
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const { probe } = await start(answering(200));
    const remotes = [
      remote(`http://127.0.0.1:${closed}/simple`, 'index'),
      remote(`git+ssh://git@127.0.0.1:${closed}/a.git`, 'git'),
      remote('https://nowhere.invalid/simple'),
      ...Array.from({ length: 5 }, (_, index) => remote(`https://127.0.0.1:${port}/${index}/a.whl`, 'url')),
    ];
    const begun = performance.now();
    const reasons = await probe(remotes, { timeoutMs: 1500 });
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(remotes.map((one) => reasons.get(one)?.message)).toEqual([
      `The index 127.0.0.1:${closed} (named in requirements.in:3) cannot be reached: it refused the connection.`,
      `The git host 127.0.0.1:${closed} (named in requirements.in:3) cannot be reached: it refused the connection.`,
      expect.stringMatching(/^The extra index nowhere\.invalid .* cannot be reached: /u),
      ...Array.from(
        { length: 5 },
        () =>
          `The host 127.0.0.1:${port} (named in requirements.in:3) cannot be reached: no answer within 1.5 seconds.`,
      ),
    ]);
  });

  it('asks one host for few of its addresses', async () => {
    const { server, probe } = await start(answering(200));
    await probe(Array.from({ length: 50 }, (_, index) => remote(`https://${HOST}/${index}.whl`, 'url')));
    expect(server.seen).toHaveLength(8);
  });

  it('probes no placeholder, no path, and nothing in a run that is cancelled', async () => {
    const { server, probe } = await start(answering(500));
    expect(await probe([remote(`https://${HOST}/\${TOKEN}/simple`), remote('./wheels', 'url')])).toEqual(
      new Map(),
    );
    expect(await probe([remote(`https://${HOST}/simple`)], { signal: AbortSignal.abort() })).toEqual(
      new Map(),
    );
    expect(server.seen).toEqual([]);
  });

  it('does not ask what is at no public address', async () => {
    const dialer = createGuardedDialer({ dialer: createDialer({ environment: {} }), isKnown: () => false });
    const wanted = remote('http://169.254.169.254/latest/meta-data/', 'url', 'requirements.in:1');
    const found = await probeRemotes([wanted], {
      dialer: { dial: (host, port, signal) => dialer.dial(host, port, false, signal) },
      credentials: [],
      timeoutMs: 3000,
    });
    expect(found.get(wanted)).toMatchObject({
      code: 'network-refused',
      message:
        'The host 169.254.169.254 (named in requirements.in:1) is not asked: it is at no public address.',
    });
  });
});
