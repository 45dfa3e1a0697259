import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listFiles } from '../../src/workspace/list-files.ts';
import { addFiles, folder, git, repository } from '../support/folder.ts';

it('lists what git tracks or would track, and not what it ignores', async () => {
  const root = repository({ 'a.txt': 'a', '.gitignore': 'build/\n' });
  addFiles(root, { 'new.txt': 'n', 'build/x.txt': 'x' });
  expect(await listFiles(root)).toEqual(['.gitignore', 'a.txt', 'new.txt']);
});

it('leaves out tracked files that are gone from the disk', async () => {
  const root = repository({ 'a.txt': 'a', 'b.txt': 'b' });
  rmSync(join(root, 'a.txt'));
  expect(await listFiles(root)).toEqual(['b.txt']);
});

it('walks a folder without git, past caches and environments', async () => {
  const root = folder({
    'x/a.txt': 'a',
    '.venv/lib/b.txt': 'b',
    'node_modules/c/c.txt': 'c',
    link: { link: 'x' },
  });
  expect(await listFiles(root)).toEqual(['link', 'x/a.txt']);
});

it('walks a folder that the repository around it ignores', async () => {
  const root = repository({ '.gitignore': 'out/\n' });
  addFiles(root, { 'out/req.txt': 'x' });
  expect(await listFiles(join(root, 'out'))).toEqual(['req.txt']);
});

it('lists the files of a submodule, and nothing for one that is not checked out', async () => {
  const inner = repository({ 'pyproject.toml': '[project]\n' });
  const root = repository({ 'a.txt': 'a' });
  git(root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'libs/inner');
  git(root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'libs/empty');
  git(root, 'commit', '-q', '-m', 'submodules');
  git(root, 'submodule', '--quiet', 'deinit', '-f', 'libs/empty');
  expect(await listFiles(root)).toEqual(['.gitmodules', 'a.txt', 'libs/inner/pyproject.toml']);
});

it('does not run what the repository configures', async () => {
  const root = repository({ 'a.txt': 'a' });
  git(root, 'config', 'core.fsmonitor', `touch ${join(root, 'ran')}; false`);
  await listFiles(root);
  expect(await listFiles(root)).toEqual(['a.txt']);
});

it.each([
  ['is not there', 'missing', /cannot be read/u],
  ['is a file', 'a.txt', /not a folder/u],
])('refuses a root that %s', async (_, name, message) => {
  const root = folder({ 'a.txt': 'a' });
  await expect(listFiles(join(root, name))).rejects.toThrow(message);
});
