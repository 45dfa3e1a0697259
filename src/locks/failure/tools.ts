/** Failures of the tools themselves, of interpreters, and of the machine. */
import { DOWNLOAD_WORDS, isFailedDownload, PYTHON_BUILDS } from '../python-download.ts';
import { short, toolOf, type Evidence, type Recognised } from './recogniser.ts';

export function recogniseMachine({ flat }: Evidence): Recognised | null {
  if (/No space left on device|ENOSPC|Disk quota exceeded/iu.test(flat)) {
    return {
      code: 'tool-failed',
      message: 'The disk of this machine is full, or its quota is used up.',
      fix: 'Free room (the cache folder of Relock can be deleted), then run again.',
      words: /No space left|ENOSPC|quota exceeded/iu,
    };
  }
  if (/\bMemoryError\b|Cannot allocate memory|ENOMEM/u.test(flat)) {
    return {
      code: 'tool-failed',
      message: 'The tool ran out of memory.',
      fix: 'Run with more memory, or with a smaller `parallel` in the settings of Relock.',
      words: /MemoryError|Cannot allocate|ENOMEM/u,
    };
  }
  return null;
}

export function recognisePython({ flat, failure }: Evidence): Recognised | null {
  const old = /Can't use Python at `([^`]{1,300})`/u.exec(flat);
  if (old !== null) {
    return {
      code: 'python-missing',
      message: `${toolOf(failure)} came upon ${short(old[1] ?? '')}, a Python that it cannot use, before one that fits.`,
      fix: 'Install the Python of this lock where Relock runs, or take the old one off PATH.',
      words: /Can't use Python at/u,
    };
  }
  if (isFailedDownload(flat)) {
    return {
      code: 'python-missing',
      message: `Python ${wantedPython(failure, undefined)} is not on this machine, and uv could not download it.`,
      fix: `Install that Python where Relock runs, or run it where uv reaches ${PYTHON_BUILDS}.`,
      words: DOWNLOAD_WORDS,
    };
  }
  const patterns = [
    /No interpreter found for (?:path )?(?:Python )?(?<wants>[^\s`]{1,60})/u,
    /Python (?<wants>[\d.]{1,20}) was not found on your system/u,
    /activated Python version (?<has>[\d.]{1,20}) is not supported by the project \((?<wants>[^)]{1,80})\)(?!.{0,200}Using python)/u,
    /Current Python version \((?<has>[\d.]{1,20})\) is not allowed by the project \((?<wants>[^)]{1,80})\)/u,
    /(?:resolved to|Using) Python (?<has>[\d.]{1,20}),? which is (?:incompatible with|not compatible with) the project's Python requirement: `(?<wants>[^`]{1,80})`/u,
    /unable to find a compatible version/u,
  ];
  const said = patterns.map((pattern) => pattern.exec(flat)).find((match) => match !== null);
  if (said === undefined) return null;
  const { wants, has } = said.groups ?? {};
  const wanted = wantedPython(failure, wants);
  return {
    code: 'python-missing',
    message: `Python ${wanted} is not on this machine${has === undefined ? '' : `; ${toolOf(failure)} ran on Python ${has}`}.`,
    fix: 'Install that Python where Relock runs, or allow uv to download it (`python-downloads = true` under `[tools]` in the settings of Relock).',
    words:
      /No interpreter found|was not found on your system|is not supported by the project|is not allowed by the project|Python requirement: |unable to find a compatible version/u,
  };
}

/** A lock for 3.10 is solved for a patch of our choice (`3.10.22`), which means nothing to a reader. */
function wantedPython({ target }: Evidence['failure'], wants: string | undefined): string {
  const { version } = target.python;
  if (wants === undefined) return version ?? 'that the project wants';
  return version !== null && wants.startsWith(`${version}.`) ? version : wants;
}

export function recogniseInstall({ flat, failure }: Evidence): Recognised | null {
  if (
    !/when resolving tool dependencies|Failed to (?:install|resolve) (?:tool|.{0,60}executable)|is not provided by (?:package|the)/u.test(
      flat,
    )
  )
    return null;
  const because = /Because (.{1,300}?), we can conclude/u.exec(flat)?.[1];
  return {
    code: 'tool-install-broken',
    message: `${toolOf(failure)} could not be installed${because === undefined ? '' : `: ${short(because)}`}.`,
    fix: 'Name a version that is on the index with `tool-version` under `[[lock]]` in .github/relock.toml.',
    words: /No solution found when resolving tool|Failed to (?:install|resolve)|is not provided by/u,
  };
}

/** The error in which the tool's own stack ended, outside any build of a package. */
export function recogniseBrokenTool({ flat, lines, failure }: Evidence): Recognised | null {
  const { python } = failure.command.tool;
  const target = failure.target.python.version;
  if (
    /seeder no longer ships pip|(?:requires|needs) (?:a )?Python (?:>=)?\d[\d.]* or (?:newer|higher|later)/iu.test(
      flat,
    )
  ) {
    const named = /setuptools for Python (\d[\d.]*\d)/u.exec(flat)?.[1] ?? null;
    return unfit(failure, named ?? target ?? python, /seeder no longer ships|or (?:newer|higher|later)/iu);
  }
  const stack = lines.some((line) =>
    /File ".{0,400}(?:pipenv|poetry|piptools|pip|cleo|clikit|click|virtualenv)\/.{1,200}", line \d+/u.test(
      line,
    ),
  );
  if (!stack && !/^Traceback/mu.test(lines.join('\n'))) return null;
  const error = lines.findLast((line) =>
    /^(?:\[ResolutionFailure\]: )?\s*(?:SyntaxError|ImportError|ModuleNotFoundError|AttributeError|TypeError|NameError): /u.test(
      line,
    ),
  );
  if (error === undefined) return null;
  if (error.includes('SyntaxError: ')) return unfit(failure, target ?? python, /SyntaxError: /u);
  return {
    code: 'tool-install-broken',
    message: `${toolOf(failure)} does not work as installed: ${short(error)}. Probably a dependency of it has moved on.`,
    fix: 'Name another version of the tool with `tool-version` under `[[lock]]` in .github/relock.toml.',
    words: /(?:ImportError|ModuleNotFoundError|AttributeError|TypeError|NameError): /u,
  };
}

function unfit(failure: Evidence['failure'], python: string | null, words: RegExp): Recognised {
  return {
    code: 'tool-does-not-run-on-locked-python',
    message: `${toolOf(failure)} does not run on Python ${python ?? 'of this lock'}.`,
    fix: 'Name a version of the tool that does with `tool-version` under `[[lock]]` in .github/relock.toml, or move the lock to a newer Python.',
    words,
  };
}
