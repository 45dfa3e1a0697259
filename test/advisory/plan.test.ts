import { describe, expect, it } from 'vitest';
import { group, plan } from '../../src/advisory/plan.ts';
import type { AdvisoryPlan } from '../../src/advisory/plan.ts';
import {
  alertEvent,
  published,
  readEvent,
  repositoryEvent,
  row,
  securityAdvisory,
  securityEvent,
  vulnerability,
} from './made.ts';

function told(plans: readonly AdvisoryPlan[]) {
  return plans.map(({ repository, package: name, what, places }) => [
    repository.id,
    name,
    what,
    ...places.map(({ place, version }) => `${place} ${version}`),
  ]);
}

const withdrawn = readEvent('security_advisory', securityEvent(securityAdvisory(), 'withdrawn'));
const other = published('< 1.5', '1.5', {
  ghsa_id: 'GHSA-dddd-eeee-ffff',
  identifiers: [],
  cvss: null,
  severity: 'low',
});

describe('plan', () => {
  it('is one for each repository and package, with the places that are affected', () => {
    const plans = plan(published(), [
      row(1, '1.1', { place: 'b/uv.lock' }),
      row(1, '1.1', { place: 'a/poetry.lock', direct: false, dev: true }),
      row(1, '1.1', { place: 'a/poetry.lock', direct: false, dev: true }),
      row(1, '1.2.3', { place: 'c/uv.lock' }),
      row(2, '2.0'),
      row(3, '1.0', { kind: 'image', place: 'ghcr.io/acme/shop' }),
      row(3, '1.0', { name: 'other' }),
      row(3, '1.0', { ecosystem: 'Debian:12' }),
    ]);
    expect(told(plans)).toEqual([
      [1, 'demo-pkg', 'fix', 'a/poetry.lock 1.1', 'b/uv.lock 1.1'],
      [3, 'demo-pkg', 'fix', 'ghcr.io/acme/shop 1.0'],
    ]);
    expect(plans[0]).toMatchObject({
      installation: 5,
      ecosystem: 'PyPI',
      ids: ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-1'],
      severity: 'critical',
    });
    expect(plans[0]?.places[0]).toEqual({
      kind: 'lock',
      place: 'a/poetry.lock',
      version: '1.1',
      direct: false,
      dev: true,
    });
  });

  it('has an entry for each package, with what is said of that alone', () => {
    const both = readEvent(
      'security_advisory',
      securityEvent(
        securityAdvisory([
          vulnerability('< 2', '2'),
          vulnerability('< 3', '3', { package: { ecosystem: 'pip', name: 'demo-more' } }),
        ]),
      ),
    );
    const plans = plan(both, [row(1, '1.0'), row(1, '2.5', { name: 'demo-more' })]);
    expect(told(plans)).toEqual([
      [1, 'demo-pkg', 'fix', 'uv.lock 1.0'],
      [1, 'demo-more', 'fix', 'uv.lock 2.5'],
    ]);
    expect(
      plans.map(({ advisories }) => advisories.map(({ packages }) => packages.map(({ name }) => name))),
    ).toEqual([[['demo-pkg']], [['demo-more']]]);
  });

  it('tells those who are not affected only when they may have been', () => {
    const rows = [row(1, '1.1'), row(2, '1.2.3')];
    expect(told(plan(published(), rows))).toEqual([[1, 'demo-pkg', 'fix', 'uv.lock 1.1']]);
    expect(told(plan(published(), rows, { seen: true }))).toEqual([
      [1, 'demo-pkg', 'fix', 'uv.lock 1.1'],
      [2, 'demo-pkg', 'settle'],
    ]);
  });

  it('settles a withdrawn one everywhere, also when the store was lost', () => {
    expect(told(plan(withdrawn, [row(1, '1.1'), row(2, '9')]))).toEqual([
      [1, 'demo-pkg', 'settle'],
      [2, 'demo-pkg', 'settle'],
    ]);
  });

  it('keeps an alert to its repository', () => {
    const alert = readEvent('dependabot_alert', alertEvent());
    expect(told(plan(alert, [row(6, '1.1'), row(7, '1.1'), row(8, '1.1')]))).toEqual([
      [7, 'demo-pkg', 'fix', 'uv.lock 1.1'],
    ]);
  });

  it('keeps what a repository says to its installation', () => {
    const rows = [row(1, '1.1'), row(2, '1.1', { installation: 6 })];
    expect(told(plan(readEvent('repository_advisory', repositoryEvent()), rows))).toEqual([
      [1, 'demo-pkg', 'fix', 'uv.lock 1.1'],
    ]);
    const nobodys = readEvent(
      'repository_advisory',
      repositoryEvent('published', {}, { installation: undefined }),
    );
    expect(plan(nobodys, rows)).toEqual([]);
  });
});

describe('group', () => {
  it('is one for each repository and package, the worst first', () => {
    const rows = [row(1, '1.1'), row(1, '1.4', { place: 'old/uv.lock' }), row(2, '1.3')];
    const plans = group([...plan(other, rows), ...plan(published(), rows)]);
    expect(told(plans)).toEqual([
      [1, 'demo-pkg', 'fix', 'old/uv.lock 1.4', 'uv.lock 1.1'],
      [2, 'demo-pkg', 'fix', 'uv.lock 1.3'],
    ]);
    expect(plans.map(({ ids, severity }) => [severity, ...ids])).toEqual([
      ['critical', 'GHSA-aaaa-bbbb-cccc', 'CVE-2024-1', 'GHSA-dddd-eeee-ffff'],
      ['low', 'GHSA-dddd-eeee-ffff'],
    ]);
  });

  it('hears the later word of one that is told twice', () => {
    const rows = [row(1, '1.1')];
    const plans = [...plan(published(), rows), ...plan(withdrawn, rows)];
    expect(told(group(plans))).toEqual([[1, 'demo-pkg', 'settle']]);
    expect(told(group([...plans].reverse()))).toEqual([[1, 'demo-pkg', 'fix', 'uv.lock 1.1']]);
  });

  it('does not tell of what is settled where something is left to fix', () => {
    const rows = [row(1, '1.1')];
    const [one] = group([...plan(withdrawn, rows), ...plan(other, rows)]);
    expect(one).toMatchObject({ what: 'fix', ids: ['GHSA-dddd-eeee-ffff'], severity: 'low' });
  });

  it('changes nothing when asked again', () => {
    const rows = [row(1, '1.1'), row(2, '1.3')];
    const once = group([...plan(published(), rows), ...plan(other, rows)]);
    expect(group(once)).toEqual(once);
    expect(group([...once, ...once])).toEqual(once);
  });
});
