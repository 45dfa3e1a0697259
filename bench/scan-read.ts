/** Scans one lock with the built-in scanner and an offline database, in a process of its own, and prints what it found. */
import { readFileSync } from 'node:fs';
import { openDatabase } from '../src/osv/database.ts';
import type { ScanPackage } from '../src/scan/model.ts';
import { osvDatabase } from '../src/scan/osv/scanner.ts';
import type { ScanAnswer, ScanInput } from '../src/scan/scanner.ts';

const [folder = '', lock = ''] = process.argv.slice(2);
const start = performance.now();
const packages = readFileSync(lock, 'utf8')
  .split('\n')
  .flatMap((line): readonly ScanPackage[] => {
    const [name, version] = line.split('==');
    if (name === undefined || version === undefined) return [];
    return [{ ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '' }];
  });
const scanner = osvDatabase(folder);
const database = openDatabase(folder);
const input: ScanInput = { packages, layouts: [], program: null };
const history: ScanAnswer[] = [];
let step = scanner.next(input, history);
while (step.do === 'look-up') {
  history.push({ to: 'look-up', ...(await database.lookUp(step.wanted)) });
  step = scanner.next(input, history);
}
if (step.do !== 'done' || step.report.state === 'failed') throw new Error(JSON.stringify(step));
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, packages: packages.length, findings: step.report.findings.length }));
