/**
 * Webhooks that did not get through: the App was down, died with the request, or answered 5xx. GitHub never sends them
 * again by itself, but keeps them for three days and does so when asked. What came twice, the store folds by its id.
 *
 * https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries
 */
import type { Octokit } from '@octokit/rest';
import { messageOf } from '../errors.ts';
import { askToRedeliver, readDeliveries, type DeliveryAttempt } from '../forge/github/deliveries.ts';
import type { StoreLog } from '../store/store.ts';
import { ADVISORY_EVENTS } from './advisory-triggers.ts';
import type { Pace } from './pace.ts';

/** What `triggers.ts` listens to. */
const HANDLED: ReadonlySet<string> = new Set([
  'issue_comment.created',
  'push',
  'installation.created',
  'installation_repositories.added',
  'installation.deleted',
  'installation_repositories.removed',
  ...ADVISORY_EVENTS,
]);

const MINUTE_MS = 60_000;
/** GitHub redelivers what is younger. (GitHub Enterprise Server: seven days.) */
const KEPT_MS = 3 * 24 * 60 * MINUTE_MS;
/** An attempt is listed when it has ended, under the time when it began: at most 30 seconds before. */
const LATE_MS = 10 * MINUTE_MS;
/** A receiver in trouble is left alone; and another process may have asked just now. */
const LEAST_WAIT_MS = 3 * MINUTE_MS;
/** A process that starts waits for nothing but for what may be the reason why the last one died. */
const AT_ONCE_ATTEMPTS = 5;
/** Bounds one look. What is left, the next look sees. */
const MOST_PAGES = 50;
const MOST_ASKED = 100;

export interface Redelivery {
  /** One look at what GitHub has sent. Never rejects: nothing hangs on it, and there is a next one. */
  look(signal: AbortSignal): Promise<void>;
  counts(): RedeliveryCounts;
}

export interface RedeliveryCounts {
  /** Deliveries that GitHub was asked to send again. */
  readonly asked: number;
  readonly looks: number;
  readonly failedLooks: number;
}

export interface RedeliveryOptions {
  /** Authenticates as the App itself. */
  readonly octokit: () => Promise<Pick<Octokit, 'request'>>;
  readonly pace: Pace;
  readonly log: StoreLog;
  readonly now: () => Date;
}

/**
 * Which attempts to ask for again: of each event that is handled and was never taken, the newest; first what happened first.
 * An event waits as long as it has been failing by then, so that its tries get fewer and end after some twelve.
 * @param attempts in any order.
 * @param now milliseconds by GitHub's clock, as the attempts' own times are.
 * @param starting what failed met a process that is no more: no reason to wait.
 */
export function chooseRedeliveries(
  attempts: readonly DeliveryAttempt[],
  now: number,
  starting: boolean,
): readonly DeliveryAttempt[] {
  return [...Map.groupBy(attempts, ({ guid }) => guid).values()]
    .flatMap((tries) => {
      // Began longer ago than is kept, so that nobody can say for how long it has been failing.
      const first = tries.find(({ redelivery }) => !redelivery);
      if (first === undefined || first.at < now - KEPT_MS) return [];
      if (!HANDLED.has(first.event) || tries.some(({ taken }) => taken)) return [];
      const newest = tries.reduce((one, other) => (isNewer(other, one) ? other : one));
      const atOnce = starting && tries.length <= AT_ONCE_ATTEMPTS;
      const wait = Math.max(LEAST_WAIT_MS, newest.at - first.at);
      return atOnce || newest.at + wait <= now ? [{ first, newest }] : [];
    })
    .sort((one, other) => (isNewer(one.first, other.first) ? 1 : -1))
    .slice(0, MOST_ASKED)
    .map(({ newest }) => newest);
}

/** Ids tell apart what came within a second. */
function isNewer(one: DeliveryAttempt, other: DeliveryAttempt): boolean {
  return one.at > other.at || (one.at === other.at && one.id > other.id);
}

/** What may still be asked for at a later look, that will not read so far back. */
function unsettled(attempts: readonly DeliveryAttempt[], now: number): readonly DeliveryAttempt[] {
  const taken = new Set(attempts.filter((one) => one.taken).map(({ guid }) => guid));
  return attempts.filter(
    ({ guid, event, at }) => !taken.has(guid) && HANDLED.has(event) && at >= now - KEPT_MS,
  );
}

/** Its first look is a start's, and reads all that GitHub keeps; later ones what came since. */
export function createRedelivery({ octokit, pace, log, now }: RedeliveryOptions): Redelivery {
  let looks = 0;
  let failedLooks = 0;
  let asked = 0;
  /** Of the last look, by GitHub's clock. */
  let last: number | null = null;
  let open: readonly DeliveryAttempt[] = [];
  /** That GitHub would not send again. */
  const refused = new Set<string>();
  let unknown = false;

  async function lookAround(signal: AbortSignal): Promise<void> {
    const { request } = await octokit();
    const since = last === null ? { ago: KEPT_MS } : { at: last - LATE_MS };
    const recent = await readDeliveries(request, { since, pages: MOST_PAGES, signal, now });
    if (recent === null) {
      if (!unknown) log.info({}, 'this GitHub cannot redeliver webhooks');
      unknown = true;
      return;
    }
    const all = new Map([...open, ...recent.attempts].map((attempt) => [attempt.id, attempt]));
    open = unsettled([...all.values()], recent.now);
    const guids = new Set(open.map(({ guid }) => guid));
    for (const guid of refused) if (!guids.has(guid)) refused.delete(guid);
    const failed = open.filter(({ guid }) => !refused.has(guid));
    const chosen = chooseRedeliveries(failed, recent.now, last === null);
    for (const { id, guid, event } of chosen) {
      await pace.turn(signal);
      const why = await askToRedeliver(request, id, signal, now);
      if (why === null) {
        asked += 1;
      } else {
        refused.add(guid);
        log.warn({ delivery: guid, event, error: why }, 'a webhook that failed cannot be redelivered');
      }
    }
    if (chosen.length > 0) log.info({ deliveries: chosen.length }, 'webhooks that failed are sent again');
    last = recent.now;
  }

  return {
    async look(signal) {
      if (unknown) return;
      looks += 1;
      try {
        await lookAround(signal);
      } catch (error) {
        if (signal.aborted) return;
        failedLooks += 1;
        log.warn({ error: messageOf(error) }, 'webhooks that failed could not be looked for');
      }
    },
    counts: () => ({ asked, looks, failedLooks }),
  };
}
