/** Which step of a build failed, and what it printed: from the words of each builder. Pure. */
import type { BuilderKind, StepFailure } from './model.ts';

export interface BuildWords {
  readonly stdout: string;
  readonly stderr: string;
  /** What the builder wrote to its file, or empty. */
  readonly log: string;
}

const MOST_LINES = 40;
const MOST_CHARACTERS = 6000;
const LONGEST_STEP = 300;

/** @returns the step, its last lines (at most 40) and the builder's sentence. A build's own output can imitate all of it. */
export function stepFailure(kind: BuilderKind, words: BuildWords): StepFailure {
  const found = kind === 'buildah' || kind === 'podman' ? ofBuildah(words) : ofDaemon(words);
  return {
    step: found.step.trim().slice(0, LONGEST_STEP),
    lines: lastLines(found.lines),
    error: found.error.trim().slice(0, 1000),
  };
}

interface Found {
  readonly step: string;
  readonly lines: readonly string[];
  readonly error: string;
}

/** `[1/2] STEP 2/3: RUN make`, and at the end `Error: building at STEP "RUN make": exit status 2`. */
function ofBuildah({ log, stdout, stderr }: BuildWords): Found {
  const lines = (log === '' ? stdout : log).split('\n');
  const at = lines.findLastIndex((line) => BUILDAH_STEP.test(line));
  const said = stderr.split('\n').findLast((line) => /^(?:Error|error): /u.test(line)) ?? '';
  const named = /^[Ee]rror: (?:error )?building at STEP ("(?:[^"\\]|\\.)*"): (.*)$/u.exec(said);
  const printed = lines.slice(at + 1).filter((line) => !/^subprocess exited with status \d+$/u.test(line));
  return {
    step: named === null ? (BUILDAH_STEP.exec(lines[at] ?? '')?.[1] ?? '') : unquoted(named[1] ?? ''),
    lines: printed,
    error: shortened(named?.[2] ?? said.replace(/^[Ee]rror: /u, '')),
  };
}

const BUILDAH_STEP = /^(?:\[\d+\/\d+\] )?STEP \d+\/\d+: (.*)$/u;

/** Go's `%q`, near enough to JSON. */
function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

/** Buildah prints the whole request of a failed COPY, a kilobyte of its own fields. */
function shortened(text: string): string {
  const start = text.indexOf('copier.request{');
  const end = start === -1 ? -1 : text.lastIndexOf('}: copier:');
  return start === -1 || end < start ? text : `${text.slice(0, start)}${text.slice(end + 3)}`;
}

function ofDaemon(words: BuildWords): Found {
  return ofBuildKit(words) ?? ofClassic(words) ?? { step: '', lines: [], error: failed(words.stderr) };
}

/** Progress as `plain`: `#7 [2/3] RUN make`, `#7 0.123 …`, `#7 ERROR: process …`. */
function ofBuildKit({ stdout, stderr }: BuildWords): Found | null {
  const lines = `${stdout}\n${stderr}`.split('\n');
  // Others are cancelled when one fails; all of them when time is up.
  const failing = lines.findLastIndex((line) => /^#\d{1,6} ERROR: /u.test(line));
  const at = failing === -1 ? lines.findIndex((line) => /^#\d{1,6} CANCELED$/u.test(line)) : failing;
  const last = lines[at];
  if (last === undefined) return null;
  const number = last.slice(0, last.indexOf(' ') + 1);
  const own = lines.slice(0, at).filter((line) => line.startsWith(number));
  const title = own.find((line) => line.startsWith(`${number}[`))?.slice(number.length) ?? '';
  return {
    step: title.replace(/^\[[^\]]{0,80}\] (?=[A-Z]{2})/u, ''),
    lines: own.flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/u.exec(line)?.[1] ?? []),
    error: failing === -1 ? 'it was cancelled' : last.slice(number.length + 'ERROR: '.length),
  };
}

/** `Step 2/3 : RUN make`, ` ---> Running in 0a1b…`. */
function ofClassic({ stdout, stderr }: BuildWords): Found | null {
  const lines = stdout.split('\n');
  const at = lines.findLastIndex((line) => /^Step \d+\/\d+ : /u.test(line));
  if (at === -1) return null;
  const printed = lines
    .slice(at + 1)
    .filter((line) => line !== '' && !/^ ?---> |^Removing intermediate /u.test(line));
  const errors = stderr.split('\n').filter((line) => line !== '' && !/^DEPRECATED|^ {12}/u.test(line));
  return {
    step: (lines[at] ?? '').replace(/^Step \d+\/\d+ : /u, ''),
    lines: [...printed, ...errors.slice(0, -1)],
    error: errors.at(-1) ?? '',
  };
}

function failed(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.findLast((line) => /^(?:error|ERROR|Error)\b/u.test(line)) ?? lines.at(-1) ?? '';
  return said.replace(/^error: |^ERROR: |^Error: /u, '');
}

function lastLines(lines: readonly string[]): string {
  const text = lines.join('\n').trim().split('\n').slice(-MOST_LINES).join('\n');
  return text.length > MOST_CHARACTERS ? `…${text.slice(-MOST_CHARACTERS)}` : text;
}
