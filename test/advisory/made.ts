/** Webhook payloads in GitHub's shape, advisories and rows, for tests. */
import { readAdvisoryEvent } from '../../src/advisory/from-github.ts';
import type { AdvisoryEvent } from '../../src/advisory/from-github.ts';
import type { Advisory, Reading } from '../../src/advisory/model.ts';
import type { Holder } from '../../src/advisory/plan.ts';

export type Json = Readonly<Record<string, unknown>>;

export function vulnerability(range: unknown, patched: string | null, more: Json = {}): Json {
  return {
    package: { ecosystem: 'pip', name: 'Demo_Pkg' },
    severity: 'high',
    vulnerable_version_range: range,
    first_patched_version: patched === null ? null : { identifier: patched },
    ...more,
  };
}

export const oneVulnerability = [vulnerability('>= 1.0, < 1.2.3', '1.2.3')];

export function securityAdvisory(vulnerabilities: unknown = oneVulnerability, more: Json = {}): Json {
  return {
    ghsa_id: 'GHSA-aaaa-bbbb-cccc',
    summary: 'Demo runs\nanything',
    description: 'At length.',
    severity: 'high',
    identifiers: [
      { type: 'GHSA', value: 'GHSA-aaaa-bbbb-cccc' },
      { type: 'CVE', value: 'CVE-2024-1' },
    ],
    references: [{ url: 'https://example.com/advisory' }],
    published_at: '2024-05-01T00:00:00Z',
    updated_at: '2024-05-01T00:00:00Z',
    withdrawn_at: null,
    vulnerabilities,
    cvss: { score: 9.8, vector_string: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
    cwes: [{ cwe_id: 'CWE-94', name: 'Improper Control of Generation of Code' }],
    ...more,
  };
}

export function securityEvent(advisory: unknown = securityAdvisory(), action = 'published'): Json {
  return { action, security_advisory: advisory };
}

export const repository = { id: 7, name: 'shop', private: false, owner: { login: 'acme' } };

export function alertEvent(action = 'created', alert: Json = {}, more: Json = {}): Json {
  return {
    action,
    alert: {
      number: 3,
      state: 'open',
      security_advisory: { ...securityAdvisory(), cve_id: 'CVE-2024-1' },
      security_vulnerability: oneVulnerability[0],
      ...alert,
    },
    installation: { id: 5 },
    repository,
    ...more,
  };
}

export function repositoryEvent(action = 'published', advisory: Json = {}, more: Json = {}): Json {
  return {
    action,
    repository_advisory: {
      ...securityAdvisory([
        {
          package: { ecosystem: 'pip', name: 'demo-pkg' },
          vulnerable_version_range: '< 2',
          patched_versions: '>= 2.0.1',
          vulnerable_functions: [],
        },
      ]),
      state: 'published',
      ...advisory,
    },
    installation: { id: 5 },
    repository,
    ...more,
  };
}

export function advisoryIn(reading: Reading): Advisory {
  if (reading.read !== 'advisory') throw new Error(`${reading.read}: ${reading.why}`);
  return reading.advisory;
}

export function readEvent(event: AdvisoryEvent, payload: unknown): Advisory {
  return advisoryIn(readAdvisoryEvent(event, payload));
}

/** As published by GitHub, about demo-pkg. */
export function published(
  range = '>= 1.0, < 1.2.3',
  patched: string | null = null,
  more: Json = {},
): Advisory {
  return readEvent(
    'security_advisory',
    securityEvent(securityAdvisory([vulnerability(range, patched)], more)),
  );
}

export function row(repository: number, version: string, more: Partial<Holder> = {}): Holder {
  return {
    ecosystem: 'PyPI',
    name: 'demo-pkg',
    version,
    direct: true,
    dev: false,
    repository: { id: repository, owner: 'acme', name: `r${repository}` },
    installation: 5,
    kind: 'lock',
    place: 'uv.lock',
    ...more,
  };
}
