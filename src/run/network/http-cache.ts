/**
 * The cache behind the door, shared by all jobs and tenants of this machine (RFC 9111). Whatever goes wrong with it
 * costs a request, never a run: no method here rejects, and a body that is being stored fails only as upstream's does.
 */
import type { Readable } from 'node:stream';

/** Headers by lower-case name, as node's `IncomingMessage.headers` has them. */
export type CacheHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface CacheRequest {
  /** GET and HEAD are answered; others are always a miss and never kept. */
  readonly method: string;
  /** Absolute, without user information. */
  readonly url: string;
  /**
   * All that the client sent and that goes upstream, without what the door adds itself (a lent credential). An answer to a
   * request with a header that an index's client has no use for is not kept: it may have changed the answer.
   */
  readonly headers: CacheHeaders;
  /**
   * Separates tenants: `public`, or the owner whose credential is lent for this request. In `public` a request that has
   * Authorization or Cookie of its own is a miss and is not kept; in an owner's space the door has dropped those.
   */
  readonly space: string;
  /**
   * Hex digest that a page of the index promised for this file; null when none did. Such a file never changes. Ask
   * upstream for it with `accept-encoding: identity`: what is promised is the file, not a coding of it.
   */
  readonly sha256: string | null;
}

export interface CacheAnswer {
  readonly status: number;
  /** All that upstream sent, with those of one hop (Transfer-Encoding): they tell whether the body's end can be seen. */
  readonly headers: CacheHeaders;
}

/** To be sent to the client as it stands. */
export interface StoredAnswer {
  /** 200, 206, 304, 404, 410 or 416. */
  readonly status: number;
  /** Lower-case names; with content-length, age and date; without those of one hop. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for HEAD, 304 and 416. Read it to its end or destroy it: it may hold a file open. */
  readonly body: Readable;
}

export type CacheHit =
  | { readonly kind: 'fresh'; readonly answer: StoredAnswer }
  /**
   * Ask upstream with `conditions`, and without the client's own `CONDITIONAL_HEADERS`. After a 304 call `refresh`;
   * any other answer goes its usual way through `store`.
   */
  | { readonly kind: 'stale'; readonly conditions: Readonly<Record<string, string>> };

/** Of a client's request: to be dropped when a stale answer is checked. Lower case. */
export const CONDITIONAL_HEADERS: readonly string[] = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
];

export interface HttpCache {
  /** The stored answer to this request; null: there is none, ask upstream. */
  lookup(request: CacheRequest): Promise<CacheHit | null>;
  /**
   * As `lookup`; when an equal request of this process is on its way, waits for it first (a few seconds at most, since
   * its client may be slow on purpose). Whatever `hit` is, call `done` in a `finally` once the answer is through: others
   * may be waiting for it. Calling it twice is harmless.
   */
  lookupOrWait(
    request: CacheRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly hit: CacheHit | null; readonly done: () => void }>;
  /**
   * Gives a stream to read instead of `body` (as it came over the wire, not decoded), which keeps a copy on its way when
   * the answer may be kept; else `body` itself. Only a whole body is kept: its length and, when promised, its digest are
   * right. A body with another digest than promised is passed on all the same: the client checks it itself. Destroying
   * the returned stream destroys `body`.
   */
  store(request: CacheRequest, answer: CacheAnswer, body: Readable): Readable;
  /**
   * After a 304 to a stale hit's conditions: the stored answer, with upstream's newer headers kept. Null when it went
   * meanwhile, or when the 304 is about another answer: ask again without conditions.
   */
  refresh(request: CacheRequest, headers: CacheHeaders): Promise<StoredAnswer | null>;
  /** Since the start; `bytesSaved` counts bodies that were not downloaded again. A hit is an answer, not a lookup. */
  stats(): { readonly hits: number; readonly misses: number; readonly bytesSaved: number };
  /** Nothing is kept from now on; evicts down to the bound. May be called twice. */
  close(): Promise<void>;
}
