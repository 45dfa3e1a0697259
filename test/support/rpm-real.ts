/** The real rpmbuild, createrepo_c, rpm and dnf, as far as this machine has them: Debian has packages of all. */
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { ImagePackage } from '../../src/images/content.ts';
import { parseRpm } from '../../src/images/rpm.ts';
import { missingPrograms } from './images/debian-programs.ts';
import { partsOf, updateinfoXml, type MadeAdvisory, type MadeRpm } from './rpm-world.ts';

/** Why they cannot be asked; null: they can. */
export function missingRpmTools(): string | null {
  return missingPrograms(['rpmbuild', 'createrepo_c', 'dnf'], ['rpm', 'createrepo-c', 'dnf']);
}

export interface RpmWorkshop {
  /** Builds a package, once. @returns its file. */
  readonly build: (made: MadeRpm) => string;
  readonly folder: string;
  readonly remove: () => void;
}

export function rpmWorkshop(): RpmWorkshop {
  const folder = mkdtempSync(join(tmpdir(), 'relock-rpm-'));
  const built = new Map<string, string>();
  return {
    folder,
    build(made) {
      const { name, version, arch = 'x86_64', obsoletes = [] } = made;
      const parts = partsOf(version);
      const key = `${name}-${version}.${arch}`;
      const known = built.get(key);
      if (known !== undefined) return known;
      const spec = [
        `Name: ${name}`,
        `Epoch: ${parts.epoch}`,
        `Version: ${parts.version}`,
        `Release: ${parts.release}`,
        'Summary: made for a test',
        'License: MIT',
        ...(arch === 'noarch' ? ['BuildArch: noarch'] : []),
        ...obsoletes.map((each) => `Obsoletes: ${each}`),
        '%description',
        'x',
        '%files',
      ];
      const path = join(folder, `${key}.spec`);
      writeFileSync(path, `${spec.join('\n')}\n`);
      const output = join(folder, 'built', key);
      const defines = ['--define', `_topdir ${join(folder, 'top')}`, '--define', `_rpmdir ${output}`];
      execFileSync('/usr/bin/rpmbuild', ['-bb', '--quiet', '--target', arch, ...defines, path], {
        stdio: 'pipe',
      });
      const found = walk(output).find((each) => each.endsWith('.rpm')) ?? '';
      built.set(key, found);
      return found;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A repository by createrepo_c; advisories by modifyrepo_c. */
export function realRepository(
  workshop: RpmWorkshop,
  folder: string,
  packages: readonly MadeRpm[],
  advisories: readonly MadeAdvisory[] | null,
  options: readonly string[] = [],
): void {
  mkdirSync(folder, { recursive: true });
  for (const each of packages) {
    const file = workshop.build(each);
    copyFileSync(file, join(folder, basename(file)));
  }
  execFileSync('/usr/bin/createrepo_c', ['-q', '--no-database', ...options, folder], { stdio: 'pipe' });
  if (advisories === null) return;
  const path = join(folder, 'updateinfo.xml');
  writeFileSync(path, updateinfoXml(advisories));
  execFileSync('/usr/bin/modifyrepo_c', [path, join(folder, 'repodata')], { stdio: 'pipe' });
}

export interface RpmRoot {
  readonly root: string;
  readonly packages: readonly ImagePackage[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/** An image's folder: a database by the real rpm, and configuration as told. */
export function realRoot(
  workshop: RpmWorkshop,
  installed: readonly MadeRpm[],
  config: Readonly<Record<string, string>>,
): RpmRoot {
  const root = mkdtempSync(join(workshop.folder, 'root-'));
  for (const [path, text] of Object.entries(config)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const database = ['--root', root, '--dbpath', '/var/lib/rpm'];
  mkdirSync(join(root, 'var/lib/rpm'), { recursive: true });
  // Debian's rpm looks into the home folder by itself.
  writeFileSync(join(root, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
  execFileSync('/usr/bin/rpm', [...database, '--initdb'], { stdio: 'pipe' });
  const options = ['-i', '--justdb', '--nodeps', '--ignorearch', '--nosignature', '--force'];
  execFileSync('/usr/bin/rpm', [...database, ...options, ...installed.map(workshop.build)], {
    stdio: 'pipe',
  });
  const place = 'var/lib/rpm/rpmdb.sqlite';
  const log = existsSync(join(root, `${place}-wal`)) ? readFileSync(join(root, `${place}-wal`)) : null;
  const read = parseRpm('sqlite', readFileSync(join(root, place)), log, place);
  if (read.kind === 'damaged') throw new Error(read.why);
  const files = new Map(
    walk(join(root, 'etc')).map((path) => [relative(root, path), readFileSync(path)] as const),
  );
  return { root, packages: read.packages, files };
}

export interface DnfAnswer {
  readonly lines: readonly string[];
  readonly output: string;
}

/** `name arch version` of what `dnf upgrade` would bring, and of what that replaces; sorted. */
export async function realDnf({ root }: RpmRoot, more: readonly string[] = []): Promise<DnfAnswer> {
  const argv = [
    '-c',
    join(root, 'etc/dnf/dnf.conf'),
    '--installroot',
    root,
    '--releasever',
    '9',
    `--setopt=reposdir=${join(root, 'etc/yum.repos.d')}`,
    `--setopt=cachedir=${join(root, 'cache')}`,
    '--setopt=pluginpath=/nonexistent',
    '--noplugins',
    '--nogpgcheck',
  ];
  const output = await outputOf('/usr/bin/dnf', [...argv, 'upgrade', '--assumeno', ...more], root);
  const lines: string[] = [];
  let heading = '';
  let last = '';
  for (const line of output.split('\n')) {
    if (/^[A-Z][a-z ]+:$/u.test(line)) heading = line;
    const match = /^ (\S+) +(\S+) +(\S+) +(\S+) +[\d.]+ ?[kM]?B?\s*$/u.exec(line);
    if (match !== null && ['Upgrading:', 'Installing:'].includes(heading)) {
      last = `${match[1]} ${match[2]} ${match[3]}`;
      if (heading === 'Upgrading:') lines.push(last);
    }
    const replaced = /^ {5}replacing +(\S+)\.(\S+) (\S+)$/u.exec(line);
    if (replaced !== null && heading === 'Installing:') lines.push(`${replaced[1]} -> ${last}`);
  }
  return { lines: lines.sort(), output };
}

/** A program's output, whatever it ends with. Not in step: the server that it asks is of this very process. */
async function outputOf(program: string, argv: readonly string[], home: string): Promise<string> {
  const environment = { ...process.env, HOME: home, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', COLUMNS: '300' };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, argv, {
      timeout: 60_000,
      env: environment,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: unknown; stderr?: unknown };
    return `${String(stdout)}\n${String(stderr)}`;
  }
}

function walk(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? walk(path) : [path]));
}
