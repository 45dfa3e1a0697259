import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { usableConda } from '../../src/run/conda-executable.ts';
import { folder } from '../support/folder.ts';

it('takes the one that is there', async () => {
  const path = join(folder({ micromamba: '#!/bin/sh\n' }), 'micromamba');
  chmodSync(path, 0o755);
  expect(await usableConda(path)).toBe(path);
  expect(await usableConda(null)).toBeNull();
});

it.each([
  ['is not there', 'nothing'],
  ['is no file', 'bin'],
])('says that it %s', async (why, name) => {
  const path = join(folder({ 'bin/x': '' }), name);
  expect(await usableConda(path)).toMatchObject({
    code: 'tool-install-broken',
    message: expect.stringContaining(`${why}.`),
  });
});
