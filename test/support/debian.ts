/** Small Debian worlds, written by hand or by chance: texts of databases and indexes, and our answer to them. */
import type { AptFiles } from '../../src/distro/apt-files.ts';
import { parseRelease } from '../../src/distro/apt-release.ts';
import { readAptSources } from '../../src/distro/apt-sources.ts';
import { createDebIndexReader, type DebIndex } from '../../src/distro/deb-index.ts';
import {
  architecturesOf,
  debianUpdates,
  readInstalled,
  type AptIndex,
} from '../../src/distro/deb-updates.ts';
import type { PackageUpdate } from '../../src/distro/model.ts';

/** Fields of one paragraph; `n` and `v` are name and version. */
export type Paragraph = Readonly<Record<string, string>> & { readonly n: string; readonly v: string };

const LONG: Readonly<Record<string, string>> = { n: 'Package', v: 'Version' };

function paragraph(fields: Paragraph, more: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = { Architecture: 'amd64', ...more };
  for (const [name, value] of Object.entries(fields)) all[LONG[name] ?? name] = value;
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n`;
}

export function statusText(packages: readonly Paragraph[]): string {
  return packages
    .map((each) =>
      paragraph(each, { Status: 'install ok installed', Maintainer: 'a <a@example.org>', Description: 'd' }),
    )
    .join('\n');
}

export function packagesText(packages: readonly Paragraph[]): string {
  return packages
    .map((each) =>
      paragraph(each, {
        Filename: `./${each.n}_${each.v}.deb`,
        Size: '100',
        SHA256: '0'.repeat(64),
        Description: 'd',
      }),
    )
    .join('\n');
}

/** One suite with one component, `main`. */
export interface Suite {
  readonly name: string;
  readonly packages: readonly Paragraph[];
  /** Further fields of its Release file. */
  readonly release?: Readonly<Record<string, string>>;
}

export interface World {
  readonly installed: readonly Paragraph[];
  readonly suites: readonly Suite[];
  /** Further files of the image. */
  readonly files?: Readonly<Record<string, string>>;
  readonly architectures?: readonly string[];
}

function indexOf(text: string): DebIndex {
  const reader = createDebIndexReader();
  reader.write(Buffer.from(text));
  return reader.end();
}

export function releaseText(suite: Suite, files: Readonly<Record<string, string>> = {}): string {
  const fields = { Origin: 'Test', Label: 'Test', Suite: suite.name, Codename: suite.name, ...suite.release };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const sums = Object.entries(files).map(([path, sum]) => ` ${sum} ${path}`);
  return `${lines.join('\n')}\nDate: Mon, 23 Nov 2026 11:22:37 UTC\nArchitectures: amd64 i386\nComponents: main\nSHA256:\n${sums.join('\n')}${sums.length > 0 ? '\n' : ''}`;
}

const MIRROR = 'http://mirror.example.org/debian';

export function filesOf(world: World): AptFiles {
  const lines = world.suites.map(({ name }) => `deb [trusted=yes] ${MIRROR} ${name} main\n`);
  const texts: Record<string, string> = { 'etc/apt/sources.list': lines.join(''), ...world.files };
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

/** By name (with architecture, where it is not native). */
export function ourAnswer(world: World): {
  readonly upgraded: readonly string[];
  readonly keptBack: readonly string[];
  readonly phased: readonly string[];
  readonly updates: readonly PackageUpdate[];
  readonly notes: readonly string[];
} {
  const installed = readInstalled([statusText(world.installed)]);
  const files = filesOf(world);
  const architectures = world.architectures ?? architecturesOf(installed, files);
  const native = architectures[0] ?? 'amd64';
  const { sources } = readAptSources(files, architectures);
  const indexes = sources.flatMap((source): readonly AptIndex[] => {
    const suite = world.suites.find(({ name }) => name === source.suite);
    if (suite === undefined) return [];
    const own = suite.packages.filter(({ Architecture = 'amd64' }) =>
      [source.architecture, 'all'].includes(Architecture),
    );
    const release = parseRelease(releaseText(suite));
    return [{ source, component: 'main', release, signed: false, packages: indexOf(packagesText(own)) }];
  });
  const answer = debianUpdates({ installed, native, files, indexes, notes: [] });
  if (answer.state === 'unknown') throw new Error(answer.reason.message);
  const full = ({ name, arch }: PackageUpdate): string =>
    arch === native || arch === 'all' ? name : `${name}:${arch}`;
  const of = (kind: PackageUpdate['kind']): readonly PackageUpdate[] =>
    answer.updates.filter((each) => each.kind === kind);
  return {
    upgraded: of('upgrade')
      .map((each) => `${full(each)} ${each.from} ${each.to}`)
      .sort(),
    keptBack: of('kept-back').map(full).sort(),
    phased: of('phased').map(full).sort(),
    updates: answer.updates,
    notes: answer.notes,
  };
}
