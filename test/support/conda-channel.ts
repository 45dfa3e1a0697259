/** Conda channels in memory, behind one handler: what a lock needs of them is their repodata alone. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './loopback-server.ts';

export interface CondaRecord {
  readonly name: string;
  readonly version: string;
  /** `py311h0_1`; its number is what follows the last `_`. */
  readonly build: string;
  readonly subdir: string;
  readonly depends?: readonly string[];
  readonly constrains?: readonly string[];
  /** ISO 8601; null: nobody knows. */
  readonly time: string | null;
}

/** How a channel answers: `half` ends before the answer is whole, `rubbish` is whole and no repodata. */
export type Health = 'well' | 'half' | 'rubbish' | 'forbidden' | 'down';

export interface CondaHost {
  readonly handler: Handler;
  /** What a channel has from now on: subdirs without a record are not there, but for noarch. */
  publish(channel: string, records: readonly CondaRecord[], health?: Health): void;
}

export function createCondaHost(): CondaHost {
  const channels = new Map<string, { readonly records: readonly CondaRecord[]; readonly health: Health }>();
  return {
    handler(request, response) {
      const path = new URL(request.url ?? '', 'https://conda.invalid').pathname;
      const { channel, subdir, file } =
        /^\/(?<channel>.+)\/(?<subdir>[^/]+)\/(?<file>[^/]+)$/u.exec(path)?.groups ?? {};
      const known = channels.get(channel ?? '');
      const here = known?.records.filter((record) => record.subdir === subdir) ?? [];
      const isThere = known !== undefined && (here.length > 0 || subdir === 'noarch');
      const health = known?.health ?? 'well';
      if (health === 'down' || health === 'forbidden') {
        response.writeHead(health === 'down' ? 503 : 403).end();
      } else if (!isThere || subdir === undefined || file !== 'repodata.json') {
        response.writeHead(404).end();
      } else {
        send(request, response, JSON.stringify(repodataOf(subdir, here)), health);
      }
    },
    publish(channel, records, health = 'well') {
      channels.set(channel, { records, health });
    },
  };
}

function send(request: IncomingMessage, response: ServerResponse, text: string, health: Health): void {
  const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
  const headers = { 'content-type': 'application/json', etag, 'cache-control': 'no-cache' };
  if (health === 'half') {
    response.writeHead(200, { ...headers, 'content-length': text.length });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  } else if (health === 'rubbish') {
    response.writeHead(200, headers).end('<html>captive portal</html>');
  } else if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
  } else {
    response.writeHead(200, headers).end(text);
  }
}

function repodataOf(subdir: string, records: readonly CondaRecord[]): object {
  const entries = records.map((record) => [`${fileOf(record)}.conda`, entryOf(record)] as const);
  return {
    info: { subdir },
    packages: {},
    'packages.conda': Object.fromEntries(entries),
    removed: [],
    repodata_version: 1,
  };
}

function entryOf(record: CondaRecord): object {
  const file = fileOf(record);
  const { name, version, build, subdir, depends = [], constrains = [], time } = record;
  const isPython = depends.some((dependency) => dependency.split(' ', 1)[0] === 'python');
  return {
    name,
    version,
    build,
    build_number: Number(/(?:^|_)(\d+)$/u.exec(build)?.[1] ?? 0),
    subdir,
    depends,
    constrains,
    license: 'MIT',
    ...(subdir === 'noarch' ? { noarch: isPython ? 'python' : 'generic' } : {}),
    ...(time === null ? {} : { timestamp: Date.parse(time) }),
    md5: createHash('md5').update(file).digest('hex'),
    sha256: createHash('sha256').update(file).digest('hex'),
    size: file.length,
  };
}

function fileOf({ name, version, build }: CondaRecord): string {
  return `${name}-${version}-${build}`;
}

const OLD = '2025-01-10T00:00:00Z';
const LATER = '2025-06-20T00:00:00Z';

/** What differs by platform: each has its own build of the same. */
const PLATFORMS = [
  { subdir: 'linux-64', letter: 'a', system: ['__glibc >=2.17,<3.0.a0'] },
  { subdir: 'osx-arm64', letter: 'b', system: ['__osx >=11.0'] },
  { subdir: 'win-64', letter: 'c', system: ['ucrt >=10.0'] },
];

/**
 * A small conda-forge for linux-64, osx-arm64 and win-64 as it was in January, or in June with what came since: numpy
 * 2.2.2 and requests 2.32.3, another build of zlib, and Python 3.11.11, which wants a package that is new.
 */
export function smallForge(stage: 'january' | 'june'): readonly CondaRecord[] {
  const native = PLATFORMS.flatMap(({ subdir, letter, system }) => nativeOf(subdir, letter, system));
  const all = [...native, ...NOARCH];
  return stage === 'june' ? all : all.filter(({ time }) => time !== LATER);
}

function nativeOf(subdir: string, letter: string, system: readonly string[]): readonly CondaRecord[] {
  const make = (
    time: string,
    name: string,
    version: string,
    build: string,
    depends: readonly string[] = [],
  ): CondaRecord => ({ name, version, build, subdir, depends: [...depends, ...system], time });
  const numpy = ['python >=3.11,<3.12.0a0', 'python_abi 3.11.* *_cp311'];
  return [
    make(OLD, 'zlib', '1.3.1', `h${letter}_1`),
    make(LATER, 'zlib', '1.3.1', `h${letter}_2`),
    make(OLD, 'python', '3.11.9', `h${letter}_0_cpython`, ['zlib >=1.3,<2', 'tzdata']),
    make(LATER, 'python', '3.11.11', `h${letter}_0_cpython`, ['zlib >=1.3,<2', 'tzdata', 'libexpat']),
    make(LATER, 'libexpat', '2.6.4', `h${letter}_0`),
    make(OLD, 'numpy', '1.26.4', `py311h${letter}_0`, numpy),
    make(LATER, 'numpy', '2.2.2', `py311h${letter}_0`, numpy),
    ...(subdir === 'win-64' ? [{ ...make(OLD, 'ucrt', '10.0.22621', `h${letter}_0`), depends: [] }] : []),
    ...(subdir === 'linux-64' ? [make(OLD, 'torch-gpu', '2.5.0', 'cuda12_0', ['__cuda >=99'])] : []),
  ];
}

function noarch(time: string | null, name: string, version: string, depends: readonly string[]): CondaRecord {
  return { name, version, build: 'pyhd8ed1ab_0', subdir: 'noarch', depends, time };
}

const REQUESTS = ['certifi >=2017.4.17', 'idna >=2.5,<4', 'python >=3.8'];
const NOARCH: readonly CondaRecord[] = [
  { ...noarch(OLD, 'tzdata', '2024a', []), build: 'h0_0' },
  { ...noarch(OLD, 'python_abi', '3.11', []), build: '5_cp311' },
  noarch(OLD, 'pip', '24.0', ['python >=3.8']),
  noarch(OLD, 'idna', '3.10', ['python >=3.6']),
  // The channel does not tell when this one came.
  noarch(null, 'certifi', '2025.1.31', ['python >=3.7']),
  // Goes with an old numpy alone.
  noarch(OLD, 'oldsci', '1.0', ['numpy <2', 'python >=3.8']),
  noarch(OLD, 'requests', '2.31.0', REQUESTS),
  noarch(LATER, 'requests', '2.32.3', REQUESTS),
];
