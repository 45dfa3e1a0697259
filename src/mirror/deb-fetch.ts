/** Files of package repositories over HTTP: whole, within limits, by way of the cache, from public addresses. */
import { CancelledError, messageOf } from '../errors.ts';
import type { ReasonCode } from '../reason.ts';
import type { Answer, CachedFetch } from '../run/network/cached-fetch.ts';
import { PrivateAddressError } from '../run/network/guarded-dial.ts';
import type { Origin } from '../run/network/lending.ts';
import { headerOf } from '../run/network/read-body.ts';
import { authorityOf, canonicalHost } from '../run/network/reach.ts';

/** Why a repository's files cannot be had, or are not believed; for people. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
  readonly code: ReasonCode;
  readonly fix: string;

  constructor(code: ReasonCode, message: string, fix = '', options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}

export interface MirrorRequest {
  /** http or https, without user information. */
  readonly url: string;
  /** Of the body. */
  readonly maxBytes: number;
  /** Hex digest that a signed file promised: such a file never changes. null: it is to be checked for a newer one. */
  readonly sha256: string | null;
  readonly signal: AbortSignal;
}

/**
 * @returns the body; null: it is not there (403, 404, 410).
 * @throws {MirrorError}
 * @throws {CancelledError}
 */
export type MirrorFetch = (request: MirrorRequest) => Promise<Buffer | null>;

export interface MirrorFetchOptions {
  readonly fetch: CachedFetch;
  /** Hosts that the operator named; all others must be at public addresses, since an image names them. */
  readonly mayBePrivate: (origin: Origin) => boolean;
  readonly userAgent: string;
  /** For one file, from asking to its last byte. */
  readonly timeoutSeconds: number;
  /** Before the second and last try. */
  readonly retryDelayMs: number;
}

const MAX_REDIRECTS = 5;
const TRIES = 2;

type Got = { readonly body: Buffer | null } | { readonly location: string };

export function createMirrorFetch(options: MirrorFetchOptions): MirrorFetch {
  async function attempt(request: MirrorRequest, url: string): Promise<Got> {
    const origin = originOf(url);
    if (origin === null) throw new MirrorError('index-unreachable', `${shown(url)} is no address to ask at.`);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeoutSeconds * 1000);
    const signal = AbortSignal.any([limit.signal, request.signal]);
    try {
      const { pathname, search } = new URL(url);
      const headers = ['User-Agent', options.userAgent, 'Accept', '*/*', 'Accept-Encoding', 'identity'];
      if (request.sha256 === null) headers.push('Cache-Control', 'no-cache');
      const answer = await options.fetch(
        {
          method: 'GET',
          origin,
          target: `${pathname}${search}`,
          headers,
          body: null,
          mayBePrivate: options.mayBePrivate(origin),
          sha256: request.sha256,
        },
        signal,
      );
      return await readAnswer(answer, request, url, signal);
    } catch (error) {
      if (request.signal.aborted) throw new CancelledError('The run was cancelled.');
      if (error instanceof MirrorError) throw error;
      const why = limit.signal.aborted ? `not done within ${options.timeoutSeconds} s` : wordsOf(error);
      if (error instanceof PrivateAddressError) throw refused(url, why, error);
      throw new MirrorError('index-unreachable', `${shown(url)} cannot be read: ${why}.`, AGAIN, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async function follow(request: MirrorRequest): Promise<Buffer | null> {
    let url = request.url;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const got = await attempt(request, url);
      if ('body' in got) return got.body;
      url = got.location;
    }
    throw new MirrorError(
      'index-unreachable',
      `${shown(request.url)} leads from one address to the next without end.`,
    );
  }

  return async (request) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await follow(request);
      } catch (error) {
        const isFinal = !(error instanceof MirrorError) || error.code !== 'index-unreachable';
        if (isFinal || tries >= TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, options.retryDelayMs));
      }
    }
  };
}

const AGAIN = 'Look whether it can be reached from this machine, and run Relock again.';

async function readAnswer(
  answer: Answer,
  request: MirrorRequest,
  url: string,
  signal: AbortSignal,
): Promise<Got> {
  const { status, body } = answer;
  const stop = (): void => void body.destroy(new Error('given up'));
  body.on('error', () => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if ([301, 302, 303, 307, 308].includes(status)) {
      const location = URL.parse(headerOf(answer.headers, 'location') ?? '', url);
      // Threat: from a checked connection to one that is not.
      const isDowngrade = url.startsWith('https:') && location?.protocol === 'http:';
      if (location === null || isDowngrade || location.username !== '') {
        throw new MirrorError('index-unreachable', `${shown(url)} leads to where it must not.`);
      }
      return { location: location.href };
    }
    if (status === 403 || status === 404 || status === 410) return { body: null };
    if (status === 401 || status === 407) {
      throw new MirrorError('authentication-required', `${shown(url)} wants credentials (${status}).`);
    }
    if (status !== 200) {
      throw new MirrorError(
        'index-unreachable',
        `${shown(url)} cannot be read: it answered ${status}.`,
        AGAIN,
      );
    }
    return { body: await collect(answer, request.maxBytes, url, signal) };
  } finally {
    signal.removeEventListener('abort', stop);
    body.destroy();
    answer.done();
  }
}

async function collect(answer: Answer, maxBytes: number, url: string, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new MirrorError('too-large', `${shown(url)} was not read: it is larger than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  signal.throwIfAborted();
  const told = headerOf(answer.headers, 'content-length');
  if (told !== null && Number(told) !== size) {
    throw new MirrorError(
      'index-unreachable',
      `${shown(url)} broke off after ${size} of ${told} bytes.`,
      AGAIN,
    );
  }
  return Buffer.concat(chunks, size);
}

function originOf(text: string): Origin | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '')
    return null;
  const host = canonicalHost(url.hostname.replace(/^\[|\]$/gu, ''));
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return host === null || port < 1 ? null : { scheme, host, port };
}

function refused(url: string, why: string, cause: unknown): MirrorError {
  return new MirrorError(
    'network-refused',
    `${shown(url)} was not asked: ${why}.`,
    "If it is yours, name its host in Relock's settings: `allow-hosts`.",
    { cause },
  );
}

function wordsOf(error: unknown): string {
  return messageOf(error)
    .replaceAll(/[^\x20-\x7E]+/gu, ' ')
    .replace(/\.$/u, '')
    .slice(0, 300);
}

/** Without its query, which may hold a signature of a storage. */
export function shown(text: string): string {
  const url = URL.parse(text);
  const origin = originOf(text);
  if (url === null || origin === null) return 'An address of a repository';
  return `${origin.scheme}://${authorityOf(origin)}${url.pathname}`
    .replaceAll(/[^\x21-\x7E]/gu, '?')
    .slice(0, 300);
}
