/** Pipenv for the Python of the Pipfile, with releases younger than a day hidden: the answer does not move. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Facts } from '../../src/locks/ecosystem.ts';
import { pipenvEcosystem } from '../../src/locks/pipenv/ecosystem.ts';
import { minorOf } from '../../src/locks/python-versions.ts';
import { doorEnvironment } from '../support/real-door.ts';
import { factsOf, pythonsOf, treeOfFolder } from '../support/drive-lock.ts';
import { driveTool, runTool } from '../support/drive-tool.ts';
import { folder } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const CUTOFF = '2024-06-01T00:00:00Z';
const VERSION = '2024.4.1';
const SOURCE = '[[source]]\nname = "pypi"\nurl = "https://pypi.org/simple"\nverify_ssl = true\n\n';

let uv = '';
let pythons: Facts['pythons'] = [];
beforeAll(async () => {
  uv = await findUv();
  pythons = await pythonsOf(uv);
}, 120_000);

it.each([
  ['with its source', SOURCE],
  ['without a source', ''],
])(
  'a Pipfile %s: made anew without a trace, accepted, and the same the next time',
  async (_what, source) => {
    const python = pythons.find(({ version }) => ['3.10', '3.11', '3.12', '3.13'].includes(minorOf(version)));
    if (python === undefined) throw new Error('Pipenv needs a Python of 3.10 to 3.13 for this test.');
    const pipfile = `${source}[packages]\nidna = "*"\n\n[dev-packages]\niniconfig = "*"\n\n[docs]\nsix = "==1.15.0"\n\n[requires]\npython_version = "${minorOf(python.version)}"\n`;
    const root = folder({
      Pipfile: pipfile,
      'Pipfile.lock': '{"_meta": {}, "default": {}, "develop": {}}\n',
    });
    const environment = await doorEnvironment({ cutoff: CUTOFF });
    const run = { uv, root, home: join(folder(), 'home'), toolsFrom: '2025-03-01', environment };
    const tree = await treeOfFolder(root);
    const policy = { ...NO_POLICY, locks: [{ path: '**', toolVersion: VERSION }] };
    const lock = pipenvEcosystem.detect(tree, policy).locks[0]!;
    const facts = factsOf(tree, { pythons, cutoff: CUTOFF });
    const { last, history } = await driveTool(lock, facts, run);
    expect(last).toMatchObject({ do: 'done', solver: `pipenv ${VERSION}` });
    const text = readFileSync(join(root, 'Pipfile.lock'), 'utf8');
    expect(text).not.toContain('127.0.0.1');
    expect(JSON.parse(text)).toHaveProperty('_meta.sources', [
      { name: 'pypi', url: 'https://pypi.org/simple', verify_ssl: true },
    ]);
    expect(lock.parse(text, () => pipfile).packages).toMatchObject([
      { name: 'idna', version: '3.7', direct: true, groups: ['default'], source: null },
      { name: 'iniconfig', version: '2.0.0', direct: true, groups: ['develop'] },
      { name: 'six', version: '1.15.0', direct: true, groups: ['docs'] },
    ]);
    expect(readFileSync(join(root, 'Pipfile'), 'utf8')).toBe(pipfile);
    expect(readdirSync(root).sort()).toEqual(['Pipfile', 'Pipfile.lock']);

    const step = history.map((one) => one.step).find((one) => one.do === 'run');
    if (step === undefined) throw new Error('No command was run.');
    const verify = await runTool(step.command, ['pipenv', 'verify'], run);
    expect(verify).toMatchObject({ exitCode: 0 });

    await driveTool(lock, facts, run);
    expect(readFileSync(join(root, 'Pipfile.lock'), 'utf8')).toBe(text);
  },
  120_000,
);
