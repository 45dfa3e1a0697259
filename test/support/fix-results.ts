/** Fixes of one package, for tests. */
import type { Blocker } from '../../src/fix/blocked.ts';
import type { Change, LockedPackage, TargetResult } from '../../src/model.ts';
import type { FixAdvisory } from '../../src/report/fix-advisory.ts';
import type { BlockedLock } from '../../src/report/fix-blocked.ts';
import type { FixReportInput } from '../../src/report/fix.ts';
import { target } from './locks.ts';
import { finding, fixedBy, OSV, scanned } from './scan-results.ts';

export function advisory(id: string, more: Partial<FixAdvisory> = {}): FixAdvisory {
  return {
    id,
    ids: [id],
    summary: 'Sandbox breakout through a format string',
    severity: { level: 'critical', score: 9.8, source: 'CVSS 3.1', vector: null },
    malicious: false,
    affected: ['< 3.1.4'],
    fixed: ['3.1.4'],
    link: `https://osv.dev/vulnerability/${id}`,
    withdrawn: false,
    ...more,
  };
}

/** `locked('jinja2 3.1.2', { via: ['flask'] })`. */
export function locked(named: string, more: Partial<LockedPackage> = {}): LockedPackage {
  const [name = '', version = ''] = named.split(' ');
  return { name, version, source: null, hashes: [], direct: false, via: [], groups: [], ...more };
}

/** `moved('jinja2 3.1.2 3.1.4')`. */
export function moved(named: string, more: Partial<Change> = {}): Change {
  const [name = '', from = '', to = ''] = named.split(' ');
  return {
    name,
    from,
    to,
    kind: 'patch',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

export function relocked(
  path: string,
  changes: readonly Change[],
  before: readonly LockedPackage[] = [],
): TargetResult {
  return {
    target: target(path),
    status: 'updated',
    reason: null,
    seconds: 1.25,
    changes,
    solver: 'uv 0.13.9',
    notes: [],
    files: [{ path, text: 'x', executable: false }],
    ...(before.length > 0 && { contents: { before: { packages: before }, after: null } }),
  };
}

export function held(lock: string, ...by: readonly Blocker[]): BlockedLock {
  return {
    lock,
    versions: ['3.1.2'],
    blocked: {
      code: 'held',
      by,
      message: 'jinja2 3.1.4 is not let in.',
      wouldFree: 'A release of flask that lets jinja2 3.1.4 in.',
      detail: '',
    },
  };
}

export function fixOf(more: Partial<FixReportInput> = {}): FixReportInput {
  const found = finding('CVE-2026-1234', 'jinja2 3.1.2', 'critical');
  return {
    package: 'jinja2',
    fixes: [advisory('CVE-2026-1234')],
    open: [],
    results: [
      relocked(
        'requirements.txt',
        [moved('jinja2 3.1.2 3.1.4')],
        [locked('jinja2 3.1.2', { direct: true }), locked('markupsafe 2.1.1', { via: ['jinja2'] })],
      ),
    ],
    freed: [],
    proven: true,
    blocked: [],
    scan: scanned({
      by: [OSV],
      diff: { fixed: [fixedBy(found, '3.1.4', 'requirements.txt')], added: [], remaining: [] },
    }),
    links: new Map([
      [
        'jinja2@3.1.4',
        {
          changelog: 'https://jinja.palletsprojects.com/changes/',
          releases: null,
          compare: null,
          home: null,
        },
      ],
    ]),
    notes: ['The index was pypi.org.'],
    seconds: 12.4,
    ...more,
  };
}
