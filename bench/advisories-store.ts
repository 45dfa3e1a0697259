/**
 * The package index and the queue of one store, in a process of its own, so that its memory is the store's: records made
 * repositories, looks packages up, queues what 50 advisories ask for. Prints one line of JSON.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IndexedRepository, PackagePlace, PlacePackage } from '../src/store/package-index.ts';
import { openStore } from '../src/store/open-store.ts';
import type { QueuedJob, Store } from '../src/store/store.ts';
import { sqlClient } from '../test/support/postgres.ts';
import { median } from './measure.ts';

export interface StoreFigures {
  readonly recordSeconds: number;
  readonly againSeconds: number;
  readonly movedSeconds: number;
  readonly rare: Times;
  readonly common: Times;
  readonly manyHolders: number;
  readonly manySeconds: number;
  /** Tables and indexes of the package index. */
  readonly megabytes: number;
  readonly enqueueSeconds: number;
  readonly waiting: number;
  readonly jobsPerSecond: number;
  readonly commentMs: number;
  readonly idleMb: number | null;
  readonly indexedMb: number | null;
  readonly peakMb: number | null;
}

export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly holders: number;
}

const REPOSITORIES = 2000;
const PACKAGES = 300;
/** Popular ones are in most repositories, as on the index. */
const NAMES = 6000;
const ADVISORIES = 50;
const LOOKS = 200;
const TAKE_SECONDS = 5;

const [kind = 'embedded', place = ''] = process.argv.slice(2);
const store = await openStore({
  databaseUrl: kind === 'embedded' ? null : place,
  dataFolder: place,
  log: { info: () => undefined, warn: console.error, error: console.error },
});
const idleMb = memory('VmRSS');
const before = await megabytes();
const recordSeconds = await recordAll(0);
const indexed = (await megabytes()) - before;
const indexedMb = memory('VmRSS');
const againSeconds = await recordAll(0);
const movedSeconds = await recordAll(20);
const rare = await look(() => Math.floor(Math.random() * NAMES));
const common = await look(() => 0);
const many = Array.from({ length: ADVISORIES }, (_, at) => at);
const start = performance.now();
const manyHolders = await count(store, many);
const manySeconds = seconds(start);
const queue = await queueAll();
const figures: StoreFigures = {
  recordSeconds,
  againSeconds,
  movedSeconds,
  rare,
  common,
  manyHolders,
  manySeconds,
  megabytes: indexed,
  ...queue,
  idleMb,
  indexedMb,
  peakMb: memory('VmHWM'),
};
console.log(JSON.stringify(figures));
await store.close();

function repository(number: number): IndexedRepository {
  return { id: number + 1, owner: 'acme', name: `service-${number}`, installation: 1 };
}

/** The same packages for the same number; `moved` of them in another version. */
function placeOf(number: number, moved: number): PackagePlace {
  const random = randomFrom(number);
  const packages = new Map<number, PlacePackage>();
  while (packages.size < PACKAGES) {
    const name = Math.floor(NAMES * random() ** 3);
    const version = `1.${Math.floor(12 * random() ** 2)}.${packages.size < moved ? 9 : name % 5}`;
    packages.set(name, {
      ecosystem: 'PyPI',
      name: `package-name-${name}`,
      version,
      direct: random() < 0.15,
      dev: random() < 0.2,
    });
  }
  return { kind: 'lock', place: 'requirements.txt', packages: [...packages.values()] };
}

/** Mulberry32: the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function recordAll(moved: number): Promise<number> {
  const began = performance.now();
  let spent = 0;
  for (let number = 0; number < REPOSITORIES; number += 1) {
    const making = performance.now();
    const made = placeOf(number, moved);
    spent += performance.now() - making;
    await store.recordPackages(repository(number), 'a'.repeat(40), [made]);
  }
  return seconds(began) - spent / 1000;
}

async function look(pick: () => number): Promise<Times> {
  const times: number[] = [];
  const found: number[] = [];
  for (let number = 0; number < LOOKS; number += 1) {
    const began = performance.now();
    found.push(await count(store, [pick()]));
    times.push(performance.now() - began);
  }
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: median(times), p99: sorted[Math.floor(LOOKS * 0.99)] ?? Number.NaN, holders: median(found) };
}

async function count(from: Store, names: readonly number[]): Promise<number> {
  let holders = 0;
  const queries = names.map((name) => ({ ecosystem: 'PyPI', name: `package-name-${name}` }));
  for await (const _holder of from.repositoriesWith(queries)) holders += 1;
  return holders;
}

/** Each advisory asks for a job of each repository; then a comment comes while four workers are at it. */
async function queueAll(): Promise<
  Pick<StoreFigures, 'enqueueSeconds' | 'waiting' | 'jobsPerSecond' | 'commentMs'>
> {
  const began = performance.now();
  for (let advisory = 0; advisory < ADVISORIES; advisory += 1) {
    const jobs = Array.from({ length: REPOSITORIES }, (_, number) => jobOf(number, 'advisory', advisory));
    await Promise.all(jobs.map((job) => store.enqueue(job)));
  }
  const enqueueSeconds = seconds(began);
  const { waiting } = await store.counts();
  let done = 0;
  const commented = Promise.withResolvers<number>();
  const worker = await store.work(4, async ({ trigger }) => {
    await delay(10);
    done += 1;
    if (trigger === 'comment') commented.resolve(performance.now());
  });
  await delay(TAKE_SECONDS * 1000);
  const jobsPerSecond = done / TAKE_SECONDS;
  const asked = performance.now();
  await store.enqueue(jobOf(0, 'comment', 0));
  const commentMs = (await commented.promise) - asked - 10;
  await worker.stop(10);
  return { enqueueSeconds, waiting, jobsPerSecond, commentMs };
}

function jobOf(number: number, trigger: 'advisory' | 'comment', advisory: number): QueuedJob {
  const { id, owner, name } = repository(number);
  const isAdvisory = trigger === 'advisory';
  return {
    repository: { id, owner, name },
    installation: 1,
    purpose: isAdvisory ? `security-pypi-package-name-${advisory}` : 'monthly',
    trigger,
    only: [],
    force: false,
    noCache: false,
    answer: null,
    advisory: isAdvisory
      ? { ids: [`GHSA-${advisory}`], package: `package-name-${advisory}`, ecosystem: 'PyPI', advisories: [] }
      : null,
  };
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

/** Of the embedded database its tables' files, without its log. */
async function megabytes(): Promise<number> {
  if (kind === 'embedded') return sizeOf(join(place, 'database', 'base')) / 1e6;
  const sql = sqlClient(place, 1);
  const { rows } = await sql.query('SELECT pg_database_size(current_database()) AS bytes');
  await sql.end();
  return Number(rows[0]?.['bytes']) / 1e6;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** null where there is no /proc. */
function memory(field: 'VmRSS' | 'VmHWM'): number | null {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1]) / 1024;
  } catch {
    return null;
  }
}
