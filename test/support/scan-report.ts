/** Pull requests that tell a scan, for tests. */
import { NO_IMAGES } from '../../src/images/result.ts';
import type { Change } from '../../src/model.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import type { ScanOutcome } from '../../src/scan/outcome.ts';
import { target } from './locks.ts';

const CHANGE: Change = {
  name: 'jinja2',
  from: '2.10',
  to: '3.1.6',
  kind: 'major',
  direct: true,
  via: [],
  groups: [],
  origin: null,
  source: null,
};

/** The body. */
export function bodyWith(scan: ScanOutcome): string {
  return writePullRequest({
    job: { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null },
    results: [
      {
        target: target('a.txt'),
        status: 'updated',
        reason: null,
        seconds: 1,
        changes: [CHANGE],
        solver: 'uv 0.13.9',
        notes: [],
        files: [],
      },
    ],
    skips: [],
    seconds: 2,
    notes: [],
    links: new Map(),
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan,
  }).body;
}

/** The first line, and what is said of vulnerabilities. */
export function told(scan: ScanOutcome): string {
  const body = bodyWith(scan);
  const start = body.indexOf('## Known vulnerabilities');
  const end = body.indexOf('\n\n## `a.txt`');
  return `${body.split('\n', 1)[0] ?? ''}\n\n${start === -1 ? '(no section)' : body.slice(start, end)}`;
}
