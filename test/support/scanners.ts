/** Scanners' true programs for tests: a small set of packages, small databases, and a way through their steps. */
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { createGrype } from '../../src/scan/grype.ts';
import type { Finding, ScanPackage, ScanReport } from '../../src/scan/model.ts';
import { createOsvScanner } from '../../src/scan/osv-scanner.ts';
import type { ScanAnswer, ScanCommand, ScanInput, Scanner, ScanStep } from '../../src/scan/scanner.ts';
import { createTrivy } from '../../src/scan/trivy.ts';
import { makeTar } from './images/make-tar.ts';

export type ProgramName = 'trivy' | 'grype' | 'osv-scanner';
export const PROGRAMS: readonly ProgramName[] = ['trivy', 'grype', 'osv-scanner'];
export const FIXTURES = join(import.meta.dirname, '../fixtures/scan');

export function python(name: string, version: string): ScanPackage {
  return { ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '' };
}

export function deb(name: string, version: string, source = name, sourceVersion = version): ScanPackage {
  return { ecosystem: 'Debian:12', name, version, source, sourceVersion, arch: 'amd64' };
}

const PERL = '5.36.0-7+deb12u3';
const OPENSSL = '3.0.20-1~deb12u2';

/** Packages that advisories know well; six, util-linux and zlib have none. */
export const SMALL_SET: readonly ScanPackage[] = [
  python('django', '3.2.0'),
  python('jinja2', '2.10'),
  python('pyyaml', '5.3'),
  python('requests', '2.19.0'),
  python('six', '1.16.0'),
  python('urllib3', '1.24.1'),
  deb('apt', '2.6.1'),
  deb('bsdutils', '1:2.38.1-5+deb12u3', 'util-linux', '2.38.1-5+deb12u3'),
  deb('libapt-pkg6.0', '2.6.1', 'apt'),
  deb('libpcre2-8-0', '10.42-1', 'pcre2'),
  deb('libperl5.36', PERL, 'perl'),
  deb('libssl3', OPENSSL, 'openssl'),
  deb('openssl', OPENSSL),
  deb('perl', PERL),
  deb('perl-base', PERL, 'perl'),
  deb('perl-modules-5.36', PERL, 'perl'),
  deb('zlib1g', '1:1.2.13.dfsg-1', 'zlib'),
];

export function inputOf(packages: readonly ScanPackage[], more: Partial<ScanInput> = {}): ScanInput {
  return { packages, layouts: [], program: { path: '/none', version: '1.2.3' }, ...more };
}

export function scannerOf(name: ProgramName, cacheFolder: string, offline = true): Scanner {
  const create = { trivy: createTrivy, grype: createGrype, 'osv-scanner': createOsvScanner }[name];
  return create({ cacheFolder, offline });
}

export type AnswerCommand = (
  command: ScanCommand,
) => Promise<Omit<Extract<ScanAnswer, { to: 'run' }>, 'to'>> | Omit<Extract<ScanAnswer, { to: 'run' }>, 'to'>;

/** Goes through a scanner's steps. */
export async function drive(scanner: Scanner, input: ScanInput, answer: AnswerCommand): Promise<ScanReport> {
  const history: ScanAnswer[] = [];
  for (;;) {
    const step: ScanStep = scanner.next(input, history);
    if (step.do === 'done') return step.report;
    if (step.do === 'fail') return { state: 'failed', scanner: scanner.name, reason: step.reason };
    if (step.do !== 'run') throw new Error(`unexpected step ${step.do}`);
    history.push({ to: 'run', ...(await answer(step.command)) });
  }
}

/** What a program answered that ended with this code. */
export function ended(exitCode: number | null, output: unknown, stdout = ''): ReturnType<AnswerCommand> {
  return {
    result: { exitCode, timedOut: exitCode === null, stdout, stderr: 'its words', seconds: 0.1 },
    output: typeof output === 'string' || output === null ? output : JSON.stringify(output),
  };
}

export function recorded(path: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, path), 'utf8')) as unknown;
}

/** Path of the program, from RELOCK_TEST_SCANNERS or PATH; null: it is not here. */
export function programHere(name: ProgramName): string | null {
  const { RELOCK_TEST_SCANNERS: own = '', PATH: path = '' } = process.env;
  for (const folder of [own, ...path.split(delimiter)].filter((each) => each.startsWith('/'))) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      continue;
    }
  }
  return null;
}

/** Writes the small database of one program below `folder`. @returns its cache folder. */
export function makeDatabase(name: ProgramName, folder: string): string {
  const unpack = (file: string, to: string): void => {
    const packed = readFileSync(join(FIXTURES, name, file));
    writeFileSync(to, file.endsWith('.gz') ? gunzipSync(packed) : packed);
  };
  if (name === 'trivy') {
    mkdirSync(join(folder, 'db'), { recursive: true });
    unpack('trivy.db.gz', join(folder, 'db/trivy.db'));
    unpack('metadata.json', join(folder, 'db/metadata.json'));
  } else if (name === 'grype') {
    mkdirSync(join(folder, '6'), { recursive: true });
    unpack('vulnerability.db.gz', join(folder, '6/vulnerability.db'));
    unpack('import.json', join(folder, '6/import.json'));
  } else {
    for (const ecosystem of ['PyPI', 'Debian']) writeZip(folder, ecosystem);
  }
  return folder;
}

interface OsvRecord {
  readonly id: string;
  readonly affected: readonly { readonly package: { readonly ecosystem: string } }[];
}

function writeZip(folder: string, ecosystem: string): void {
  const records = (recorded('osv-scanner/records.json') as readonly OsvRecord[]).filter(
    ({ affected }) => affected[0]?.package.ecosystem.split(':')[0] === ecosystem,
  );
  const files = records.map((record) => [`${record.id}.json`, strToU8(JSON.stringify(record))] as const);
  mkdirSync(join(folder, 'osv-scalibr', ecosystem), { recursive: true });
  writeFileSync(join(folder, 'osv-scalibr', ecosystem, 'all.zip'), zipSync(Object.fromEntries(files)));
}

/** Findings as `perl CVE-2025-15649`, sorted. */
export function names(findings: readonly Finding[]): readonly string[] {
  return findings.map((one) => `${one.package} ${one.id}`).toSorted();
}

/** Planted: made up, in the form of a token. */
export const PLANTED = `ghp_${'1a2B3c4D5e6F7g8H9i0J'.repeat(2).slice(0, 36)}`;

/** An OCI layout of two layers: a Debian with one package, and files with a secret. */
export function writeLayout(folder: string): string {
  const status = `Package: perl-base\nStatus: install ok installed\nArchitecture: amd64\nSource: perl\nVersion: ${PERL}\n\n`;
  const layers = [
    makeTar([
      { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n' },
      { path: 'etc/debian_version', content: '12.12\n' },
      { path: 'var/lib/dpkg/status', content: status },
      { path: 'var/lib/dpkg/info/perl-base.list', content: '/usr/bin/perl\n' },
    ]),
    makeTar([{ path: 'app/settings.py', content: `DEBUG = False\ngithub = "${PLANTED}"\n` }]),
  ];
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (bytes: Buffer): { digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: unknown): ReturnType<typeof blob> => blob(Buffer.from(JSON.stringify(value)));
  const type = 'application/vnd.oci.image';
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: {
      type: 'layers',
      diff_ids: layers.map((tar) => `sha256:${createHash('sha256').update(tar).digest('hex')}`),
    },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: { mediaType: `${type}.config.v1+json`, ...config },
    layers: layers.map((tar) => ({ mediaType: `${type}.layer.v1.tar+gzip`, ...blob(gzipSync(tar)) })),
  });
  const index = { schemaVersion: 2, manifests: [{ mediaType: `${type}.manifest.v1+json`, ...manifest }] };
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return folder;
}
