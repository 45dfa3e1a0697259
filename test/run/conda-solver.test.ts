import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PY_RATTLER } from '../../src/locks/conda/solver.ts';
import { folder } from '../support/folder.ts';

/** What of the solver needs no py-rattler; what does is in test/real/conda-lock.test.ts. */
const SCRIPT = fileURLToPath(new URL('../../config/conda-solver.py', import.meta.url));
const source = readFileSync(SCRIPT, 'utf8');
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.log('not run: the solver of conda packages. There is no python3 on PATH.');

function solver(...args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync('python3', ['-I', SCRIPT, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CONDA_SUBDIR: 'osx-arm64', CONDA_PKGS_DIRS: '/pkgs' },
  });
  return { status, stdout };
}

it('is at the version that is pinned', () => {
  const tools: unknown = JSON.parse(
    readFileSync(new URL('../../config/tools.json', import.meta.url), 'utf8'),
  );
  expect(tools).toMatchObject({ 'py-rattler': PY_RATTLER });
});

it('names every code of a failure at its top, and no other', () => {
  const [head = '', ...rest] = source.split('"""\n');
  const listed = [...(head.split('The codes:')[1] ?? '').matchAll(/^ {4}([a-z-]+) {2,}\S/gmu)].map(
    ([, code]) => code,
  );
  const body = rest.join('"""\n');
  const used = [...body.matchAll(/Failure\("([a-z-]+)"/gu)].map(([, code]) => code);
  const kinds = [...body.matchAll(/kind, told = "([a-z-]+)"/gu)].map(([, kind]) => `channel-${kind}`);
  expect(new Set(listed)).toEqual(new Set([...used, ...kinds]));
});

describe.skipIf(!hasPython)('the solver without py-rattler', () => {
  it('is Python 3.8, and imports the standard library and py-rattler alone', () => {
    const script = [
      'import ast, json, sys',
      'tree = ast.parse(sys.stdin.read(), feature_version=(3, 8))',
      'nodes = list(ast.walk(tree))',
      'names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]',
      'names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]',
      'print(json.dumps(sorted({n.split(".")[0] for n in names} - set(sys.stdlib_module_names))))',
    ].join('\n');
    const printed = execFileSync('python3', ['-c', script], { input: source, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['rattler']);
    expect(source.split('\n').length - 1).toBeLessThanOrEqual(400);
  });

  it('answers the calls that solve nothing', () => {
    const prefix = folder({
      'conda-meta/zlib.json': JSON.stringify({
        name: 'zlib',
        version: '1.3.1',
        build: 'h_2',
        build_number: 2,
        subdir: 'osx-arm64',
        url: 'https://conda.anaconda.org/conda-forge/osx-arm64/zlib-1.3.1-h_2.conda',
      }),
    });
    expect(solver('--version').stdout).toMatch(/^conda \d+\.\d+\.\d+\n$/u);
    for (const call of [
      ['info', '--json'],
      ['config', '--json', 'list', 'pkgs_dirs'],
    ]) {
      expect(JSON.parse(solver(...call).stdout)).toMatchObject({
        platform: 'osx-arm64',
        pkgs_dirs: ['/pkgs'],
      });
    }
    expect(JSON.parse(solver('list', '--no-pip', '-p', prefix, '--json').stdout)).toEqual([
      {
        name: 'zlib',
        version: '1.3.1',
        build_string: 'h_2',
        build_number: 2,
        base_url: 'https://conda.anaconda.org/conda-forge',
        channel: 'conda-forge',
        dist_name: 'zlib-1.3.1-h_2',
        platform: 'osx-arm64',
      },
    ]);
  });

  it.each([
    ['an unknown call', ['remove', '-p', '/p']],
    ['an unknown option', ['create', '-p', '/p', '--dry-run', '--json', '--clone', 'x']],
    ['a call that would install', ['create', '-p', '/p', '--json', 'zlib']],
  ])('says that it does not know %s', (_, args) => {
    const { status, stdout } = solver(...args);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ message: expect.stringMatching(/^relock-conda: usage: /u) });
  });
});
