/** The machine as an attacker finds it: secrets in every place where people have them, canaries, an index, a repository. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_SETTINGS } from '../../../src/config/defaults.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { networkEnvironment } from '../cli.ts';
import { addFiles, folder, git, type Files } from '../folder.ts';
import { findUv } from '../uv.ts';
import { startCanaries, type Canaries } from './canaries.ts';
import { startIndex, type HostileIndex } from './index-server.ts';
import { plant } from './secrets.ts';

export interface World {
  readonly index: HostileIndex;
  readonly canaries: Canaries;
  /** The repository; empty at first. */
  readonly root: string;
  /** TMPDIR of the engine. */
  readonly tmp: string;
  readonly cache: string;
  /** None of the engine's business. */
  readonly outside: string;
  readonly specPath: string;
  /** A credential of the settings whose value the attacker knows, to see whether it is taken out of what he prints. */
  readonly knownToken: string;
  /** On the command line of what attacks leave running. */
  readonly daemonMarker: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** All that an attack may know, as JSON. */
  readonly known: object;
  close(): Promise<void>;
}

const HOME_FILES = [
  '.ssh/id_ed25519',
  '.netrc',
  '.config/pypoetry/auth.toml',
  '.docker/config.json',
  '.pypirc',
];

export async function plantWorld(): Promise<World> {
  const outer = folder();
  const at = (name: string): string => join(outer, name);
  for (const name of ['repo', 'tmp', 'cache', 'outside', 'home']) mkdirSync(at(name));
  addFiles(at('home'), Object.fromEntries(HOME_FILES.map((name) => [name, `${plant('home')}\n`])));
  // Where a parent folder that became a link would lead: a secret that looks like a lock.
  const lock = `# ${plant('lock')}\n#    uv pip compile requirements.in -o requirements.txt\nstolen==1.0 # ${plant('lock')}\n`;
  addFiles(outer, {
    'outside/secret.txt': `${plant('outside')}\n`,
    'outside/victim.txt': 'as it was\n',
    'outside/folder/requirements.txt': lock,
    'outside/folder/uv.lock': `version = 1\nrequires-python = ">=3.11"\n# ${plant('lock')}\n\n[[package]]\nname = "${plant('lock')}"\nversion = "1.0"\n`,
    'settings.toml': `# ${plant('settings')}\n`,
    // Alive, so that no sweep takes it for a left-over.
    [`tmp/relock-${process.pid}-other/home/secret.txt`]: `${plant('neighbour')}\n`,
    [`tmp/relock-${process.pid}-other/checkout/requirements.txt`]: `${plant('neighbour')}\n`,
    'cache/http-of-others/secret.txt': `${plant('cache')}\n`,
  });
  const index = await startIndex();
  const engineSocket = join(outer, 'docker.sock');
  const canaries = await startCanaries(engineSocket, {
    argument: plant('argument'),
    variable: plant('host'),
  });
  const knownToken = `known-${plant('token').replace('planted-', '')}`;
  const daemonMarker = `relock-hostile-daemon-${index.port}`;
  const specPath = at('spec.json');
  const secretFiles = [
    at('outside/secret.txt'),
    join(at('home'), '.ssh/id_ed25519'),
    at(`tmp/relock-${process.pid}-other/home/secret.txt`),
    specPath,
  ];
  index.redirect('/redirect/canary', `http://127.0.0.1:${canaries.port}/redirected`);
  index.redirect('/redirect/unlisted', 'http://files.attacker.example/redirected');
  index.redirect('/redirect/metadata', 'http://169.254.169.254/latest/meta-data/');
  index.redirect('/redirect/relative', `//127.0.0.1:${canaries.port}/redirected`);
  return {
    index,
    canaries,
    root: at('repo'),
    tmp: at('tmp'),
    cache: at('cache'),
    outside: at('outside'),
    specPath,
    knownToken,
    daemonMarker,
    environment: environmentOf(at('home'), at('tmp')),
    settings: {
      ...DEFAULT_SETTINGS,
      indexUrl: index.url,
      credentials: [
        { host: 'pypi.known.example', path: '/', owner: '*', username: 'bot', password: knownToken },
        {
          host: 'pypi.other.example',
          path: '/',
          owner: 'other',
          username: 'bot',
          password: plant('credential'),
        },
      ],
      tools: { ...DEFAULT_SETTINGS.tools, uv: await findUv(), pythonDownloads: false },
      sandbox: 'require',
      allowHosts: [],
      cacheBytes: 64 * 1024 ** 2,
      timeoutSeconds: 60,
      parallel: 3,
      cacheFolder: at('cache'),
    },
    known: {
      index: index.url,
      canaryPort: canaries.port,
      datagramPort: canaries.datagramPort,
      addresses: canaries.addresses,
      hostNames: [hostname()],
      hostPid: canaries.hostPid,
      abstractSocket: canaries.abstractSocket,
      engineSocket,
      home: at('home'),
      homeFiles: HOME_FILES,
      secretFiles,
      secretFolder: at('outside/folder'),
      neighbour: at(`tmp/relock-${process.pid}-other/home/secret.txt`),
      root: at('repo'),
      outside: at('outside'),
      victim: at('outside/victim.txt'),
      cache: at('cache'),
      spec: specPath,
      settings: at('settings.toml'),
      program: fileURLToPath(new URL('../../../src/engine.ts', import.meta.url)),
      daemonMarker,
      knownToken,
    },
    async close() {
      await canaries.close();
      await index.close();
    },
  };
}

/** Ours, as an App's would be: full of secrets. */
function environmentOf(home: string, tmp: string): Readonly<Record<string, string>> {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((one) => !/\/(?:\.bin|shims)$/u.test(one));
  return {
    ...networkEnvironment(),
    PATH: path.join(delimiter),
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    PYENV_ROOT: process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'),
    GITHUB_TOKEN: plant('github'),
    APP_PRIVATE_KEY: plant('key'),
    DATABASE_URL: `postgres://relock:${plant('database')}@127.0.0.1/relock`,
    AWS_SECRET_ACCESS_KEY: plant('aws'),
    PIP_INDEX_URL: `https://bot:${plant('pip')}@pypi.other.example/simple`,
    UV_INDEX_PRIVATE_PASSWORD: plant('uv'),
    POETRY_HTTP_BASIC_PRIVATE_PASSWORD: plant('poetry'),
  };
}

/** Makes the repository, with a token in its .git/config as a clone in CI has it. */
export function fillRepository(world: World, files: Files): void {
  addFiles(world.root, files);
  git(world.root, 'init', '-q', '-b', 'main');
  git(world.root, 'add', '-A');
  git(world.root, 'commit', '-q', '-m', 'first');
  git(world.root, 'config', 'http.https://github.com/.extraheader', `AUTHORIZATION: basic ${plant('git')}`);
}

export function writeSpec(world: World, spec: object): void {
  writeFileSync(world.specPath, JSON.stringify({ ...spec, planted: plant('spec') }));
}
