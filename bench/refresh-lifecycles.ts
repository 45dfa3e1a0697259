/**
 * Writes the part of Debian and Ubuntu in config/lifecycles.json anew: `node bench/refresh-lifecycles.ts` reads the
 * distribution's package distro-info-data (`apt-get install distro-info-data`). The other parts are kept by hand, each with
 * its source and the day on which it was looked up.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { releasesOf } from '../src/images/distro-info.ts';
import { readLifecycles } from '../src/images/lifecycles.ts';

const FILE = new URL('../config/lifecycles.json', import.meta.url);
const TABLES = [
  { id: 'debian', extendedBy: 'Debian LTS', column: 'eol-lts' },
  { id: 'ubuntu', extendedBy: 'Ubuntu Pro', column: 'eol-esm' },
] as const;

const { stdout: version } = await promisify(execFile)('dpkg-query', [
  '--show',
  '--showformat=${Version}',
  'distro-info-data',
]);
const before = JSON.parse(await readFile(FILE, 'utf8')) as {
  readonly systems: Readonly<Record<string, { readonly name: string }>>;
};
const systems: Record<string, unknown> = { ...before.systems };
for (const { id, extendedBy, column } of TABLES) {
  const table = await readFile(`/usr/share/distro-info/${id}.csv`, 'utf8');
  systems[id] = {
    ...before.systems[id],
    source: `distro-info-data ${version}, ${id}.csv`,
    date: new Date().toISOString().slice(0, 10),
    releases: releasesOf(table, column, extendedBy),
  };
}
const text = `${JSON.stringify({ ...before, systems }, null, 2)}\n`;
readLifecycles(text);
await writeFile(FILE, text);
console.log(`config/lifecycles.json has Debian and Ubuntu of distro-info-data ${version}.`);
