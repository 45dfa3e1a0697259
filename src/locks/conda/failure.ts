/** Boils the output of conda-lock and of the solver below it down to what went wrong. Pure. */
import type { Reason } from '../../model.ts';
import { explainFailure, type Failure } from '../failure.ts';
import { detailOf, readOutput } from '../failure/output.ts';
import { short, toolOf, type Evidence, type Recognised } from '../failure/recogniser.ts';
import { recogniseSolver, solverWords } from './failure-solver.ts';

/** Why conda-lock failed, for a reader of the pull request, as `explainFailure` says it of other tools. Never throws. */
export function explainCondaFailure(failure: Failure): Reason {
  const { result, cutoff } = failure;
  if (result.timedOut || result.exitCode === null) return explainFailure(failure);
  const output = readOutput(result.stdout, result.stderr);
  const evidence: Evidence = { ...output, failure };
  const solver = recogniseSolver(evidence);
  if (solver !== null)
    return withCutoff(reasonOf(solver, solverWords(output.lines) ?? wordsOf(evidence, solver)), cutoff);
  const own = recogniseOwn(evidence);
  if (own !== null) return reasonOf(own, wordsOf(evidence, own));
  return ofPip(evidence, explainFailure(failure));
}

function reasonOf({ code, message, fix }: Recognised, detail: string): Reason {
  return { code, message, fix, detail };
}

function wordsOf({ lines, flat }: Evidence, { words }: Recognised): string {
  const from = words === null ? -1 : lines.findIndex((line) => words.test(line));
  return detailOf({ lines, flat }, from === -1 ? null : from);
}

/** No solver can tell a package that the cool-down hides from one that was never built. */
function withCutoff(told: Reason, cutoff: string | null): Reason {
  if (cutoff === null || (told.code !== 'unsatisfiable' && told.code !== 'package-not-found')) return told;
  return {
    ...told,
    message: `${told.message} The cool-down hides packages since ${cutoff}.`,
    fix: `${told.fix} Where one of those is wanted: wait, or shorten the cool-down.`,
  };
}

interface Saying {
  readonly words: RegExp;
  readonly tell: (said: RegExpExecArray, evidence: Evidence) => Omit<Recognised, 'words'>;
}

/** What conda-lock says by itself. */
const SAYINGS: readonly Saying[] = [
  {
    words:
      /Could not find conda \(or compatible\) executable|No such file or directory: '[^']{0,300}(?:conda|mamba)[^/']{0,20}'/u,
    tell: (_said, { failure }) => ({
      code: 'tool-install-broken',
      message: `${toolOf(failure)} found no conda to solve with.`,
      fix: 'Correct `conda` under [tools] in the settings of Relock, or leave it out: then Relock brings a solver.',
    }),
  },
  {
    words: /RuntimeError: Failed to turn `([^`]{1,200})` into a MatchSpec/u,
    tell: ([, spec = '']) => ({
      code: 'manifest-unreadable',
      message: `conda-lock cannot read the spec \`${short(spec)}\`.`,
      fix: 'Correct it in the environment file.',
    }),
  },
  {
    words: /ChannelAggregationError: (.{1,300})/u,
    tell: ([, said = '']) => ({
      code: 'manifest-unreadable',
      message: `The channels of the sources cannot be put together, since no list ends with the other: ${short(said, 240)}.`,
      fix: 'Give the environment files the same channels in the same order.',
    }),
  },
  {
    words: /Got pip specs without Python/u,
    tell: () => ({
      code: 'unsatisfiable',
      message: 'There is a pip section, and nothing that brings Python.',
      fix: 'Add `python` to the dependencies of the environment file.',
    }),
  },
  {
    words: /(?:Unsupported platform|KeyError:) '((?:linux|osx|win|emscripten|wasi|freebsd)-\w{1,20})'/u,
    tell: ([, platform = ''], { failure }) => ({
      code: 'unsatisfiable',
      message: `${toolOf(failure)} does not lock for the platform ${platform}.`,
      fix: 'Take the platform out of the lock.',
    }),
  },
  {
    words: /InvalidRequirement: (.{1,200})/u,
    tell: ([, said = '']) => ({
      code: 'manifest-unreadable',
      message: `conda-lock cannot read a requirement: ${short(said)}.`,
      fix: 'Correct it in the pip section of the environment file, or in pyproject.toml.',
    }),
  },
  {
    words: /^(?:\w+\.)*(?:ValidationError|yaml\.\w+\.\w*Error|ScannerError|ParserError): (.{1,200})/mu,
    tell: ([, said = '']) => ({
      code: 'manifest-unreadable',
      message: `conda-lock cannot read one of its sources: ${short(said)}.`,
      fix: 'Correct the environment file, or virtual-packages.yml.',
    }),
  },
];

function recogniseOwn(evidence: Evidence): Recognised | null {
  const text = evidence.lines.join('\n');
  for (const { words, tell } of SAYINGS) {
    const said = words.exec(text);
    if (said !== null) return { ...tell(said, evidence), words };
  }
  const page = /Package ([\w.-]{1,100}) \(([\w.+!-]{1,60})\) not found/u.exec(text);
  if (page === null) return null;
  return {
    code: 'index-json-api-missing',
    message: `The package index has ${page[1]} ${page[2]}, but not the JSON page of that version (/pypi/NAME/VERSION/json), which conda-lock reads.`,
    fix: 'Name the index as `index-url` in the settings of Relock: it is then read as a simple index.',
    words: /not found/u,
  };
}

/** What Poetry's solver within conda-lock says is of the pip section, and of no pyproject.toml. */
function ofPip({ lines }: Evidence, told: Reason): Reason {
  const inPip = lines.some((line) =>
    /[-_]dummy[-_]package[-_]|conda_lock\/pypi_solver\.py|_vendor[./]poetry/u.test(line),
  );
  if (!inPip) return told;
  const plain = (text: string): string => text.replaceAll(/[-_]dummy[-_]package[-_]/gu, 'the pip section');
  return {
    ...told,
    message: `The pip packages could not be locked: ${plain(told.message)}`,
    fix: plain(told.fix).replaceAll(' in pyproject.toml', ' in the pip section'),
    detail: plain(told.detail),
  };
}

/** Whether the list of names could not be fetched, on which everything with pip packages depends. */
export function failedForMapping(failure: Pick<Failure, 'result'>): boolean {
  const { exitCode, stderr, stdout } = failure.result;
  if (exitCode === 0) return false;
  const said = `${stdout}\n${stderr}`;
  return (
    /raw\.githubusercontent\.com|grayskull_pypi_mapping|_get_pypi_lookup|cached_download_file/u.test(said) &&
    /requests\.exceptions|ConnectionError|HTTPError|ProxyError|SSLError|Max retries|Timeout|urllib3|NameResolution/u.test(
      said,
    )
  );
}
