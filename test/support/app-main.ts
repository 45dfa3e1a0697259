/**
 * The App as a process of its own, to be killed, measured or listened to.
 *
 * Arguments: a file with the time that it takes for now, and milliseconds that a re-lock lasts; `engine` in their place:
 * true lockers.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSettings } from '../../src/cli/load-settings.ts';
import type { HandlerOptions } from '../../src/app/handle-job.ts';
import { readOperator } from '../../src/app/operator.ts';
import { startService } from '../../src/app/service.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { madeLock } from './made-lock.ts';

const [clock = '', lasts = 'engine'] = process.argv.slice(2);
const now = (): Date => new Date(readFileSync(clock, 'utf8').trim());

/** The same commit in the same month always gives the same lock. */
const replaced: HandlerOptions['relock'] = async ({ job, look, signal }) => {
  await delay(Number(lasts), undefined, { signal });
  const path = 'requirements.txt';
  const outcome: JobOutcome = {
    job: {
      repository: `${job.repository.owner}/${job.repository.name}`,
      trigger: 'schedule',
      only: [],
      cutoff: null,
    },
    results: [
      {
        target: {
          path,
          kind: 'pip-compile',
          manifests: ['requirements.in'],
          inputs: ['requirements.in'],
          writes: [path],
          tool: { name: 'uv', version: null, requirement: null, because: 'a test' },
          python: { version: '3.12', because: 'a test' },
          cwd: '.',
          command: ['uv', 'pip', 'compile'],
          remotes: [],
          notes: [],
        } as unknown as JobOutcome['results'][number]['target'],
        status: 'updated',
        reason: null,
        seconds: 0,
        changes: [],
        solver: 'a test',
        notes: [],
        files: [{ path, text: madeLock(now(), look.head), executable: false }],
      },
    ],
    skips: [],
    seconds: 0,
    notes: [],
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    pullRequest: { title: 'Re-lock requirements.txt', body: `Made of ${look.head}.` },
  };
  return outcome;
};

const settings = await loadSettings(null, process.env);
const service = await startService({
  operator: readOperator(process.env),
  // On a developer's machine there may be no bubblewrap; in CI there is.
  settings: { ...settings, sandbox: settings.sandbox ?? 'auto' },
  environment: process.env,
  version: '0.0.0-test',
  now,
  ...(lasts !== 'engine' && { relock: replaced }),
  ...(process.env['RELOCK_TEST_UNPACED'] === '1' && { pace: () => ({ turn: () => Promise.resolve() }) }),
});
process.stdout.write(`listens on ${service.url}\n`);
process.once('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
