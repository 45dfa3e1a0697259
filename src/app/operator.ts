/** What the operator of the App sets by environment. */
import { isAbsolute, resolve } from 'node:path';
import { UsageError } from '../errors.ts';

export interface OperatorSettings {
  /** PostgreSQL; null: the embedded database in the data folder. */
  readonly databaseUrl: string | null;
  /** Absolute. */
  readonly dataFolder: string;
  /** Jobs that this process works on side by side; 0: it only takes webhooks and ticks. */
  readonly workers: number;
  /** How often repositories are looked through for those that are due; minutes. */
  readonly tickMinutes: number;
  readonly host: string;
  readonly port: number;
  /** Length of a job's lease, in seconds: how long a job of a dead process waits. */
  readonly leaseSeconds: number;
  /** How long a graceful stop waits for running jobs, in seconds. */
  readonly graceSeconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the App's settings; the App's id, key and secret are Probot's to read (`APP_ID`, `PRIVATE_KEY`, `WEBHOOK_SECRET`).
 * @throws {UsageError} naming the variable and what it takes.
 */
export function readOperator(env: Environment): OperatorSettings {
  const scheme = env['GHE_PROTOCOL'] ?? 'https';
  if (scheme !== 'https' && scheme !== 'http') {
    throw new UsageError('bad-environment', 'GHE_PROTOCOL is neither https nor http.');
  }
  const folder = env['RELOCK_DATA'] ?? 'data';
  return {
    databaseUrl: textOf(env, 'DATABASE_URL'),
    dataFolder: isAbsolute(folder) ? folder : resolve(folder),
    workers: numberOf(env, 'RELOCK_WORKERS', 2, 0, 64),
    tickMinutes: numberOf(env, 'RELOCK_TICK_MINUTES', 10, 1, 59),
    host: env['HOST'] ?? '127.0.0.1',
    port: numberOf(env, 'PORT', 3000, 0, 65_535),
    leaseSeconds: numberOf(env, 'RELOCK_LEASE_SECONDS', 60, 10, 3600),
    graceSeconds: numberOf(env, 'RELOCK_GRACE_SECONDS', 30, 0, 3600),
  };
}

function textOf(env: Environment, name: string): string | null {
  const value = env[name];
  return value === undefined || value === '' ? null : value;
}

function numberOf(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = textOf(env, name);
  if (text === null) return fallback;
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(
    'bad-environment',
    `${name} is ${JSON.stringify(text.slice(0, 40))}; it takes a whole number from ${least} to ${most}.`,
  );
}
