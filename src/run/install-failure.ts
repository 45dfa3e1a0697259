/** Why uv could not install a tool. Pure. */
import type { CommandResult, Reason, ReasonCode } from '../model.ts';

const MAX_DETAIL = 4000;

interface Kind {
  readonly pattern: RegExp;
  readonly code: ReasonCode;
  readonly why: (python: string) => string;
  readonly fix: string;
}

const KINDS: readonly Kind[] = [
  {
    pattern:
      /No interpreter found|No download found|Failed to (?:download|install).{0,40}(?:cpython|Python)/iu,
    code: 'python-missing',
    why: (python) => `Python ${python} is not on this machine and could not be fetched`,
    fix: 'Install that Python (`uv python install` does).',
  },
  {
    pattern: /does not satisfy Python|requires Python|Requires-Python|incompatible Python/u,
    code: 'tool-does-not-run-on-locked-python',
    why: (python) => `it, or what it needs, does not run on Python ${python}`,
    fix: 'Make the lock with a newer version of its tool, or name one with `tool-version` in .github/relock.toml.',
  },
  {
    pattern: /401 Unauthorized|403 Forbidden|407 Proxy/u,
    code: 'authentication-required',
    why: () => 'the index wants credentials',
    fix: "Name them in the operator's settings.",
  },
  {
    pattern: /error sending request|Failed to fetch|dns error|Connection refused|timed? ?out|tcp connect/iu,
    code: 'index-unreachable',
    why: () => 'the package index could not be reached',
    fix: 'Try again; check the network, the proxy and the index of the settings.',
  },
  {
    pattern: /there is no version of/u,
    code: 'tool-install-broken',
    why: () => 'the index has no such release',
    fix: 'Name another version with `tool-version` in .github/relock.toml.',
  },
  {
    pattern: /No solution found/u,
    code: 'tool-install-broken',
    why: () => 'the index has no set of packages that it can run with',
    fix: 'Name another version with `tool-version` in .github/relock.toml.',
  },
  {
    pattern: /Failed to build|build backend/u,
    code: 'tool-install-broken',
    why: () => 'a package that it needs could not be built',
    fix: 'Name another version with `tool-version` in .github/relock.toml.',
  },
];

/** @param title `poetry 1.8.5`. @param result of a `uv` that did not succeed. */
export function explainInstall(
  title: string,
  python: string,
  result: CommandResult,
  redact: (text: string) => string,
): Reason {
  const detail = redact(result.stderr.trim()).slice(-MAX_DETAIL);
  if (result.timedOut) {
    const message = `${title} could not be installed for Python ${python} within ${Math.round(result.seconds)} s.`;
    return { code: 'timeout', message, fix: 'Try again; check the network and the index.', detail };
  }
  const kind = KINDS.find(({ pattern }) => pattern.test(result.stderr));
  const why = kind?.why(python) ?? `uv ended with exit code ${result.exitCode ?? 'none'}`;
  return {
    code: kind?.code ?? 'tool-install-broken',
    message: `${title} could not be installed for Python ${python}: ${why}.`,
    fix: kind?.fix ?? '',
    detail,
  };
}
