/**
 * Looks whether the hosts that locks name are there before a locker waits for them: a dead index costs pip minutes, and
 * this seconds.
 */
import type { Credential } from '../../config/settings.ts';
import type { Reason, ReasonCode, Remote } from '../../model.ts';
import type { Dialer } from './dial.ts';
import { PrivateAddressError } from './guarded-dial.ts';
import { basicAuthorization, credentialFor } from './lending.ts';
import { ask, isUntrusted, whyUnreachable } from './probe-connection.ts';
import { remoteAddress, type RemoteAddress } from './remote-address.ts';

/** More addresses of one host are not asked: its first ones tell. */
const MAX_REQUESTS_PER_HOST = 8;

export interface ProbeOptions {
  /** Opens connections as the door will: directly, or through the operator's proxy, and not to private addresses. */
  readonly dialer: Pick<Dialer, 'dial'>;
  /** Only those that the job's owner may use. */
  readonly credentials: readonly Credential[];
  /** For all of it; remotes are asked side by side. */
  readonly timeoutMs: number;
  /** PEM of the authorities to trust; absent: those of Node. */
  readonly ca?: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks each distinct remote once: a connection (with TLS for https), then what a locker would ask first.
 * @returns why a remote cannot be used, in words that name the place where it is named; those that answer, and those that
 * cannot be probed, are not in it. Never throws. The messages hold no credential: they name hosts only.
 */
export async function probeRemotes(
  remotes: readonly Remote[],
  options: ProbeOptions,
): Promise<ReadonlyMap<Remote, Reason>> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
  const groups = Map.groupBy(remotes, (remote) => `${remote.purpose} ${remote.url}`);
  const perHost = new Map<string, number>();
  const reasons = new Map<Remote, Reason>();

  async function probe(same: readonly Remote[]): Promise<void> {
    const [remote] = same;
    const address = remote === undefined ? null : remoteAddress(remote);
    if (remote === undefined || address === null) return;
    const host = `${address.origin.host}:${address.origin.port}`;
    const count = (perHost.get(host) ?? 0) + 1;
    perHost.set(host, count);
    if (count > MAX_REQUESTS_PER_HOST) return;
    const explain = await probeOne(remote.purpose, address, options, signal);
    // A cancelled run has no findings: its caller knows.
    if (explain === null || options.signal?.aborted === true) return;
    for (const one of same) reasons.set(one, explain(one.namedIn));
  }

  await Promise.all(groups.values().map(probe));
  return reasons;
}

/** The reason in words, for a reader of the place where the remote is named. */
type Explain = (place: string) => Reason;

async function probeOne(
  purpose: Remote['purpose'],
  address: RemoteAddress,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<Explain | null> {
  const { origin, target, userinfo } = address;
  const lent =
    origin.scheme === 'tcp' || target === null ? null : credentialFor(options.credentials, origin, target);
  const known = lent ?? userinfo;
  const what = (place: string): string => `${NOUNS[purpose]} ${nameOf(origin)} (named in ${place})`;
  try {
    const status = await ask({
      dialer: options.dialer,
      origin,
      target,
      // A whole file is not wanted; a host that does not know ranges sends it, and is cut off.
      range: purpose === 'url' || purpose === 'channel',
      authorization: known === null ? null : basicAuthorization(known.username, known.password),
      ca: options.ca ?? null,
      signal,
    });
    return status === null
      ? null
      : explainStatus(purpose, status, what, lent !== null, credentialHost(origin));
  } catch (error) {
    // The manifest may say that this is all right (`--trusted-host`), and a locker that minds says so at once.
    if (isUntrusted(error)) return null;
    if (error instanceof PrivateAddressError) return explainPrivate(what, credentialHost(origin));
    return (place) => ({
      code: CODES[purpose],
      message: `The ${what(place)} cannot be reached: ${whyUnreachable(error, options.timeoutMs)}.`,
      fix: `If this passes, run Relock again. Else correct or remove the address in ${place}.`,
      detail: '',
    });
  }
}

/** Threat: a manifest that has us ask the cloud's metadata, or a service of the operator's network. */
function explainPrivate(what: (place: string) => string, host: string): Explain {
  return (place) => ({
    code: 'network-refused',
    message: `The ${what(place)} is not asked: it is at no public address.`,
    fix: `If that is an index or forge of your own, whoever runs Relock adds \`allow-hosts = ["${host}"]\` to its settings.`,
    detail: '',
  });
}

function explainStatus(
  purpose: Remote['purpose'],
  status: number,
  what: (place: string) => string,
  wasLent: boolean,
  host: string,
): Explain | null {
  // Many hosts answer 403 or 404 at the root of an index whose projects they serve: only 401 is clear there.
  const isIndex = purpose === 'index' || purpose === 'extra-index';
  if (status === 401 || (status === 403 && !isIndex)) {
    return (place) => ({
      code: 'authentication-required',
      message: wasLent
        ? `The ${what(place)} refuses the credential in the operator's settings (it answered ${status}).`
        : `The ${what(place)} wants a credential (it answered ${status}), and the operator's settings have none for it.`,
      fix: wasLent
        ? `Renew the credential for ${host} in the operator's settings.`
        : `Add a \`[[credential]]\` for ${host} and this repository's owner to the operator's settings.`,
      detail: '',
    });
  }
  if (status >= 500) {
    return (place) => ({
      code: CODES[purpose],
      message: `The ${what(place)} has a fault of its own: it answered ${status}.`,
      fix: 'If this passes, run Relock again.',
      detail: '',
    });
  }
  if (!isIndex && (status === 404 || status === 410)) {
    return (place) => ({
      code: CODES[purpose],
      message: `The ${what(place)} is there, but not what is wanted of it: it answered ${status}.`,
      fix: `Correct the address in ${place}; for a private one, add a \`[[credential]]\` for ${host} to the operator's settings.`,
      detail: '',
    });
  }
  return null;
}

const NOUNS: Readonly<Record<Remote['purpose'], string>> = {
  index: 'index',
  'extra-index': 'extra index',
  git: 'git host',
  url: 'host',
  channel: 'conda channel',
};

const CODES: Readonly<Record<Remote['purpose'], ReasonCode>> = {
  index: 'index-unreachable',
  'extra-index': 'extra-index-unreachable',
  git: 'git-host-unreachable',
  url: 'url-unreachable',
  channel: 'channel-unreachable',
};

/** As the settings have to name it: see `hasCredential`. */
function credentialHost({ scheme, host, port }: RemoteAddress['origin']): string {
  return scheme === 'https' && port === 443 ? host : `${host}:${port}`;
}

function nameOf(origin: RemoteAddress['origin']): string {
  const usual = { https: 443, http: 80, tcp: 22 }[origin.scheme];
  return origin.port === usual ? origin.host : `${origin.host}:${origin.port}`;
}
