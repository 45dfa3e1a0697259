/**
 * The one way that requests go to GitHub: counted, conditional where asked, held back while GitHub wants quiet, and with
 * failures as values or as one error.
 */
import type { Octokit } from '@octokit/rest';
import { CancelledError } from '../../errors.ts';
import { failureOf, oneLine, refused, usedUp, type Refusal } from './failure.ts';
import { ForgeError } from './forge-error.ts';
import type { AppIdentity } from './identity.ts';
import type { Conditional, Gate } from './memo.ts';

export type GitHubRequest = Octokit['request'];

/**
 * An Octokit (of @octokit/rest or Probot) with the installation's authentication. Its own retries and waits are to be
 * off: a request that is repeated after its answer was lost makes a second comment, and a job must not wait an hour.
 */
export interface OctokitLike {
  readonly request: GitHubRequest;
  readonly graphql: Octokit['graphql'];
}

/** A repository as the queue knows it. */
export interface RepositoryRef {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
}

interface Response<T> {
  readonly data: T;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

export type Call<T> = (request: GitHubRequest) => Promise<Response<T>>;

export type Attempt<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly refusal: Refusal };

export interface GitHubApi {
  readonly identity: AppIdentity;
  /** Throws also when GitHub refuses. */
  ask<T>(call: Call<T>): Promise<T>;
  /** An answer of 4xx is a value, unless it means limits, the token, or a repository out of reach. */
  attempt<T>(call: Call<T>): Promise<Attempt<T>>;
  /** As `attempt`, with the ETag of the last answer of that key. @param key names route and parameters. */
  look<T>(key: string, call: Call<T>): Promise<Attempt<T>>;
  /** One GraphQL mutation. */
  mutate(query: string, variables: Readonly<Record<string, unknown>>): Promise<Attempt<unknown>>;
  /** Requests so far, and those of them that were answered with "not modified" and so count against no limit. */
  spent(): { readonly sent: number; readonly unchanged: number };
}

export interface ApiOptions {
  readonly identity: AppIdentity;
  /** Shared by all jobs; see there. */
  readonly conditional: Conditional;
  /** Shared by all jobs of one installation. */
  readonly gate: Gate;
  readonly now: () => Date;
  /** Ends what is under way; null: nothing does. */
  readonly signal: AbortSignal | null;
}

/** With room for the queue of Octokit's throttling, which holds writes a second apart. */
const TIMEOUT_MS = 120_000;

/**
 * @throws {ForgeError} from its functions; a limit also closes the gate.
 * @throws {CancelledError} when the signal ends a request.
 */
export function createGitHubApi(octokit: OctokitLike, options: ApiOptions): GitHubApi {
  const { identity, conditional, gate, now, signal } = options;
  let sent = 0;
  let unchanged = 0;

  function enter(): { readonly retries: 0; readonly signal: AbortSignal } {
    if (signal?.aborted === true) throw new CancelledError('The job was cancelled.');
    const until = gate.closedUntil(now());
    if (until !== null) {
      const message = `GitHub wants no requests for this installation before ${until.toISOString()}.`;
      throw new ForgeError('rate-limit', message, { retryAfter: until });
    }
    sent += 1;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return { retries: 0, signal: signal === null ? timeout : AbortSignal.any([signal, timeout]) };
  }

  function judge(error: unknown): Refusal {
    if (signal?.aborted === true) throw new CancelledError('The job was cancelled.');
    const failure = failureOf(error, now());
    if (failure === null) throw error;
    if (!(failure instanceof ForgeError)) return failure;
    const { code, retryAfter } = failure;
    if (retryAfter !== null && (code === 'rate-limit' || code === 'secondary-limit')) gate.close(retryAfter);
    throw failure;
  }

  async function attempt<T>(
    call: Call<T>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Attempt<T>> {
    const request = octokit.request.defaults({ request: enter(), headers }) as GitHubRequest;
    try {
      const { data, headers: answered } = await call(request);
      const until = usedUp(answered, now());
      if (until !== null) gate.close(until);
      return { ok: true, data };
    } catch (error) {
      return { ok: false, refusal: judge(error) };
    }
  }

  return {
    identity,
    attempt: (call) => attempt(call),
    async ask(call) {
      const answer = await attempt(call);
      if (!answer.ok) throw refused(answer.refusal);
      return answer.data;
    },
    async look<T>(key: string, call: Call<T>): Promise<Attempt<T>> {
      const known = conditional.get(key);
      const headers: Record<string, string> = known === undefined ? {} : { 'if-none-match': known.etag };
      const answer = await attempt(async (request) => {
        const response = await call(request);
        const { etag } = response.headers;
        if (typeof etag === 'string') conditional.set(key, { etag, data: response.data });
        return response;
      }, headers);
      if (answer.ok || known === undefined || answer.refusal.status !== 304) return answer;
      unchanged += 1;
      return { ok: true, data: known.data as T };
    },
    async mutate(query, variables) {
      const request = enter();
      try {
        return { ok: true, data: await octokit.graphql(query, { ...variables, request }) };
      } catch (error) {
        return { ok: false, refusal: graphqlRefusal(error) ?? judge(error) };
      }
    },
    spent: () => ({ sent, unchanged }),
  };
}

/** GraphQL answers 200 with a list of errors. */
function graphqlRefusal(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return null;
  const errors = error.errors as readonly { readonly type?: unknown; readonly message?: unknown }[];
  if (errors.some(({ type }) => type === 'RATE_LIMITED')) {
    throw new ForgeError('rate-limit', `GitHub refused a GraphQL request: ${oneLine(error.message)}`);
  }
  const message = oneLine(errors.map(({ message }) => String(message)).join('; '));
  return { status: 422, message, what: 'POST /graphql' };
}
