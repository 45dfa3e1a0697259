import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { folder } from '../support/folder.ts';

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));

function start(environment: Readonly<Record<string, string>>, ...args: string[]) {
  const { PATH } = process.env;
  const cwd = folder();
  return spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME: cwd, ...environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
}

it('does not start with a secret of webhooks that everybody knows', () => {
  const { status, stderr } = start({ APP_ID: '1', PRIVATE_KEY: 'x' });
  expect(stderr).toContain('WEBHOOK_SECRET is not set.');
  expect(status).toBe(2);
});

it('does not start without an App in production, where nobody looks at a setup page', () => {
  const { status, stderr } = start({ NODE_ENV: 'production' });
  expect(stderr).toContain('APP_ID');
  expect(status).toBe(1);
});

it('lists dead letters without an App', () => {
  expect(start({}, 'dead-letters')).toMatchObject({ stdout: 'There are no dead letters.\n', status: 0 });
}, 60_000);
