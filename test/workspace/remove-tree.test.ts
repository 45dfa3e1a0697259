import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTree } from '../../src/workspace/remove-tree.ts';
import { folder } from '../support/folder.ts';

it('removes folders deeper than a path may be long, links not followed', async () => {
  const outer = folder({ 'kept/file': 'x', 'tree/link': { link: '../kept' } });
  const was = process.cwd();
  process.chdir(join(outer, 'tree'));
  try {
    for (let depth = 0; depth < 1500; depth += 1) {
      mkdirSync('deep');
      process.chdir('deep');
    }
  } finally {
    process.chdir(was);
  }
  await removeTree(join(outer, 'tree'));
  expect(existsSync(join(outer, 'tree'))).toBe(false);
  expect(existsSync(join(outer, 'kept/file'))).toBe(true);
});

it('removes what nobody may enter, and is content with what is not there', async () => {
  const outer = folder({ 'tree/shut/file': 'x' });
  chmodSync(join(outer, 'tree/shut'), 0);
  await removeTree(join(outer, 'tree'));
  expect(existsSync(join(outer, 'tree'))).toBe(false);
  await removeTree(join(outer, 'tree'));
});
