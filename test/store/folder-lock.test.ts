import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { lockFolder } from '../../src/store/folder-lock.ts';
import { folder } from '../support/folder.ts';

const LOCK_AND_WAIT = `
const { lockFolder } = await import(process.argv[1]);
await lockFolder(process.argv[2]);
console.log('locked');
setTimeout(() => {}, 600_000);
`;

describe('lockFolder', () => {
  it('refuses a second one until the first is released', async () => {
    const root = folder();
    const lock = await lockFolder(root);
    await expect(lockFolder(root)).rejects.toThrow(EnvironmentError);
    await expect(lockFolder(root)).rejects.toThrow(`process ${process.pid} on`);
    lock.release();
    (await lockFolder(root)).release();
  });

  it('names the process that holds it, and is free when that was killed', async () => {
    const root = folder();
    const module = fileURLToPath(new URL('../../src/store/folder-lock.ts', import.meta.url));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', LOCK_AND_WAIT, module, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(child, 'exit');
    await once(child.stdout, 'data');
    await expect(lockFolder(root)).rejects.toThrow(`process ${child.pid} on`);
    child.kill('SIGKILL');
    await gone;
    (await lockFolder(root)).release();
  });

  it('is not fooled by what a dead holder, or a stranger, left in the folder', async () => {
    const root = folder({ 'relock.holder.json': '{"pid": 1, "host": "h", "since": "then"}' });
    const lock = await lockFolder(root);
    expect(readFileSync(join(root, 'relock.holder.json'), 'utf8')).toContain(`"pid":${process.pid},`);
    lock.release();
  });

  it('says so when the folder is none, or the lock file is no lock', async () => {
    await expect(lockFolder(join(folder(), 'none'))).rejects.toMatchObject({ code: 'store-folder' });
    const taken = folder({ 'relock.lock/file': '' });
    await expect(lockFolder(taken)).rejects.toMatchObject({ code: 'store-folder' });
  });
});
