/** Requests to one registry as somebody: challenges answered, redirects followed. */
import type { Origin } from '../run/network/lending.ts';
import { canonicalHost } from '../run/network/reach.ts';
import { basicOf, type Account, type Accounts } from './account.ts';
import { readChallenges, type Challenge } from './challenge.ts';
import { hostKey, type Wanted } from './endpoint.ts';
import type { Exchange, ExchangeAnswer, ExchangeRequest } from './exchange.ts';
import { nameOf } from './gate.ts';
import { RegistryError } from './registry-error.ts';
import { authFix, type Tokens } from './tokens.ts';

const MAX_REDIRECTS = 5;

export interface SessionRequest {
  readonly kind: 'head' | 'manifest' | 'blob' | 'tags';
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

export interface Session {
  /**
   * @returns any answer below 500 but 401, 403, 429 and redirects.
   * @throws {RegistryError} also `registry-auth`.
   */
  ask(wanted: Wanted, request: SessionRequest): Promise<ExchangeAnswer>;
}

/** What registries were seen to want, by `host:port`, so that not every look-up is refused once before. */
export type KnownChallenges = Map<string, Challenge>;

const MAX_CHALLENGES = 1000;

export interface SessionOptions {
  readonly exchange: Exchange;
  readonly tokens: Tokens;
  readonly challenges: KnownChallenges;
  readonly accounts: Accounts;
  readonly signal: AbortSignal;
}

interface Attempt {
  /** Value of Authorization; null: none is sent. */
  readonly authorization: string | null;
  /** Why the account was not used. */
  readonly problem: string | null;
  readonly hasAccount: boolean;
}

export function createSession(options: SessionOptions): Session {
  const { exchange, tokens, challenges, accounts, signal } = options;

  async function follow(
    wanted: Wanted,
    request: SessionRequest,
    authorization: string | null,
  ): Promise<{ readonly answer: ExchangeAnswer; readonly isOwn: boolean; readonly origin: Origin }> {
    const { origin: first } = wanted.endpoint;
    const isNamed = await accounts.isNamed(first);
    let origin = first;
    let target = request.target;
    let isOwn = true;
    for (let hops = 0; ; hops += 1) {
      const asked: ExchangeRequest = {
        ...request,
        origin,
        target,
        // Threat: the registry's secret goes to wherever the answer comes from. Storage has its own signature in the address.
        headers: {
          ...request.headers,
          ...(authorization === null || !isOwn ? {} : { authorization }),
        },
        body: null,
        // Threat: a stranger's registry redirects to a host that only the operator's own may lead to.
        mayBePrivate: isNamed && (origin.host === first.host || (await accounts.isNamed(origin))),
        space: accounts.spaceOf(wanted),
        image: wanted.image,
        signal,
      };
      const answer = await exchange.ask(asked);
      if (![301, 302, 303, 307, 308].includes(answer.status)) return { answer, isOwn, origin };
      const next = hops < MAX_REDIRECTS ? readLocation(answer.headers.location, origin, target) : null;
      if (next === null) throw badRedirect(wanted, hops);
      ({ origin, target } = next);
      // Once away it stays away: who comes back by a detour may have chosen another path.
      isOwn &&= origin.scheme === first.scheme && hostKey(origin) === hostKey(first);
    }
  }

  /** How to answer a challenge, or what is known to be wanted. */
  async function attemptFor(wanted: Wanted, challenge: Challenge, refused: string | null): Promise<Attempt> {
    const { account, problem } = await accounts.accountOf(wanted);
    switch (challenge.scheme) {
      case 'basic':
        return {
          authorization: account === null ? null : basicAttempt(account),
          problem,
          hasAccount: account !== null,
        };
      case 'bearer': {
        const { origin } = wanted.endpoint;
        const token = await tokens.tokenFor({
          wanted,
          challenge,
          account,
          space: accounts.spaceOf(wanted),
          refused,
          isNamed: await accounts.isNamed(origin),
          mayBePrivate: async (realm) => realm.host === origin.host || (await accounts.isNamed(realm)),
          signal,
        });
        return {
          authorization: token.authorization,
          problem: token.problem ?? problem,
          hasAccount: account !== null,
        };
      }
      default:
        return challenge satisfies never;
    }
  }

  return {
    async ask(wanted, request) {
      const key = hostKey(wanted.endpoint.origin);
      const known = challenges.get(key);
      // Another repository needs another scope: the one of the challenge was for the one that was asked for.
      const expected = known?.scheme === 'bearer' ? { ...known, scope: null } : known;
      const first: Attempt =
        expected === undefined
          ? { authorization: null, problem: null, hasAccount: false }
          : await attemptFor(wanted, expected, null);
      const early = await follow(wanted, request, first.authorization);
      if (early.answer.status !== 401 || !early.isOwn) return checked(wanted, early, first);
      const challenge = chooseChallenge(early.answer.headers['www-authenticate']);
      if (challenge === null) throw unknownChallenge(wanted);
      if (challenges.size >= MAX_CHALLENGES) challenges.clear();
      challenges.set(key, challenge);
      const second = await attemptFor(wanted, challenge, first.authorization);
      if (second.authorization === null || second.authorization === first.authorization) {
        return checked(wanted, early, second);
      }
      return checked(wanted, await follow(wanted, request, second.authorization), second);
    },
  };
}

/** Bearer is what most registries want people to use where they offer both. */
function chooseChallenge(header: string | undefined): Challenge | null {
  const found = readChallenges(header ?? '');
  return found.find(({ scheme }) => scheme === 'bearer') ?? found[0] ?? null;
}

function basicAttempt(account: Account): string | null {
  // A refresh token is for token services alone.
  return account.identityToken === null ? basicOf(account) : null;
}

/** @throws {RegistryError} when the answer is a refusal. */
function checked(
  wanted: Wanted,
  {
    answer,
    origin,
    isOwn,
  }: { readonly answer: ExchangeAnswer; readonly origin: Origin; readonly isOwn: boolean },
  { authorization, problem, hasAccount }: Attempt,
): ExchangeAnswer {
  const { status } = answer;
  if (status !== 401 && status !== 403) return answer;
  const who = isOwn
    ? wanted.endpoint.name
    : `${nameOf(hostKey(origin))}, where ${wanted.endpoint.name} keeps it,`;
  const why = status === 401 && authorization === null ? 'wants a user name and password' : 'refuses it';
  throw new RegistryError(
    'registry-auth',
    `${wanted.image} cannot be looked up: ${who} ${why} (${status}). It is private, or not there.` +
      (problem === null ? '' : ` ${problem}`),
    authFix(wanted, hasAccount),
  );
}

function unknownChallenge({ image, endpoint }: Wanted): RegistryError {
  return new RegistryError(
    'registry-auth',
    `${image} cannot be looked up: ${endpoint.name} wants to know who asks, in a way that Relock does not know.`,
    'Registries use Bearer tokens or Basic (RFC 7617).',
  );
}

/** Threat: a redirect to plain http shows, or lets somebody change, what https protects. */
function readLocation(
  location: string | undefined,
  from: Origin,
  target: string,
): { readonly origin: Origin; readonly target: string } | null {
  if (location === undefined || location.length > 8192) return null;
  const url = URL.parse(location, `${from.scheme}://${hostKey(from)}${target}`);
  if (url === null || url.username !== '' || url.password !== '') return null;
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : null;
  if (scheme === null || (scheme === 'http' && from.scheme !== 'http')) return null;
  const host = canonicalHost(url.hostname.replace(/^\[|\]$/gu, ''));
  if (host === null) return null;
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { origin: { scheme, host, port }, target: url.pathname + url.search };
}

function badRedirect({ image, endpoint }: Wanted, hops: number): RegistryError {
  const why =
    hops >= MAX_REDIRECTS
      ? `more than ${MAX_REDIRECTS} redirects`
      : 'a redirect to an address that Relock does not follow (https alone, without user name)';
  return new RegistryError(
    'registry-unreachable',
    `${image} cannot be looked up: ${endpoint.name} answered with ${why}.`,
    'Ask the owner of the registry.',
  );
}

/** An answer that is neither success, nor refusal, nor "not there". */
export function refusedStatus({ image, endpoint }: Wanted, status: number): RegistryError {
  return new RegistryError(
    'registry-unreachable',
    `${image} cannot be looked up: ${endpoint.name} answered ${status}.`,
    'Look whether this is a container registry, and whether it works.',
  );
}
