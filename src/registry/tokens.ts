/** Bearer tokens of registries: distribution's token specification, and OAuth2 for refresh tokens. */
import { authorityOf } from '../run/network/reach.ts';
import { basicOf, type Account } from './account.ts';
import type { Challenge } from './challenge.ts';
import type { Wanted } from './endpoint.ts';
import type { Exchange, ExchangeAnswer } from './exchange.ts';
import { mayHaveCredential, readRealm, type Realm } from './realm.ts';
import { RegistryError } from './registry-error.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_TOKEN = 32 * 1024;
/** Where the service names none, as the specification says. */
const LIFETIME_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 24 * 3600;
const MAX_KEPT = 2000;

type Bearer = Extract<Challenge, { scheme: 'bearer' }>;

export interface TokenRequest {
  readonly wanted: Wanted;
  readonly challenge: Bearer;
  readonly account: Account | null;
  readonly space: string;
  /** Do not take this one, which was refused. */
  readonly refused: string | null;
  readonly isNamed: boolean;
  /** Whether the operator named the realm's host. */
  readonly mayBePrivate: (realm: Realm['origin']) => Promise<boolean>;
  readonly signal: AbortSignal;
}

export interface Token {
  /** Value of an Authorization header. */
  readonly authorization: string;
  /** Why the account was not used for it, for people; null: it was, or there is none. */
  readonly problem: string | null;
}

export interface Tokens {
  /**
   * A token for pulling from one repository, kept until shortly before it ends.
   * @throws {RegistryError} `registry-auth` when there is none to be had.
   */
  tokenFor(request: TokenRequest): Promise<Token>;
}

interface Kept {
  readonly until: number;
  readonly token: Token;
}

export function createTokens(exchange: Exchange, now: () => number): Tokens {
  const kept = new Map<string, Kept>();

  async function load(request: TokenRequest, realm: Realm, scope: string): Promise<Kept> {
    const { account } = request;
    if (account === null) return await anonymous(request, realm, scope, null);
    if (!mayHaveCredential(realm.origin, request.wanted.endpoint.origin, account.sharesWith(realm.origin))) {
      const host = authorityOf(realm.origin);
      const problem =
        `The credential was not used: the registry has its token service at ${host}, which is another site; ` +
        `give the same \`[[credential]]\` for the host ${host} if that is right.`;
      return await anonymous(request, realm, scope, problem);
    }
    const answer = await askRealm(request, realm, scope, account);
    if (answer.status === 200) return keptOf(answer, request, null, now());
    if (answer.status !== 400 && answer.status !== 401 && answer.status !== 403)
      throw refusal(request, realm, answer.status, null);
    // An old password must not keep people from public images.
    return await anonymous(request, realm, scope, 'The credential was refused.');
  }

  async function anonymous(
    request: TokenRequest,
    realm: Realm,
    scope: string,
    problem: string | null,
  ): Promise<Kept> {
    const answer = await askRealm(request, realm, scope, null);
    if (answer.status !== 200) throw refusal(request, realm, answer.status, problem);
    return keptOf(answer, request, problem, now());
  }

  async function askRealm(
    request: TokenRequest,
    realm: Realm,
    scope: string,
    account: Account | null,
  ): Promise<ExchangeAnswer> {
    const { challenge, wanted, space, signal } = request;
    const isRefresh = account !== null && account.identityToken !== null;
    const query = new URLSearchParams(realm.url.search);
    const form = new URLSearchParams();
    const fields = isRefresh ? form : query;
    if (challenge.service !== null) fields.set('service', challenge.service.slice(0, 1000));
    fields.set('scope', scope);
    if (account !== null && account.identityToken !== null) {
      form.set('grant_type', 'refresh_token');
      form.set('client_id', 'relock');
      form.set('refresh_token', account.identityToken);
    }
    const search = query.toString();
    return await exchange.ask({
      kind: 'token',
      origin: realm.origin,
      target: realm.url.pathname + (search === '' ? '' : `?${search}`),
      headers: {
        accept: 'application/json',
        ...(account === null || isRefresh ? {} : { authorization: basicOf(account) }),
      },
      body: isRefresh ? form.toString() : null,
      mayBePrivate: request.isNamed && (await request.mayBePrivate(realm.origin)),
      space,
      image: wanted.image,
      maxBytes: MAX_BYTES,
      signal,
    });
  }

  return {
    async tokenFor(request) {
      const { challenge, wanted, account, space } = request;
      const realm = readRealm(challenge.realm, wanted.endpoint.origin);
      if (realm === null) {
        throw new RegistryError(
          'registry-auth',
          `${wanted.image} cannot be looked up: ${wanted.endpoint.name} sends for a token to an address that is not https.`,
          'Ask the owner of the registry.',
        );
      }
      const scope = scopeOf(challenge.scope, wanted.repository);
      // Threat: one registry names another one's realm and service, and gets a token that was made with that one's account.
      const registry = authorityOf(wanted.endpoint.origin);
      const key = JSON.stringify([
        registry,
        realm.url.href,
        challenge.service,
        scope,
        space,
        account?.username ?? null,
      ]);
      const known = kept.get(key);
      if (known !== undefined && known.until > now() && known.token.authorization !== request.refused) {
        return known.token;
      }
      const fresh = await load(request, realm, scope);
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(key, fresh);
      return fresh.token;
    },
  };
}

/** Threat: a registry asks for more than reading, and gets a token with which its images can be overwritten. */
function scopeOf(asked: string | null, repository: string): string {
  const own = `repository:${repository}:pull`;
  if (asked === null || asked.length > 1000 || !/^[\x21-\x7E]+(?: [\x21-\x7E]+)*$/u.test(asked)) return own;
  const actions = asked.split(' ').flatMap((scope) => scope.split(':').at(-1)?.split(',') ?? []);
  return actions.some((action) => action === 'push' || action === 'delete' || action === '*') ? own : asked;
}

function keptOf(answer: ExchangeAnswer, request: TokenRequest, problem: string | null, now: number): Kept {
  let value: unknown;
  try {
    value = JSON.parse(answer.body.toString('utf8'));
  } catch {
    value = null;
  }
  const {
    token,
    access_token: access,
    expires_in: told,
  } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const text = typeof token === 'string' && token !== '' ? token : access;
  if (typeof text !== 'string' || text.length > MAX_TOKEN || !/^[\x21-\x7E]+$/u.test(text)) {
    throw new RegistryError(
      'registry-auth',
      `${request.wanted.image} cannot be looked up: the token service of ${request.wanted.endpoint.name} gave no token.`,
      'Run Relock again; if it stays so, ask the owner of the registry.',
    );
  }
  const seconds =
    typeof told === 'number' && told > 0 ? Math.min(told, MAX_LIFETIME_SECONDS) : LIFETIME_SECONDS;
  // A tenth early: it must still hold when it arrives.
  return { until: now + seconds * 900, token: { authorization: `Bearer ${text}`, problem } };
}

function refusal(
  { wanted, account }: TokenRequest,
  realm: Realm,
  status: number,
  problem: string | null,
): RegistryError {
  const where = authorityOf(realm.origin);
  return new RegistryError(
    'registry-auth',
    `${wanted.image} cannot be looked up: the token service ${where} of ${wanted.endpoint.name} answered ${status}.` +
      (problem === null ? '' : ` ${problem}`),
    authFix(wanted, account !== null),
  );
}

/** What to do where a registry refuses. */
export function authFix({ endpoint }: Wanted, hasAccount: boolean): string {
  const host = endpoint.accounts[0] === undefined ? endpoint.name : authorityOf(endpoint.accounts[0]);
  return hasAccount
    ? `Look whether the image's name is right, and whether the credential for ${host} is still good and may read it.`
    : `Look whether the image's name is right; if it is private, give a \`[[credential]]\` for ${host}; at a terminal \`docker login\` does too.`;
}
