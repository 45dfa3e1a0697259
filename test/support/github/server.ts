/** The HTTP side of the API: routes, GitHub's headers, conditional requests, limits, faults, and a log of it all. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { authenticate, principalName } from './access.ts';
import type { Answer, Handler } from './call.ts';
import { graphql } from './graphql.ts';
import { ApiError, type Hub, type Principal } from './model.ts';
import { requestFaults, responseFaults } from './openapi.ts';
import { operations, type Operation } from './operations.ts';
import type { Json } from './represent.ts';
import { automationRoutes } from './routes-automation.ts';
import { appRoutes } from './routes-apps.ts';
import { checkRoutes } from './routes-checks.ts';
import { contentRoutes } from './routes-contents.ts';
import { gitRoutes } from './routes-git.ts';
import { issueRoutes } from './routes-issues.ts';
import { pullRoutes } from './routes-pulls.ts';
import { gitRequest, serveGit } from './smart-http.ts';

/** One request that came in. */
export interface LoggedRequest {
  readonly at: number;
  readonly method: string;
  /** From the API's root, with the query; of git requests, from the host's root. */
  readonly path: string;
  readonly operation: string | undefined;
  /** `app`, `installation N`, `nobody`, or a person's login. */
  by: string;
  /** `owner/name` when the path names a repository. */
  readonly repository: string | undefined;
  /** It asked with `If-None-Match`; answered with 304 it cost nothing. */
  readonly conditional: boolean;
  readonly body: unknown;
  /** undefined while it is under way, or when the connection was cut. */
  status?: number;
}

/** What goes wrong with a request: instead of it, or after its effect, so that only the answer is lost. */
export interface Fault {
  readonly kind: 'error' | 'secondary-limit' | 'too-many' | 'rate-limit' | 'slow' | 'reset' | 'reset-after';
  readonly times?: number;
  readonly method?: string;
  /** Matched against the path that the log shows. */
  readonly path?: RegExp;
  /** Of `error`; 500 unless told. */
  readonly status?: number;
  /** Seconds, of the limits; 1 unless told. */
  readonly retryAfter?: number;
  /** Milliseconds, of `slow`; 1000 unless told. */
  readonly delay?: number;
}

/** What the server keeps beside the hub. */
export interface Desk {
  readonly requests: LoggedRequest[];
  /** What the App sent that GitHub's description does not allow, and answers of ours that it does not. */
  readonly violations: string[];
  readonly faults: { readonly fault: Fault; left: number }[];
  readonly rateLimit: number;
  readonly used: Map<string, { count: number; reset: number }>;
  readonly checkAnswers: boolean;
  watcher: ((request: LoggedRequest, phase: 'arrived' | 'answered') => unknown) | undefined;
}

const routes: Record<Operation, Handler> = {
  'GET /rate_limit': () => ({ status: 200, data: {} }),
  ...appRoutes,
  ...contentRoutes,
  ...gitRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...automationRoutes,
};

/** Parameters that may hold slashes, encoded or not. */
const greedy = new Set(['path', 'ref', 'branch', 'basehead', 'name']);
const patterns = operations
  .map((operation) => {
    const [method = '', template = ''] = operation.split(' ');
    const source = template
      .replace('/{path}', '(?:/{path})?')
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${greedy.has(name) ? '.*' : '[^/]+'})`);
    return { operation, method, pattern: new RegExp(`^${source}$`), length: template.split('/').length };
  })
  .sort((left, right) => right.length - left.length);

function match(
  method: string,
  path: string,
): { readonly operation: Operation; readonly params: Record<string, string> } | undefined {
  for (const route of patterns) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (!found) continue;
    const params = Object.entries(found.groups ?? {}).map(([name, value]) => [
      name,
      decodeURIComponent(value ?? ''),
    ]);
    return { operation: route.operation, params: Object.fromEntries(params) as Record<string, string> };
  }
  return undefined;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const hour = 3600;

/** Counts a request against the principal's hour, as `x-ratelimit-*` say. */
function limitOf(
  desk: Desk,
  principal: string,
): { readonly headers: Record<string, string>; readonly exceeded: boolean; refund(): void } {
  const now = Math.floor(Date.now() / 1000);
  const known = desk.used.get(principal);
  const used = known === undefined || known.reset <= now ? { count: 0, reset: now + hour } : known;
  desk.used.set(principal, used);
  used.count += 1;
  const exceeded = used.count > desk.rateLimit;
  return {
    exceeded,
    refund: () => void (used.count -= 1),
    get headers() {
      const remaining = Math.max(0, desk.rateLimit - used.count);
      const values = {
        limit: desk.rateLimit,
        remaining,
        reset: used.reset,
        used: desk.rateLimit - remaining,
        resource: 'core',
      };
      return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [`x-ratelimit-${key}`, String(value)]),
      );
    },
  };
}

const documentation = 'https://docs.github.com/rest';
const refusal = (
  status: number,
  message: string,
  headers: Record<string, string> = {},
  errors?: readonly object[],
): Answer => ({
  status,
  data: { message, ...(errors && { errors }), documentation_url: documentation, status: String(status) },
  headers,
});

function faultAnswer(fault: Fault): Answer | undefined {
  const retry = { 'retry-after': String(fault.retryAfter ?? 1) };
  const reset = String(Math.floor(Date.now() / 1000) + (fault.retryAfter ?? 1));
  switch (fault.kind) {
    case 'error':
      return refusal(fault.status ?? 500, 'Server Error');
    case 'secondary-limit':
      return refusal(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        retry,
      );
    case 'too-many':
      return refusal(429, 'You have exceeded a secondary rate limit.', retry);
    case 'rate-limit':
      return refusal(403, 'API rate limit exceeded.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': reset,
      });
    case 'slow':
    case 'reset':
    case 'reset-after':
      return undefined;
  }
}

async function answerCall(
  hub: Hub,
  desk: Desk,
  request: IncomingMessage,
  entry: LoggedRequest,
  url: URL,
): Promise<Answer> {
  const method = entry.method;
  const principal = authenticate(hub, request.headers.authorization);
  entry.by = principalName(principal);
  const limit = limitOf(desk, entry.by);
  if (url.pathname === '/rate_limit') {
    limit.refund(); // it is free, and says so
    const {
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset': reset,
      'x-ratelimit-used': used,
    } = limit.headers;
    const core = {
      limit: desk.rateLimit,
      remaining: Number(remaining),
      reset: Number(reset),
      used: Number(used),
    };
    return {
      status: 200,
      data: { resources: { core, search: core, graphql: core }, rate: core },
      headers: limit.headers,
    };
  }
  if (limit.exceeded) return refusal(403, `API rate limit exceeded for ${entry.by}.`, limit.headers);
  const answer = await dispatch(hub, desk, principal, request, entry, url).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    return refusal(error.status, error.message, {}, error.errors);
  });
  const json =
    answer.data instanceof Uint8Array ? answer.data : Buffer.from(JSON.stringify(answer.data ?? null));
  const etag = `"${createHash('sha256').update(json).digest('hex')}"`;
  const fresh = method === 'GET' && answer.status === 200;
  if (!fresh) return { ...answer, headers: { ...limit.headers, ...answer.headers } };
  const known = (request.headers['if-none-match'] ?? '').split(/, */).map((tag) => tag.replace(/^W\//, ''));
  if (known.includes(etag)) {
    limit.refund();
    return { status: 304, headers: { ...limit.headers, etag } };
  }
  return { ...answer, headers: { ...limit.headers, etag, ...answer.headers } };
}

async function dispatch(
  hub: Hub,
  desk: Desk,
  principal: Principal,
  request: IncomingMessage,
  entry: LoggedRequest,
  url: URL,
): Promise<Answer> {
  const complain = (fault: string): void =>
    void desk.violations.push(`${entry.by}: ${entry.method} ${entry.path}: ${fault}`);
  if (url.pathname === '/graphql') {
    if (principal.kind === 'nobody') return refusal(401, 'This endpoint requires you to be authenticated.');
    const { known, data } = graphql(hub, principal, entry.body as Json);
    if (!known) complain('the stand-in does not answer this query');
    return { status: 200, data };
  }
  const found = match(entry.method, url.pathname);
  if (found === undefined) {
    complain('the stand-in does not know this operation');
    throw new ApiError(404, 'Not Found');
  }
  const { operation, params } = found;
  const faults = requestFaults(operation, url.searchParams, entry.body);
  for (const fault of faults) complain(fault);
  if (faults.some((fault) => fault.startsWith('body ')))
    throw new ApiError(422, `Invalid request.\n\n${faults.join('\n')}`);
  const body = (entry.body ?? {}) as Json;
  const accept = request.headers.accept ?? '';
  const answer = await routes[operation]({
    hub,
    principal,
    operation,
    url,
    params,
    query: url.searchParams,
    body,
    accept,
  });
  const judged = desk.checkAnswers && !(answer.data instanceof Uint8Array);
  if (judged)
    for (const fault of responseFaults(operation, answer.status, answer.data))
      complain(`our answer: ${fault}`);
  return answer;
}

function write(response: ServerResponse, answer: Answer): void {
  const raw = answer.data instanceof Uint8Array;
  const data =
    answer.data instanceof Uint8Array ? answer.data : Buffer.from(JSON.stringify(answer.data ?? null));
  const headers = {
    server: 'github.com',
    'x-github-request-id': randomUUID(),
    'x-github-media-type': 'github.v3; format=json',
    ...(answer.data !== undefined && {
      'content-type': raw ? 'application/vnd.github.raw; charset=utf-8' : 'application/json; charset=utf-8',
      'content-length': String(data.length),
    }),
    ...answer.headers,
  };
  response.writeHead(answer.status, headers);
  response.end(answer.data === undefined ? undefined : data);
}

function takeFault(desk: Desk, method: string, path: string): Fault | undefined {
  const place = desk.faults.findIndex(
    ({ fault }) => (fault.method ?? method) === method && (fault.path?.test(path) ?? true),
  );
  const found = desk.faults[place];
  if (found === undefined) return undefined;
  found.left -= 1;
  if (found.left <= 0) desk.faults.splice(place, 1);
  return found.fault;
}

function parse(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
  } catch {
    return Symbol.for('unreadable');
  }
}

/** Answers one request of the API or of git. */
export async function handle(
  hub: Hub,
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', hub.url);
  const method = request.method ?? 'GET';
  const git = gitRequest(url);
  const api = /^\/api(?:\/v3)?(?=\/)/.exec(url.pathname)?.[0];
  if (api !== undefined) url.pathname = url.pathname.slice(api.length);
  const path = url.pathname + url.search;
  const body = git || api === undefined ? undefined : parse(await read(request));
  const named = /^\/repos\/([^/]+\/[^/]+)/.exec(url.pathname)?.[1] ?? git?.repository;
  const entry: LoggedRequest = {
    at: Date.now(),
    method,
    path,
    operation: git?.service ?? match(method, url.pathname)?.operation,
    by: 'nobody',
    repository: named,
    conditional: request.headers['if-none-match'] !== undefined,
    body,
  };
  desk.requests.push(entry);
  await desk.watcher?.(entry, 'arrived');
  const fault = takeFault(desk, method, path);
  if (fault?.kind === 'slow') await wait(fault.delay ?? 1000, undefined, { ref: false });
  if (fault?.kind === 'reset') return void request.socket.destroy();
  const planned = fault && faultAnswer(fault);
  if (git && !planned) {
    const { status, principal } = await serveGit(hub, request, response, url, git);
    Object.assign(entry, { status, by: principalName(principal) });
    await desk.watcher?.(entry, 'answered');
    return;
  }
  const plain = api === undefined ? refusal(404, 'Not Found') : undefined;
  const unreadable = body === Symbol.for('unreadable') ? refusal(400, 'Problems parsing JSON') : undefined;
  const answer =
    planned ??
    plain ??
    unreadable ??
    (await answerCall(hub, desk, request, entry, url).catch((error: unknown) => {
      if (error instanceof ApiError) return refusal(error.status, error.message);
      desk.violations.push(`the stand-in itself failed: ${method} ${path}: ${String(error)}`);
      return refusal(500, 'Server Error');
    }));
  await desk.watcher?.(entry, 'answered');
  if (fault?.kind === 'reset-after') return void request.socket.destroy();
  entry.status = answer.status;
  write(response, answer);
}
