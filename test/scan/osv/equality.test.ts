/** The built-in scanner held against osv-scanner on the same lock and data; see the fixtures' README. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normaliseName } from '../../../src/locks/package-name.ts';
import type { Finding } from '../../../src/scan/model.ts';
import { osvDatabase } from '../../../src/scan/osv/scanner.ts';
import { python } from './made.ts';

interface Answer {
  readonly package: string;
  readonly version: string;
  readonly groups: readonly {
    readonly ids: readonly string[];
    readonly aliases: readonly string[];
    readonly score: string;
  }[];
}

interface Fact {
  readonly id: string;
  readonly affected: readonly {
    readonly package: { readonly name: string };
    readonly ranges: readonly { readonly type: string }[];
    readonly versions?: readonly string[];
  }[];
}

const pins = fixture('lock-200.txt')
  .trim()
  .split('\n')
  .map((line) => line.split('=='))
  .map(([name = '', version = '']) => python(normaliseName(name), version));
const facts = JSON.parse(fixture('lock-200.records.json')) as readonly Fact[];
const answers = JSON.parse(fixture('lock-200.osv-scanner.json')) as readonly Answer[];

/** What we find and osv-scanner does not, each for its reason. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  // The lock says `3.2.0`, the list of versions `3.2`. osv-scanner compares lists as text, and looks at no range of a record
  // whose first range is of a repository. For PEP 440 both are one version.
  'django 3.2.0 CVE-2022-41323': 'spelling',
  // The record says `jw.util`, which osv-scanner does not normalise although it does so with the lock's name.
  'jw-util 2.2 CVE-2020-13388': 'name',
  // The lock has a local build of a release that is affected; advisories name releases.
  'torch 1.13.0+cpu CVE-2022-45907': 'local',
};

const found = scan();

describe('a lock of 200 packages', () => {
  it('has more than thirty that are known to be vulnerable', () => {
    expect(pins).toHaveLength(200);
    expect(new Set(found.findings.map((one) => one.package)).size).toBeGreaterThan(30);
    expect(found.findings.length).toBeGreaterThan(250);
  });

  it('has the same findings by both, but for those explained', () => {
    const ours = found.findings.map(lineOf).sort();
    const theirs = answers
      .flatMap((answer) =>
        answer.groups.map(({ aliases, score }) =>
          [answer.package, answer.version, aliases.join(','), score === '' ? '-' : score].join(' '),
        ),
      )
      .sort();
    const explained = found.findings.filter((one) => nameOf(one) in ONLY_OURS).map(lineOf);
    expect(ours).toEqual([...theirs, ...explained].sort());
    expect(found.findings.map(nameOf).filter((name) => name in ONLY_OURS)).toEqual(Object.keys(ONLY_OURS));
  });

  it('explains each difference by the data', () => {
    const entryOf = (id: string) => facts.find((fact) => fact.id === id)?.affected[0];
    const django = entryOf('PYSEC-2022-304');
    expect(django?.ranges.map(({ type }) => type)).toEqual(['GIT', 'ECOSYSTEM']);
    expect(django?.versions ?? []).not.toContain('3.2.0');
    expect(entryOf('PYSEC-2020-341')?.package.name).toBe('jw.util');
    const torch = entryOf('PYSEC-2022-43015');
    expect(torch?.ranges.at(0)?.type).toBe('GIT');
    expect(torch?.versions ?? []).not.toContain('1.13.0+cpu');
  });

  it('says which version it could not compare, where osv-scanner takes the package for clean', () => {
    // Fixed in `0.2.0-n653`, which is no version by PEP 440.
    expect(found.notChecked).toEqual([
      'binderhub 0.1.0 against PYSEC-2021-371: the versions cannot be compared',
    ]);
    expect(answers.map((answer) => answer.package)).not.toContain('binderhub');
  });

  it('gives only fixed versions that have none of it', () => {
    for (const finding of found.findings) {
      for (const version of finding.fixed) {
        const again = scan([python(finding.package, version)]).findings.map(({ id }) => id);
        expect(again, `${finding.package} ${version}`).not.toContain(finding.id);
      }
    }
  });
});

function scan(packages = pins) {
  const step = osvDatabase('fixture').next({ packages, layouts: [], program: null }, [
    { to: 'look-up', records: facts, date: '2024-10-10T00:00:00Z', missing: [], skipped: 0 },
  ]);
  if (step.do !== 'done' || step.report.state === 'failed') throw new Error(`no report but ${step.do}`);
  return step.report;
}

function nameOf(finding: Finding): string {
  return `${finding.package} ${finding.version} ${finding.id}`;
}

function lineOf({ package: name, version, ids, severity }: Finding): string {
  return [name, version, ids.join(','), severity.score?.toFixed(1) ?? '-'].join(' ');
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/scan/osv/${name}`, import.meta.url), 'utf8');
}
