/** What comes of running a scanner's program: its answers put together, or why there is none. Pure. */
import type { CommandResult } from '../model.ts';
import type { Reason, ReasonCode } from '../reason.ts';
import type { Finding, ScanPackage, ScannerIdentity, ScannerName, SecretFinding } from './model.ts';
import { AnswerError, readJson } from './program-json.ts';
import { compareText } from '../images/content.ts';
import type { ScanAnswer, ScanInput, ScanStep } from './scanner.ts';

/** Where a program has its database. */
export interface DatabaseOptions {
  /** Absolute. */
  readonly cacheFolder: string;
  /** It is used as it is, and the network is not. */
  readonly offline: boolean;
}

export type ProgramName = Exclude<ScannerName, 'osv'>;

/** What was found in one answer. */
export interface Found {
  readonly findings: readonly Finding[];
  readonly secrets: readonly SecretFinding[];
  /** Sentences without a full stop. */
  readonly notChecked: readonly string[];
  /** Packages that were looked at. */
  readonly looked: number;
}

export type Ran = Extract<ScanAnswer, { to: 'run' }>;

/** The answers so far, all of which are of programs. */
export function answersOf(history: readonly ScanAnswer[]): readonly Ran[] {
  return history.filter((answer) => answer.to === 'run');
}

const DETAIL = 4000;

/**
 * What a program failed with. Its exit code decides, never its words: without a database some print "0 vulnerabilities".
 * @param doing for people: `looking at 12 packages of Debian:12`.
 */
export function failure(
  name: ProgramName,
  doing: string,
  result: CommandResult,
  database: DatabaseOptions,
): Reason {
  const words = `${result.stderr}\n${result.stdout}`.trim();
  const told = (code: ReasonCode, message: string, fix: string): Reason => ({
    code,
    message,
    fix,
    detail: words.slice(-DETAIL),
  });
  if (result.timedOut) {
    return told(
      'timeout',
      `${name} took too long for ${doing}, and was ended.`,
      'Run again; its first run fetches its database.',
    );
  }
  const exit = result.exitCode === null ? 'was ended by a signal' : `ended with exit code ${result.exitCode}`;
  return told(
    'scanner-failed',
    `${name} ${exit} when it was ${doing}.`,
    database.offline
      ? `See whether its database is whole and where \`offline\` in [scan] of the settings has it read: nothing is downloaded.`
      : 'See what it printed. If its database is broken, remove its folder in the cache of Relock: it is then fetched anew.',
  );
}

export type Failure = Extract<ScanStep, { do: 'fail' }>;

/**
 * Reads one answer. Part of a report must not look like all of it, so that one which cannot be read is a failure.
 * @param text what holds it: the file that it was told to write, or what it printed.
 */
export function readAnswer<Value>(
  name: ProgramName,
  doing: string,
  ran: Ran,
  read: (value: unknown) => Value,
  text: string | null = ran.output,
): Value | Failure {
  const fail = (why: string): Failure => ({
    do: 'fail',
    reason: {
      code: 'scanner-failed',
      message: `What ${name} wrote when it was ${doing} ${why}.`,
      fix: `Use a version of ${name} that docs/scanners.md names, or report this.`,
      detail: ran.result.stderr.slice(-DETAIL),
    },
  });
  if (text === null) return fail('is not there, or was too large to be read');
  const json = readJson(text);
  if ('why' in json) return fail(json.why);
  try {
    return read(json.value);
  } catch (error) {
    if (error instanceof AnswerError) return fail(error.message);
    throw error;
  }
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'do' in value && value.do === 'fail';
}

/** The report of all answers. Threat: a scanner that looked at nothing would call it clean. */
export function reportOf(
  by: ScannerIdentity & { readonly name: ProgramName },
  input: ScanInput,
  parts: readonly Found[],
  unknown: readonly string[],
): ScanStep {
  const looked = parts.reduce((sum, part) => sum + part.looked, 0);
  if (looked === 0 && input.packages.length > 0) return nothingKnown(by.name, input);
  const findings = parts.flatMap((part) => part.findings);
  const secrets = parts.flatMap((part) => part.secrets);
  return {
    do: 'done',
    report: {
      state: findings.length > 0 || secrets.length > 0 ? 'found' : 'clean',
      by,
      findings,
      secrets,
      notChecked: [...unknown, ...parts.flatMap((part) => part.notChecked)],
    },
  };
}

export function nothingKnown(name: ProgramName, { packages }: ScanInput): ScanStep {
  return {
    do: 'fail',
    reason: {
      code: 'scanner-failed',
      message: `${name} cannot look up any of the ${packages.length} packages: ${ecosystemsOf(packages)}.`,
      fix: 'Use another scanner for them (`scan.with`); docs/scanners.md says which one knows what.',
      detail: '',
    },
  };
}

function ecosystemsOf(packages: readonly ScanPackage[]): string {
  return [...new Set(packages.map(({ ecosystem }) => ecosystem))].sort(compareText).slice(0, 10).join(', ');
}

/** `3 packages of Mageia:9, which Grype does not know (bash, curl and 1 more)`, one sentence for each ecosystem. */
export function notLookedUp(packages: readonly ScanPackage[], why: string): readonly string[] {
  const groups = [...Map.groupBy(packages, (one) => one.ecosystem)].sort(([a], [b]) => compareText(a, b));
  return groups.map(([ecosystem, members]) => {
    const names = [...new Set(members.map((one) => one.name))].sort(compareText);
    const rest = names.length - 3;
    const shown = `${names.slice(0, 3).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
    return `${counted(members.length)} of ${ecosystem}, ${why} (${shown})`;
  });
}

export function counted(count: number): string {
  return `${count} package${count === 1 ? '' : 's'}`;
}
