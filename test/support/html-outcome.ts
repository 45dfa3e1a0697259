/** A whole outcome with something in every section of the report. */
import type { Change, PackageLinks, Reason, TargetResult } from '../../src/model.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import { contentOf, imageOf, movedImage, NEW, OLD, outcomeOf } from './image-results.ts';
import { target } from './locks.ts';
import { BROKEN, builtProof, NOW, publishedState, rebuildResult, waits } from './rebuild-results.ts';
import { addedBy, finding, fixedBy, lockPlace, scanned, secret, stays } from './scan-results.ts';

function change(name: string, from: string, to: string, more: Partial<Change> = {}): Change {
  const kind = 'minor';
  return { name, from, to, kind, direct: true, via: [], groups: [], origin: null, source: null, ...more };
}

function lock(path: string, more: Partial<TargetResult>): TargetResult {
  return {
    target: target(path, { command: ['uv', 'pip', 'compile', `${path}.in`, '-o', path] }),
    status: 'updated',
    reason: null,
    seconds: 2.5,
    changes: [],
    solver: 'uv 0.13.9',
    notes: [],
    files: [],
    ...more,
  };
}

/** @param evil stands in names, versions, paths and notes; the default is harmless. */
export function htmlOutcome(evil = ''): JobOutcome {
  const why: Reason = {
    code: 'unsatisfiable',
    message: `celery 5.4 wants kombu>=5.3, requirements.in wants kombu<5.3. ${evil}`,
    fix: `Loosen one of them. ${evil}`,
    detail: `No solution found when resolving dependencies.\n${evil}`,
  };
  const many = Array.from({ length: 60 }, (_, index) =>
    change(`lib-${index}`, `1.${index}`, `1.${index + 1}`, {
      direct: false,
      kind: 'patch',
      via: ['django', 'celery', 'kombu', 'vine', 'billiard'].slice(0, (index % 5) + 1),
    }),
  );
  const results = [
    lock(`requirements${evil}.txt`, {
      changes: [
        change(`django${evil}`, '3.2.1', `4.2.16${evil}`, { kind: 'major' }),
        change('jinja2', '2.10', '3.1.6', { kind: 'major', groups: ['docs'] }),
        change('kombu', '5.3.0', '5.2.4', { kind: 'downgrade', direct: false, via: [`celery${evil}`] }),
        change('requests', '2.31.0', '2.32.5'),
        change('idna', '3.7', '3.7', { kind: 'hash', direct: false }),
        ...many,
      ],
      notes: [`The index is https://pypi.org/simple. ${evil}`],
    }),
    lock('worker/poetry.lock', { status: 'failed', reason: why, solver: null }),
    lock('docs/requirements.txt', { status: 'unchanged' }),
  ];
  const slim = imageOf('python:3.12-slim@' + OLD);
  const before = contentOf(OLD, ['deb libssl3 3.0.16', `deb perl 5.36.0`]);
  const after = contentOf(NEW, ['deb libssl3 3.0.17', `deb curl${evil} 8.1${evil}`]);
  const scan = scanned({
    diff: {
      fixed: [
        fixedBy(finding('CVE-2024-42005', 'django 3.2.1', 'critical'), '4.2.16', 'requirements.txt'),
        fixedBy(finding('CVE-2025-27516', 'jinja2 2.10', 'medium'), '3.1.6', 'requirements.txt'),
      ],
      added: [
        addedBy(
          finding(`CVE-2026-1${evil}`, 'kombu 5.2.4', 'high', { summary: `Trouble ${evil}` }),
          null,
          'requirements.txt',
        ),
      ],
      remaining: [
        stays(
          finding('CVE-2026-3', 'lib-3 1.4', 'low'),
          { kind: 'held', by: `celery${evil}`, wants: 'lib-3<2', fixed: '2.0' },
          lockPlace('requirements.txt'),
        ),
      ],
    },
    secrets: { fixed: [], added: [], remaining: [secret('aws-access-key-id', `app/${evil}.env`)] },
    notChecked: [`2 packages without a version (${evil || 'a, b'})`],
  });
  const published = [publishedState([waits('rebuild', `libssl3 3.0.16 3.0.17`)])];
  const rebuilds = [
    rebuildResult({ published, proof: builtProof(movedImage(slim, before, after).comparisons) }),
    rebuildResult({ published, proof: BROKEN, notes: [`A note. ${evil}`] }),
  ];
  const outcome = {
    job: { repository: `acme/shop${evil}`, trigger: 'terminal', only: [], cutoff: '2026-11-17T00:00:00Z' },
    results,
    skips: [{ path: `old/Pipfile.lock${evil}`, kind: 'pipenv', reason: why }],
    seconds: 42.4,
    notes: [`Everything came from one index. ${evil}`],
    images: outcomeOf([movedImage(slim, before, after, { notes: [`Its support ends soon. ${evil}`] })]),
    rebuilds: { results: rebuilds },
    scan,
  } as const;
  const pullRequest = writePullRequest({ ...outcome, links: LINKS, now: NOW });
  return { ...outcome, pullRequest };
}

export const LINKS: ReadonlyMap<string, PackageLinks> = new Map([
  [
    'django@4.2.16',
    {
      changelog: 'https://docs.djangoproject.com/en/stable/releases/',
      releases: null,
      compare: 'https://github.com/django/django/compare/3.2.1...4.2.16',
      home: null,
    },
  ],
]);
