/** From advisories to jobs: who has the package, asked of the index, and what is to be done there. */
import { advisoryKey, type Advisory } from '../advisory/model.ts';
import { digestOf, isNews } from '../advisory/news.ts';
import { group, plan, type AdvisoryPlan, type Holder } from '../advisory/plan.ts';
import type { QueuedJob, Store, StoreLog } from '../store/store.ts';

export interface AdvisoryIntake {
  /**
   * Queues what advisories ask for. The same again asks for nothing; what was lost half way is asked for anew.
   * @returns how many jobs are new.
   */
  take(advisories: readonly Advisory[]): Promise<number>;
}

/** Queries of the index at once. */
const AT_ONCE = 200;

export function createAdvisoryIntake({
  store,
  log,
}: {
  readonly store: Store;
  readonly log: StoreLog;
}): AdvisoryIntake {
  return {
    async take(advisories) {
      const seen = await store.advisoriesSeen(advisories.map(advisoryKey));
      const news = advisories.filter((one) => isNews(one, seen.get(advisoryKey(one)) ?? null));
      if (news.length === 0) return 0;
      const rows = await holdersOf(news, store);
      const plans = group(news.flatMap((one) => plan(one, rows, { seen: seen.has(advisoryKey(one)) })));
      let queued = 0;
      for (const one of plans) if (await store.enqueue(jobOf(one))) queued += 1;
      // Not before the jobs are there: what is lost in between is then acted on again.
      await store.saveAdvisoriesSeen(new Map(news.map((one) => [advisoryKey(one), digestOf(one)])));
      const ids = news.map(({ id }) => id).slice(0, 20);
      log.info({ advisories: ids, repositories: plans.length, queued }, 'advisories were looked up');
      return queued;
    },
  };
}

async function holdersOf(advisories: readonly Advisory[], store: Store): Promise<readonly Holder[]> {
  const all = advisories.flatMap(({ packages }) =>
    packages.map(({ ecosystem, name }) => ({ ecosystem, name })),
  );
  const queries = [...new Map(all.map((one) => [`${one.ecosystem} ${one.name}`, one])).values()];
  const rows: Holder[] = [];
  for (let at = 0; at < queries.length; at += AT_ONCE) {
    for await (const row of store.repositoriesWith(queries.slice(at, at + AT_ONCE))) rows.push(row);
  }
  return rows;
}

/** Dockerfiles by their usual names: what an advisory on a distribution's package is mended in. */
const DOCKERFILES: readonly string[] = ['**/*Dockerfile*', '**/*.dockerfile', '**/*Containerfile*'];

function jobOf({
  repository,
  installation,
  ecosystem,
  package: name,
  ids,
  advisories,
}: AdvisoryPlan): QueuedJob {
  const shared = { repository, installation, trigger: 'advisory', noCache: false, answer: null } as const;
  const advisory = { ids, package: name, ecosystem, advisories };
  if (ecosystem === 'PyPI') {
    return { ...shared, purpose: `security-${name}`, only: [], force: true, advisory };
  }
  // What the distribution mends comes with a base digest or a rebuild, in the proposal that has those.
  return { ...shared, purpose: 'monthly', only: DOCKERFILES, force: false, advisory: null };
}
