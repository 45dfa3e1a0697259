/** `relock db update` and `relock scan` as users start them, over a service of OSV's zips on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relock, type Ended } from '../support/cli.ts';
import { addFiles, folder } from '../support/folder.ts';

const RECORD = {
  id: 'GHSA-462w-v97r-4m45',
  aliases: ['CVE-2019-10906', 'PYSEC-2019-217'],
  // Old data would be told.
  modified: new Date(Date.now() - 3600_000).toISOString(),
  summary: 'Sandbox escape',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N' }],
  affected: [
    {
      package: { ecosystem: 'PyPI', name: 'jinja2' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.10.1' }] }],
    },
  ],
};
const LOCK = { 'requirements.txt': 'jinja2==2.10\nmarkupsafe==1.1.1\n' };

let server: Server;
let settings: string;
let database: string;
/** The update that made the database. */
let first: Ended;

beforeAll(async () => {
  const zip = zipSync({ [`${RECORD.id}.json`]: Buffer.from(JSON.stringify(RECORD)) });
  server = createServer((request, response) => {
    response.writeHead(request.url === '/PyPI/all.zip' ? 200 : 404);
    response.end(request.url === '/PyPI/all.zip' ? zip : 'no');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const root = folder({
    'settings.toml': `[scan]\ndatabase-url = "http://127.0.0.1:${port}"\ntrivy = "off"\ngrype = "off"\nosv-scanner = "off"\n`,
  });
  settings = join(root, 'settings.toml');
  database = join(root, 'osv');
  first = await relock(['db', 'update', '--db', database, '--settings', settings]);
});

afterAll(() => {
  server.close();
});

function scan(root: string, ...more: readonly string[]) {
  return relock(['scan', root, '--db', database, '--settings', settings, ...more]);
}

describe('relock db update', () => {
  it('takes what it has, and names what there is not', { timeout: 20_000 }, async () => {
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^PyPI: updated, 0\.0 MB, 1 advisory\n/u);
    expect(existsSync(join(database, 'PyPI/all.zip'))).toBe(true);
    const args = ['db', 'update', '--db', database, '--settings', settings];
    const { code, stdout } = await relock([...args, '--ecosystem', 'PyPI', '--ecosystem', 'Debain']);
    expect(code).toBe(1);
    expect(stdout).toContain('Debain: failed. OSV has no advisory database');
    expect(stdout).toContain(`relock scan --db ${database}`);
  });
});

describe('relock scan', () => {
  it('lists what is there and ends with 4', { timeout: 20_000 }, async () => {
    const { code, stdout } = await scan(folder(LOCK));
    expect(stdout).toMatch(
      /^high {2,}jinja2 {2,}2\.10 {2,}CVE-2019-10906 {2,}2\.10\.1 {2,}requirements\.txt$/mu,
    );
    expect(stdout).toMatch(/^1 known vulnerability \(1 high\) in 1 package\.$/mu);
    expect(code).toBe(4);
  });

  it('writes JSON and SARIF, and ends with 0 below the severity', { timeout: 20_000 }, async () => {
    const root = folder(LOCK);
    const sarif = join(folder(), 'relock.sarif');
    const { code, stdout } = await scan(root, '--json', '--sarif', sarif, '--severity', 'critical');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [{ id: 'CVE-2019-10906', package: 'jinja2', places: [{ location: 'requirements.txt' }] }],
    });
    expect(JSON.parse(readFileSync(sarif, 'utf8'))).toMatchObject({ version: '2.1.0' });
  });

  it('leaves out what the repository ignores, and says so', { timeout: 20_000 }, async () => {
    const root = folder(LOCK);
    addFiles(root, { '.trivyignore': '# never rendered\nPYSEC-2019-217\nCVE-2000-1 exp:soon\n' });
    const { code, stdout } = await scan(root);
    expect(stdout).toContain('CVE-2019-10906 in jinja2 (.trivyignore:2): never rendered');
    expect(stdout).toContain('.trivyignore:3: `exp:soon` is not a day');
    // An entry that ignores nothing hides nothing.
    expect(stdout).toContain('No known vulnerability, 1 ignored.');
    expect(code).toBe(0);
  });

  it(
    'is not clean without a database, or with a program that is not there',
    { timeout: 20_000 },
    async () => {
      const root = folder(LOCK);
      const nothing = await relock(['scan', root, '--db', join(root, 'none'), '--settings', settings]);
      expect(nothing.code).toBe(1);
      expect(nothing.stdout).toContain('Nothing was checked.');
      const off = await scan(root, '--with', 'trivy');
      expect(off.code).toBe(1);
      expect(off.stdout).toMatch(/^ {2}trivy: /mu);
      expect(off.stdout).toContain('Nothing was checked.');
    },
  );
});
