/** The real apt-get over a private root: nothing of this machine is read or changed, nothing is installed. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const HAS_APT = spawnSync('apt-get', ['--version']).status === 0;

export interface AptRoot {
  readonly folder: string;
  /** Paths below the root. */
  readonly write: (path: string, content: string | Buffer) => void;
  readonly run: (args: readonly string[]) => { readonly status: number | null; readonly output: string };
  /** `apt-get update` from servers that may run in this very process; true when apt is content with all of it. */
  readonly update: () => Promise<{ readonly ok: boolean; readonly output: string }>;
  readonly remove: () => void;
}

/** @param architectures the first is native. */
export function createAptRoot(architectures: readonly string[] = ['amd64']): AptRoot {
  const folder = mkdtempSync(join(tmpdir(), 'relock-apt-'));
  const write = (path: string, content: string | Buffer): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  for (const path of [
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/sources.list.d',
    'etc/apt/trusted.gpg.d',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/lib/dpkg',
    'var/log/apt',
  ]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  write(
    'apt.conf',
    [
      `Dir "${folder}/";`,
      `Dir::State::status "${folder}/var/lib/dpkg/status";`,
      'Dir::Bin::methods "/usr/lib/apt/methods/";',
      `Dir::Etc::machine-id "${folder}/etc/machine-id";`,
      `APT::Architecture "${architectures[0]}";`,
      `APT::Architectures { ${architectures.map((each) => `"${each}";`).join(' ')} };`,
      'Debug::NoLocking "true";',
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::http::Proxy "DIRECT";',
      'Acquire::Retries "0";',
      '',
    ].join('\n'),
  );
  const env = { APT_CONFIG: join(folder, 'apt.conf'), LANG: 'C.UTF-8', PATH: process.env['PATH'] ?? '' };
  return {
    folder,
    write,
    run(args) {
      const { status, stdout, stderr } = spawnSync('apt-get', args, { encoding: 'utf8', env });
      return { status, output: `${stdout}${stderr}` };
    },
    update: () =>
      new Promise((resolve) => {
        execFile('apt-get', ['update', '--error-on=any'], { env }, (error, stdout, stderr) => {
          resolve({ ok: error === null, output: `${stdout}${stderr}` });
        });
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface AptAnswer {
  /** `name:arch old new`, sorted; the architecture is left out of native ones. */
  readonly upgraded: readonly string[];
  readonly keptBack: readonly string[];
  readonly phased: readonly string[];
  readonly failed: boolean;
  readonly output: string;
}

export function simulate(root: AptRoot, how: 'upgrade' | 'dist-upgrade' = 'upgrade'): AptAnswer {
  const { status, output } = root.run(['--simulate', how]);
  const upgraded = [...output.matchAll(/^Inst (\S+) \[(\S+)\] \((\S+) /gmu)]
    .map(([, name, from, to]) => `${name} ${from} ${to}`)
    .sort();
  return {
    upgraded,
    keptBack: listed(output, 'The following packages have been kept back:'),
    phased: listed(output, 'The following upgrades have been deferred due to phasing:'),
    failed: status !== 0,
    output,
  };
}

/** Names below a title of apt-get. */
export function listed(output: string, title: string): readonly string[] {
  const lines = output.split('\n');
  const start = lines.indexOf(title);
  if (start === -1) return [];
  const found: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith(' ')) break;
    found.push(...line.trim().split(/\s+/u));
  }
  return found.sort();
}
