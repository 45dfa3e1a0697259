import { describe, expect, it } from 'vitest';
import { explainCondaFailure } from '../../../src/locks/conda/failure.ts';
import type { Target } from '../../../src/model.ts';
import { condaEcosystem } from '../../../src/locks/conda/ecosystem.ts';
import { detectorOf } from '../../support/one-lock.ts';
import { ENVIRONMENT, lockOf } from './fixtures.ts';

const { target } = detectorOf(condaEcosystem).only({
  'conda-lock.yml': lockOf(),
  'environment.yml': ENVIRONMENT,
});

function explain(
  stderr: string,
  more: { readonly cutoff?: string; readonly exitCode?: number | null; readonly target?: Target } = {},
) {
  const { cutoff = null, exitCode = 1 } = more;
  return explainCondaFailure({
    target: more.target ?? target,
    command: {
      tool: { name: 'conda-lock', version: '4.0.3', python: null, with: [] },
      argv: ['conda-lock', 'lock'],
      cwd: '.',
      env: {},
      outputs: [],
      timeoutSeconds: 60,
    },
    result: { exitCode, timedOut: false, stdout: '', stderr, seconds: 1 },
    cutoff,
  });
}

/** As conda-lock prints the message of the solver. */
function solver(message: string, specs: readonly string[] = [], platform = 'linux-64'): string {
  return `INFO:conda_lock.conda_solver:${platform} using specs [${specs.map((spec) => `'${spec}'`).join(', ')}]
Could not lock the environment for platform ${platform}
${message}

    Command: ['/x/relock-conda', 'create']
    STDOUT:
{
  "success": false,
  "message": ${JSON.stringify(message)}
}

Traceback (most recent call last):
  File "/x/conda_lock/conda_solver.py", line 335, in solve_specs_for_arch
    proc.check_returncode()
subprocess.CalledProcessError: Command '['/x/relock-conda']' returned non-zero exit status 1.
`;
}

const UNSATISFIABLE = 'relock-conda: unsatisfiable: no packages for linux-64 fit together.\n';

describe('the solver that Relock brings', () => {
  it.each([
    [
      'two wishes for one package',
      `${UNSATISFIABLE}Cannot solve the request because of: The following packages are incompatible
├─ b * can be installed with any of the following options:
│  └─ b 1.0 would require
│     └─ c >=2, which can be installed with any of the following options:
│        └─ c 2.0
└─ d * cannot be installed because there are no viable options:
   └─ d 1.0 would require
      └─ a *, which cannot be installed because there are no viable options:
         └─ a 1.0 | 1.1 would require
            └─ c <2, which cannot be installed because there are no viable options:
               └─ c 1.0, which conflicts with the versions reported above.`,
      ['b', 'd'],
      'What is asked for has no solution on linux-64: `b` needs `c >=2`; `d` (through a) needs `c <2`.',
    ],
    [
      'a wish against what is asked for',
      `${UNSATISFIABLE}Cannot solve the request because of: e * cannot be installed because there are no viable options:
└─ e 1 would require
   └─ python >=3.11,<3.12.0a0, for which no candidates were found.`,
      ['e', 'python 3.12.*'],
      'What is asked for has no solution on linux-64: `e` needs `python >=3.11,<3.12.0a0`, and `python 3.12.*` is asked for.',
    ],
    [
      'a wish that nobody meets',
      `${UNSATISFIABLE}Cannot solve the request because of: e * cannot be installed because there are no viable options:
└─ e 1 would require
   └─ nosuch >=3, for which no candidates were found.`,
      ['e'],
      'What is asked for has no solution on linux-64: `e` needs `nosuch >=3`, which no channel has.',
    ],
    [
      'no such package',
      `${UNSATISFIABLE}Cannot solve the request because of: No candidates were found for nosuch >=2.`,
      ['nosuch >=2'],
      'What is asked for has no solution on linux-64: no package is `nosuch >=2`.',
    ],
    [
      'only what is too young',
      `${UNSATISFIABLE}Cannot solve the request because of: The following packages are incompatible
└─ a * cannot be installed because there are no viable options:
   └─ a 1.0 | 1.1 is excluded because the package is uploaded after the cutoff date of 2019-12-31 23:59:59`,
      ['a'],
      'What is asked for has no solution on linux-64: `a` has only a 1.0 | 1.1 is excluded because the package is uploaded after the cutoff date of 2019-12-31 23:59:59.',
    ],
    [
      'nothing that is understood',
      UNSATISFIABLE.trim(),
      ['a'],
      'What is asked for has no solution on linux-64.',
    ],
  ])('finds %s', (_what, message, specs, told) => {
    const reason = explain(solver(message, specs));
    expect(reason).toMatchObject({ code: 'unsatisfiable', message: told });
    expect(reason.detail).toBe(message);
  });

  it.each([
    [
      'channel-unreachable: the conda channel conda-forge cannot be reached: it does not answer.',
      'channel-unreachable',
      /conda-forge \(named in environment\.yml:3\) cannot be reached/u,
    ],
    [
      'channel-missing: the conda channel https://x.example.com/y does not exist (HTTP 404).',
      'channel-unreachable',
      /does not exist/u,
    ],
    [
      'channel-broken-off: the conda channel conda-forge ended an answer before it was whole.',
      'channel-unreachable',
      /before it was whole/u,
    ],
    [
      'channel-unreadable: the conda channel conda-forge sent what is no repodata.',
      'channel-unreachable',
      /no repodata/u,
    ],
    [
      'channel-refused: the conda channel https://x.example.com/y refused access (HTTP 403).',
      'authentication-required',
      /403/u,
    ],
    [
      'platform-unsupported: no package for osx-64 is in any of: x.',
      'unsatisfiable',
      /platform osx-64 cannot be locked/u,
    ],
    ['virtual-package-missing: osx-64 has no virtual package __cuda >=12.', 'unsatisfiable', /__cuda >=12/u],
    ["spec-unreadable: the spec 'a>>' cannot be read: x", 'manifest-unreadable', /a>>/u],
    ['internal: KeyError: x', 'tool-failed', /KeyError/u],
    ['something-new: words.', 'tool-failed', /words/u],
  ])('says %s', (message, code, told) => {
    const reason = explain(solver(`relock-conda: ${message}`, [], 'osx-64'));
    expect(reason).toMatchObject({ code, message: expect.stringMatching(told) });
    expect(reason.fix).not.toBe('');
  });

  it('cannot tell what the cool-down hides', () => {
    const reason = explain(solver(UNSATISFIABLE.trim()), { cutoff: '2026-11-01T00:00:00Z' });
    expect(reason.message).toContain('The cool-down hides packages since 2026-11-01T00:00:00Z.');
  });
});

describe('other solvers', () => {
  it.each([
    [
      'CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.anaconda.org/conda-forge/linux-64/repodata.json>\nElapsed: -',
      'channel-unreachable',
      /conda-forge\/linux-64\/repodata\.json \(named in environment\.yml:3\) could not be reached/u,
    ],
    [
      'CondaHTTPError: HTTP 403 FORBIDDEN for url <https://x.example.com/a/noarch/repodata.json>',
      'authentication-required',
      /refused access \(403\)/u,
    ],
    [
      'Download error (28) Timeout was reached [https://conda.anaconda.org/conda-forge/noarch/repodata.json.zst]',
      'channel-unreachable',
      /could not be reached/u,
    ],
    [
      'PackagesNotFoundError: The following packages are not available from current channels:\n\n  - nosuch\n  - other=2\n',
      'package-not-found',
      /`nosuch`, `other=2` for linux-64/u,
    ],
    [
      'Encountered problems while solving:\n  - nothing provides requested nosuch >=2\n',
      'unsatisfiable',
      /no channel has `nosuch >=2`/u,
    ],
    [
      'Could not solve for environment specs\nThe following packages are incompatible\n├─ a is installable with the potential options\n│  └─ a 1.0 would require\n│     └─ c <2 , which can be installed;\n└─ b is not installable because it requires\n   └─ c >=2 , which conflicts with any installable versions previously reported.',
      'unsatisfiable',
      /`a` needs `c <2`; `b` needs `c >=2`/u,
    ],
  ])('%#', (message, code, told) => {
    expect(explain(solver(message))).toMatchObject({ code, message: expect.stringMatching(told) });
  });
});

describe('conda-lock itself', () => {
  it.each([
    ['RuntimeError: Could not find conda (or compatible) executable', 'tool-install-broken', /no conda/u],
    [
      "FileNotFoundError: [Errno 2] No such file or directory: '/opt/bin/micromamba'",
      'tool-install-broken',
      /no conda/u,
    ],
    [
      '    raise RuntimeError(f"Failed to turn `{spec}` into a MatchSpec") from e\nRuntimeError: Failed to turn `c=>=2=<` into a MatchSpec',
      'manifest-unreadable',
      /`c=>=2=<`/u,
    ],
    [
      'conda_lock.errors.ChannelAggregationError: [a] is not an ordered subset at the end of [b]',
      'manifest-unreadable',
      /cannot be put together/u,
    ],
    ['ValueError: Got pip specs without Python', 'unsatisfiable', /nothing that brings Python/u],
    ["KeyError: 'linux-riscv64'", 'unsatisfiable', /platform linux-riscv64/u],
    [
      'packaging.requirements.InvalidRequirement: Expected end\n    flask =? 3',
      'manifest-unreadable',
      /Expected end/u,
    ],
    [
      'yaml.scanner.ScannerError: mapping values are not allowed here',
      'manifest-unreadable',
      /mapping values/u,
    ],
    ['PackageNotFoundError: Package click (8.1.7) not found.', 'index-json-api-missing', /click 8\.1\.7/u],
    ['Traceback (most recent call last):\n  File "x"\nWibbleError: wobble', 'tool-failed', /wobble/u],
  ])('says %s', (stderr, code, told) => {
    expect(explain(stderr)).toMatchObject({ code, message: expect.stringMatching(told) });
  });

  it('solves pip packages by Poetry, whose words are of the pip section', () => {
    const stderr =
      'File "/x/conda_lock/pypi_solver.py", line 1\nconda_lock._vendor.poetry.puzzle.exceptions.SolverProblemError: Because -dummy-package- depends on flask (==3.0.0) which depends on click (>=8.1.3), click is required.\nSo, because -dummy-package- depends on click (<8), version solving failed.\n';
    const reason = explain(stderr);
    expect(reason).toMatchObject({
      code: 'unsatisfiable',
      message: expect.stringMatching(
        /^The pip packages could not be locked: .*the pip section wants click \(<8\)/u,
      ),
      fix: 'Loosen one of these requirements in the pip section.',
    });
    expect(reason.detail).not.toContain('dummy');
  });

  it('may be ended from outside', () => {
    expect(explain('', { exitCode: null })).toMatchObject({ code: 'cancelled' });
  });
});
