import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Facts, PlannedLock } from '../../src/locks/ecosystem.ts';
import { pylockEcosystem } from '../../src/locks/pylock/ecosystem.ts';
import { doorForUv } from '../support/real-door.ts';
import { driveLock, execute, factsOf, pythonsOf, treeOfFolder } from '../support/drive-lock.ts';
import { folder } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const OLD = ['--exclude-newer', '2021-06-01T00:00:00Z'];
const CUTOFF = '2024-06-01T00:00:00Z';
const PYPROJECT = `[project]
name = "sample"
version = "0"
requires-python = ">=3.9"
dependencies = ["idna"]

[dependency-groups]
dev = ["iniconfig"]
`;

let uv = '';
let pythons: Facts['pythons'] = [];
beforeAll(async () => {
  uv = await findUv();
  pythons = await pythonsOf(uv);
}, 120_000);

async function planned(root: string, path: string): Promise<{ lock: PlannedLock; facts: Facts }> {
  const tree = await treeOfFolder(root);
  const { locks, skips } = pylockEcosystem.detect(tree, NO_POLICY);
  expect(skips).toEqual([]);
  const lock = locks.find((one) => one.target.path === path);
  if (lock === undefined) throw new Error(`${path} was not found`);
  return { lock, facts: factsOf(tree, { pythons, cutoff: CUTOFF }) };
}

async function relock(root: string, path: string): Promise<string> {
  const { lock, facts } = await planned(root, path);
  const { last } = await driveLock(lock, facts, root, uv, await doorForUv({ cutoff: CUTOFF }));
  if (last.do === 'fail') throw new Error(JSON.stringify(last.reason));
  return readFileSync(join(root, path), 'utf8');
}

describe('pylock.toml exported by uv', { timeout: 60_000 }, () => {
  it('without a uv.lock: one is made for it and taken away', async () => {
    const root = folder({ 'app/pyproject.toml': PYPROJECT });
    const app = join(root, 'app');
    await execute(uv, ['lock', ...OLD], app);
    await execute(uv, ['export', '--format', 'pylock.toml', '-o', 'pylock.toml', '--no-group', 'dev'], app);
    rmSync(join(app, 'uv.lock'));
    const text = await relock(root, 'app/pylock.toml');
    expect(existsSync(join(app, 'uv.lock'))).toBe(false);
    // As by hand.
    await execute(uv, ['lock', '--exclude-newer', CUTOFF], app);
    await execute(uv, ['export', '--format', 'pylock.toml', '-o', 'pylock.toml', '--no-group', 'dev'], app);
    expect(text).toBe(readFileSync(join(app, 'pylock.toml'), 'utf8'));
    expect(text).toContain('name = "idna"\nversion = "3.7"');
    expect(text).not.toContain('iniconfig');
    rmSync(join(app, 'uv.lock'));
    expect(await relock(root, 'app/pylock.toml')).toBe(text);
  });

  it('beside a uv.lock: follows it, whatever the index has by now', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT });
    await execute(uv, ['lock', ...OLD], root);
    mkdirSync(join(root, 'locks'));
    await execute(
      uv,
      ['export', '--format', 'pylock.toml', '-o', 'locks/pylock.dev.toml', '--only-group=dev'],
      root,
    );
    await execute(uv, ['lock', '--upgrade', '--exclude-newer', CUTOFF], root);
    const { lock } = await planned(root, 'locks/pylock.dev.toml');
    expect(lock.target.inputs).toContain('uv.lock');
    expect(lock.target.cwd).toBe('.');
    const locked = readFileSync(join(root, 'uv.lock'), 'utf8');
    const text = await relock(root, 'locks/pylock.dev.toml');
    expect(text).toMatch(
      /^# This file was .*\n# {4}uv export --format pylock.toml -o locks\/pylock.dev.toml --only-group=dev\n/u,
    );
    expect(text).toContain('name = "iniconfig"\nversion = "2.0.0"');
    expect(readFileSync(join(root, 'uv.lock'), 'utf8')).toBe(locked);
    const { packages } = lock.parse(text, (path) => readFileSync(join(root, path), 'utf8'));
    expect(packages).toMatchObject([{ name: 'iniconfig', version: '2.0.0', direct: true, groups: ['dev'] }]);
  });
});

describe('pylock.toml compiled by uv pip', { timeout: 60_000 }, () => {
  it('keeps header, Python and options', async () => {
    const root = folder({ 'requirements.in': 'idna\n' });
    await execute(
      uv,
      ['pip', 'compile', 'requirements.in', '-o', 'pylock.toml', '--python-version', '3.10.4', ...OLD],
      root,
    );
    const old = readFileSync(join(root, 'pylock.toml'), 'utf8').replace(/ --exclude-newer \S+/u, '');
    writeFileSync(join(root, 'pylock.toml'), old);
    const text = await relock(root, 'pylock.toml');
    expect(text.split('\n').slice(0, 5)).toEqual(old.split('\n').slice(0, 5));
    expect(text).toContain('requires-python = ">=3.10.4"');
    expect(text).toContain('name = "idna"\nversion = "3.7"');
    expect(await relock(root, 'pylock.toml')).toBe(text);
  });
});
