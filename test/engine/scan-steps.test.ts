import { describe, expect, it } from 'vitest';
import { runScanner, type ScanEffects } from '../../src/engine/scan-steps.ts';
import { CancelledError } from '../../src/errors.ts';
import type { ScanReport } from '../../src/scan/model.ts';
import type { ScanAnswer, Scanner, ScanStep } from '../../src/scan/scanner.ts';

const REASON = { code: 'scanner-failed', message: 'It broke.', fix: '', detail: '' } as const;
const CLEAN: ScanReport = {
  state: 'clean',
  by: { name: 'osv', version: null, database: 'a test', databaseDate: null },
  findings: [],
  secrets: [],
  notChecked: [],
};
const RESULT = { exitCode: 0, timedOut: false, stdout: '', stderr: '', seconds: 0 };
const COMMAND = { argv: ['scan'], files: {}, output: 'o', env: {}, readable: [], timeoutSeconds: 1 };
const PROGRAM = { path: '/bin/scanner', version: '1.0' };

const effects: ScanEffects = {
  ask: (requests) => Promise.resolve(requests.map(() => ({ status: 200, body: '{}' }))),
  lookUp: () => Promise.resolve({ records: [1], date: null, missing: [], skipped: 0 }),
  run: () => Promise.resolve({ result: RESULT, output: 'text' }),
};

function steps(...all: readonly ScanStep[]): { scanner: Scanner; seen: (readonly ScanAnswer[])[] } {
  const seen: (readonly ScanAnswer[])[] = [];
  return {
    seen,
    scanner: {
      name: 'osv',
      next(_input, history) {
        seen.push([...history]);
        const step = all[Math.min(history.length, all.length - 1)];
        if (step === undefined) throw new Error('no step');
        return step;
      },
    },
  };
}

const run = (scanner: Scanner, more: Partial<ScanEffects> = {}, program: typeof PROGRAM | null = PROGRAM) =>
  runScanner(scanner, { packages: [], layouts: [], program }, { ...effects, ...more });

describe('the steps of a scanner', () => {
  it('are carried out one after the other, each with all answers so far', async () => {
    const { scanner, seen } = steps(
      { do: 'ask', requests: [{ method: 'GET', path: '/v1/vulns/X', body: null, keep: null }] },
      { do: 'look-up', wanted: [] },
      { do: 'run', command: COMMAND },
      { do: 'done', report: CLEAN },
    );
    expect(await run(scanner)).toBe(CLEAN);
    expect(seen.at(-1)).toEqual([
      { to: 'ask', answers: [{ status: 200, body: '{}' }] },
      { to: 'look-up', records: [1], date: null, missing: [], skipped: 0 },
      { to: 'run', result: RESULT, output: 'text' },
    ]);
  });

  it.each<readonly [string, ScanStep, Partial<ScanEffects>, string]>([
    ['a step that says so', { do: 'fail', reason: REASON }, {}, 'scanner-failed'],
    [
      'a database that cannot be read',
      { do: 'look-up', wanted: [] },
      { lookUp: () => Promise.resolve(REASON) },
      'scanner-failed',
    ],
    [
      'a program that cannot run',
      { do: 'run', command: COMMAND },
      { run: () => Promise.resolve(REASON) },
      'scanner-failed',
    ],
    [
      'an effect that throws',
      { do: 'ask', requests: [] },
      { ask: () => Promise.reject(new Error('boom')) },
      'internal',
    ],
    ['steps without end', { do: 'ask', requests: [] }, {}, 'internal'],
  ])('end as failed, and never as clean, with %s', async (_name, step, more, code) => {
    const report = await run(steps(step).scanner, more);
    expect(report).toMatchObject({ state: 'failed', scanner: 'osv', reason: { code } });
  });

  it('fail when a program is wanted and there is none', async () => {
    const { scanner } = steps({ do: 'run', command: COMMAND });
    expect(await run(scanner, {}, null)).toMatchObject({ state: 'failed', reason: { code: 'internal' } });
  });

  it('end with the run when it is cancelled', async () => {
    const ask = (): Promise<never> => Promise.reject(new CancelledError('stop'));
    await expect(run(steps({ do: 'ask', requests: [] }).scanner, { ask })).rejects.toThrow(CancelledError);
  });
});
