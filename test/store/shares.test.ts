/** Who is next, of thousands of jobs, held against a plain model of the queue. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JOBS, QUEUE_SCHEMA, prepareQueues } from '../../src/store/boss.ts';
import type { Connection } from '../../src/store/boss.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { readPayload } from '../../src/store/fold.ts';
import { putJobs } from '../../src/store/intake.ts';
import { completeJob, failJob, giveBack } from '../../src/store/queue.ts';
import { migrateRecords } from '../../src/store/records.ts';
import type { Claim } from '../../src/store/shares.ts';
import { prepareShares, takeJobs } from '../../src/store/shares.ts';
import type { QueuedJob } from '../../src/store/store.ts';
import { folder } from '../support/folder.ts';
import { keptLog, queuedJob } from '../support/store.ts';

let connection: Connection;

beforeAll(async () => {
  connection = await openEmbedded(folder(), 60, keptLog());
  await migrateRecords(connection.database);
  await prepareQueues(connection.boss, 60);
  await prepareShares(connection.database);
}, 60_000);
afterAll(async () => {
  await connection.close();
});
beforeEach(clear);

async function clear(): Promise<void> {
  await connection.database.db.executeSql(`DELETE FROM ${QUEUE_SCHEMA}.job; DELETE FROM relock.turn`);
}

async function put(jobs: readonly QueuedJob[]): Promise<void> {
  const wanted = jobs.map((job) => ({ job, notBefore: null }));
  await connection.database.transaction((db) => putJobs(connection, db, wanted));
}

async function take(): Promise<Claim> {
  const [claim] = await takeJobs(connection, 1);
  if (claim === undefined) throw new Error('no job is due');
  return claim;
}

function jobOf(claim: Claim): QueuedJob {
  const payload = readPayload(claim.data);
  if (payload === null) throw new Error('no job');
  return payload.job;
}

function advisoriesOf(installation: number, repositories: number, packages: number): readonly QueuedJob[] {
  return Array.from({ length: repositories }, () => queuedJob({ installation, trigger: 'advisory' })).flatMap(
    (job) =>
      Array.from({ length: packages }, (_none, at) => ({
        ...job,
        purpose: `security-pypi-made-${at}` as const,
        advisory: { ids: [`GHSA-${at}`], package: `made-${at}`, ecosystem: 'PyPI', advisories: [] },
      })),
  );
}

describe('4,000 advisory jobs of one installation', () => {
  it('keep a comment waiting for one free worker, and others for their share', async () => {
    await put(advisoriesOf(1, 400, 10));
    const running = [...(await takeJobs(connection, 4))];
    expect(new Set(running.map((claim) => jobOf(claim).repository.id)).size).toBe(4);
    const started: QueuedJob[] = [];
    /** The oldest of the four ends, and its worker takes the next. */
    const turn = async (): Promise<QueuedJob> => {
      const ended = running.shift();
      if (ended === undefined) throw new Error('none runs');
      expect(await completeJob(connection, ended)).toBe(true);
      const claim = await take();
      running.push(claim);
      started.push(jobOf(claim));
      return jobOf(claim);
    };
    await turn();
    const others = [2, 3].flatMap((installation) =>
      Array.from({ length: 5 }, () => queuedJob({ installation, trigger: 'schedule' })),
    );
    await put(others);
    const comments = [
      {
        ...queuedJob({ installation: 1, trigger: 'comment' }),
        repository: jobOf(running[0] ?? never()).repository,
      },
      queuedJob({ installation: 1, trigger: 'comment' }),
      queuedJob({ installation: 2, trigger: 'comment' }),
    ];
    for (const comment of comments) {
      await put([comment]);
      expect(await turn()).toEqual(comment);
    }
    started.length = 0;
    for (let turns = 0; turns < 20; turns += 1) await turn();
    const count = (installation: number): number =>
      started.filter((job) => job.installation === installation).length;
    // All of the others, in about their share of the turns, and all the rest for who has the most.
    expect([count(2), count(3)]).toEqual([5, 5]);
    expect(started.slice(-3).every((job) => job.installation === 1)).toBe(true);
    for (const claim of running) await completeJob(connection, claim);
  });
});

function never(): never {
  throw new Error('none runs');
}

describe('the row of a job that is taken', () => {
  it('keeps its place over failures and hand-backs, also folded into a newer one', async () => {
    const job = queuedJob({ trigger: 'comment' });
    await put([job]);
    const first = await take();
    expect([first.priority, first.retryCount, first.seconds]).toEqual([30, 0, 60]);
    await giveBack(connection, first);
    const second = await take();
    expect([second.id, second.priority, second.retryCount]).toEqual([first.id, 30, 1]);
    await put([{ ...job, trigger: 'push' }]);
    expect(await failJob(connection, second, 'no', 0)).toBe('retry');
    const third = await take();
    expect([third.priority, jobOf(third).trigger]).toEqual([30, 'comment']);
    expect(await takeJobs(connection, 1)).toEqual([]);
  });

  it('may be one of an older version, without an installation', async () => {
    const { advisory: _none, ...older } = queuedJob();
    const repository = { ...older.repository, id: older.repository.id + 500_000 };
    await put([queuedJob()]);
    await connection.boss.send(
      JOBS,
      { job: { ...older, repository }, failures: 0, error: null },
      { singletonKey: String(repository.id) },
    );
    const claims = await takeJobs(connection, 5);
    expect(claims.map((claim) => jobOf(claim).advisory)).toEqual([null, null]);
  });
});

interface ModelJob {
  readonly installation: number;
  readonly repository: number;
  readonly priority: number;
  readonly order: number;
}

type Step =
  | {
      readonly kind: 'put';
      readonly installation: number;
      readonly repository: number;
      readonly trigger: QueuedJob['trigger'];
    }
  | { readonly kind: 'take' }
  | { readonly kind: 'complete'; readonly which: number };

const PRIORITIES = { comment: 30, advisory: 20, push: 10, installation: 10, schedule: 0 } as const;

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        installation: fc.integer({ min: 1, max: 3 }),
        repository: fc.integer({ min: 1, max: 4 }),
        trigger: fc.constantFrom(
          'comment' as const,
          'advisory' as const,
          'push' as const,
          'schedule' as const,
        ),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ kind: 'take' as const }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('complete' as const), which: fc.nat(9) }) },
  ),
  { minLength: 20, maxLength: 60 },
);

/** What `Store.work` says of who is next, word by word. */
function nextOf(
  waiting: readonly ModelJob[],
  running: readonly ModelJob[],
  turns: ReadonlyMap<number, number>,
): ModelJob | null {
  const free = waiting.filter((job) =>
    running.every((other) => other.repository !== job.repository || other.installation !== job.installation),
  );
  const runningOf = ({ installation }: ModelJob): number =>
    running.filter((other) => other.installation === installation).length;
  const isComment = (job: ModelJob): number => (job.priority === 30 ? 0 : 1);
  const [next] = [...free].sort(
    (a, b) =>
      isComment(a) - isComment(b) ||
      runningOf(a) - runningOf(b) ||
      (turns.get(a.installation) ?? -1) - (turns.get(b.installation) ?? -1) ||
      b.priority - a.priority ||
      a.order - b.order,
  );
  return next ?? null;
}

/** One run of steps, with the queue and the model side by side. */
async function follow(asked: readonly Step[]): Promise<{ taken: unknown[]; expected: unknown[] }> {
  let waiting: ModelJob[] = [];
  const running: { job: ModelJob; claim: Claim }[] = [];
  const turns = new Map<number, number>();
  const taken: (string | null)[] = [];
  const expected: (string | null)[] = [];
  for (const [order, step] of asked.entries()) {
    if (step.kind === 'put') {
      const { installation, repository, trigger } = step;
      await putAt(order, installation * 10 + repository, installation, trigger);
      waiting.push({ installation, repository, priority: PRIORITIES[trigger], order });
    } else if (step.kind === 'take') {
      const [claim] = await takeJobs(connection, 1);
      const next = nextOf(
        waiting,
        running.map(({ job }) => job),
        turns,
      );
      taken.push(claim === undefined ? null : jobOf(claim).repository.name);
      expected.push(next === null ? null : String(next.order));
      if (claim === undefined || next === null) continue;
      waiting = waiting.filter((job) => job !== next);
      running.push({ job: next, claim });
      turns.set(next.installation, order);
    } else {
      const [ended] = running.splice(step.which % Math.max(1, running.length), 1);
      if (ended !== undefined) await completeJob(connection, ended.claim);
    }
  }
  return { taken, expected };
}

/** With a purpose of its own, so that nothing folds; and a time, since those that are put in one moment have no order. */
async function putAt(
  order: number,
  id: number,
  installation: number,
  trigger: QueuedJob['trigger'],
): Promise<void> {
  const repository = { id, owner: 'acme', name: String(order) };
  await put([{ ...queuedJob({ installation, trigger, purpose: `security-${order}` }), repository }]);
  await connection.database.db.executeSql(
    `UPDATE ${QUEUE_SCHEMA}.job SET created_on = to_timestamp($1) WHERE data #>> '{job,purpose}' = $2`,
    [order, `security-${order}`],
  );
}

it('takes what a model of the queue takes', async () => {
  await fc.assert(
    fc
      .asyncProperty(steps, async (asked) => {
        const { taken, expected } = await follow(asked);
        expect(taken).toEqual(expected);
      })
      .beforeEach(clear),
    { numRuns: 60 },
  );
}, 60_000);
