import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localWorkspace } from '../../src/workspace/local.ts';
import { addFiles, folder, git, repository, type Files } from '../support/folder.ts';

async function copyOf(root: string) {
  const scratch = folder();
  const checkout = await localWorkspace({ root, scratch: [scratch] }).checkOut();
  return { checkout, scratch };
}

it('copies files with their modes and shares no inode with the original', async () => {
  const root = folder({ 'a/run.sh': '#!/bin/sh\n', 'b.txt': 'b' });
  chmodSync(join(root, 'a/run.sh'), 0o755);
  const { checkout, scratch } = await copyOf(root);
  expect(statSync(join(checkout.root, 'a/run.sh')).mode & 0o777).toBe(0o755);
  expect(statSync(join(checkout.root, 'b.txt')).ino).not.toBe(statSync(join(root, 'b.txt')).ino);
  await checkout.close();
  await checkout.close();
  expect(readdirSync(scratch)).toEqual([]);
});

it.each<[string, string, string, boolean]>([
  ['to a sibling', 'link', 'a.txt', true],
  ['up and down again', 'deep/link', '../a.txt', true],
  ['that is absolute', 'link', '/etc/passwd', false],
  ['that climbs out', 'deep/link', '../../x', false],
  ['that climbs out behind a name', 'link', 'deep/../../x', false],
  ['into .git', 'link', '.git/config', false],
])('a link %s', async (_, path, to, kept) => {
  const files: Files = { 'a.txt': 'a', 'deep/b.txt': 'b', [path]: { link: to } };
  const { checkout } = await copyOf(folder(files));
  expect(lstatSync(join(checkout.root, path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false).toBe(
    kept,
  );
  await checkout.close();
});

it('refuses a link that climbs out by way of another link', async () => {
  // a/b/root -> ../.. is the checkout itself, so a/b/root/../.. is outside although its text is not.
  const root = folder({
    'a/b/x': '',
    'a/b/root': { link: '../..' },
    evil: { link: 'a/b/root/../../secret' },
  });
  const { checkout } = await copyOf(root);
  expect(existsSync(join(checkout.root, 'a/b/root'))).toBe(true);
  expect(lstatSync(join(checkout.root, 'evil'), { throwIfNoEntry: false })).toBeUndefined();
  await checkout.close();
});

it('gives the copy history and tags, but nothing of the configuration', async () => {
  const root = repository({ 'a.txt': 'a' });
  git(root, 'tag', 'v1.2.3');
  git(root, 'config', 'http.extraheader', 'Authorization: Basic c2VjcmV0');
  const { checkout } = await copyOf(root);
  expect(git(checkout.root, 'describe', '--tags', '--dirty').trim()).toBe('v1.2.3');
  expect(readFileSync(join(checkout.root, '.git/config'), 'utf8')).not.toContain('Basic');
  await checkout.close();
});

it('knows the history of a shallow clone as shallow', async () => {
  const upstream = repository({ 'a.txt': 'a' });
  addFiles(upstream, { 'a.txt': 'b' });
  git(upstream, 'commit', '-q', '-a', '-m', 'second');
  const root = join(folder(), 'clone');
  git(upstream, 'clone', '-q', '--depth', '1', `file://${upstream}`, root);
  const { checkout } = await copyOf(root);
  expect(git(checkout.root, 'log', '--format=%s').trim()).toBe('second');
  await checkout.close();
});

it('tells which declared files changed, as whole files', async () => {
  const root = folder({ 'a.lock': 'old', 'b.lock': 'same', 'c.lock': 'gone' });
  const { checkout } = await copyOf(root);
  await checkout.write('a.lock', 'new');
  await checkout.write('c.lock', null);
  await checkout.write('undeclared', 'x');
  expect(await checkout.changes(['a.lock', 'b.lock', 'c.lock'])).toEqual([
    { path: 'a.lock', text: 'new', executable: false },
    { path: 'c.lock', text: null, executable: false },
  ]);
  await checkout.close();
});

it.each<[string, (path: string) => void]>([
  ['a link', (path) => symlinkSync('/etc/hostname', path)],
  ['a folder', (path) => mkdirSync(path)],
])('refuses to publish a lock that became %s', async (_, make) => {
  const root = folder({ 'a.lock': 'old' });
  const { checkout } = await copyOf(root);
  rmSync(join(checkout.root, 'a.lock'));
  make(join(checkout.root, 'a.lock'));
  await expect(checkout.changes(['a.lock'])).rejects.toThrow(/a\.lock/u);
  await checkout.close();
});

it.each(['../x', '/etc/x', 'a//b', 'link/x'])('never writes to %s', async (path) => {
  const root = folder({ 'deep/x': '', link: { link: 'deep' } });
  const { checkout } = await copyOf(root);
  await expect(checkout.write(path, 'text')).rejects.toThrow(/not a path|symbolic link/u);
  expect(readFileSync(join(checkout.root, 'deep/x'), 'utf8')).toBe('');
  await checkout.close();
});

it('removes the copies of a process that was killed, and leaves those of a living one', async () => {
  const root = folder({ a: 'a' });
  const scratch = folder({
    'relock-999999999-dead/x': '',
    [`relock-${process.pid}-alive/x`]: '',
    'other/x': '',
  });
  const checkout = await localWorkspace({ root, scratch: [scratch] }).checkOut();
  await checkout.close();
  expect(readdirSync(scratch).sort()).toEqual(['other', `relock-${process.pid}-alive`]);
});
