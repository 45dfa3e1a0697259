/** One scanner, from its first step to its report. */
import { CancelledError, messageOf } from '../errors.ts';
import type { Reason } from '../reason.ts';
import type { ScannerName, ScanReport } from '../scan/model.ts';
import type {
  ScanAnswer,
  ScanCommand,
  ScanHttpAnswer,
  ScanInput,
  Scanner,
  ScanRequest,
  WantedRecords,
} from '../scan/scanner.ts';

/** More steps than any scanner needs; a loop is a defect that must not run for ever. */
const MAX_STEPS = 400;

/** What carries a scanner's steps out. Each says with a reason why there is no answer at all. */
export interface ScanEffects {
  readonly ask: (requests: readonly ScanRequest[]) => Promise<readonly ScanHttpAnswer[]>;
  readonly lookUp: (
    wanted: readonly WantedRecords[],
  ) => Promise<Omit<Extract<ScanAnswer, { to: 'look-up' }>, 'to'> | Reason>;
  readonly run: (
    name: ScannerName,
    command: ScanCommand,
    program: NonNullable<ScanInput['program']>,
  ) => Promise<Omit<Extract<ScanAnswer, { to: 'run' }>, 'to'> | Reason>;
}

/**
 * Asks one scanner. Whatever goes wrong with it is its report: `failed`, never `clean`.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function runScanner(
  scanner: Scanner,
  input: ScanInput,
  effects: ScanEffects,
): Promise<ScanReport> {
  const failed = (reason: Reason): ScanReport => ({ state: 'failed', scanner: scanner.name, reason });
  try {
    const history: ScanAnswer[] = [];
    while (history.length < MAX_STEPS) {
      const step = scanner.next(input, history);
      if (step.do === 'done') return step.report;
      if (step.do === 'fail') return failed(step.reason);
      const answer = await carryOut(scanner.name, step, input, effects);
      if ('code' in answer) return failed(answer);
      history.push(answer);
    }
    return failed(internal(scanner, `it needed more than ${MAX_STEPS} steps.`));
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return failed(internal(scanner, messageOf(error)));
  }
}

async function carryOut(
  name: ScannerName,
  step: Exclude<ReturnType<Scanner['next']>, { do: 'done' | 'fail' }>,
  { program }: ScanInput,
  { ask, lookUp, run }: ScanEffects,
): Promise<ScanAnswer | Reason> {
  switch (step.do) {
    case 'ask':
      return { to: 'ask', answers: await ask(step.requests) };
    case 'look-up': {
      const found = await lookUp(step.wanted);
      return 'code' in found ? found : { to: 'look-up', ...found };
    }
    case 'run': {
      if (program === null) throw new Error('a program is to be run, and there is none.');
      const ran = await run(name, step.command, program);
      return 'code' in ran ? ran : { to: 'run', ...ran };
    }
    default:
      return step satisfies never;
  }
}

function internal({ name }: Scanner, why: string): Reason {
  return {
    code: 'internal',
    message: `The scanner ${name} failed in Relock itself: ${why}`,
    fix: 'Please report this.',
    detail: '',
  };
}
