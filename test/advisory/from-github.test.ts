import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affected, lowestFixed } from '../../src/advisory/affected.ts';
import { readAdvisoryEvent } from '../../src/advisory/from-github.ts';
import type { AdvisoryEvent } from '../../src/advisory/from-github.ts';
import { webhookFaults } from '../support/github/openapi.ts';
import {
  alertEvent,
  advisoryIn,
  oneVulnerability,
  readEvent,
  repository,
  repositoryEvent,
  securityAdvisory,
  securityEvent,
  vulnerability,
} from './made.ts';

const demo = (version: string) => ({ ecosystem: 'PyPI', name: 'demo-pkg', version });

describe('security_advisory', () => {
  it.each(['published', 'updated', 'withdrawn'] as const)('is read when %s', (action) => {
    const withdrawn_at = action === 'withdrawn' ? '2024-06-01T00:00:00Z' : null;
    const payload = securityEvent(securityAdvisory(oneVulnerability, { withdrawn_at }), action);
    expect(webhookFaults(`security-advisory-${action}`, payload)).toEqual([]);
    expect(readAdvisoryEvent('security_advisory', payload)).toEqual({
      read: 'advisory',
      advisory: {
        id: 'GHSA-aaaa-bbbb-cccc',
        ids: ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-1'],
        source: 'security_advisory',
        state: action,
        summary: 'Demo runs anything',
        severity: {
          level: 'critical',
          score: 9.8,
          source: 'CVSS 3.1',
          vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
        },
        malicious: false,
        packages: [
          {
            ecosystem: 'PyPI',
            name: 'demo-pkg',
            ranges: [
              [
                { kind: 'introduced', version: '1.0' },
                { kind: 'fixed', version: '1.2.3' },
              ],
            ],
            versions: [],
            firstPatched: '1.2.3',
          },
        ],
        repository: null,
        installation: null,
        alert: null,
      },
      left: [],
    });
  });

  it('takes a late update of a withdrawn one for what it is', () => {
    const withdrawn = securityAdvisory(oneVulnerability, { withdrawn_at: '2024-06-01T00:00:00Z' });
    expect(readEvent('security_advisory', securityEvent(withdrawn, 'updated')).state).toBe('withdrawn');
  });

  it('knows no fix where none is told', () => {
    const payload = securityEvent(securityAdvisory([vulnerability('<= 1.4', null)]));
    expect(webhookFaults('security-advisory-published', payload)).toEqual([]);
    const advisory = readEvent('security_advisory', payload);
    expect(advisory.packages[0]?.firstPatched).toBeNull();
    expect(affected(advisory, [demo('1.4'), demo('1.5')])).toEqual([demo('1.4')]);
    expect(lowestFixed([advisory], demo('1.0'))).toEqual([]);
  });

  it('offers the first patched release of a range that ends with an affected one', () => {
    const advisory = readEvent(
      'security_advisory',
      securityEvent(securityAdvisory([vulnerability('<= 1.4', '1.4.2')])),
    );
    expect(lowestFixed([advisory], demo('1.0'))).toEqual(['1.4.2']);
  });

  it('holds each line of releases to its own range', () => {
    const lines = [vulnerability('< 1.2.3', '1.2.3'), vulnerability('>= 2.0, < 2.3', '2.3')];
    const advisory = readEvent('security_advisory', securityEvent(securityAdvisory(lines)));
    const rows = ['1.2.2', '1.2.3', '2.0', '2.3'].map(demo);
    expect(affected(advisory, rows).map(({ version }) => version)).toEqual(['1.2.2', '2.0']);
    expect(lowestFixed([advisory], demo('1.0'))).toEqual(['1.2.3', '2.3']);
    expect(lowestFixed([advisory], demo('2.1'))).toEqual(['2.3']);
  });

  it.each([
    ['pip', 'PyPI'],
    ['PIP', 'PyPI'],
    ['PyPI', 'PyPI'],
  ])('knows the ecosystem %s', (told, name) => {
    const one = vulnerability('< 2', '2', { package: { ecosystem: told, name: 'x' } });
    const advisory = readEvent('security_advisory', securityEvent(securityAdvisory([one])));
    expect(advisory.packages[0]?.ecosystem).toBe(name);
  });

  it('leaves what it does not know, with a reason, and takes the rest', () => {
    const reading = readAdvisoryEvent(
      'security_advisory',
      securityEvent(
        securityAdvisory([
          vulnerability('< 2', '2', { package: { ecosystem: 'npm', name: 'x' } }),
          vulnerability('< 2', '2', { package: { ecosystem: '@everyone <b>', name: 'x' } }),
          vulnerability('< 2', '2', { package: { ecosystem: 'pip', name: '-x' } }),
          vulnerability('soon', '2'),
          vulnerability(null, '2'),
          'words',
          null,
          ...oneVulnerability,
        ]),
      ),
    );
    expect(advisoryIn(reading).packages).toHaveLength(1);
    expect(reading.read === 'advisory' && reading.left).toEqual([
      'it names a package of the ecosystem npm, of which Relock keeps no locks',
      'it names a package of an unknown ecosystem, of which Relock keeps no locks',
      'it names a package of PyPI by what is no name of one',
      'which versions of demo-pkg it means is not known: its range is not made of comparisons with versions of PEP 440',
      'which versions of demo-pkg it means is not known: its range is missing',
    ]);
  });

  it('does nothing about packages of other ecosystems only', () => {
    const npm = [vulnerability('< 2', '2', { package: { ecosystem: 'npm', name: 'x' } })];
    expect(readAdvisoryEvent('security_advisory', securityEvent(securityAdvisory(npm)))).toEqual({
      read: 'nothing',
      why: 'it names a package of the ecosystem npm, of which Relock keeps no locks',
    });
  });

  it('hears that one is withdrawn, whatever it names', () => {
    expect(readEvent('security_advisory', securityEvent(securityAdvisory([]), 'withdrawn')).packages).toEqual(
      [],
    );
  });

  it.each([
    [
      'a vector of CVSS 4',
      {
        cvss_severities: {
          cvss_v3: null,
          cvss_v4: {
            vector_string: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
            score: 9.3,
          },
        },
      },
      'critical',
      'CVSS 4.0',
    ],
    ['a word', { cvss: { score: 0, vector_string: null } }, 'high', 'GHSA-aaaa-bbbb-cccc'],
    [
      'a broken vector',
      { cvss: { score: 10, vector_string: 'CVSS:3.1/AV:N' } },
      'high',
      'GHSA-aaaa-bbbb-cccc',
    ],
    ['nothing', { cvss: null, severity: null }, 'unknown', ''],
    [
      'malware',
      { cvss: null, severity: 'low', cwes: [{ cwe_id: 'CWE-506' }] },
      'critical',
      'GHSA-aaaa-bbbb-cccc',
    ],
  ])('rates it by %s', (_, more, level, source) => {
    const { severity } = readEvent(
      'security_advisory',
      securityEvent(securityAdvisory(oneVulnerability, more)),
    );
    expect(severity).toMatchObject({ level, source });
  });

  it.each([
    ['no action', { security_advisory: securityAdvisory() }, 'unreadable'],
    ['an action with markup', securityEvent(securityAdvisory(), '<b>'), 'unreadable'],
    ['another action', securityEvent(securityAdvisory(), 'performed'), 'nothing'],
    ['no advisory', { action: 'published' }, 'unreadable'],
    ['a list for an advisory', securityEvent([]), 'unreadable'],
    ['no name', securityEvent(securityAdvisory(oneVulnerability, { ghsa_id: null })), 'unreadable'],
    [
      'a name that is none',
      securityEvent(securityAdvisory(oneVulnerability, { ghsa_id: 'GHSA-<b>' })),
      'unreadable',
    ],
    ['an object for a list', securityEvent(securityAdvisory({ length: 1 })), 'unreadable'],
    ['an endless list', securityEvent(securityAdvisory(Array(1001).fill(oneVulnerability[0]))), 'unreadable'],
    [
      'an inherited field',
      JSON.parse('{"action":"published","__proto__":{"security_advisory":{}}}') as unknown,
      'unreadable',
    ],
    ['null', null, 'unreadable'],
    ['a text', 'published', 'unreadable'],
  ])('takes %s', (_, payload, read) => {
    expect(readAdvisoryEvent('security_advisory', payload).read).toBe(read);
  });
});

describe('dependabot_alert', () => {
  it.each(['created', 'reopened', 'auto_reopened', 'reintroduced'])('is read when %s', (action) => {
    expect(readEvent('dependabot_alert', alertEvent(action))).toMatchObject({
      source: 'dependabot_alert',
      state: 'published',
      ids: ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-1'],
      repository: { id: 7, owner: 'acme', name: 'shop' },
      installation: 5,
      alert: 3,
    });
  });

  it.each(['fixed', 'dismissed', 'auto_dismissed', 'assignees_changed'])(
    'is nothing to do when %s',
    (action) => {
      expect(readAdvisoryEvent('dependabot_alert', alertEvent(action)).read).toBe('nothing');
    },
  );

  it('is nothing to do when it comes after it was dismissed', () => {
    expect(readAdvisoryEvent('dependabot_alert', alertEvent('created', { state: 'dismissed' })).read).toBe(
      'nothing',
    );
  });

  it('knows all lines of releases of its package, and no other package', () => {
    const security_advisory = securityAdvisory([
      ...oneVulnerability,
      vulnerability('>= 2, < 2.3', '2.3', { package: { ecosystem: 'pip', name: 'demo.pkg' } }),
      vulnerability('< 9', '9', { package: { ecosystem: 'pip', name: 'other' } }),
    ]);
    const { packages } = readEvent('dependabot_alert', alertEvent('created', { security_advisory }));
    expect(packages.map(({ name, firstPatched }) => [name, firstPatched])).toEqual([
      ['demo-pkg', '1.2.3'],
      ['demo-pkg', '2.3'],
    ]);
  });

  it.each([
    ['none', undefined],
    ['one without an id', { ...repository, id: '7' }],
    ['one with a name that leads elsewhere', { ...repository, name: '../x' }],
  ])('is refused with a repository like %s', (_, repository) => {
    const payload = alertEvent('created', {}, { repository });
    expect(readAdvisoryEvent('dependabot_alert', payload).read).toBe('unreadable');
  });
});

describe('repository_advisory', () => {
  it('is read when published', () => {
    const advisory = readEvent('repository_advisory', repositoryEvent());
    expect(advisory).toMatchObject({ source: 'repository_advisory', state: 'published', installation: 5 });
    expect(advisory.packages[0]?.firstPatched).toBe('2.0.1');
    expect(lowestFixed([advisory], demo('1.0'))).toEqual(['2.0.1']);
  });

  it.each([
    ['a report', repositoryEvent('reported', { state: 'triage', published_at: null })],
    ['a report that says it is published', repositoryEvent('reported')],
    ['a draft', repositoryEvent('published', { state: 'draft' })],
    ['one without a time', repositoryEvent('published', { published_at: null })],
    [
      'one of a private repository',
      repositoryEvent('published', {}, { repository: { ...repository, private: true } }),
    ],
    ['one of who knows what', repositoryEvent('published', {}, { repository: undefined })],
  ])('takes nothing of %s', (_, payload) => {
    const reading = readAdvisoryEvent('repository_advisory', payload);
    expect(reading.read).toBe('nothing');
    expect(JSON.stringify(reading)).not.toMatch(/GHSA|CVE|demo/iu);
  });

  it('lives with nulls for lists', () => {
    expect(
      readAdvisoryEvent('repository_advisory', repositoryEvent('published', { vulnerabilities: null })).read,
    ).toBe('nothing');
  });
});

describe('hostile payloads', () => {
  it('never make it throw, nor bring control characters or markup into what is told', () => {
    const events = ['security_advisory', 'dependabot_alert', 'repository_advisory'] as const;
    const words = fc.oneof(fc.string({ unit: 'binary', maxLength: 50 }), fc.constant('\u0007<img>\u202e'));
    const value = fc.oneof(fc.jsonValue(), words);
    const payloads: Record<AdvisoryEvent, () => unknown> = {
      security_advisory: () => securityEvent(),
      dependabot_alert: () => alertEvent(),
      repository_advisory: () => repositoryEvent(),
    };
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.nat(), value, (event, at, replacement) => {
        const payload = payloads[event]();
        const changed = replaced(payload, at, replacement);
        const reading = readAdvisoryEvent(event, changed);
        const told =
          reading.read === 'advisory'
            ? [...reading.left, ...reading.advisory.ids, reading.advisory.summary]
            : [reading.why];
        expect(told.join(' ')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The payload with another value in one of its places. */
function replaced(payload: unknown, at: number, by: unknown): unknown {
  const paths: (readonly string[])[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (path.length > 0) paths.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(payload, []);
  const path = paths[at % paths.length] ?? [];
  const copy = JSON.parse(JSON.stringify(payload)) as Record<string, unknown>;
  let holder = copy;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  holder[path.at(-1) ?? ''] = by;
  return copy;
}
