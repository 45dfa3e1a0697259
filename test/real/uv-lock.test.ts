import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Facts } from '../../src/locks/ecosystem.ts';
import { uvEcosystem } from '../../src/locks/uv/ecosystem.ts';
import { doorForUv } from '../support/real-door.ts';
import { driveLock, execute, factsOf, pythonsOf, treeOfFolder } from '../support/drive-lock.ts';
import type { Driven } from '../support/drive-lock.ts';
import { folder } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const CUTOFF = '2024-06-01T00:00:00Z';
const PYPROJECT = `[project]
name = "sample"
version = "0"
requires-python = ">=3.9"
dependencies = ["idna", "six<1.16"]

[dependency-groups]
dev = ["iniconfig"]
`;

let uv = '';
let pythons: Facts['pythons'] = [];
beforeAll(async () => {
  uv = await findUv();
  pythons = await pythonsOf(uv);
}, 120_000);

async function relock(
  root: string,
  path = 'uv.lock',
  mirror: string | null = null,
): Promise<Driven & { readonly text: string }> {
  const tree = await treeOfFolder(root);
  const { locks, skips } = uvEcosystem.detect(tree, NO_POLICY);
  expect(skips).toEqual([]);
  const lock = locks.find((one) => one.target.path === path);
  if (lock === undefined) throw new Error(`${path} was not found`);
  const index = mirror === null ? {} : { index: { url: mirror, isMirror: true, hasVersionJson: false } };
  const facts = factsOf(tree, { pythons, cutoff: CUTOFF, ...index });
  const door = await doorForUv({ cutoff: CUTOFF, ...(mirror === null ? {} : { mirror }) });
  const driven = await driveLock(lock, facts, root, uv, door);
  if (driven.last.do === 'fail') throw new Error(JSON.stringify(driven.last.reason));
  return { ...driven, text: readFileSync(join(root, path), 'utf8') };
}

/** Version by name, of a lock's text. */
function pins(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^name = "([^"]+)"\nversion = "([^"]+)"$/gmu)].map((m) => [m[1], m[2]]),
  );
}

describe('uv lock under a cool-down', { timeout: 60_000 }, () => {
  it('moves to the newest allowed, leaves no trace, is accepted, and does the same again', async () => {
    const root = folder({ 'pyproject.toml': PYPROJECT });
    await execute(uv, ['lock', '--exclude-newer', '2021-06-01T00:00:00Z'], root);
    const old = readFileSync(join(root, 'uv.lock'), 'utf8');
    expect(pins(old)).toMatchObject({ idna: '3.2', iniconfig: '1.1.1' });

    const { text } = await relock(root);
    expect(pins(text)).toMatchObject({ idna: '3.7', iniconfig: '2.0.0', six: '1.15.0' });
    expect(text).not.toContain('exclude-newer');
    expect(text).not.toContain('[options]');

    const check = await execute(uv, ['lock', '--check'], root);
    expect(check.stderr).not.toContain('error');
    expect(check.exitCode).toBe(0);
    // What a person gets by hand: locked under the date, then looked over without it.
    rmSync(join(root, 'uv.lock'));
    await execute(uv, ['lock', '--exclude-newer', CUTOFF], root);
    await execute(uv, ['lock'], root);
    expect(text).toBe(readFileSync(join(root, 'uv.lock'), 'utf8'));

    writeFileSync(join(root, 'uv.lock'), text);
    expect((await relock(root)).text).toBe(text);
  });

  it("keeps the repository's own date, the stricter of both deciding", async () => {
    const own = (date: string): string => `${PYPROJECT}\n[tool.uv]\nexclude-newer = "${date}"\n`;
    const root = folder({ 'pyproject.toml': own('2023-01-01T00:00:00Z') });
    await execute(uv, ['lock', '--exclude-newer', '2021-06-01T00:00:00Z'], root);
    const theirs = await relock(root);
    expect(pins(theirs.text)).toMatchObject({ idna: '3.4' });
    expect(theirs.text).toContain('exclude-newer = "2023-01-01T00:00:00Z"');
    expect(theirs.history).toHaveLength(1);

    writeFileSync(join(root, 'pyproject.toml'), own('2025-06-01T00:00:00Z'));
    const ours = await relock(root);
    expect(pins(ours.text)).toMatchObject({ idna: '3.7' });
    expect(ours.text).toContain('exclude-newer = "2025-06-01T00:00:00Z"');
    expect((await execute(uv, ['lock', '--check'], root)).exitCode).toBe(0);
  });

  it('locks a script', async () => {
    const root = folder({
      'tools/job.py':
        '# /// script\n# requires-python = ">=3.9"\n# dependencies = ["idna"]\n# ///\nimport idna\n',
    });
    await execute(
      uv,
      ['lock', '--script', 'job.py', '--exclude-newer', '2021-06-01T00:00:00Z'],
      join(root, 'tools'),
    );
    const { text } = await relock(root, 'tools/job.py.lock');
    expect(pins(text)).toEqual({ idna: '3.7' });
    expect(text).not.toContain('exclude-newer');
  });

  it('keeps the Python of a lock whose manifest names none', async () => {
    const root = folder({
      'pyproject.toml': '[project]\nname = "a"\nversion = "0"\ndependencies = ["idna"]\n',
    });
    const older = pythons.find(({ version }) => !version.startsWith(pythons[0]?.version.slice(0, 4) ?? ''));
    if (older === undefined) throw new Error('This test needs two minor versions of Python.');
    await execute(uv, ['lock', '--python', older.path, '--exclude-newer', '2021-06-01T00:00:00Z'], root);
    const minor = older.version.split('.').slice(0, 2).join('.');
    const { text } = await relock(root);
    expect(text).toContain(`requires-python = ">=${minor}"`);
    expect(pins(text)).toMatchObject({ idna: '3.7' });
  });
});

describe('uv lock behind a mirror', { timeout: 60_000 }, () => {
  let server: Server;
  let mirror = '';
  /** How the mirror names the index's files. */
  let naming: (url: string) => string = (url) => url;
  beforeAll(async () => {
    server = createServer((request, response) => {
      void answer(request.url ?? '/', response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const { status, type, body } = await passThrough(path);
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  }

  async function passThrough(path: string): Promise<{ status: number; type: string; body: string | Buffer }> {
    const files = path.startsWith('/packages/');
    const url = files ? `https://files.pythonhosted.org${path}` : `https://pypi.org${path}`;
    const accept = files ? '*/*' : 'application/vnd.pypi.simple.v1+json';
    const answer = await fetch(url, { headers: { accept } });
    const type = answer.headers.get('content-type') ?? 'application/octet-stream';
    if (files) return { status: answer.status, type, body: Buffer.from(await answer.arrayBuffer()) };
    return {
      status: answer.status,
      type,
      body: (await answer.text()).replaceAll(/https:\/\/files[^"]+/gu, (one) => naming(one)),
    };
  }

  it.each<[string, (url: string) => string]>([
    ["the public files' host", (url) => url],
    ['its own host, by the public path', (url) => url.replace('https://files.pythonhosted.org', mirror)],
  ])('leaves the lock as if it had asked the public index: files at %s', async (_name, rename) => {
    naming = rename;
    const root = folder({ 'pyproject.toml': PYPROJECT });
    await execute(uv, ['lock', '--exclude-newer', '2021-06-01T00:00:00Z'], root);
    const { text } = await relock(root, 'uv.lock', `${mirror}/simple`);
    expect(text).not.toContain('127.0.0.1');
    const direct = folder({ 'pyproject.toml': PYPROJECT });
    await execute(uv, ['lock', '--exclude-newer', CUTOFF], direct);
    await execute(uv, ['lock'], direct);
    expect(text).toBe(readFileSync(join(direct, 'uv.lock'), 'utf8'));
    expect((await execute(uv, ['lock', '--check'], root)).exitCode).toBe(0);
  });
});
