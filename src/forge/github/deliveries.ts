/**
 * The deliveries of the App's webhook, as GitHub remembers them: a few days of them, each attempt an entry of its own.
 *
 * https://docs.github.com/rest/apps/webhooks
 */
import type { Octokit } from '@octokit/rest';
import { failureOf, refused, type Refusal } from './failure.ts';

/** 64 bits: Octokit gives as bigint what is no safe integer. */
export type DeliveryId = number | bigint;

/** One attempt to deliver. */
export interface DeliveryAttempt {
  readonly id: DeliveryId;
  /** The event's own, in all of its attempts; the receiver gets it as `X-GitHub-Delivery`. */
  readonly guid: string;
  /** Milliseconds since the epoch, by GitHub's clock. */
  readonly at: number;
  readonly redelivery: boolean;
  /** Answered with 2xx. */
  readonly taken: boolean;
  /** With its action, as Probot names it: `push`, `issue_comment.created`. */
  readonly event: string;
}

export interface RecentDeliveries {
  /** Newest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** GitHub's clock. */
  readonly now: number;
}

export interface DeliveryQuery {
  /** Milliseconds back from GitHub's time, or an instant of it; older attempts may be among those that are given. */
  readonly since: { readonly ago: number } | { readonly at: number };
  /** At most so many pages of 100 are read. */
  readonly pages: number;
  readonly signal: AbortSignal;
  /** Where GitHub does not say what time it is. */
  readonly now: () => Date;
}

type Request = Octokit['request'];

const PER_PAGE = 100;

/**
 * Attempts that ended since an instant.
 * @param request of an Octokit that authenticates as the App itself.
 * @returns null when this server does not know of deliveries (an old GitHub Enterprise Server).
 * @throws {ForgeError}
 */
export async function readDeliveries(
  request: Request,
  { since, pages, signal, now }: DeliveryQuery,
): Promise<RecentDeliveries | null> {
  const attempts: DeliveryAttempt[] = [];
  let here = Number.NaN;
  let cursor: string | null = null;
  for (let page = 0; page < pages; page += 1) {
    const answer: Awaited<ReturnType<typeof onePage>> = await onePage(request, cursor, signal).catch(
      (error: unknown) => refusalOf(error, now()),
    );
    if ('message' in answer) {
      if (answer.status === 404) return null;
      throw refused(answer);
    }
    const { data, headers } = answer;
    if (page === 0) here = timeOf(headers.date) ?? now().getTime();
    const read = data.map(attemptOf).filter(({ at }) => Number.isFinite(at));
    attempts.push(...read);
    cursor = nextCursor(headers.link);
    const oldest = read.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    if (cursor === null || oldest < ('at' in since ? since.at : here - since.ago)) break;
  }
  return { attempts, now: here };
}

async function onePage(
  request: Request,
  cursor: string | null,
  signal: AbortSignal,
): Promise<{ data: readonly Item[]; headers: { date?: string; link?: string } } | Refusal> {
  return await request('GET /app/hook/deliveries', {
    per_page: PER_PAGE,
    ...(cursor !== null && { cursor }),
    request: { signal },
  });
}

interface Item {
  readonly id: DeliveryId;
  readonly guid: string;
  readonly delivered_at: string;
  readonly redelivery: boolean;
  readonly status_code: number;
  readonly event: string;
  readonly action: string | null;
}

function attemptOf({
  id,
  guid,
  delivered_at,
  redelivery,
  status_code,
  event,
  action,
}: Item): DeliveryAttempt {
  return {
    id,
    guid,
    at: Date.parse(delivered_at),
    redelivery,
    taken: status_code >= 200 && status_code < 300,
    event: action === null ? event : `${event}.${action}`,
  };
}

/** RFC 8288. */
function nextCursor(link: string | undefined): string | null {
  const next = (link ?? '').split(',').find((part) => part.includes('rel="next"'));
  const [, address = ''] = next?.split(/[<>]/u, 3) ?? [];
  return URL.canParse(address) ? new URL(address).searchParams.get('cursor') : null;
}

function timeOf(date: string | undefined): number | null {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? null : at;
}

function refusalOf(error: unknown, now: Date): Refusal {
  const failure = failureOf(error, now);
  if (failure === null || failure instanceof Error) throw failure ?? error;
  return failure;
}

/**
 * Asks GitHub to send what an attempt was to deliver once more. It does so a little later.
 * @returns why not: GitHub has forgotten it, say; null: it will.
 * @throws {ForgeError} where asking for another would go no better.
 */
export async function askToRedeliver(
  request: Request,
  id: DeliveryId,
  signal: AbortSignal,
  now: () => Date,
): Promise<string | null> {
  try {
    await request('POST /app/hook/deliveries/{delivery_id}/attempts', {
      // Its types know of bigints in answers only.
      delivery_id: id as number,
      request: { signal },
    });
    return null;
  } catch (error) {
    return refusalOf(error, now()).message;
  }
}
