/** Looks at published images in a process of its own, and prints how long it took and its peak memory. */
import { tmpdir } from 'node:os';
import { readFileSync } from 'node:fs';
import { DEFAULT_SETTINGS } from '../src/config/defaults.ts';
import { composeRebuild, rebuildsAlone } from '../src/engine/compose-rebuild.ts';
import { runRebuilds } from '../src/engine/rebuild.ts';
import type { Tree } from '../src/model.ts';
import type { BuiltImage } from '../src/rebuild/model.ts';
import type { Registry } from '../src/registry/registry.ts';
import { localWorkspace } from '../src/workspace/local.ts';
import { statusText } from '../test/support/debian.ts';
import { memoryRegistry, putImage } from '../test/support/images/memory-registry.ts';
import { dependsOf, type DetectionRun } from './rebuilds.ts';

const [origin = '', keyFile = '', images = '1', bases = '1'] = process.argv.slice(2);
/** Installed in a base, and in an image on it. */
const IN_BASE = 150;
const IN_IMAGE = 400;
/** What a layer holds besides. */
const FILES = 500;

const memory = memoryRegistry();
/** Digests by `repository:tag`. */
const tags = new Map<string, string>();

function put(name: string, layers: Parameters<typeof putImage>[1]['layers']): string {
  const digest = putImage(memory, { layers }).digest ?? '';
  tags.set(name, digest);
  return digest;
}

function status(count: number): { readonly path: string; readonly content: string } {
  const packages = Array.from({ length: count }, (_, at) => ({
    n: `package-${at}`,
    v: '1',
    Depends: dependsOf(at),
  }));
  return { path: 'var/lib/dpkg/status', content: statusText(packages) };
}

function fillers(name: string): readonly { readonly path: string; readonly content: string }[] {
  return Array.from({ length: FILES }, (_, at) => ({
    path: `usr/share/${name}/file-${at}`,
    content: `${name} ${at} `.repeat(500),
  }));
}

const suites = ['stable', 'stable-updates', 'stable-security'];
const baseLayers = Array.from({ length: Number(bases) }, (_, at) => [
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' },
  {
    path: 'etc/apt/sources.list',
    content: suites.map((suite) => `deb ${origin} ${suite} main\n`).join(''),
  },
  { path: 'etc/apt/trusted.gpg.d/key.asc', content: readFileSync(keyFile, 'utf8') },
  ...fillers(`base-${at}`),
  status(IN_BASE),
]);
const digests = baseLayers.map((layer, at) => put(`base-${at}:1`, [layer]));
const built: BuiltImage[] = [];
const files = new Map<string, { readonly kind: 'text'; readonly text: string }>();
for (let at = 0; at < Number(images); at += 1) {
  const base = at % baseLayers.length;
  put(`app-${at}:latest`, [baseLayers[base] ?? [], [...fillers(`app-${at}`), status(IN_IMAGE)]]);
  const dockerfile = `app-${at}/Dockerfile`;
  const from = `registry.example/base-${base}:1@${digests[base]}`;
  files.set(dockerfile, {
    kind: 'text',
    text: `FROM ${from}\nRUN apt-get update && apt-get -y upgrade && apt-get install -y package-300\n`,
  });
  built.push({
    ref: `registry.example/app-${at}:latest`,
    dockerfile,
    context: '.',
    platforms: ['linux/amd64'],
    rebuild: 'security',
    via: ['commit'],
    workflow: null,
    smoke: [],
    restDays: 7,
    sizeBudget: null,
  });
}

const registry: Registry = {
  ...memory,
  digestOf: async ({ repository, tag, digest }) => digest ?? tags.get(`${repository}:${tag}`) ?? null,
  manifest: async (reference) =>
    memory.manifest({
      ...reference,
      digest: reference.digest ?? tags.get(`${reference.repository}:${reference.tag}`) ?? null,
    }),
};
const signal = new AbortController().signal;
const composed = composeRebuild({
  ...rebuildsAlone('look'),
  settings: { ...DEFAULT_SETTINGS, allowHosts: [new URL(origin).host] },
  environment: process.env,
  workspace: localWorkspace({ root: tmpdir(), scratch: [] }),
  images: {
    registry,
    read: () => Promise.resolve([]),
    lifecycles: { systems: new Map(), python: { name: 'Python', source: '', date: '', releases: new Map() } },
    fileNames: () => Promise.resolve([]),
    now: () => new Date(),
  },
  dockerConfig: null,
  secrets: [],
  userAgent: 'relock/bench',
  scratch: tmpdir(),
  signal,
});
const { ports } = composed;
if (ports === null) throw new Error('Nothing looks at published images.');
const tree: Tree = { paths: [...files.keys()], files };
const start = performance.now();
const rebuilt = await runRebuilds(
  { images: built, tree, bases: { results: [], left: [], files: [] }, files: [], forced: false },
  ports,
);
const seconds = (performance.now() - start) / 1000;
await composed.close();

const verdicts = Object.groupBy(rebuilt, ({ result }) => result.decision.verdict);
const run: DetectionRun = {
  seconds,
  peakMb: peakMb(),
  verdicts: Object.fromEntries(Object.entries(verdicts).map(([verdict, list]) => [verdict, list.length])),
  updates: rebuilt.reduce(
    (sum, { result }) => sum + result.published.reduce((of, { waiting }) => of + waiting.length, 0),
    0,
  ),
};
process.stdout.write(JSON.stringify(run));

function peakMb(): number | null {
  try {
    const high = /^VmHWM:\s+(?<kb>\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'));
    return high?.groups?.['kb'] === undefined ? null : Number(high.groups['kb']) / 1024;
  } catch {
    return null;
  }
}
