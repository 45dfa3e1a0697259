/** What the solver below conda-lock says: the one that Relock brings, and conda, mamba, micromamba. Pure. */
import { namedIn, remoteFor, short, type Evidence, type Recognised } from '../failure/recogniser.ts';
import { channelUrls } from './channels.ts';
import { clashesOf } from './explanation.ts';

/** A line of `config/conda-solver.py`: `relock-conda: CODE: SENTENCE`; its codes are listed at the top of that file. */
const OWN = /^relock-conda: ([a-z-]{1,40}): (.*)$/u;
const PLATFORM = /^Could not lock the environment for platform (\S{1,40})/u;

/** What was asked of the solver, and what it answered. */
interface Answer {
  readonly platform: string | null;
  /** Specs as conda-lock tells them: `python 3.11.*`. */
  readonly asked: readonly string[];
  readonly lines: readonly string[];
}

export function recogniseSolver(evidence: Evidence): Recognised | null {
  const answer = answerOf(evidence.lines);
  const own = answer.lines.map((line) => OWN.exec(line)).find((said) => said !== null);
  if (own !== undefined) return ofCode(own[1] ?? '', own[2] ?? '', answer, evidence);
  return ofConda(answer, evidence);
}

/** The solver's words, for a reader; null when it said nothing. */
export function solverWords(lines: readonly string[]): string | null {
  const said = answerOf(lines).lines.slice(0, 80).join('\n').trim();
  return said === '' ? null : said.slice(0, 8000);
}

function answerOf(lines: readonly string[]): Answer {
  const start = lines.findIndex((line) => PLATFORM.test(line));
  if (start === -1) return { platform: null, asked: [], lines: [] };
  const platform = PLATFORM.exec(lines[start] ?? '')?.[1] ?? null;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\s+Command: \[/u.test(line));
  const told = lines.findLast((line) => line.includes(`${platform ?? ''} using specs [`));
  const asked = [...(told ?? '').matchAll(/'([^']{1,200})'/gu)].map(([, spec = '']) => spec);
  return { platform, asked, lines: end === -1 ? rest.slice(0, 80) : rest.slice(0, end) };
}

function ofCode(code: string, sentence: string, answer: Answer, evidence: Evidence): Recognised {
  const says = sentence.endsWith('.') ? short(sentence, 400) : `${short(sentence, 400)}.`;
  const message = says.charAt(0).toUpperCase() + says.slice(1);
  switch (code) {
    case 'channel-unreachable':
    case 'channel-broken-off':
    case 'channel-missing':
    case 'channel-unreadable':
      return channel(code, message, evidence);
    case 'channel-refused':
      return {
        code: 'authentication-required',
        message,
        fix: 'Add a `[[credential]]` for its host to the settings of Relock, or mend the one that is there.',
        words: OWN,
      };
    case 'platform-unsupported':
      return {
        code: 'unsatisfiable',
        message: `The platform ${answer.platform ?? ''} cannot be locked: ${short(sentence, 400)}`,
        fix: 'Take the platform out of the lock (`platforms` in the environment file, or `options = ["-p", …]` under [[lock]]), or add a channel that has it.',
        words: OWN,
      };
    case 'virtual-package-missing':
      return {
        code: 'unsatisfiable',
        message: `A package needs of the machine what conda-lock does not take it to have: ${short(sentence, 300)}`,
        fix: 'Say what the machines have in a virtual-packages.yml beside the lock, or with `options = ["--with-cuda", "12.4"]` under [[lock]] in .github/relock.toml.',
        words: OWN,
      };
    case 'unsatisfiable':
      return unsatisfiable(answer);
    case 'spec-unreadable':
      return { code: 'manifest-unreadable', message, fix: 'Correct it in the environment file.', words: OWN };
    default:
      return {
        code: 'tool-failed',
        message: `The solver failed in itself: ${short(sentence, 300)}`,
        fix: 'Please report this, with the environment file.',
        words: OWN,
      };
  }
}

function channel(code: string, message: string, { failure }: Evidence): Recognised {
  const name = /\bchannel (?:at )?(\S{1,500})/u.exec(message)?.[1] ?? '';
  const [url] = channelUrls(name);
  const remote = url === undefined ? null : remoteFor(failure, url);
  return {
    code: 'channel-unreachable',
    message: message.replace(name, () => `${name}${namedIn(remote)}`),
    fix:
      code === 'channel-missing'
        ? 'Check the name of the channel in the environment file.'
        : 'Run Relock again: the fault may have passed. Else check the channel in the environment file.',
    words: OWN,
  };
}

function unsatisfiable({ platform, asked, lines }: Answer): Recognised {
  const clashes = clashesOf(lines, asked);
  const told = clashes.length === 0 ? '' : `: ${clashes.join('; ')}`;
  return {
    code: 'unsatisfiable',
    message: `What is asked for has no solution${platform === null ? '' : ` on ${platform}`}${told}.`,
    fix: 'Loosen or correct these specs in the environment file.',
    words: OWN,
  };
}

/** conda, mamba and micromamba. */
function ofConda(answer: Answer, evidence: Evidence): Recognised | null {
  const { flat } = evidence;
  const refused = /(?:CondaHTTPError: )?HTTP (\d{3}) [A-Z ]{3,40}? for url <(\S{1,500})>/u.exec(flat);
  const failed = /Download error \(\d+\) (.{1,100}?) \[(\S{1,500})\]/u.exec(flat);
  if (refused !== null || failed !== null) {
    const url = refused?.[2] ?? failed?.[2] ?? '';
    const status = refused?.[1] ?? null;
    if (status === '401' || status === '403') {
      return {
        code: 'authentication-required',
        message: `The channel at ${short(url)}${namedIn(remoteFor(evidence.failure, url))} refused access (${status}).`,
        fix: 'Add a `[[credential]]` for its host to the settings of Relock, or mend the one that is there.',
        words: /HTTP 40[13]/u,
      };
    }
    const how = status === null || status === '000' ? 'could not be reached' : `answered ${status}`;
    return {
      ...channel(
        status === '404' ? 'channel-missing' : 'channel-unreachable',
        `The channel at ${short(url)} ${how}.`,
        evidence,
      ),
      words: /CondaHTTPError|HTTP \d{3}|Download error/u,
    };
  }
  const missing =
    /PackagesNotFoundError: .{0,100}?not available from current channels:\s+((?:- \S{1,100} ?){1,20})/u.exec(
      flat,
    );
  if (missing !== null) {
    const names = [...(missing[1] ?? '').matchAll(/- (\S+)/gu)].map(([, name = '']) => `\`${name}\``);
    return {
      code: 'package-not-found',
      message: `No channel has ${names.join(', ')}${answer.platform === null ? '' : ` for ${answer.platform}`}.`,
      fix: 'Correct the spec or the channels in the environment file.',
      words: /PackagesNotFoundError/u,
    };
  }
  const words =
    /UnsatisfiableError|Encountered problems while solving|packages are incompatible|Could not solve for environment|Cannot solve the request/u;
  if (!words.test(flat)) return null;
  const nothing = answer.lines.flatMap(
    (line) => /nothing provides (?:requested )?(.{1,100}?)(?:,? needed by .*)?$/u.exec(line)?.[1] ?? [],
  );
  const told = unsatisfiable(answer);
  if (told.message.includes(': ') || nothing.length === 0) return { ...told, words };
  const specs = [...new Set(nothing)].slice(0, 3).map((spec) => `no channel has \`${short(spec)}\``);
  return { ...told, message: told.message.replace(/\.$/u, `: ${specs.join('; ')}.`), words };
}
