/** One question to one host, through the operator's proxy if there is one. */
import { request as httpRequest, type ClientRequest } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../../errors.ts';
import type { Dialer } from './dial.ts';
import { PrivateAddressError } from './guarded-dial.ts';
import type { RemoteAddress } from './remote-address.ts';

const PAUSE_MILLISECONDS = 300;

export interface Question {
  readonly dialer: Pick<Dialer, 'dial'>;
  readonly origin: RemoteAddress['origin'];
  readonly target: string | null;
  /** Ask for the first byte only. */
  readonly range: boolean;
  readonly authorization: string | null;
  /** PEM; null: the authorities of Node. */
  readonly ca: string | null;
  readonly signal: AbortSignal;
}

/**
 * Opens a connection and asks, twice when the first try fails at once or the host has a fault of its own.
 * @returns the status code; null when an open connection is all that is asked for.
 * @throws {Error} of the network, of TLS, or the signal's reason.
 */
export async function ask(question: Question): Promise<number | null> {
  try {
    const status = await askOnce(question);
    if (status === null || status < 500) return status;
  } catch (error) {
    if (question.signal.aborted || isUntrusted(error) || error instanceof PrivateAddressError) throw error;
  }
  await delay(PAUSE_MILLISECONDS, undefined, { signal: question.signal });
  return await askOnce(question);
}

async function askOnce(question: Question): Promise<number | null> {
  const { origin, signal, target } = question;
  const plain = await question.dialer.dial(origin.host, origin.port, signal);
  if (origin.scheme === 'tcp' || target === null) {
    plain.destroy();
    return null;
  }
  const socket =
    origin.scheme === 'http'
      ? plain
      : connectTls({
          socket: plain,
          host: origin.host,
          ...(isIP(origin.host) === 0 ? { servername: origin.host } : {}),
          ...(question.ca === null ? {} : { ca: question.ca }),
          ALPNProtocols: ['http/1.1'],
        });
  return await statusOf(socket, question, target);
}

async function statusOf(socket: Duplex, question: Question, target: string): Promise<number> {
  const { origin, signal } = question;
  const bare = origin.port === (origin.scheme === 'https' ? 443 : 80);
  const request: ClientRequest = httpRequest({
    createConnection: () => socket,
    method: 'GET',
    path: target,
    headers: {
      host: bare ? origin.host : `${origin.host}:${origin.port}`,
      'user-agent': 'relock',
      accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1',
      connection: 'close',
      ...(question.range ? { range: 'bytes=0-0' } : {}),
      ...(question.authorization === null ? {} : { authorization: question.authorization }),
    },
    signal,
  });
  try {
    return await new Promise((resolve, reject) => {
      request.once('response', (response) => {
        resolve(response.statusCode ?? 0);
      });
      request.once('error', reject);
      request.end();
    });
  } finally {
    // The status is all that counts: a body can be the list of all projects.
    request.on('error', () => undefined);
    request.destroy();
    socket.destroy();
  }
}

/** True for a certificate that is not trusted. */
export function isUntrusted(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code.startsWith('CERT_') ||
    code.startsWith('ERR_TLS_CERT') ||
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'].includes(
      code,
    ) ||
    code.startsWith('UNABLE_TO_GET_ISSUER_CERT')
  );
}

/** Why a connection failed, in words that end a sentence. */
export function whyUnreachable(error: unknown, timeoutMs: number): string {
  switch (codeOf(error)) {
    case 'ENOTFOUND':
      return 'DNS does not know the name';
    case 'EAI_AGAIN':
      return 'DNS gave no answer';
    case 'ECONNREFUSED':
      return 'it refused the connection';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'it closed the connection';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it';
    case 'ETIMEDOUT':
    case 'ABORT_ERR':
    case 'TimeoutError':
      return `no answer within ${Math.round(timeoutMs / 100) / 10} seconds`;
    default:
      return messageOf(error).replace(/\s+/gu, ' ').slice(0, 200);
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // A name with several addresses fails once for each.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error.name === 'TimeoutError') return error.name;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
