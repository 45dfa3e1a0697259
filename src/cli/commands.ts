/** Every command but help and version, and what becomes of its errors. */
import { CancelledError, EnvironmentError, messageOf, UsageError } from '../errors.ts';
import type { Arguments } from './arguments.ts';
import { dbUpdate } from './db-update.ts';
import { EXIT } from './exit.ts';
import { init } from './init.ts';
import { plan } from './plan.ts';
import { run } from './run.ts';
import { scan } from './scan.ts';
import { interruptible } from './terminal.ts';

/** @returns the exit code. */
export async function main(given: Arguments): Promise<number> {
  try {
    return await start(given);
  } catch (error) {
    return explain(given, error);
  }
}

function start(given: Arguments): Promise<number> {
  switch (given.command) {
    case 'plan':
      return plan(given);
    case 'run':
      return interruptible((signal) => run(given, signal));
    case 'scan':
      return interruptible((signal) => scan(given, signal));
    case 'init':
      return init(given);
    case 'db update':
      return interruptible((signal) => dbUpdate(given, signal));
    case 'help':
    case 'version':
      throw new Error(`${given.command} is answered before anything is loaded`);
    default:
      return given.command satisfies never;
  }
}

function explain(given: Arguments, error: unknown): number {
  if (error instanceof CancelledError) {
    process.stderr.write(given.command === 'scan' ? 'Interrupted.\n' : 'Interrupted; nothing was changed.\n');
    return EXIT.interrupted;
  }
  if (error instanceof UsageError || error instanceof EnvironmentError) {
    process.stderr.write(`${error.message}\n${error.fix === '' ? '' : `${error.fix}\n`}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
  // The reader's pipe was closed (`| head`): nobody is left to tell.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.done;
  process.stderr.write(
    `Relock itself failed: ${messageOf(error)}\n${error instanceof Error ? (error.stack ?? '') : ''}\n`,
  );
  return EXIT.failed;
}
