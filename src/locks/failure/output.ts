/** A tool's output made fit to search and to show. Pure. */

/** Output beyond this is not looked at: the middle of anything longer was dropped before it came here. */
const MAX_CHARACTERS = 400_000;
const MAX_LINE = 600;
const MAX_DETAIL = 8000;
const MAX_ESSENTIAL_LINES = 30;

export interface Output {
  /** Without escapes, carriage-return progress, credentials; lines capped. */
  readonly lines: readonly string[];
  /** All lines as one, frames of boxes gone and blanks collapsed: older versions of uv wrap their words at 80 columns. */
  readonly flat: string;
}

export function readOutput(stdout: string, stderr: string): Output {
  const text = `${stderr.slice(-MAX_CHARACTERS)}\n${stdout.slice(-MAX_CHARACTERS)}`;
  const lines = plain(text)
    .split('\n')
    // What Pipenv and Poetry put before each line of a process below them.
    .map((line) => line.replace(/^(?:(?:INFO|ERROR|WARNING|CRITICAL):[\w.]{1,100}:|\s{0,8}\| )/u, ''))
    .map(shortenLists)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line).trimEnd());
  const flat = lines
    .map((line) => line.replace(/^[\s│├╰─▶×|>]+/u, ''))
    .join(' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return { lines, flat };
}

/** pip's lists of every version there is: the newest are enough, of those that need another Python one for each. */
function shortenLists(line: string): string {
  return line
    .replace(/(?<= require a different python version: ).{100,}$/u, (list) => {
      const newest = new Map(
        list.split('; ').map((one): [string, string] => [one.replace(/^\S+ /u, ''), one.trim()]),
      );
      return [...newest.values()].join('; ');
    })
    .replace(/\(from versions: ([^)]{100,})\)/u, (_whole, list: string) => {
      return `(from versions: …, ${list.split(', ').slice(-3).join(', ')})`;
    })
    .replace(/^((?:Tried|Skipped pre-versions): .{100}).{20,}$/u, '$1…');
}

const ESC = String.fromCodePoint(0x1b);
const BELL = String.fromCodePoint(0x07);
/** Control sequences (colours, cursor), operating-system commands (titles, links), and what is left of others. */
const ESCAPES = new RegExp(
  `${ESC}\\[[\\d;?]*[ -/]*[@-~]|${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)?|${ESC}.`,
  'gu',
);

/** Without terminal escapes and overwritten progress, with credentials masked. */
function plain(text: string): string {
  return text
    .replaceAll(ESCAPES, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll(/(:\/\/)[^\s/@'"]{1,500}@/gu, '$1***@');
}

/**
 * The tool's own words for a reader, without stack frames and progress: all of them when they are few, else the essential
 * ones on top and then all, as far as the cap goes.
 * @param from index of the line with which the essential part begins; null: the last lines.
 */
export function detailOf(output: Output, from: number | null): string {
  const all = tidy(output.lines);
  if (all.length <= MAX_ESSENTIAL_LINES) return cap(all.join('\n'));
  const top =
    from === null
      ? tidy(output.lines).slice(-MAX_ESSENTIAL_LINES)
      : tidy(output.lines.slice(from)).slice(0, MAX_ESSENTIAL_LINES);
  if (top.every((line, at) => line === all[at])) return cap(all.join('\n'));
  const head = cap(top.join('\n'));
  const heading = '\n\nThe whole output:\n';
  const room = MAX_DETAIL - head.length - heading.length;
  if (room < 200) return head;
  const rest = all.join('\n');
  return `${head}${heading}${rest.length > room ? `…${rest.slice(1 - room)}` : rest}`;
}

function cap(text: string): string {
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…` : text;
}

/** Without stack frames, progress, lines said just before, and the indentation that all have in common. */
function tidy(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const line of withoutFrames(lines)) {
    const words = line.trim();
    if (words === '') {
      if (kept.length > 0 && kept.at(-1) !== '') kept.push('');
    } else if (!PROGRESS.test(words) && line !== kept.at(-1)) {
      kept.push(line);
    }
  }
  while (kept.at(-1) === '') kept.pop();
  const indents = kept.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  const indent = indents.reduce((least, one) => Math.min(least, one), MAX_LINE);
  return kept.map((line) => line.slice(indent));
}

/** Whether a line only tells how far the tool is. */
export function isProgress(line: string): boolean {
  return PROGRESS.test(line.trim());
}

const PROGRESS = new RegExp(
  `^(?:${[
    // uv and pip
    'Downloading .*|Downloaded .*|Installed \\d.*|Building .*|Built .*|Prepared \\d.*|Resolved \\d.*|Using cached .*',
    'Updating .*|Updated .*|Using CPython .*|Collecting .*|note: This error originates from a subprocess.*',
    '\\[end of output\\]|WARNING: (?:Retrying|--strip-extras).*',
    // Poetry and Pipenv
    'Resolving dependencies\\.*|Creating (?:a )?virtualenv .*|Locking .*|Pipfile: .*|Using /.*|created virtual environ.*',
    'creator CPython.*|no_vcs_ignore=.*|seeder FromAppData.*|app_data_dir=.*|added seed packages.*|activators.*',
    'Successfully created virtual.*|Virtualenv location.*|Your dependencies could not be resolved.*|Hint: try .*',
    'Skipping virtualenv creation, as specified.*',
    'You can use \\$ pipenv run .*|sub-dependencies\\.|mechanism, then run .*|the virtualenv\\.|BashActivator.*|,Python.*',
    // builds
    'copying .*|creating .*|running .*|writing .*|adding .*|reading manifest .*',
    // stacks
    'Traceback \\(most recent call last\\):|The above exception was the direct cause.*|During handling of the above.*',
    '\\[ResolutionFailure\\]: {2,}.*|[\\^~]+|!!|\\*+|[│|]',
  ].join('|')})$`,
  'u',
);

/** Drops Python's stack frames (`File "…", line 3, in f`, and the source lines under each), keeps the errors. */
function withoutFrames(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let frame = -1;
  for (const line of lines) {
    const indent = line.length - line.trimStart().length;
    if (/^"?\/.{0,500}", line \d+, in |^"\/\S{1,500}$/u.test(line)) {
      // What Pipenv wrapped of one.
      continue;
    } else if (/^\s*File ".{1,500}", line \d+/u.test(line) || /^\s*at .{1,300}:\d+ in \S+$/u.test(line)) {
      frame = indent;
    } else if (frame !== -1 && indent > frame) {
      continue;
    } else {
      frame = -1;
      kept.push(line);
    }
  }
  return kept;
}
