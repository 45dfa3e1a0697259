/** `npm start`: the App, or Probot's first-run setup page where there is no App yet. */
import { loadSettings } from '../cli/load-settings.ts';
import { EnvironmentError, messageOf, UsageError } from '../errors.ts';
import { version } from '../version.ts';
import { readOperator } from './operator.ts';

const { argv, env } = process;

async function main(): Promise<void> {
  if (argv[2] === 'dead-letters') return await showDeadLetters(argv.slice(3));
  if ((env['APP_ID'] ?? '') === '') {
    // Walks the operator through making the App from app.yml, and writes its id, key and secret to .env.
    const { run } = await import('probot');
    await run(() => undefined);
    return;
  }
  // Threat: Probot takes a secret that everybody knows where there is none, and anybody could send webhooks.
  if ((env['WEBHOOK_SECRET'] ?? '') === '') {
    throw new UsageError(
      'no-webhook-secret',
      'WEBHOOK_SECRET is not set.',
      'Set it to the secret of the App, as its settings on GitHub have it.',
    );
  }
  const { startService } = await import('./service.ts');
  const operator = readOperator(env);
  const settings = await loadSettings(null, env);
  const service = await startService({
    operator,
    settings,
    environment: env,
    version: version(),
    now: () => new Date(),
  });
  process.stdout.write(`Relock listens on ${service.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void service.stop().then(() => process.exit(0));
    });
  }
}

async function showDeadLetters(args: readonly string[]): Promise<void> {
  const { openStore } = await import('../store/open-store.ts');
  const { deadLetters } = await import('./dead-letters.ts');
  const { databaseUrl, dataFolder, leaseSeconds } = readOperator(env);
  const quiet = (): void => undefined;
  const log = { info: quiet, warn: quiet, error: quiet };
  const store = await openStore({ databaseUrl, dataFolder, leaseSeconds, log });
  try {
    process.stdout.write(await deadLetters(store, args));
  } finally {
    await store.close();
  }
}

try {
  await main();
} catch (error) {
  const fix = error instanceof UsageError || error instanceof EnvironmentError ? `\n${error.fix}` : '';
  process.stderr.write(`${messageOf(error)}${fix}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
