import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { relaySource } from '../../../src/run/sandbox/relay-source.ts';

/** The relay alone, outside of a sandbox; what passes through it is tested in one (test/real/sandbox-door.test.ts). */
const folder = mkdtempSync(join(tmpdir(), 'relay-test-'));
const relay = join(folder, 'relay.mjs');
writeFileSync(relay, relaySource());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(...args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [relay, ...args], { encoding: 'utf8', timeout: 10_000 });
}

it('imports nothing but what Node brings', () => {
  const imported = [...relaySource().matchAll(/from '(.*?)'/gu)].map((match) => match[1] ?? '');
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((name) => !name.startsWith('node:'))).toEqual([]);
});

it.each([
  [['sh', '-c', 'echo out; echo err >&2; exit 5'], 5],
  [['sh', '-c', 'kill -9 $$'], 137],
  [['sh', '-c', 'kill -TERM $$'], 143],
  [['true'], 0],
])('ends as its program does: %j', (program, code) => {
  expect(start('/no/door', '0', '--', ...program).status).toBe(code);
});

it('gives the program its own streams', () => {
  const result = start('/no/door', '0', '--', 'sh', '-c', 'echo out; echo err >&2');
  expect(result.stdout).toBe('out\n');
  expect(result.stderr).toBe('err\n');
});

it.each([
  [['/no/door', '0', '--', '/no/such/program'], 127, /cannot be started.*ENOENT/u],
  [['/no/door', '0', 'true'], 125, /usage/u],
  [[], 125, /usage/u],
])('says why it cannot: %j', (args, code, message) => {
  const result = start(...args);
  expect(result.status).toBe(code);
  expect(result.stderr).toMatch(message);
});

it('does not start its program without its port', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const result = start('/no/door', String(port), '--', 'echo', 'started');
  await new Promise((resolve) => taken.close(resolve));
  expect(result.status).toBe(125);
  expect(result.stdout).toBe('');
  expect(result.stderr).toContain('EADDRINUSE');
});
