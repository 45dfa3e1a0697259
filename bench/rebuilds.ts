/** What published images lack: one, and a hundred on five bases; seconds, peak memory, and how often indexes are fetched. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSigningKey, makeSuite } from '../test/support/apt-repository.ts';
import type { Paragraph } from '../test/support/debian.ts';
import { startAptServer } from '../test/support/rebuild/apt-server.ts';
import { median } from './measure.ts';

const RUN = fileURLToPath(new URL('rebuilds-run.ts', import.meta.url));
/** As many as Debian 12 has in main for one architecture. */
const PACKAGES = 63_000;
const FIXES = 500;
/** So that a few of an image's packages have one. */
const FIRST_FIXED = 380;
const DAY = 24 * 60 * 60 * 1000;
const ROUNDS = 3;

export interface DetectionRun {
  readonly seconds: number;
  /** null where there is no /proc. */
  readonly peakMb: number | null;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly updates: number;
}

/** @param scratch a folder for one key. @param say prints a line. */
export async function benchRebuilds(scratch: string, say: (line: string) => void): Promise<void> {
  const server = await startAptServer();
  try {
    const now = new Date();
    const key = await createSigningKey(new Date(now.getTime() - DAY));
    const common = { keys: [key], now, forms: ['gz'] } as const;
    const suites = [
      ...(await makeSuite({ ...common, suite: 'stable', packages: offered(0, PACKAGES, '1') })),
      ...(await makeSuite({ ...common, suite: 'stable-updates', packages: [] })),
      ...(await makeSuite({
        ...common,
        suite: 'stable-security',
        packages: offered(FIRST_FIXED, FIXES, '1+deb12u1'),
      })),
    ];
    server.show(new Map(suites));
    const keyFile = join(scratch, 'key.asc');
    writeFileSync(keyFile, key.armored);
    const bytes = suites.reduce((sum, [, body]) => sum + body.length, 0);
    say(
      `What published images lack; the mirror is on loopback, ${(PACKAGES + FIXES).toLocaleString('en-US')} packages, ${(bytes / 1e6).toFixed(1)} MB packed:`,
    );
    for (const [images, bases] of [
      [1, 1],
      [100, 5],
    ] as const) {
      const runs: DetectionRun[] = [];
      let asked: readonly string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        runs.push(await detect([server.origin, keyFile, String(images), String(bases)]));
        asked = server.asked();
      }
      const twice = asked.length - new Set(asked).size;
      const [first] = runs;
      const peak = Math.max(...runs.map(({ peakMb }) => peakMb ?? Number.NaN)).toFixed(0);
      say(
        `  ${`${images} on ${bases}`.padEnd(10)} ${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s, peak ${peak} MB; ` +
          `${asked.length} requests to the mirror, ${twice} of them for what was fetched before; ` +
          `${JSON.stringify(first?.verdicts)}, ${first?.updates} updates`,
      );
    }
    say('');
  } finally {
    await server.stop();
  }
}

async function detect(args: readonly string[]): Promise<DetectionRun> {
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...args], { encoding: 'utf8' });
  return JSON.parse(stdout) as DetectionRun;
}

/** A package with other relations is another one to apt, whatever its version. */
export function dependsOf(at: number): string {
  return `package-${at === 0 ? 1 : at - 1} (>= 0.5), package-${Math.floor(at / 2)} | package-${at}`;
}

/** Each as long as Debian's are. */
function offered(first: number, count: number, version: string): readonly Paragraph[] {
  return Array.from({ length: count }, (_, index) => first + index).map((at) => ({
    n: `package-${at}`,
    v: version,
    Source: `source-${at - (at % 3)}`,
    Maintainer: 'Some Team <some-team@example.org>',
    Depends: dependsOf(at),
    Homepage: `https://example.org/projects/package-${at}`,
    Section: 'misc',
    'Description-md5': createHash('md5').update(String(at)).digest('hex'),
    SHA256: createHash('sha256').update(String(at)).digest('hex'),
    Tag: 'implemented-in::c, interface::commandline, role::program, scope::utility, use::checking, works-with::text, works-with::file, works-with-format::plaintext, uitoolkit::none, network::client, protocol::http',
  }));
}
