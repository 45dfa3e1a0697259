import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSearchPath } from '../../src/run/search-path.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'search-path-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(...parts: readonly string[]): string {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

it('leaves out of PATH what is no good for children', async () => {
  const good = folder('usr/bin');
  const venv = folder('venv/bin');
  writeFileSync(join(root, 'venv/pyvenv.cfg'), '');
  const path = [
    good,
    folder('home/.pyenv/shims'),
    folder('home/.pyenv/bin'),
    folder('project/node_modules/.bin'),
    venv,
    join(root, 'missing'),
    'bin',
    '.',
    '',
    `${good}/`,
    folder('opt/bin'),
  ];
  const found = await readSearchPath({ PATH: path.join(':'), HOME: join(root, 'nobody') });
  expect(found).toEqual({ programs: [good, join(root, 'opt/bin')], pythons: [] });
});

it('finds the interpreters of version managers, newest first, CPython 3 only', async () => {
  const home = folder('user');
  for (const name of ['3.9.18', '3.13.0', '3.11.7', '2.7.18', 'pypy3.10-7.3', '3.12.1t', 'system']) {
    folder('user/.pyenv/versions', name, 'bin');
  }
  folder('user/.pyenv/versions/3.8.1');
  folder('user/.local/share/uv/python/cpython-3.10.14-linux-x86_64-gnu/bin');
  folder('user/.rye/py/cpython@3.10.15/bin');
  folder('tools/Python/3.12.5/x64/bin');
  const seen = folder('user/.pyenv/versions/3.7.1/bin');
  const parent = { PATH: seen, HOME: home, RUNNER_TOOL_CACHE: join(root, 'tools') };
  const { programs, pythons } = await readSearchPath(parent);
  expect(programs).toEqual([seen]);
  expect(pythons.map((path) => path.slice(root.length + 1))).toEqual([
    'user/.pyenv/versions/3.13.0/bin',
    'tools/Python/3.12.5/x64/bin',
    'user/.pyenv/versions/3.11.7/bin',
    'user/.rye/py/cpython@3.10.15/bin',
    'user/.local/share/uv/python/cpython-3.10.14-linux-x86_64-gnu/bin',
    'user/.pyenv/versions/3.9.18/bin',
  ]);
});

it('follows the variables that move a version manager, and nothing without a home', async () => {
  folder('moved/versions/3.10.1/bin');
  expect((await readSearchPath({ PYENV_ROOT: join(root, 'moved') })).pythons).toHaveLength(1);
  expect(await readSearchPath({})).toEqual({ programs: [], pythons: [] });
});
