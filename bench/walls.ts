/** What the walls cost a lock, and what the door's cache saves a fleet. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, relock } from './measure.ts';

const ROUNDS = 5;
const FLEET = 20;

interface Place {
  /** Folder of the project whose locks are made. */
  readonly project: string;
  readonly scratch: string;
  /** The script that Node runs. */
  readonly entry: string;
}

export async function benchWalls(place: Place, say: (line: string) => void): Promise<void> {
  const cache = join(place.scratch, 'cache');
  mkdirSync(cache, { recursive: true });
  const seconds = async (
    settings: string,
    target: string | null,
    project = place.project,
  ): Promise<number> => {
    const file = join(place.scratch, 'settings.toml');
    writeFileSync(file, `cache-folder = "${cache}"\n${settings}`);
    const one = target === null ? [] : ['--target', target];
    const args = ['run', project, '--quiet', '--json', '--settings', file, ...one];
    return (await relock(args, place.entry)).seconds;
  };
  await seconds('', null);

  say('One lock (requirements.txt), warm caches, interleaved:');
  const inside: number[] = [];
  const outside: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    inside.push(await seconds('sandbox = "auto"\n', 'requirements.txt'));
    outside.push(await seconds('sandbox = "none"\n', 'requirements.txt'));
  }
  say(`  behind walls                 ${median(inside).toFixed(2)} s`);
  say(`  without                      ${median(outside).toFixed(2)} s`);
  say(`  added                        ${(median(inside) - median(outside)).toFixed(2)} s\n`);

  say(`A fleet of ${FLEET} repositories with the same six locks, one after the other, tools installed:`);
  for (const [name, settings] of [
    ['without a cache', 'cache-size = 0\n'],
    ['with the cache', ''],
  ] as const) {
    rmSync(join(cache, 'http'), { recursive: true, force: true });
    const runs: number[] = [];
    for (let number = 0; number < FLEET; number += 1) {
      const project = join(place.scratch, `fleet-${number}`);
      cpSync(place.project, project, { recursive: true });
      runs.push(await seconds(settings, null, project));
    }
    const [first = 0, ...others] = runs;
    const all = runs.reduce((sum, each) => sum + each, 0);
    say(
      `  ${name.padEnd(28)} ${all.toFixed(1)} s; the first ${first.toFixed(2)} s, the others ${median(others).toFixed(2)} s each`,
    );
  }
  say('');
}
