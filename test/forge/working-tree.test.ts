import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workingTreeForge } from '../../src/forge/working-tree.ts';
import type { FileChange } from '../../src/model.ts';
import { folder } from '../support/folder.ts';

const pullRequest = { title: 'Title', body: 'Body' };
const change = (path: string, text: string | null, executable = false): FileChange => ({
  path,
  text,
  executable,
});

it('writes, makes and removes files, and keeps modes', async () => {
  const root = folder({ 'a.lock': 'old', 'b.lock': 'old' });
  chmodSync(join(root, 'a.lock'), 0o600);
  const files = [change('a.lock', 'new'), change('b.lock', null), change('c.lock', 'made')];
  await workingTreeForge(root).apply([{ kind: 'propose', pullRequest, files }]);
  expect(readdirSync(root).sort()).toEqual(['a.lock', 'c.lock']);
  expect(readFileSync(join(root, 'a.lock'), 'utf8')).toBe('new');
  expect(statSync(join(root, 'a.lock')).mode & 0o777).toBe(0o600);
});

it('writes nothing at all when one path lies behind a link', async () => {
  const root = folder({ 'a.lock': 'old', 'real/x.lock': 'old', linked: { link: 'real' } });
  const files = [change('a.lock', 'new'), change('linked/x.lock', 'new')];
  await expect(workingTreeForge(root).apply([{ kind: 'propose', pullRequest, files }])).rejects.toThrow(
    /symbolic link/u,
  );
  expect(readFileSync(join(root, 'a.lock'), 'utf8')).toBe('old');
  expect(lstatSync(join(root, 'linked')).isSymbolicLink()).toBe(true);
});

it('puts everything back when a later file cannot be written', async () => {
  const root = folder({ 'a.lock': 'old', 'gone.lock': 'old' });
  mkdirSync(join(root, '.b.lock.relock-' + process.pid));
  const files = [change('a.lock', 'new'), change('gone.lock', null), change('b.lock', 'new')];
  await expect(workingTreeForge(root).apply([{ kind: 'propose', pullRequest, files }])).rejects.toThrow(
    /put back/u,
  );
  expect(readFileSync(join(root, 'a.lock'), 'utf8')).toBe('old');
  expect(readFileSync(join(root, 'gone.lock'), 'utf8')).toBe('old');
});
