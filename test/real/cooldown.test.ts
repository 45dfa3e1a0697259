/** The cool-down of the door under true lockers: the pins respect the cut-off, and the lock has no trace of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import { doorEnvironment } from '../support/real-door.ts';
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

interface Uvx {
  /** What of, with its own dependencies of a day: `--exclude-newer 2024-06-01 --from pip-tools==7.4.1`. */
  readonly tool: string;
  readonly argv: readonly [string, ...string[]];
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Installs a tool, and runs it behind the door. */
async function uvx({ tool, argv, folder, environment = {} }: Uvx): Promise<void> {
  const run = [uv, 'tool', 'run', '--quiet', ...tool.split(' ')] as const;
  await runTool([...run, argv[0], '--version'], folder);
  const door = await doorEnvironment({ cutoff: CUTOFF });
  await runTool([...run, '--offline', ...argv], folder, { ...door, ...environment });
}

it('holds pip-compile, which asks for JSON', async () => {
  const folder = await scratchFolder({ 'requirements.in': 'requests\n' });
  await uvx({
    tool: '--exclude-newer 2024-06-01 --from pip-tools==7.4.1 --with pip==24.0',
    argv: ['pip-compile', '--strip-extras', 'requirements.in'],
    folder,
    environment: { PIP_NO_CACHE_DIR: '1' },
  });
  const lock = await readFile(join(folder, 'requirements.txt'), 'utf8');
  const pins = lock.split('\n').filter((line) => /^[a-z]/u.test(line));
  expect(pins.map((line) => line.replace('==', ' '))).toEqual(PINS);
  expect(lock).not.toMatch(/127\.0\.0\.1|--index-url/u);
}, 60_000);

it('holds Poetry, which asks for HTML', async () => {
  const folder = await scratchFolder({
    'pyproject.toml':
      '[tool.poetry]\nname = "demo"\nversion = "1"\ndescription = ""\nauthors = []\n\n' +
      '[tool.poetry.dependencies]\npython = "^3.9"\nrequests = "*"\n',
  });
  await uvx({
    tool: '--exclude-newer 2025-01-15 --from poetry==1.8.5 --with poetry-plugin-pypi-mirror==0.4.2',
    argv: ['poetry', 'lock', '--no-interaction'],
    folder,
    // The plugin runs everywhere: the answer is the same whether an index has the page of each version or not.
    environment: { POETRY_PYPI_MIRROR_URL: PUBLIC_INDEX, POETRY_CACHE_DIR: join(folder, 'cache') },
  });
  const lock = await readFile(join(folder, 'poetry.lock'), 'utf8');
  const pins = [...lock.matchAll(/^name = "(.*)"\nversion = "(.*)"$/gmu)];
  expect(pins.map(([, name, version]) => `${name} ${version}`)).toEqual(PINS);
  expect(lock).not.toMatch(/127\.0\.0\.1|\[package\.source\]/u);
}, 60_000);
