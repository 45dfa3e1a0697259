/** What is read of an image, beside what the image's own package managers say of it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareDebVersions } from '../../src/images/deb-version.ts';
import type { ImageContent } from '../../src/images/content.ts';
import { compareRpmVersions } from '../../src/images/rpm-version.ts';
import { readImages } from '../../src/registry/layers/read-image.ts';
import { folder } from '../support/folder.ts';
import { missingPrograms } from '../support/images/debian-programs.ts';
import { memoryRegistry, putImage } from '../support/images/memory-registry.ts';
import { minbaseTar } from '../support/images/minbase.ts';
import { DEB_ORDER, RPM_ORDER } from '../support/images/version-orders.ts';

const noDebian = missingPrograms(['mmdebstrap', 'dpkg-query'], ['mmdebstrap']);
const noRpm = missingPrograms(['rpm', 'rpmbuild', 'db5.3_load'], ['rpm', 'db-util']);
for (const reason of [noDebian, noRpm]) if (reason !== null) console.warn(`Skipped: ${reason}`);

async function readLayers(layers: readonly Buffer[]): Promise<ImageContent> {
  const registry = memoryRegistry();
  const [content] = await readImages(registry, [putImage(registry, { layers })], 'linux/amd64');
  if (content === undefined) throw new Error('nothing was read');
  expect(content.unread).toBeNull();
  expect(content.notes).toEqual([]);
  return content;
}

function run(program: string, ...args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1e8, stdio: [...stdio] });
}

function tarOf(root: string, ...paths: readonly string[]): Buffer {
  return execFileSync('tar', ['-c', '-C', root, ...paths], { maxBuffer: 1e9 });
}

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

const DPKG_FORMAT =
  '${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n';

describe.skipIf(noDebian !== null)('Debian', () => {
  it(
    'the packages of a bookworm, as its dpkg lists them, and of a venv in a layer above',
    { timeout: 120_000 },
    async () => {
      const base = readFileSync(minbaseTar());
      const root = folder();
      execFileSync('tar', ['-x', '-f', minbaseTar(), '-C', root, './var/lib/dpkg']);
      const listed = lines(
        run('dpkg-query', `--admindir=${join(root, 'var/lib/dpkg')}`, '-W', '-f', DPKG_FORMAT),
      );

      execFileSync('python3', ['-m', 'venv', '--without-pip', join(root, 'app/venv')]);
      const site = readdirSync(join(root, 'app/venv/lib'))[0] ?? '';
      const dist = join(root, 'app/venv/lib', site, 'site-packages/made_up-1.2.dist-info');
      mkdirSync(dist);
      writeFileSync(join(dist, 'METADATA'), 'Metadata-Version: 2.4\nName: made.up\nVersion: 1.2\n');
      const python = join(root, 'app/venv/bin/python');
      const own = lines(
        run(
          python,
          '-c',
          'import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)',
        ),
      );

      const content = await readLayers([gzipSync(base, { level: 1 }), zstdCompressSync(tarOf(root, 'app'))]);
      const found = content.packages.filter((each) => each.kind === 'deb');
      expect(found.length).toBeGreaterThan(80);
      expect(
        found
          .map(
            (each) =>
              `installed ${each.name} ${each.version} ${each.arch} ${each.source} ${each.sourceVersion}`,
          )
          .sort(),
      ).toEqual(listed);
      expect(content.os).toMatchObject({ id: 'debian', version: '12', codename: 'bookworm' });
      expect(
        content.packages
          .filter((each) => each.kind === 'python')
          .map((each) => `${each.name} ${each.version}`),
      ).toEqual(own.map((line) => line.replace('made.up', 'made-up')));
      expect(content.layers[0]?.uncompressed).toBe(base.length);
    },
  );

  it('this machine, with all that has happened to it', async () => {
    const content = await readLayers([zstdCompressSync(tarOf('/', 'var/lib/dpkg/status', 'etc/os-release'))]);
    const listed = lines(
      run('dpkg-query', '-W', '-f', '${db:Status-Status} ${Package} ${Version} ${Architecture}\n'),
    );
    const there = listed.filter((line) => !/^(?:config-files|not-installed|half-installed) /u.test(line));
    expect(content.packages.map((each) => `${each.name} ${each.version} ${each.arch}`).sort()).toEqual(
      there.map((line) => line.slice(line.indexOf(' ') + 1)).sort(),
    );
  });

  it('the order of versions is dpkg’s', () => {
    const pairs = DEB_ORDER.flatMap((one, at) =>
      DEB_ORDER.slice(at + 1).map((other) => [one, other] as const),
    );
    for (const [one, other] of pairs.filter((_, at) => at % 3 === 0)) {
      run('dpkg', '--compare-versions', one, 'lt', other);
      expect(compareDebVersions(one, other)).toBeLessThan(0);
    }
  });
});

const SPEC = `Name: alpha
Epoch: 2
Version: 1.0~rc1
Release: 3.el9
Summary: a
License: MIT
BuildArch: noarch
%description
a
%package -n beta
Summary: b
Version: 7^git1
%description -n beta
b
%package tools
Summary: c
%description tools
c
%install
mkdir -p %{buildroot}/usr/share/alpha
for i in $(seq 1 900); do echo $i > %{buildroot}/usr/share/alpha/a-rather-long-file-name-number-$i; done
%files
%files -n beta
%files tools
/usr/share/alpha
`;
const RPM_FORMAT = '%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM}\n';

describe.skipIf(noRpm !== null)('RPM', () => {
  it(
    'packages that rpmbuild made, in SQLite and in Berkeley DB, as rpm lists them',
    { timeout: 60_000 },
    async () => {
      const root = folder({ 'spec/alpha.spec': SPEC });
      run('rpmbuild', '-bb', '--quiet', '--define', `_topdir ${root}/build`, join(root, 'spec/alpha.spec'));
      const built = readdirSync(join(root, 'build/RPMS/noarch')).map((name) =>
        join(root, 'build/RPMS/noarch', name),
      );
      const sqlite = join(root, 'usr/lib/sysimage/rpm');
      run('rpm', '--dbpath', sqlite, '-i', '--justdb', '--nodeps', ...built);
      const listed = lines(run('rpm', '--dbpath', sqlite, '-qa', '--qf', RPM_FORMAT));
      expect(listed).toHaveLength(3);
      const found = (content: ImageContent): readonly string[] =>
        content.packages
          .map(
            (each) =>
              `${each.name} ${each.version} ${each.arch} ${each.source}-${each.sourceVersion}.src.rpm`,
          )
          .sort();
      expect(found(await readLayers([tarOf(root, 'usr/lib')]))).toEqual(listed);

      const bdb = join(root, 'var/lib/rpm');
      mkdirSync(bdb, { recursive: true });
      const dump = join(root, 'dump');
      writeFileSync(dump, bdbDump(join(sqlite, 'rpmdb.sqlite')));
      run('db5.3_load', '-f', dump, join(bdb, 'Packages'));
      expect(lines(run('rpm', '--dbpath', bdb, '-qa', '--qf', RPM_FORMAT))).toEqual(listed);
      expect(found(await readLayers([tarOf(root, 'var/lib')]))).toEqual(listed);
    },
  );

  it('the order of versions is rpm’s', () => {
    const pairs = RPM_ORDER.flatMap((one, at) =>
      RPM_ORDER.slice(at + 1).map((other) => [one, other] as const),
    );
    const calls = pairs.map(([one, other]) => `print(rpm.ver('${one}') < rpm.ver('${other}'), ' ')`);
    const answers = run('rpm', '--eval', `%{lua:${calls.join(' ')}}`)
      .trim()
      .split(/\s+/u);
    expect(answers).toEqual(pairs.map(([one, other]) => String(compareRpmVersions(one, other) < 0)));
  });
});

/** The same headers as db_load reads them: number and header, in hexadecimal; number 0 holds a counter. */
function bdbDump(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('SELECT hnum, blob FROM Packages').all();
  database.close();
  const pairs = rows.map((row) => {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(Number(row['hnum']));
    return ` ${key.toString('hex')}\n ${Buffer.from(row['blob'] as Uint8Array).toString('hex')}\n`;
  });
  return `VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n 00000000\n 02000000\n${pairs.join('')}DATA=END\n`;
}
