import { describe, expect, it } from 'vitest';
import { condaEcosystem } from '../../../src/locks/conda/ecosystem.ts';
import { LOOKUP_FILE, METADATA_FILE, NOTES_FILE } from '../../../src/locks/conda/command.ts';
import { condaLockTool, PY_RATTLER } from '../../../src/locks/conda/solver.ts';
import type { Facts, Step, StepResult } from '../../../src/locks/ecosystem.ts';
import { factsOf, treeOf } from '../../support/drive-lock.ts';
import { detectorOf, reasonOf } from '../../support/one-lock.ts';
import { ENVIRONMENT, explicitOf, lockOf, type EntryOf } from './fixtures.ts';

const { only } = detectorOf(condaEcosystem);
const OTHER = 'b'.repeat(64);

type Files = Readonly<Record<string, string>>;
/** What a command leaves: files, and how it ended. */
interface Answer {
  readonly files?: Readonly<Record<string, string | null>>;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** Plays a lock to its end: each command is answered in order. */
function play(files: Files, answers: readonly Answer[], more: Partial<Facts> = {}, path = 'conda-lock.yml') {
  const lock = only(files);
  expect(lock.target.path).toBe(path);
  const facts = factsOf(treeOf(files), { newestTool: () => '4.0.3', ...more });
  const copy: Record<string, string | null> = { ...files };
  const history: StepResult[] = [];
  const commands: string[] = [];
  const left = [...answers];
  for (;;) {
    const step: Step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') return { last: step, commands, copy, history };
    if (step.do === 'write') {
      Object.assign(copy, step.files);
      history.push({ step, result: null, files: {} });
      continue;
    }
    commands.push(step.command.argv.join(' '));
    const { files: made = {}, stderr = '', exitCode = 0 } = left.shift() ?? {};
    Object.assign(copy, made);
    const outputs = Object.fromEntries(step.command.outputs.map((name) => [name, copy[name] ?? null]));
    const result = { exitCode, timedOut: false, stdout: '', stderr, seconds: 0 };
    history.push({ step, result, files: outputs });
  }
}

const FILES: Files = { 'conda-lock.yml': lockOf(), 'environment.yml': ENVIRONMENT };
const NEWER: readonly EntryOf[] = [
  { name: 'python', version: '3.11.11' },
  { name: 'numpy', version: '2.0', needs: { python: '>=3.11' } },
];
const MADE = { files: { 'conda-lock.yml': lockOf({ entries: NEWER }) } };
const LOCK =
  'conda-lock lock --conda {bin}/relock-conda -f environment.yml -p linux-64 --lockfile conda-lock.yml';

describe('a unified lock', () => {
  it('is taken away first, then made anew', () => {
    const { last, commands, history, copy } = play(FILES, [MADE]);
    expect(history[0]?.step).toEqual({ do: 'write', files: { 'conda-lock.yml': null } });
    expect(commands).toEqual([LOCK]);
    expect(last).toEqual({ do: 'done', solver: `conda-lock 4.0.3 with py-rattler ${PY_RATTLER}`, notes: [] });
    expect(copy['conda-lock.yml']).toContain('3.11.11');
    expect(history[1]?.step).toMatchObject({
      command: {
        tool: { name: 'conda-lock', version: '4.0.3', python: null, with: [`py-rattler==${PY_RATTLER}`] },
        cwd: '.',
        outputs: ['conda-lock.yml'],
      },
    });
  });

  it('is put back when that fails', () => {
    const stderr = 'Could not lock the environment for platform linux-64\nrelock-conda: unsatisfiable: no.\n';
    const { last, copy } = play(FILES, [{ exitCode: 1, stderr }]);
    expect(reasonOf(last)).toMatchObject({ code: 'unsatisfiable' });
    expect(copy['conda-lock.yml']).toBe(FILES['conda-lock.yml']);
  });

  it.each([
    ['nothing', { files: {} }, 'tool-failed'],
    [
      'paths of the machine',
      { files: { 'conda-lock.yml': lockOf({ sources: ['/tmp/x/environment.yml'] }) } },
      'unexpected-write',
    ],
    ['no lock', { files: { 'conda-lock.yml': 'a: b\n' } }, 'tool-failed'],
    [
      'fewer platforms',
      { files: { 'conda-lock.yml': lockOf({ platforms: ['win-64'] }) } },
      'unexpected-write',
    ],
  ])('fails when conda-lock leaves %s', (_what, answer, code) => {
    const { last, copy } = play(FILES, [answer]);
    expect(reasonOf(last).code).toBe(code);
    expect(copy['conda-lock.yml']).toBe(FILES['conda-lock.yml']);
  });

  it('stays as it is when only the time it was made is another', () => {
    const metadata = (time: string) => `  time_metadata:\n    created_at: '${time}'\n`;
    const files = { ...FILES, 'conda-lock.yml': lockOf({ metadata: metadata('2026-01-01') }) };
    const made = `# another comment\n${lockOf({ metadata: metadata('2026-02-02') })}`;
    const { commands, copy, last } = play(files, [{ files: { 'conda-lock.yml': made } }]);
    expect(commands[0]).toContain('--md timestamp --lockfile');
    expect(copy['conda-lock.yml']).toBe(files['conda-lock.yml']);
    expect(last).toMatchObject({ do: 'done', notes: [] });
  });

  it('keeps metadata that it was given by hand', () => {
    const metadata = '  custom_metadata:\n    team: "data \\"x\\""\n    __proto__: y\n';
    const { commands, copy } = play({ ...FILES, 'conda-lock.yml': lockOf({ metadata }) }, [MADE]);
    expect(commands[0]).toContain(`--mdy ${METADATA_FILE}`);
    expect(copy[METADATA_FILE]).toBe('{"team":"data \\"x\\"","__proto__":"y"}\n');
  });

  it('tells of other channels, and of other wishes', () => {
    const made = lockOf({ channels: ['bioconda', 'conda-forge'], hash: OTHER });
    expect(play(FILES, [{ files: { 'conda-lock.yml': made } }]).last).toMatchObject({
      notes: [
        'The channels of conda-lock.yml were conda-forge; as its sources say now they are bioconda, conda-forge.',
      ],
    });
    expect(play(FILES, [{ files: { 'conda-lock.yml': lockOf({ hash: OTHER }) } }]).last).toMatchObject({
      notes: [expect.stringContaining('its hash shows it')],
    });
  });

  it('has its explicit locks rendered after it, with their categories', () => {
    const entries: readonly EntryOf[] = [
      { name: 'python' },
      { name: 'pytest', category: 'dev' },
      { name: 'sphinx', category: 'docs' },
      { name: 'boto', category: 'aws' },
    ];
    const files = {
      ...FILES,
      'conda-lock.yml': lockOf({ entries }),
      'docker/prod.lock': explicitOf(['python-1.0-h0_0', 'sphinx-1.0-h0_0']),
    };
    const rendered = explicitOf(['python-2.0-h0_0', 'sphinx-1.0-h0_0']);
    const { commands, copy, last } = play(files, [MADE, { files: { 'docker/prod.lock': rendered } }]);
    expect(commands[1]).toBe(
      'conda-lock render -k explicit -p linux-64 --no-dev-dependencies --extras docs --filename-template docker/prod.lock conda-lock.yml',
    );
    expect(last.do).toBe('done');
    expect(copy['docker/prod.lock']).toBe(rendered);
  });

  it('is put back with them when one cannot be rendered', () => {
    const files = { ...FILES, 'conda-linux-64.lock': explicitOf() };
    const { copy, last } = play(files, [MADE, { exitCode: 1, stderr: 'boom' }]);
    expect(last.do).toBe('fail');
    expect(copy).toMatchObject(files);
  });
});

describe('who solves', () => {
  it('is the conda that the operator names', () => {
    const { commands, last, history } = play(FILES, [MADE], {
      condaExecutable: '/opt/micromamba',
      cutoff: '2026-11-01T00:00:00Z',
    });
    expect(commands[0]).toContain('--conda /opt/micromamba -f');
    expect(history[1]?.step).toMatchObject({ command: { tool: { with: [] } } });
    expect(last).toMatchObject({
      solver: 'conda-lock 4.0.3 with micromamba',
      notes: [expect.stringContaining('cool-down was not kept for conda packages')],
    });
  });

  it('is nobody when that one cannot be used', () => {
    const why = { code: 'tool-install-broken', message: 'x', fix: '', detail: '' } as const;
    expect(play(FILES, [], { condaExecutable: why }).last).toEqual({ do: 'fail', reason: why });
  });

  it('is told of the cool-down, and tells of what has no time', () => {
    const told = 'linux-64: 2 records without a time: a, b\nnonsense\n';
    const { history, last } = play(FILES, [{ files: { ...MADE.files, [NOTES_FILE]: told } }], {
      cutoff: '2026-11-01T00:00:00Z',
    });
    expect(history[0]?.step).toMatchObject({ files: { [NOTES_FILE]: null } });
    expect(history[1]?.step).toMatchObject({
      command: { env: { RELOCK_EXCLUDE_NEWER: '2026-11-01T00:00:00Z', RELOCK_CONDA_NOTES: NOTES_FILE } },
    });
    expect(last).toMatchObject({
      notes: [
        'The cool-down was not kept for 2 packages on linux-64, whose channel does not tell when they were built: a, b.',
      ],
    });
  });
});

describe('pip packages', () => {
  const PIP: Files = { ...FILES, 'environment.yml': `${ENVIRONMENT}  - pip:\n    - flask\n` };
  const DEAD =
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='raw.githubusercontent.com', port=443): Max retries exceeded with url: /regro/x/grayskull_pypi_mapping.json";

  it('are locked with an empty list of names when that cannot be fetched', () => {
    const { commands, copy, last } = play(PIP, [{ exitCode: 1, stderr: DEAD }, MADE]);
    expect(commands).toEqual([LOCK, `${LOCK} --pypi_to_conda_lookup_file ${LOOKUP_FILE}`]);
    expect(copy[LOOKUP_FILE]).toBe('{}\n');
    expect(last).toMatchObject({
      do: 'done',
      notes: [expect.stringContaining('names were taken to be the same')],
    });
  });

  it('are not where names are to be turned into those of conda', () => {
    const files = {
      'conda-lock.yml': lockOf({ sources: ['pyproject.toml'] }),
      'pyproject.toml':
        '[tool.conda-lock]\nchannels = ["conda-forge"]\n[project]\ndependencies = ["build"]\n',
    };
    const { commands, last } = play(files, [{ exitCode: 1, stderr: DEAD }]);
    expect(commands).toHaveLength(1);
    expect(last.do).toBe('fail');
  });

  it.each([
    ['has all pages', PIP, { hasVersionJson: true, isMirror: false }, null],
    ['lacks pages of versions', PIP, { hasVersionJson: false, isMirror: false }, 'https://i/simple'],
    ['is not asked', FILES, { hasVersionJson: false, isMirror: false }, null],
    [
      'is forbidden',
      { ...PIP, 'environment.yml': `allow-pypi-requests: false\n${PIP['environment.yml']}` },
      { hasVersionJson: false, isMirror: true },
      null,
    ],
  ])('know of the index that %s', (_what, files, index, url) => {
    const { history } = play(files, [MADE], { index: { url: 'https://i/simple', ...index } });
    const step = history.find((one) => one.step.do === 'run')?.step;
    const env = step?.do === 'run' ? step.command.env : {};
    expect(env['POETRY_REPOSITORIES_RELOCK_URL'] ?? null).toBe(url);
  });

  describe('of a mirror', () => {
    const index = { url: 'https://mirror.example.com/simple', isMirror: true, hasVersionJson: false };
    const path = `packages/ab/cd/${'e'.repeat(60)}/flask-3.0-py3-none-any.whl`;
    const made = (url: string): Answer => ({
      files: {
        'conda-lock.yml': lockOf({
          entries: [...NEWER, { name: 'flask', version: '3.0', manager: 'pip', url }],
        }),
      },
    });

    it('are asked of it alone, and named as those of the public index', () => {
      const { history, copy, last } = play(PIP, [made(`https://mirror.example.com/${path}`)], { index });
      expect(history[0]?.step).toMatchObject({
        files: { 'environment.yml': `allow-pypi-requests: false\n${PIP['environment.yml']}` },
      });
      expect(copy['conda-lock.yml']).toContain(`url: https://files.pythonhosted.org/${path}`);
      expect(last).toMatchObject({ notes: [expect.stringContaining('solved on the configured mirror')] });
    });

    it('are not published with addresses that only it has', () => {
      const { last, copy } = play(PIP, [made('https://mirror.example.com/files/flask-3.0.tar.gz')], {
        index,
      });
      expect(reasonOf(last)).toMatchObject({ code: 'unexpected-write' });
      expect(copy['conda-lock.yml']).toBe(PIP['conda-lock.yml']);
    });
  });
});

describe('an explicit lock alone', () => {
  const names = Array.from({ length: 12 }, (_, at) => `p${at}-1.0-h0_0`);
  const files: Files = {
    'conda-linux-64.lock': explicitOf(['python-3.11.9-h1_0', 'numpy-1.0-h0_0', ...names]),
    'environment.yml': ENVIRONMENT,
    'other/environment.yml': 'dependencies: [p1, p2]\n',
  };
  const made = (text: string): Answer => ({ files: { 'conda-linux-64.lock': text } });
  const run = (answer: Answer) => play(files, [answer], {}, 'conda-linux-64.lock');

  it('is made without a look at other locks', () => {
    const { commands, last } = run(made(explicitOf(['python-3.12.0-h1_0', 'numpy-2.0-h0_0', ...names])));
    expect(commands).toEqual([
      'conda-lock lock --conda {bin}/relock-conda -f environment.yml -p linux-64 -k explicit --filename-template conda-linux-64.lock --lockfile .relock-none.yml',
    ]);
    expect(last).toMatchObject({ do: 'done', notes: [] });
  });

  it('is published with fewer packages when its hash shows that nothing else was asked for', () => {
    expect(run(made(explicitOf())).last.do).toBe('done');
  });

  it('is not when much goes and the source was a guess', () => {
    const { last, copy } = run(made(explicitOf(undefined, OTHER)));
    expect(reasonOf(last)).toMatchObject({
      code: 'ambiguous-manifest',
      message: expect.stringMatching(
        /12 of its 14 packages would go.*Others that fit: other\/environment\.yml/u,
      ),
    });
    expect(copy['conda-linux-64.lock']).toBe(files['conda-linux-64.lock']);
  });

  it('is with a note when its wishes changed and little goes', () => {
    const { last } = run(
      made(explicitOf(['python-3.12.0-h1_0', 'numpy-2.0-h0_0', ...names.slice(2)], OTHER)),
    );
    expect(last).toMatchObject({ do: 'done', notes: [expect.stringContaining('its hash shows it')] });
  });
});

it.each([
  ['4.0.3', null, ['py-rattler==0.28.0']],
  [null, null, ['py-rattler==0.28.0']],
  ['2.5.7', '3.11', ['py-rattler==0.28.0', 'setuptools==75.8.0']],
])('conda-lock %s runs on Python %s with %j', (version, python, companions) => {
  expect(condaLockTool(version, true)).toEqual({ name: 'conda-lock', version, python, with: companions });
  expect(condaLockTool(version, false).with).not.toContain('py-rattler==0.28.0');
});

it('names the solver as it is pinned', async () => {
  const { default: tools } = await import('../../../config/tools.json', { with: { type: 'json' } });
  const pinned = (tools as Record<string, unknown>)['py-rattler'];
  expect(pinned).toBe(PY_RATTLER);
});
