/**
 * Reads what Octokit throws. Pure.
 *
 * Limits: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
import { ForgeError, type ForgeErrorCode } from './forge-error.ts';

/** An answer of 4xx that is for the caller to judge. */
export interface Refusal {
  readonly status: number;
  /** GitHub's words, on one line and cut. */
  readonly message: string;
  /** What was asked: method and path. */
  readonly what: string;
}

/** Octokit's RequestError, as far as it is read: the request's headers and body are left where they are. */
interface Thrown {
  readonly status: number;
  readonly message: string;
  readonly request: { readonly method: string; readonly url: string };
  readonly response?: {
    readonly headers: Readonly<Record<string, string | number | undefined>>;
    readonly data: unknown;
  };
}

const MINUTE = 60_000;
/** A reset is at most an hour away; more is a broken clock or proxy. */
const LONGEST = 120 * MINUTE;

/**
 * @returns a refusal for the caller, an error to throw, or null when it is no failure of a request at all.
 */
export function failureOf(error: unknown, now: Date): Refusal | ForgeError | null {
  if (!isThrown(error)) return null;
  const { status, response } = error;
  const what = `${error.request.method} ${pathOf(error.request.url)}`;
  if (response === undefined) {
    return new ForgeError('unreachable', `GitHub did not answer ${what}: ${oneLine(error.message)}`);
  }
  const words = wordsOf(error);
  const message = `GitHub answered ${status} to ${what}: ${words}`;
  const fail = (code: ForgeErrorCode, retryAfter: Date | null = null): ForgeError =>
    new ForgeError(code, message, { status, retryAfter });
  const limit = limitOf(status, response.headers, words, now);
  if (limit !== null) return fail(limit.code, limit.retryAfter);
  if (status >= 500 || status === 408) return fail('server-error', retryAfterOf(response.headers, now));
  if (status === 401) return fail('unauthorized');
  if (status === 403 && /installation has been suspended/iu.test(words)) return fail('suspended');
  // The token comes first: a 404 there does not mean that what was asked for is not there.
  if (error.request.url.endsWith('/access_tokens')) return fail(status === 404 ? 'not-installed' : 'refused');
  if (status === 403 && /archived/iu.test(words)) return fail('archived');
  if (status === 451 || (status === 403 && /access blocked|(?:has been|is) disabled/iu.test(words))) {
    return fail('blocked');
  }
  return { status, message: words, what };
}

/** For a refusal that nobody expected. */
export function refused({ status, message, what }: Refusal): ForgeError {
  return new ForgeError('refused', `GitHub answered ${status} to ${what}: ${message}`, { status });
}

/** When the hour's last request was just answered: the time until which there is nothing to ask; else null. */
export function usedUp(headers: Readonly<Record<string, unknown>>, now: Date): Date | null {
  return String(headers['x-ratelimit-remaining']) === '0' ? resetOf(headers, now) : null;
}

function limitOf(
  status: number,
  headers: Readonly<Record<string, unknown>>,
  words: string,
  now: Date,
): { readonly code: 'rate-limit' | 'secondary-limit'; readonly retryAfter: Date } | null {
  if (status !== 403 && status !== 429) return null;
  const told = retryAfterOf(headers, now);
  if (told !== null) return { code: 'secondary-limit', retryAfter: told };
  const reset = usedUp(headers, now);
  if (reset !== null) return { code: 'rate-limit', retryAfter: reset };
  // "Otherwise, wait for at least one minute."
  const retryAfter = new Date(now.getTime() + MINUTE);
  if (/secondary rate limit|abuse/iu.test(words)) return { code: 'secondary-limit', retryAfter };
  if (/rate limit/iu.test(words)) return { code: 'rate-limit', retryAfter };
  return status === 429 ? { code: 'secondary-limit', retryAfter } : null;
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfterOf(headers: Readonly<Record<string, unknown>>, now: Date): Date | null {
  const value = headers['retry-after'];
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  const at = /^\d{1,9}$/u.test(text) ? now.getTime() + Number(text) * 1000 : Date.parse(text);
  return within(Number.isNaN(at) ? now.getTime() + MINUTE : at, now);
}

function resetOf(headers: Readonly<Record<string, unknown>>, now: Date): Date {
  const seconds = Number(headers['x-ratelimit-reset']);
  return within(Number.isFinite(seconds) ? seconds * 1000 : now.getTime() + MINUTE, now);
}

function within(at: number, now: Date): Date {
  return new Date(Math.min(Math.max(at, now.getTime() + 1000), now.getTime() + LONGEST));
}

function isThrown(error: unknown): error is Thrown {
  if (!(error instanceof Error) || !('status' in error) || !('request' in error)) return false;
  const { request } = error;
  return (
    typeof error.status === 'number' && typeof request === 'object' && request !== null && 'url' in request
  );
}

/** What GitHub says, with what its list of errors adds: "Validation Failed" alone tells nothing. */
function wordsOf(error: Thrown): string {
  const data = error.response?.data;
  if (typeof data !== 'object' || data === null || !('message' in data)) return oneLine(error.message);
  const listed: unknown = 'errors' in data ? data.errors : undefined;
  const errors = Array.isArray(listed) ? (listed as readonly unknown[]).slice(0, 5).map(detailOf) : [];
  return oneLine([String(data.message), ...errors.filter((text) => text !== '')].join('; '));
}

function detailOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const { message, resource, field, code } = error as Readonly<Record<string, unknown>>;
  if (typeof message === 'string') return message;
  return [resource, field, code].filter((part) => typeof part === 'string').join(' ');
}

function pathOf(url: string): string {
  return oneLine(url.replace(/^[a-z]+:\/\/[^/]*/iu, '').replace(/[?#].*$/su, ''));
}

/** Foreign text for a log or a note. */
export function oneLine(text: string): string {
  return text
    .slice(0, 2000)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, 300);
}
