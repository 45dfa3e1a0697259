/** Our answer beside that of the real apt-get, which runs in a private root and installs nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { createSecureContext } from 'node:tls';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AptFiles } from '../../src/distro/apt-files.ts';
import { readAptSources } from '../../src/distro/apt-sources.ts';
import { architecturesOf, debianUpdates, readInstalled } from '../../src/distro/deb-updates.ts';
import type { PackageUpdate, SystemUpdates } from '../../src/distro/model.ts';
import { fetchAptIndexes } from '../../src/mirror/apt-indexes.ts';
import { createAptPool } from '../../src/mirror/apt-pool.ts';
import { createMirrorFetch } from '../../src/mirror/deb-fetch.ts';
import { readCaBundle } from '../../src/run/network/ca-bundle.ts';
import { createCachedFetch } from '../../src/run/network/cached-fetch.ts';
import { createDialer } from '../../src/run/network/dial.ts';
import { createGuardedDialer } from '../../src/run/network/guarded-dial.ts';
import { createUpstream } from '../../src/run/network/upstream.ts';
import { createAptRoot, HAS_APT, simulate } from '../support/apt.ts';
import {
  createSigningKey,
  makeSuite,
  type RepositoryFiles,
  type RepositoryOptions,
} from '../support/apt-repository.ts';
import { realAnswer } from '../support/apt-world.ts';
import { ourAnswer, statusText, type Paragraph, type World } from '../support/debian.ts';
import { worlds } from '../support/debian-chance.ts';
import { SCENES } from '../support/debian-scenes.ts';
import { startServer } from '../support/loopback-server.ts';

if (!HAS_APT) console.warn('Skipped: apt-get is not here (Debian and Ubuntu have it).');

/** Where the installed packages cannot be right, apt says so and moves nothing. */
const BROKEN = /unmet dependencies|held broken packages/u;
/** What apt decides to upgrade, and then finds no order for: its own trouble, after the decision. */
const NO_ORDER = /SmartUnPack|dependency cycle|Internal error/iu;

interface Summary {
  readonly isBroken: boolean;
  readonly upgraded: readonly string[];
  /** Kept back or phased: older versions of apt have one list for both. */
  readonly staying: readonly string[];
}

function ours(world: World): Summary {
  const { upgraded, keptBack, phased, notes } = ourAnswer(world);
  const isBroken = notes.some((note) => note.startsWith('The image is broken'));
  return { isBroken, upgraded, staying: isBroken ? [] : [...keptBack, ...phased].sort() };
}

/** @returns null where apt found no order for what it had decided. */
function theirs(world: World): Summary | null {
  const { failed, output, upgraded, keptBack, phased } = realAnswer(world);
  if (failed && NO_ORDER.test(output)) return null;
  if (failed && !BROKEN.test(output)) throw new Error(output);
  return { isBroken: failed, upgraded, staying: [...keptBack, ...phased].sort() };
}

/** Where two exclude each other and none is more important, apt goes by its hash table, we by the database's order. */
function eitherWay(world: World): readonly Summary[] {
  return [ours(world), ours({ ...world, installed: [...world.installed].reverse() })];
}

describe.skipIf(!HAS_APT)('apt-get --simulate upgrade names the same', () => {
  it.each(SCENES)('for $title', ({ world }) => {
    expect(ours(world)).toEqual(theirs(world));
  });

  it.each([
    ['one architecture', false, 300],
    ['two architectures', true, 150],
  ])('for worlds by chance: %s', (_, multiarch, numRuns) => {
    let moved = 0;
    const check = (world: World): void => {
      const real = theirs(world);
      if (real === null) return;
      moved += real.upgraded.length + real.staying.length;
      expect(eitherWay(world)).toContainEqual(real);
    };
    fc.assert(fc.property(worlds(multiarch), check), { numRuns, endOnFailure: true });
    expect(moved).toBeGreaterThan(10);
  });
});

function isNamedKey(name: string): boolean {
  return /\.(?:gpg|asc|pgp)$/u.test(name);
}

async function look(status: string, files: AptFiles, now: Date): Promise<SystemUpdates> {
  const dialer = createDialer({ environment: process.env });
  const upstream = createUpstream({
    credentials: [],
    dialer,
    guarded: createGuardedDialer({ dialer, isKnown: () => false }),
    secureContext: createSecureContext({ ca: await readCaBundle(process.env) }),
    log: () => undefined,
  });
  const fetch = createMirrorFetch({
    fetch: createCachedFetch({ upstream, cache: null, credentials: [] }),
    // The server of the test is on loopback.
    mayBePrivate: () => true,
    userAgent: 'relock/test',
    timeoutSeconds: 60,
    retryDelayMs: 100,
  });
  try {
    const installed = readInstalled([status]);
    const architectures = architecturesOf(installed, files);
    const { sources, notes } = readAptSources(files, architectures);
    const pool = createAptPool({ now: Date.now });
    const signal = new AbortController().signal;
    const got = await fetchAptIndexes(sources, { fetch, pool, files, now: () => now.getTime(), signal });
    if (!got.ok) return { state: 'unknown', reason: got.reason };
    const native = architectures[0] ?? '';
    return debianUpdates({ installed, native, files, indexes: got.indexes, notes: [...notes, ...got.notes] });
  } finally {
    upstream.close();
  }
}

function names(answer: SystemUpdates, kind: PackageUpdate['kind']): readonly string[] {
  if (answer.state === 'unknown') return [];
  const own = answer.updates.filter((each) => each.kind === kind);
  return own.map(({ name, from, to }) => (kind === 'upgrade' ? `${name} ${from} ${to}` : name)).sort();
}

const DAY = 24 * 60 * 60 * 1000;

describe.skipIf(!HAS_APT)('apt-get update believes the same', () => {
  const installed: readonly Paragraph[] = [
    { n: 'dpkg', v: '1' },
    { n: 'a', v: '1' },
    { n: 'b', v: '1' },
  ];
  const packages: readonly Paragraph[] = [
    { n: 'a', v: '2' },
    { n: 'b', v: '2', Depends: 'new' },
  ];
  const now = new Date();
  const then = new Date(now.getTime() - 100 * DAY);
  const cases: readonly (readonly [
    string,
    Partial<RepositoryOptions>,
    'mine' | 'other' | 'nobody',
    boolean,
  ])[] = [
    ['what is signed', {}, 'mine', true],
    ['what is signed beside', { detached: true }, 'mine', true],
    ['what lies by its digest', { byHash: true }, 'mine', true],
    ['a flat repository', { suite: './', flat: true, fields: { Suite: null, Codename: null } }, 'mine', true],
    ['nothing by another key', {}, 'other', false],
    ['nothing unsigned', {}, 'nobody', false],
    [
      'nothing past its time',
      { fields: { 'Valid-Until': new Date(now.getTime() - DAY).toUTCString().replace('GMT', 'UTC') } },
      'mine',
      false,
    ],
    [
      'nothing from the future',
      { fields: { Date: new Date(now.getTime() + 3 * DAY).toUTCString().replace('GMT', 'UTC') } },
      'mine',
      false,
    ],
  ];

  it.each(cases)('%s', async (_, more, who, isBelieved) => {
    const mine = await createSigningKey(then);
    const keys = who === 'mine' ? [mine] : who === 'other' ? [await createSigningKey(then)] : [];
    const flat = more.flat === true;
    const files = await makeSuite({ suite: 'stable', packages, keys, now, ...more });
    const { origin } = await startServer((request, response) => serve(files, request.url ?? '', response));
    const image = {
      'etc/apt/sources.list': flat ? `deb ${origin} ./\n` : `deb ${origin} stable main\n`,
      'etc/apt/trusted.gpg.d/mine.asc': mine.armored,
    };
    const root = createAptRoot();
    onTestFinished(() => root.remove());
    for (const [path, text] of Object.entries(image)) root.write(path, text);
    root.write('var/lib/dpkg/status', statusText(installed));
    const updated = await root.update();
    const aptFiles = new Map(Object.entries(image).map(([path, text]) => [path, Buffer.from(text)]));
    const found = await look(statusText(installed), aptFiles, now);
    expect(updated).toMatchObject({ ok: isBelieved });
    expect(found.state).toBe(isBelieved ? 'behind' : 'unknown');
    const expected = isBelieved ? { upgraded: ['a 1 2'], keptBack: ['b'] } : { upgraded: [], keptBack: [] };
    expect(simulate(root)).toMatchObject(expected);
    expect({ upgraded: names(found, 'upgrade'), keptBack: names(found, 'kept-back') }).toEqual(expected);
  });
});

function serve(files: RepositoryFiles, url: string, response: ServerResponse): void {
  const path = url
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  const body = files.get(path);
  if (body === undefined) response.writeHead(404).end();
  else response.end(body);
}

/** Debian's own mirror, by the sources of this very machine. */
const SOURCES = '/etc/apt/sources.list.d/debian.sources';
const STATUS = '/var/lib/dpkg/status';
const isDebian =
  HAS_APT && existsSync(SOURCES) && existsSync(STATUS) && (await answers('deb.debian.org', 80));
if (!isDebian)
  console.warn("Skipped: Debian's mirror is not reached, or this is no Debian with debian.sources.");

it.skipIf(!isDebian)(
  'names the same as apt for the packages of this machine and its true sources',
  async () => {
    const files = new Map([[SOURCES.slice(1), readFileSync(SOURCES)]]);
    for (const name of readdirSync('/usr/share/keyrings').filter(isNamedKey)) {
      files.set(`usr/share/keyrings/${name}`, readFileSync(`/usr/share/keyrings/${name}`));
    }
    const status = readFileSync(STATUS, 'utf8');
    const root = createAptRoot();
    onTestFinished(() => root.remove());
    root.write(SOURCES.slice(1), readFileSync(SOURCES));
    root.write('var/lib/dpkg/status', status);
    expect(await root.update()).toMatchObject({ ok: true });
    const found = await look(status, files, new Date());
    const real = simulate(root);
    expect(real).toMatchObject({ failed: false });
    expect(names(found, 'upgrade')).toEqual(real.upgraded);
    expect(names(found, 'kept-back')).toEqual(real.keptBack);
    expect(found.state).not.toBe('unknown');
  },
  60_000,
);

async function answers(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 3000 });
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
