/** The cool-down index under true lockers: the pins respect the cut-off, and the lock has no trace of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import { startCooldownIndex, type CooldownIndex } from '../../src/run/network/cooldown-index.ts';
import { runTool, scratchFolder } from '../support/real-tool.ts';
import { findUv } from '../support/uv.ts';

/** What the public index had on this day. */
const CUTOFF = '2024-01-01T00:00:00Z';
const PINS = [
  'certifi 2023.11.17',
  'charset-normalizer 3.3.2',
  'idna 3.6',
  'requests 2.31.0',
  'urllib3 2.1.0',
];

let uv = '';
beforeAll(async () => {
  uv = await findUv();
}, 60_000);

async function start(): Promise<CooldownIndex> {
  const index = await startCooldownIndex({ upstream: PUBLIC_INDEX, cutoff: CUTOFF, fetch });
  onTestFinished(() => index.close());
  return index;
}

/** Runs a tool at a version, with its own dependencies of a day. */
async function uvx(
  command: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await runTool(
    [uv, 'tool', 'run', '--quiet', '--exclude-newer', ...command.split(' ')],
    folder,
    environment,
  );
}

it('holds pip-compile, which asks for JSON', async () => {
  const index = await start();
  const folder = await scratchFolder({ 'requirements.in': 'requests\n' });
  await uvx(
    '2024-06-01 --from pip-tools==7.4.1 --with pip==24.0 pip-compile --strip-extras --no-emit-index-url requirements.in',
    folder,
    { PIP_INDEX_URL: index.url, PIP_NO_CACHE_DIR: '1' },
  );
  const lock = await readFile(join(folder, 'requirements.txt'), 'utf8');
  const pins = lock.split('\n').filter((line) => /^[a-z]/u.test(line));
  expect(pins.map((line) => line.replace('==', ' '))).toEqual(PINS);
  expect(lock).not.toContain('127.0.0.1');
  expect(index.hidden().map(({ filename }) => filename)).toContain('requests-2.32.0.tar.gz');
}, 60_000);

it('holds Poetry, which asks for HTML', async () => {
  const index = await start();
  const folder = await scratchFolder({
    'pyproject.toml':
      '[tool.poetry]\nname = "demo"\nversion = "1"\ndescription = ""\nauthors = []\n\n' +
      '[tool.poetry.dependencies]\npython = "^3.9"\nrequests = "*"\n',
  });
  await uvx(
    '2025-01-15 --from poetry==1.8.5 --with poetry-plugin-pypi-mirror==0.4.2 poetry lock --no-interaction',
    folder,
    { POETRY_PYPI_MIRROR_URL: index.url, POETRY_CACHE_DIR: join(folder, 'cache') },
  );
  const lock = await readFile(join(folder, 'poetry.lock'), 'utf8');
  const pins = [...lock.matchAll(/^name = "(.*)"\nversion = "(.*)"$/gmu)];
  expect(pins.map(([, name, version]) => `${name} ${version}`)).toEqual(PINS);
  expect(lock).not.toMatch(/127\.0\.0\.1|\[package\.source\]/u);
}, 60_000);
