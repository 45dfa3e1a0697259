import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { runChild } from '../../src/run/child.ts';
import { findUv } from '../../src/run/uv-copy.ts';
import type { FindUv } from '../../src/run/uv-copy.ts';
import { UV_PLATFORMS, wheelFor } from '../../src/run/uv-platform.ts';
import { installUv } from '../../src/run/uv-wheel.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'uv-copy-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const text = new TextEncoder();
const uvProgram = (version: string): string => `#!/bin/sh\necho "uv ${version} (test)"\n`;

function program(folder: string, name: string, content: string): string {
  mkdirSync(join(base, folder), { recursive: true });
  writeFileSync(join(base, folder, name), content, { mode: 0o755 });
  return join(base, folder);
}

function wheel(version: string, more: Readonly<Record<string, string>> = {}) {
  const files = {
    'uv/__init__.py': 'x'.repeat(10_000),
    [`uv-${version}.data/scripts/uv`]: uvProgram(version),
    [`uv-${version}.data/scripts/uvx`]: '#!/bin/sh\n',
    ...more,
  };
  const bytes = zipSync(
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, text.encode(content)])),
  );
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const answer =
  (bytes: Uint8Array, status = 200) =>
  () =>
    Promise.resolve(new Response(new Blob([bytes.slice()]), { status }));

describe('installUv', () => {
  const install = (fetch: () => Promise<Response>, sha256: string, version = '1.2.3') =>
    installUv({
      wheel: { version, url: 'https://files.example.com/uv.whl', sha256 },
      folder: join(base, 'uv'),
      fetch,
      userAgent: 'test',
      signal: null,
    });

  it('puts uv and uvx in place, ready to run, and leaves nothing else', async () => {
    const { bytes, sha256 } = wheel('1.2.3');
    const path = await install(answer(bytes), sha256);
    expect(path).toBe(join(base, 'uv/1.2.3/uv'));
    expect(readFileSync(path, 'utf8')).toBe(uvProgram('1.2.3'));
    expect(readdirSync(join(base, 'uv/1.2.3'))).toEqual(['uv', 'uvx']);
    expect(readdirSync(join(base, 'uv'))).toEqual(['1.2.3']);
  });

  it('may be done by several at once', async () => {
    const { bytes, sha256 } = wheel('1.2.3');
    const paths = await Promise.all([1, 2, 3].map(() => install(answer(bytes), sha256)));
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(join(base, 'uv'))).toEqual(['1.2.3']);
  });

  it('takes a file that is not packed', async () => {
    const bytes = zipSync({
      'uv-1.2.3.data/scripts/uv': [text.encode(uvProgram('1.2.3')), { level: 0 }],
      'uv-1.2.3.data/scripts/uvx': [text.encode(''), { level: 0 }],
    });
    const path = await install(answer(bytes), createHash('sha256').update(bytes).digest('hex'));
    expect(readFileSync(path, 'utf8')).toBe(uvProgram('1.2.3'));
  });

  it.each<[string, () => { fetch: () => Promise<Response>; sha256: string }, string]>([
    ['another digest', () => ({ fetch: answer(wheel('1.2.3').bytes), sha256: '0'.repeat(64) }), 'uv-digest'],
    ['no such file', () => ({ fetch: answer(new Uint8Array(0), 404), sha256: '' }), 'uv-not-fetched'],
    [
      'no network',
      () => ({ fetch: () => Promise.reject(new TypeError('fetch failed')), sha256: '' }),
      'uv-not-fetched',
    ],
    [
      'a wheel without uv',
      () => {
        const { bytes, sha256 } = wheel('9.9.9');
        return { fetch: answer(bytes), sha256 };
      },
      'uv-not-installed',
    ],
    [
      'what is no archive',
      () => {
        const bytes = text.encode('hello');
        return { fetch: answer(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
      },
      'uv-not-installed',
    ],
    [
      'an archive that is cut short inside',
      () => {
        const whole = Buffer.from(wheel('1.2.3').bytes);
        whole.fill(0xff, 120, 200);
        const end = whole.lastIndexOf('uv-1.2.3.data/scripts/uv');
        whole.writeUInt32LE(50_000, end - 46 + 20);
        return { fetch: answer(whole), sha256: createHash('sha256').update(whole).digest('hex') };
      },
      'uv-not-installed',
    ],
  ])('leaves nothing behind: %s', async (_, make, code) => {
    const { fetch, sha256 } = make();
    const error = await install(fetch, sha256).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ code, message: expect.stringContaining('1.2.3') });
    expect(readdirSync(join(base, 'uv'))).toEqual([]);
  });
});

describe('findUv', () => {
  const find = (more: Partial<FindUv>) =>
    findUv({
      setting: null,
      parent: { PATH: '' },
      env: { PATH: '/usr/bin:/bin' },
      cacheFolder: join(base, 'cache'),
      mirror: null,
      fetch: () => Promise.reject(new Error('asked the network')),
      userAgent: 'test',
      exec: runChild,
      signal: null,
      ...more,
    });

  it('takes the first on PATH that runs and is new enough, past shims and node_modules', async () => {
    const path = [
      program('shims', 'uv', uvProgram('0.13.0')),
      program('node_modules/.bin', 'uv', uvProgram('0.13.0')),
      program('broken', 'uv', '#!/bin/sh\nexit 1\n'),
      program('other', 'uv', '#!/bin/sh\necho "microvium 9.9.9"\n'),
      program('old', 'uv', uvProgram('0.4.30')),
      program('good', 'uv', uvProgram('0.9.1')),
      program('newer', 'uv', uvProgram('0.13.0')),
    ].join(':');
    expect(await find({ parent: { PATH: path } })).toEqual({
      path: join(base, 'good/uv'),
      version: '0.9.1',
      from: 'path',
    });
  });

  it("takes the settings' before all others, by path or by name", async () => {
    const folder = program('mine', 'uv-mine', uvProgram('0.12.0'));
    const expected = { path: join(folder, 'uv-mine'), version: '0.12.0', from: 'settings' };
    expect(await find({ setting: join(folder, 'uv-mine') })).toEqual(expected);
    expect(await find({ setting: 'uv-mine', parent: { PATH: folder } })).toEqual(expected);
  });

  it.each([
    ['is not there', '/no/such/uv', /does not run/u],
    ['is not on PATH', 'no-such-uv', /no such program on PATH/u],
    ['is relative', './uv', /not an absolute path/u],
  ])("refuses the settings' when it %s", async (_, setting, message) => {
    const error = await find({ setting }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it("refuses the settings' when it is too old", async () => {
    const folder = program('mine', 'uv', uvProgram('0.4.30'));
    await expect(find({ setting: join(folder, 'uv') })).rejects.toThrow(/uv 0\.4\.30; Relock needs/u);
  });

  it('says what to do where there is no copy for the machine', async () => {
    await expect(find({ platform: null })).rejects.toMatchObject({
      code: 'uv-not-built',
      fix: expect.stringContaining('Install uv'),
    });
  });

  it('never runs a copy that has not the pinned digest', async () => {
    const { bytes } = wheel('0.13.9');
    await expect(find({ platform: 'linux-x64', fetch: answer(bytes) })).rejects.toMatchObject({
      code: 'uv-digest',
    });
    expect(readdirSync(join(base, 'cache/uv'))).toEqual([]);
  });

  it('takes the copy that is there, without the network', async () => {
    const { version } = (JSON.parse(readFileSync('config/tools.json', 'utf8')) as { uv: { version: string } })
      .uv;
    program(`cache/uv/${version}`, 'uv', uvProgram(version));
    expect(await find({ platform: 'linux-x64' })).toMatchObject({ version, from: 'own-copy' });
  });

  it('asks the mirror of the settings by the file name', async () => {
    const mirror = { project: () => Promise.resolve(null), metadata: () => Promise.resolve(null) };
    await expect(find({ platform: 'linux-x64', mirror })).rejects.toThrow(
      /does not give one: it has no uv-.*manylinux/u,
    );
  });
});

describe('config/tools.json', () => {
  it('pins a wheel for every platform that we know', () => {
    const { uv } = JSON.parse(readFileSync('config/tools.json', 'utf8')) as {
      uv: { version: string; files: Record<string, { path: string; sha256: string }> };
    };
    expect(Object.keys(uv.files)).toEqual(UV_PLATFORMS);
    for (const platform of UV_PLATFORMS) {
      const { path = '', sha256 } = uv.files[platform] ?? {};
      expect(sha256).toMatch(/^[0-9a-f]{64}$/u);
      const filename = path.split('/').at(-1) ?? '';
      expect(wheelFor([{ filename }], uv.version, platform)).not.toBeNull();
    }
  });
});
