/**
 * Advisories from GitHub's webhooks `security_advisory`, `dependabot_alert` and `repository_advisory`
 * (https://docs.github.com/webhooks/webhook-events-and-payloads).
 */
import { field, isObject, listField, MALFORMED, textField } from '../scan/osv/json.ts';
import { isAdvisoryId, readRecord } from '../scan/osv/record.ts';
import { severityOf } from '../scan/osv/severity.ts';
import { packagesOf, readPackages } from './github-packages.ts';
import type { GitHubPackages } from './github-packages.ts';
import type { Advisory, AdvisoryPackage, AdvisoryRepository, AdvisorySource, Reading } from './model.ts';
import { asMalware, namesInOrder } from './names.ts';

export type AdvisoryEvent = 'security_advisory' | 'dependabot_alert' | 'repository_advisory';

/** @param payload parsed JSON, its signature already checked. Never throws. */
export function readAdvisoryEvent(event: AdvisoryEvent, payload: unknown): Reading {
  const action = textField(payload, 'action', 40);
  if (!/^[a-z_]{1,40}$/u.test(action)) return unreadable('it names no action');
  switch (event) {
    case 'security_advisory':
      return readSecurityAdvisory(payload, action);
    case 'dependabot_alert':
      return readAlert(payload, action);
    case 'repository_advisory':
      return readRepositoryAdvisory(payload, action);
  }
}

/** Everybody gets it, and it names no repository. */
function readSecurityAdvisory(payload: unknown, action: string): Reading {
  if (action !== 'published' && action !== 'updated' && action !== 'withdrawn') return otherAction(action);
  const json = field(payload, 'security_advisory');
  const found = readPackages(json);
  if (found === MALFORMED) return unreadable('its list of vulnerabilities is none');
  return advisoryOf({ source: 'security_advisory', json, found, state: stateOf(json, action), payload });
}

const OPENED: ReadonlySet<string> = new Set(['created', 'reopened', 'auto_reopened', 'reintroduced']);

/** Of one package in one repository. Its advisory's other lines of that package's releases belong to it. */
function readAlert(payload: unknown, action: string): Reading {
  if (!OPENED.has(action)) return otherAction(action);
  const alert = field(payload, 'alert');
  const state = textField(alert, 'state', 40);
  if (state !== 'open') return { read: 'nothing', why: 'the alert is not open any more' };
  const repository = readRepository(field(payload, 'repository'));
  if (repository === null) return unreadable('it names no repository');
  const json = field(alert, 'security_advisory');
  const own = packagesOf([field(alert, 'security_vulnerability')]);
  const all = readPackages(json);
  if (all === MALFORMED) return unreadable('its list of vulnerabilities is none');
  const about = own.packages[0];
  if (about === undefined) return nothing(own.left);
  const packages = distinct([...own.packages, ...all.packages.filter((one) => isSame(one, about))]);
  const number = field(alert, 'number');
  return advisoryOf({
    source: 'dependabot_alert',
    json,
    found: { packages, left: all.left },
    state: stateOf(json, 'published'),
    payload,
    repository,
    alert: isId(number) ? number : null,
  });
}

/**
 * What a repository says of its own code.
 * Threat: a report or a draft is a secret of those who were told: nothing of it is taken, not even its name.
 */
function readRepositoryAdvisory(payload: unknown, action: string): Reading {
  if (action === 'reported') return { read: 'nothing', why: 'it is a private report' };
  if (action !== 'published') return otherAction(action);
  const json = field(payload, 'repository_advisory');
  const state = field(json, 'state');
  const published = textField(json, 'published_at', 40) !== '';
  if (
    !published ||
    (state !== 'published' && state !== 'withdrawn') ||
    !isPublic(field(payload, 'repository'))
  ) {
    return { read: 'nothing', why: 'it is not public' };
  }
  const repository = readRepository(field(payload, 'repository'));
  if (repository === null) return unreadable('it names no repository');
  const vulnerabilities = field(json, 'vulnerabilities') ?? [];
  const found = readPackages({ vulnerabilities });
  if (found === MALFORMED) return unreadable('its list of vulnerabilities is none');
  return advisoryOf({
    source: 'repository_advisory',
    json,
    found,
    state: state === 'withdrawn' ? 'withdrawn' : stateOf(json, 'published'),
    payload,
    repository,
  });
}

interface Parts {
  readonly source: AdvisorySource;
  readonly json: unknown;
  readonly found: GitHubPackages;
  readonly state: Advisory['state'];
  readonly payload: unknown;
  readonly repository?: AdvisoryRepository;
  readonly alert?: number | null;
}

function advisoryOf({ source, json, found, state, payload, repository, alert }: Parts): Reading {
  const id = field(json, 'ghsa_id');
  if (!isAdvisoryId(id) || !id.startsWith('GHSA-')) return unreadable('it has no name (ghsa_id)');
  // What only describes it goes the same way as in a record of OSV.
  const record = readRecord({
    id,
    aliases: [
      ...listField(json, 'identifiers', 100).map((one) => field(one, 'value')),
      field(json, 'cve_id'),
    ],
    summary: field(json, 'summary'),
    severity: vectorsOf(json),
    database_specific: { severity: field(json, 'severity') },
  });
  if (record === null) return unreadable('it has no name (ghsa_id)');
  // Of a withdrawn one the name alone says enough.
  if (found.packages.length === 0 && state !== 'withdrawn') return nothing(found.left);
  const malicious = isMalware(json);
  const { severity } = severityOf(record, []);
  const installation = field(field(payload, 'installation'), 'id');
  return {
    read: 'advisory',
    advisory: {
      id,
      ids: namesInOrder(id, record.aliases),
      source,
      state,
      summary: record.summary,
      severity: malicious ? asMalware(severity, id) : severity,
      malicious,
      packages: found.packages,
      repository: repository ?? null,
      installation: isId(installation) ? installation : null,
      alert: alert ?? null,
    },
    left: found.left,
  };
}

function stateOf(json: unknown, action: Advisory['state']): Advisory['state'] {
  // A late `updated` does not bring back what was withdrawn since.
  return textField(json, 'withdrawn_at', 40) === '' ? action : 'withdrawn';
}

/** Of CVSS 4 and 3, and the older place for the latter. */
function vectorsOf(json: unknown): readonly object[] {
  const both = field(json, 'cvss_severities');
  const newer = field(field(both, 'cvss_v4'), 'vector_string');
  const older = field(field(both, 'cvss_v3'), 'vector_string') ?? field(field(json, 'cvss'), 'vector_string');
  return [
    { type: 'CVSS_V4', score: newer },
    { type: 'CVSS_V3', score: older },
  ];
}

/** CWE-506, "Embedded Malicious Code", is what GitHub gives all its advisories on malware. */
function isMalware(json: unknown): boolean {
  return (
    field(json, 'classification') === 'malware' ||
    listField(json, 'cwes', 50).some((cwe) => field(cwe, 'cwe_id') === 'CWE-506')
  );
}

function isPublic(repository: unknown): boolean {
  return isObject(repository) && field(repository, 'private') === false;
}

function readRepository(value: unknown): AdvisoryRepository | null {
  const id = field(value, 'id');
  const owner = field(field(value, 'owner'), 'login');
  const name = field(value, 'name');
  if (!isId(id) || typeof owner !== 'string' || typeof name !== 'string') return null;
  return /^[\w-]{1,100}$/u.test(owner) && /^[\w.-]{1,100}$/u.test(name) ? { id, owner, name } : null;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isSame(a: AdvisoryPackage, b: AdvisoryPackage): boolean {
  return a.ecosystem === b.ecosystem && a.name === b.name;
}

function distinct(packages: readonly AdvisoryPackage[]): readonly AdvisoryPackage[] {
  return [...new Map(packages.map((one) => [JSON.stringify(one), one])).values()];
}

function nothing(left: readonly string[]): Reading {
  return { read: 'nothing', why: left.join('; ') || 'it names no package' };
}

function otherAction(action: string): Reading {
  return { read: 'nothing', why: `nothing is to be done when one is ${action}` };
}

function unreadable(why: string): Reading {
  return { read: 'unreadable', why };
}
