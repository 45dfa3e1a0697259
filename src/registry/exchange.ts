/** One request to a registry: in its host's turn, with time limits, tried again where that can help. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { CancelledError, messageOf } from '../errors.ts';
import { createLimiter } from '../run/limiter.ts';
import { PrivateAddressError } from '../run/network/guarded-dial.ts';
import type { Origin } from '../run/network/lending.ts';
import type { Upstream } from '../run/network/upstream.ts';
import { hostKey } from './endpoint.ts';
import { createGate, nameOf, readRetryAfter, type Passer } from './gate.ts';
import type { RegistryCounts } from './registry.ts';
import { RegistryError } from './registry-error.ts';

const TRIES = 3;
const MAX_HOSTS = 1000;
/** Requests to one host whose head has not come yet. */
const AT_ONCE = 4;
/** Of an answer that is no success. */
const MAX_ERROR_BYTES = 64 * 1024;
/** However long a 503 asks to wait. */
const MAX_RETRY_MS = 10_000;

export interface ExchangeRequest {
  readonly kind: 'head' | 'manifest' | 'blob' | 'tags' | 'token';
  readonly origin: Origin;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a form that is posted; null: GET, or HEAD. */
  readonly body: string | null;
  readonly mayBePrivate: boolean;
  /** Whose limits count. */
  readonly space: string;
  /** For messages. */
  readonly image: string;
  /** Of a body that is read into memory. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty for HEAD, and where `stream` is given. */
  readonly body: Buffer;
  /** A blob's 200: as it comes. Read it to its end or destroy it. */
  readonly stream: IncomingMessage | null;
}

export interface Exchange {
  /**
   * @returns any answer below 500 but 429.
   * @throws {RegistryError} `registry-unreachable`, `rate-limited`, `too-large`.
   * @throws {CancelledError}
   */
  ask(request: ExchangeRequest): Promise<ExchangeAnswer>;
  counts(): RegistryCounts;
}

export interface ExchangeOptions {
  readonly upstream: () => Promise<Pick<Upstream, 'ask'>>;
  readonly userAgent: string;
  /** Until an answer's head, and again for a body that is read into memory. */
  readonly timeoutSeconds: number;
  /** Before the second try; four times that before the third. */
  readonly retryDelayMs: number;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

type Tried =
  | { readonly kind: 'answer'; readonly answer: ExchangeAnswer }
  | { readonly kind: 'failed'; readonly error: RegistryError; readonly isFinal: boolean };

export function createExchange(options: ExchangeOptions): Exchange {
  const { now, sleep } = options;
  const gate = createGate({ now, sleep });
  const turns = new Map<string, ReturnType<typeof createLimiter>>();
  const counts = { head: 0, manifest: 0, blob: 0, tags: 0, token: 0, retries: 0 };

  function turnOf(host: string): ReturnType<typeof createLimiter> {
    const turn = turns.get(host) ?? createLimiter(AT_ONCE);
    // Threat: repositories name hosts without end.
    if (turns.size >= MAX_HOSTS) turns.clear();
    turns.set(host, turn);
    return turn;
  }

  async function attempt(request: ExchangeRequest): Promise<Tried> {
    counts[request.kind] += 1;
    const limit = new AbortController();
    const seconds = options.timeoutSeconds;
    const timer = setTimeout(() => limit.abort(), seconds * 1000);
    const signal = AbortSignal.any([limit.signal, request.signal]);
    try {
      const upstream = await options.upstream();
      const answer = await upstream.ask(upstreamRequest(request, options.userAgent), signal);
      // What the request's own listeners do not hear: the body breaks off while nobody reads.
      answer.on('error', () => undefined);
      return { kind: 'answer', answer: await readAnswer(request, answer, seconds * 1000) };
    } catch (error) {
      if (request.signal.aborted) throw new CancelledError('The run was cancelled.');
      if (error instanceof RegistryError) throw error;
      const late = limit.signal.aborted ? `no answer within ${seconds} s` : null;
      return {
        kind: 'failed',
        error: unreachable(request, late ?? whyOf(error), fixOf(error), error),
        isFinal: isFinal(error),
      };
    } finally {
      clearTimeout(timer);
    }
  }

  async function ask(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const host = hostKey(request.origin);
    const { space, image, signal } = request;
    const passer: Passer = { host, space, image, signal, isPull: request.kind === 'manifest' };
    for (let tries = 1; ; tries += 1) {
      if (signal.aborted) throw new CancelledError('The run was cancelled.');
      if (tries > 1) counts.retries += 1;
      const tried = await turnOf(host)(async () => {
        await gate.pass(passer);
        return await attempt(request);
      });
      const isLast = tries >= TRIES;
      let wait = options.retryDelayMs * 4 ** (tries - 1);
      if (tried.kind === 'failed') {
        if (isLast || tried.isFinal) {
          // Another job may be allowed to look at a private address.
          if (!(tried.error.cause instanceof PrivateAddressError)) gate.down(passer, tried.error);
          throw tried.error;
        }
      } else {
        const { status, headers } = tried.answer;
        gate.note(passer, headers);
        const asked = readRetryAfter(headers['retry-after'], now());
        if (status === 429) {
          gate.limited(passer, asked, isLast);
          if (isLast) await gate.pass(passer);
          continue;
        }
        if (status < 500) return tried.answer;
        if (isLast) throw unreachable(request, `it answered ${status}`, '', null);
        if (asked !== null) wait = Math.min(asked, MAX_RETRY_MS);
      }
      await sleep(wait, signal);
    }
  }

  return {
    ask,
    counts() {
      const { head, manifest, blob, tags, token, retries } = counts;
      return {
        requests: head + manifest + blob + tags + token,
        heads: head,
        manifests: manifest,
        blobs: blob,
        tagPages: tags,
        tokens: token,
        retries,
      };
    },
  };
}

function upstreamRequest(request: ExchangeRequest, userAgent: string): Parameters<Upstream['ask']>[0] {
  const { body } = request;
  const headers = [
    ...Object.entries(request.headers).flat(),
    'user-agent',
    userAgent,
    // Digests are of what is stored, not of a coding of it.
    'accept-encoding',
    'identity',
  ];
  if (body !== null) {
    const length = String(Buffer.byteLength(body));
    headers.push('content-type', 'application/x-www-form-urlencoded', 'content-length', length);
  }
  return {
    method: body === null ? (request.kind === 'head' ? 'HEAD' : 'GET') : 'POST',
    origin: request.origin,
    target: request.target,
    headers,
    body: body === null ? null : Readable.from([Buffer.from(body)]),
    mayBePrivate: request.mayBePrivate,
  };
}

async function readAnswer(
  request: ExchangeRequest,
  answer: IncomingMessage,
  timeoutMs: number,
): Promise<ExchangeAnswer> {
  const status = answer.statusCode ?? 0;
  const { headers } = answer;
  if (request.kind === 'blob' && status === 200) {
    return { status, headers, body: Buffer.alloc(0), stream: answer };
  }
  const isRight = status === 200;
  const limit = isRight ? request.maxBytes : MAX_ERROR_BYTES;
  const timer = setTimeout(() => answer.destroy(new Error('the answer came too slowly')), timeoutMs);
  const stop = (): void => void answer.destroy(new Error('cancelled'));
  request.signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) {
        if (!isRight) break;
        throw new RegistryError(
          'too-large',
          `${nameOf(hostKey(request.origin))} answered with more than ${limit} bytes for ${request.image}.`,
          'No image needs so much; ask the owner of the registry.',
        );
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', stop);
  }
  return { status, headers, body: Buffer.concat(chunks), stream: null };
}

function unreachable(request: ExchangeRequest, why: string, fix: string, cause: unknown): RegistryError {
  const message = `${request.image} cannot be looked up: ${nameOf(hostKey(request.origin))}: ${why}.`;
  return new RegistryError('registry-unreachable', message, fix, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function whyOf(error: unknown): string {
  const text = messageOf(error)
    .replace(/[^\x20-\x7E]+/gu, ' ')
    .replace(/\.$/u, '');
  // OpenSSL's own words go on for lines.
  if (codeOf(error) === 'EPROTO') return 'it does not speak TLS';
  return text === '' ? codeOf(error) || 'no answer' : text.slice(0, 300);
}

/** What a second try cannot change. */
function isFinal(error: unknown): boolean {
  return error instanceof PrivateAddressError || codeOf(error) === 'ENOTFOUND' || isTls(error);
}

function isTls(error: unknown): boolean {
  return /^(?:EPROTO|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/u.test(
    codeOf(error),
  );
}

function fixOf(error: unknown): string {
  if (error instanceof PrivateAddressError) {
    return "If it is yours, name it in Relock's settings: `[[registry]]`, or `allow-hosts` for a token service or storage.";
  }
  if (codeOf(error) === 'EPROTO') {
    return 'If it is meant to be asked over plain http, say so: `[[registry]]` with `insecure = true`.';
  }
  if (isTls(error)) return 'Have this machine trust its certificate (SSL_CERT_FILE).';
  return 'Look whether the registry can be reached from this machine, and run Relock again.';
}
