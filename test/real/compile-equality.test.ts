/** Locks of pip-compile and pip-compile-multi solved by uv are, byte for byte, those that the tools write themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { compileEcosystem } from '../../src/locks/compile/ecosystem.ts';
import type { Facts, PlannedLock, StepResult } from '../../src/locks/ecosystem.ts';
import { minorOf } from '../../src/locks/python-versions.ts';
import { doorForUv } from '../support/real-door.ts';
import { execute, factsOf, pythonsOf, treeOfFolder } from '../support/drive-lock.ts';
import { folder } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const CUTOFF = '2026-10-01T00:00:00Z';
const TOOLS = ['pip-tools==7.6.2', 'pip-compile-multi==3.3.2'];

let uv = '';
let bin = '';
let python: Facts['pythons'] = [];
beforeAll(async () => {
  uv = await findUv();
  const found = (await pythonsOf(uv)).find(({ version }) => /^3\.(?:1[0-4])$/u.test(minorOf(version)));
  if (found === undefined) throw new Error('No CPython 3.10 to 3.14 on this machine.');
  python = [found];
  const root = folder();
  const venv = join(root, 'venv');
  bin = join(venv, 'bin');
  await must(uv, ['venv', '--quiet', '--no-config', '--python', found.path, venv], root);
  const install = ['pip', 'install', '--quiet', '--no-config', '--exclude-newer', '2026-11-01T00:00:00Z'];
  await must(uv, [...install, '--python', join(bin, 'python'), ...TOOLS], root);
}, 120_000);

async function must(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const result = await execute(file, args, cwd, env);
  if (result.exitCode !== 0) throw new Error(`${basename(file)} ${args.join(' ')}\n${result.stderr}`);
}

/** Carries out a lock's steps, with the tools of this test's environment in the place of the toolbox. */
async function relock(
  root: string,
  lock: PlannedLock,
  door: Readonly<Record<string, string>>,
): Promise<string> {
  const facts = factsOf(await treeOfFolder(root), {
    pythons: python,
    cutoff: CUTOFF,
    newestTool: () => '7.6.2',
  });
  const history: StepResult[] = [];
  for (;;) {
    const step = lock.next(facts, history);
    if (step.do === 'fail') throw new Error(JSON.stringify(step.reason));
    if (step.do === 'done') return step.solver;
    if (step.do === 'write') {
      for (const [path, text] of Object.entries(step.files)) writeFileSync(join(root, path), text ?? '');
      history.push({ step, result: null, files: {} });
      continue;
    }
    const { argv, cwd, env, outputs, tool } = step.command;
    const file = tool.name === 'uv' ? uv : join(bin, argv[0]);
    const result = await execute(file, argv.slice(1), join(root, cwd), { ...env, ...door });
    const files = Object.fromEntries(outputs.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
    history.push({ step, result, files });
  }
}

function lockOf(locks: readonly PlannedLock[], path: string): PlannedLock {
  const lock = locks.find(({ target }) => target.path === path);
  if (lock === undefined) throw new Error(`${path} was not found`);
  return lock;
}

/** Every pin at a version that nobody would choose: what is right afterwards was solved. */
function aged(text: string): string {
  return text.replaceAll(/^([^#\n=]*==)[\w.]+/gmu, '$10.0.1');
}

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly lock?: string;
  readonly solver?: string;
}

const PYPROJECT = `[project]
name = "Sample.App"
version = "1"
dependencies = ["click<9", "idna>=3 ; python_version >= '3.8'"]
[project.optional-dependencies]
dev = ["iniconfig ; os_name != 'nt'"]
docs = ["markupsafe"]
[tool.uv.sources]
idna = { path = "nowhere" }
[tool.uv]
exclude-newer = "2015-01-01T00:00:00Z"
`;

const CASES: readonly (readonly [string, Case])[] = [
  [
    'extras, markers, constraints, inputs of inputs, unsafe packages',
    {
      files: {
        'reqs/app.in':
          '-r sub/base.in\n-c ../limits.txt\nJinja2[i18n]>=3\nzope.interface\nsix==1.15.0 ; python_version < "3"\nsix>=1.16 ; python_version>="3" and (sys_platform!=\'win32\')\ncolorama ; sys_platform=="win32"\n',
        'reqs/sub/base.in': 'MarkupSafe\nsetuptools\n',
        'limits.txt': 'markupsafe<3\n',
      },
      argv: ['--allow-unsafe', '--output-file=reqs/app.txt', 'reqs/app.in'],
      lock: 'reqs/app.txt',
    },
  ],
  [
    'hashes, and packages that are left out',
    {
      files: { 'requirements.in': 'six\ndocopt\npip\nattrs ; python_version > "3"\n' },
      argv: ['--generate-hashes'],
    },
  ],
  [
    'annotations at the end of lines, extras stripped',
    {
      files: { 'requirements.in': 'requests[socks]>=2\nuvicorn\n', 'c.txt': 'h11<0.15\n' },
      argv: ['--annotation-style=line', '--strip-extras', '--constraint=c.txt', 'requirements.in'],
    },
  ],
  [
    'a project with an extra, whose [tool.uv] is not pip-compile’s business',
    { files: { 'pyproject.toml': PYPROJECT }, argv: ['--extra=dev', 'pyproject.toml'] },
  ],
  [
    'lines above the pins',
    {
      files: {
        'requirements.in':
          '--extra-index-url https://pypi.org/simple/\n--trusted-host example.org\n--only-binary six\nsix\nidna\n',
      },
      argv: ['--no-annotate', '--pip-args=--no-binary=markupsafe'],
    },
  ],
  [
    'a line that only pip knows',
    {
      files: { 'requirements.in': '--prefer-binary\nsix\n' },
      argv: [],
      solver: 'pip-compile 7.6.2 (pip-tools)',
    },
  ],
];

describe('a lock of pip-compile', () => {
  it.each(CASES)(
    'with %s',
    async (_, { files, argv, lock: path = 'requirements.txt', solver = 'uv 0.13.9' }) => {
      const root = folder(files);
      const door = await doorForUv({ cutoff: CUTOFF });
      const compile = join(bin, 'pip-compile');
      await must(compile, ['--quiet', ...argv], root, door);
      const expected = readFileSync(join(root, path), 'utf8');
      expect(aged(expected)).not.toBe(expected);
      writeFileSync(join(root, path), aged(expected));

      const { locks, skips } = compileEcosystem.detect(await treeOfFolder(root), NO_POLICY);
      expect(skips).toEqual([]);
      expect(await relock(root, lockOf(locks, path), door)).toBe(solver);
      expect(readFileSync(join(root, path), 'utf8')).toBe(expected);
    },
    60_000,
  );
});

describe('locks of pip-compile-multi', () => {
  it('in layers', async () => {
    const root = folder({
      'requirements/base.in': 'idna<3.9\nsix\n',
      'requirements/test.in': '-r base.in\n\nrequests  # http\nsetuptools\n',
    });
    const paths = ['requirements/base.txt', 'requirements/test.txt'];
    const texts = (): readonly string[] => paths.map((path) => readFileSync(join(root, path), 'utf8'));
    const door = await doorForUv({ cutoff: CUTOFF });
    await must(join(bin, 'pip-compile-multi'), ['--generate-hashes', 'requirements/test.in'], root, door);
    const expected = texts();
    for (const [at, path] of paths.entries()) writeFileSync(join(root, path), aged(expected[at] ?? ''));

    const { locks } = compileEcosystem.detect(await treeOfFolder(root), NO_POLICY);
    for (const path of paths) await relock(root, lockOf(locks, path), door);
    expect(texts()).toEqual(expected);
  }, 60_000);
});
