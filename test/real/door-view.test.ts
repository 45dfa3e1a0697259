/**
 * True lockers that are shown only what is locked make the same lock, byte for byte; shown one candidate more, they move
 * that package alone. Their caches live on from one view to the next.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Policy } from '../../src/config/policy.ts';
import { compileEcosystem } from '../../src/locks/compile/ecosystem.ts';
import type { Facts, LockEcosystem, PlannedLock } from '../../src/locks/ecosystem.ts';
import { pipenvEcosystem } from '../../src/locks/pipenv/ecosystem.ts';
import { poetryEcosystem } from '../../src/locks/poetry/ecosystem.ts';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import { minorOf } from '../../src/locks/python-versions.ts';
import { uvEcosystem } from '../../src/locks/uv/ecosystem.ts';
import { startDoor } from '../../src/run/network/door.ts';
import type { IndexView } from '../../src/run/network/index-view.ts';
import { driveLock, execute, factsOf, pythonsOf, treeOfFolder, type Driven } from '../support/drive-lock.ts';
import { driveTool } from '../support/drive-tool.ts';
import { folder, type Files } from '../support/folder.ts';
import { detectorOf } from '../support/one-lock.ts';
import { findUv } from '../support/uv.ts';

/** When the lock was made, and when it is made again. */
const THEN = '2021-04-01T00:00:00Z';
const NOW = '2024-06-01T00:00:00Z';
/** Withdrawn since, and made after the day of the lock. */
const YANKED = { attrs: ['21.1.0'] };
/** Later there were attrs 23.2.0, idna 3.7, python-dateutil 2.9.0 and six 1.16.0. */
const LOCKED = { attrs: '21.1.0', idna: '3.1', 'python-dateutil': '2.8.1', six: '1.15.0' };

type Environment = Readonly<Record<string, string>>;

let uv = '';
let pythons: Facts['pythons'] = [];
beforeAll(async () => {
  uv = await findUv();
  // Pipenv and Poetry of these tests run on these.
  pythons = (await pythonsOf(uv)).filter(({ version }) => /^3\.1[0-2]$/u.test(minorOf(version)));
  if (pythons.length === 0) throw new Error('No CPython 3.10 to 3.12 on this machine.');
}, 120_000);

interface Shown {
  readonly cutoff: string;
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

async function openDoor({ cutoff, versions }: Shown): Promise<Environment> {
  const door = await startDoor({
    listen: { kind: 'loopback' },
    credentials: [],
    environment: process.env,
    cooldown: { cutoff, exempt: [] },
    cache: null,
  });
  onTestFinished(() => door.close());
  const view: IndexView = { versions: new Map(Object.entries(versions)), unyank: true, exempt: [] };
  const reach = { indexes: [PUBLIC_INDEX], hosts: [], privateHosts: [], view };
  return door.client('a test', reach).environment;
}

/** Makes the lock of a folder anew: everything may move. */
type Relock = (root: string, home: string, door: Environment) => Promise<void>;

interface Locker {
  readonly files: Files;
  readonly path: string;
  readonly relock: Relock;
  /** How the lock writes a pin. */
  readonly pin: (name: string, version: string) => string;
}

async function planned(
  ecosystem: LockEcosystem,
  root: string,
  policy: Policy,
): Promise<[PlannedLock, Facts]> {
  const tree = await treeOfFolder(root);
  const texts = [...tree.files].map(([path, file]) => [path, file.kind === 'text' ? file.text : '']);
  const lock = detectorOf(ecosystem).only(Object.fromEntries(texts), policy);
  const index = { url: PUBLIC_INDEX, isMirror: false, hasVersionJson: false };
  return [lock, factsOf(tree, { pythons, cutoff: NOW, index })];
}

function mustBeDone({ last }: Driven): void {
  if (last.do === 'fail') throw new Error(JSON.stringify(last.reason));
}

/** By the steps that make a lock anew. */
function bySteps(ecosystem: LockEcosystem): Relock {
  return async (root, home, door) => {
    const [lock, facts] = await planned(ecosystem, root, NO_POLICY);
    mustBeDone(await driveLock(lock, facts, root, uv, { ...door, UV_CACHE_DIR: join(home, 'uv') }));
  };
}

/** The same, of a lock whose tool uv installs. */
function byTool(ecosystem: LockEcosystem, toolsFrom: string, toolVersion: string): Relock {
  const policy = { ...NO_POLICY, locks: [{ path: '**', toolVersion }] };
  return async (root, home, environment) => {
    const [lock, facts] = await planned(ecosystem, root, policy);
    mustBeDone(await driveTool(lock, facts, { uv, root, home, toolsFrom, environment }));
  };
}

/** Pip-compile itself, in whose place Relock's steps use uv. */
const byPipCompile: Relock = async (root, home, door) => {
  const tool = ['--exclude-newer', '2024-06-01', '--from', 'pip-tools==7.4.1', '--with', 'pip==24.0'];
  const run = ['tool', 'run', '--quiet', '--python', pythons[0]?.path ?? '3', ...tool];
  const args = ['--upgrade', '--generate-hashes', '--strip-extras', '--allow-unsafe', 'requirements.in'];
  const caches = { PIP_CACHE_DIR: join(home, 'pip'), PIP_TOOLS_CACHE_DIR: home };
  // Installed past the door.
  const results = [
    await execute(uv, [...run, 'pip-compile', '--version'], root),
    await execute(uv, [...run, '--offline', 'pip-compile', ...args], root, { ...door, ...caches }),
  ];
  const failed = results.find(({ exitCode }) => exitCode !== 0);
  if (failed !== undefined) throw new Error(failed.stdout + failed.stderr);
};

const COMPILED =
  '# This file was autogenerated by uv via the following command:\n' +
  '#    uv pip compile --generate-hashes requirements.in -o requirements.txt\nidna==2.0\n';
const PYPROJECT = `[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["attrs", "idna", "python-dateutil"]
`;
const POETRY = `[tool.poetry]
name = "demo"
version = "0.1.0"
description = ""
authors = []

[tool.poetry.dependencies]
python = ">=3.10,<4.0"
attrs = "*"
idna = "*"
python-dateutil = "*"
`;

const LOCKERS: readonly (readonly [string, Locker])[] = [
  [
    'uv pip compile',
    {
      files: { 'requirements.in': 'attrs\nidna\npython-dateutil\n', 'requirements.txt': COMPILED },
      path: 'requirements.txt',
      relock: bySteps(compileEcosystem),
      pin: (name, version) => `${name}==${version} `,
    },
  ],
  [
    'pip-compile',
    {
      files: { 'requirements.in': 'attrs\nidna\npython-dateutil\n' },
      path: 'requirements.txt',
      relock: byPipCompile,
      pin: (name, version) => `${name}==${version} `,
    },
  ],
  [
    'uv lock',
    {
      files: { 'pyproject.toml': PYPROJECT, 'uv.lock': 'version = 1\nrequires-python = ">=3.10"\n' },
      path: 'uv.lock',
      relock: bySteps(uvEcosystem),
      pin: (name, version) => `name = "${name}"\nversion = "${version}"\n`,
    },
  ],
  [
    'poetry',
    {
      files: {
        'pyproject.toml': POETRY,
        'poetry.lock':
          '# This file is automatically @generated by Poetry 1.8.5 and should not be changed by hand.\npackage = []\n\n[metadata]\nlock-version = "2.0"\npython-versions = "*"\ncontent-hash = "0"\n',
      },
      path: 'poetry.lock',
      relock: byTool(poetryEcosystem, '2025-02-01', '1.8.5'),
      pin: (name, version) => `name = "${name}"\nversion = "${version}"\n`,
    },
  ],
  [
    'pipenv',
    {
      files: {
        Pipfile: `[[source]]\nname = "pypi"\nurl = "${PUBLIC_INDEX}"\nverify_ssl = true\n\n[packages]\nattrs = "*"\nidna = "*"\npython-dateutil = "*"\n`,
        'Pipfile.lock': '{"_meta": {}, "default": {}, "develop": {}}\n',
      },
      path: 'Pipfile.lock',
      relock: byTool(pipenvEcosystem, '2025-03-01', '2024.4.1'),
      pin: (_, version) => `"version": "==${version}"`,
    },
  ],
];

it.each(LOCKERS)(
  '%s keeps what it is shown, and moves what may move',
  async (_, { files, path, relock, pin }) => {
    const root = folder(files);
    const home = folder();
    const read = (): string => readFileSync(join(root, path), 'utf8');
    await relock(root, home, await openDoor({ cutoff: THEN, versions: YANKED }));
    const old = read();
    for (const [name, version] of Object.entries(LOCKED)) expect(old).toContain(pin(name, version));

    const versions = Object.fromEntries(Object.entries(LOCKED).map(([name, version]) => [name, [version]]));
    await relock(root, home, await openDoor({ cutoff: NOW, versions }));
    expect(read()).toBe(old);

    const idna = ['3.1', '3.4'];
    await relock(root, home, await openDoor({ cutoff: NOW, versions: { ...versions, idna } }));
    const moved = read();
    expect(moved).toContain(pin('idna', '3.4'));
    const { idna: _idna, ...others } = LOCKED;
    for (const [name, version] of Object.entries(others)) expect(moved).toContain(pin(name, version));
    // Nothing but idna's own lines: its version, and the digests of its two files.
    const known = new Set(old.split('\n'));
    const changed = moved.split('\n').filter((line) => !known.has(line));
    expect(changed.length).toBeGreaterThan(1);
    expect(changed.length).toBeLessThanOrEqual(4);
    expect(moved.split('\n')).toHaveLength(old.split('\n').length);
  },
  120_000,
);
