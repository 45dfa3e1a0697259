/** Who asks, and what they may: App tokens (RFC 7519, RS256), installation tokens, users' roles. */
import { randomBytes, verify } from 'node:crypto';
import {
  ApiError,
  type Access,
  type Hub,
  type Installation,
  type Permissions,
  type Principal,
  type Repository,
  type Role,
} from './model.ts';

const badCredentials = (): ApiError => new ApiError(401, 'Bad credentials');
export const notFound = (): ApiError => new ApiError(404, 'Not Found');
export const notAccessible = (): ApiError => new ApiError(403, 'Resource not accessible by integration');

/** The secret of an `Authorization` header: Bearer, token, or Basic as git sends it. */
function secretOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [scheme = '', value = ''] = header.split(/ +/, 2);
  if (!/^basic$/i.test(scheme)) return value;
  return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
}

/** GitHub's checks of an App's JWT, in its words. */
function checkJwt(hub: Hub, token: string): Principal {
  const [head = '', body = '', signature = ''] = token.split('.');
  const undecodable = new ApiError(401, 'A JSON web token could not be decoded');
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify('sha256', signed, hub.app.publicKey, Buffer.from(signature, 'base64url'))) throw undecodable;
  let claims: { iss?: unknown; iat?: unknown; exp?: unknown; alg?: unknown };
  try {
    const read = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
    claims = { ...read(head), ...read(body) };
  } catch {
    throw undecodable;
  }
  const now = Date.now() / 1000;
  const { alg, iss, iat, exp } = claims;
  if (alg !== 'RS256') throw undecodable;
  if (String(iss) !== String(hub.app.id) && iss !== hub.app.clientId)
    throw new ApiError(404, 'Integration not found');
  if (typeof exp !== 'number' || exp < now) {
    throw new ApiError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + 600) throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== 'number' || iat > now + 5) {
    throw new ApiError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  return { kind: 'app' };
}

/** Who sent a request. An unknown, expired or revoked token is nobody's: 401. */
export function authenticate(hub: Hub, header: string | undefined): Principal {
  const secret = secretOf(header);
  if (secret === undefined) return { kind: 'nobody' };
  if (secret.split('.').length === 3) return checkJwt(hub, secret);
  const principal = hub.tokens.get(secret);
  if (principal === undefined) throw badCredentials();
  if (principal.kind !== 'installation') return principal;
  if (principal.expiresAt < Date.now() || !hub.installations.has(principal.installation.id))
    throw badCredentials();
  if (principal.installation.suspendedAt !== null)
    throw new ApiError(403, 'This installation has been suspended');
  return principal;
}

export function principalName(principal: Principal): string {
  if (principal.kind === 'user') return principal.account.login;
  return principal.kind === 'installation' ? `installation ${principal.installation.id}` : principal.kind;
}

export function covers(installation: Installation, repository: Repository): boolean {
  if (installation.account.login !== repository.owner.login) return false;
  return installation.selected === 'all' || installation.selected.has(repository.name);
}

/** A user's role in GitHub's words: everybody reads what is public. */
export function roleOf(repository: Repository, login: string): Role | 'none' {
  if (login === repository.owner.login) return 'admin';
  return repository.roles.get(login) ?? (repository.private ? 'none' : 'read');
}

const reaches = (has: Access | undefined, wants: Access): boolean => has === 'write' || has === wants;

/** Any of these suffices, as `contents:write`. */
export type Need = `${string}:${Access}`;

/** May this principal do this here? Throws GitHub's refusal: what may not be seen does not exist. */
export function authorize(principal: Principal, repository: Repository, needs: readonly Need[]): void {
  const writes = needs.some((need) => need.endsWith(':write'));
  const wants = (permissions: Permissions): boolean =>
    needs.length === 0 ||
    needs.some((need) => {
      const [name = '', access] = need.split(':');
      return reaches(permissions[name], access as Access);
    });
  if (principal.kind === 'app') throw notAccessible();
  if (principal.kind === 'nobody') {
    if (repository.private) throw notFound();
    if (writes) throw new ApiError(401, 'Requires authentication');
  } else if (principal.kind === 'installation') {
    const chosen = principal.repositories?.has(repository.id) ?? true;
    const inside = covers(principal.installation, repository) && chosen;
    if (!inside && repository.private) throw notFound();
    if (inside ? !wants(principal.permissions) : writes) throw notAccessible();
  } else {
    const role = roleOf(repository, principal.account.login);
    if (role === 'none') throw notFound();
    if (needs.some((need) => need.startsWith('checks:write')))
      throw new ApiError(403, 'You must authenticate via a GitHub App.');
    if (needs.includes('contents:write') && role === 'read') throw notFound();
  }
  if (writes && repository.archived) throw new ApiError(403, 'Repository was archived so is read-only.');
}

const tokenHours = 1;

/** A new installation token: never more than the installation has. */
export function issueToken(
  hub: Hub,
  installation: Installation,
  wanted: Permissions | undefined,
  repositories: ReadonlySet<number> | undefined,
): { readonly token: string; readonly expiresAt: number; readonly permissions: Permissions } {
  const missing = Object.entries(wanted ?? {}).find(
    ([name, access]) => !reaches(installation.permissions[name], access),
  );
  if (missing) {
    throw new ApiError(422, 'The permissions requested are not granted to this installation.');
  }
  const permissions: Permissions = wanted ? { metadata: 'read', ...wanted } : installation.permissions;
  const token = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
  hub.secrets.add(token);
  const expiresAt = Date.now() + tokenHours * 3_600_000;
  const scope = repositories && { repositories };
  hub.tokens.set(token, { kind: 'installation', installation, permissions, expiresAt, ...scope });
  return { token, expiresAt, permissions };
}
