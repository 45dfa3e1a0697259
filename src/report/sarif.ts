/**
 * Findings as SARIF 2.1.0 (OASIS), within what GitHub's code scanning takes: it shows 5,000 results of a run and only the
 * first location of each, refuses a whole file for one location whose address it cannot read, and tells results apart by
 * `primaryLocationLineHash`. Pure.
 */
import { createHash } from 'node:crypto';
import type { PlannedImage } from '../images/plan-images.ts';
import { atLeast, type Finding, type SeverityLevel } from '../scan/model.ts';
import type { FindingPlace, ScanListing, ScanOutcome } from '../scan/outcome.ts';
import { oneLine, plain, rulesOf, type Rule, type SarifRule } from './sarif-rules.ts';

/** Of more, GitHub keeps the worst 5,000; the other ones would be lost there without a word. */
const MOST_RESULTS = 5000;
const MOST_NOTIFICATIONS = 100;
const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export type SarifInput = Pick<ScanListing, 'findings' | 'secrets' | 'by' | 'failed' | 'notChecked'>;

/** Where the repository names an image, by location (the image as written). A lock is its own file. */
export type SarifFiles = ReadonlyMap<string, { readonly path: string; readonly line: number }>;

/** The first place that names each image. */
export function sarifFilesOf(images: readonly Pick<PlannedImage, 'reference' | 'mentions'>[]): SarifFiles {
  return new Map(
    images.flatMap(({ reference, mentions: [first] }) =>
      first === undefined ? [] : [[reference.text, { path: first.path, line: first.line }] as const],
    ),
  );
}

export interface SarifOptions {
  /** Of Relock. */
  readonly version: string;
  /** Page of Relock, https. */
  readonly informationUri?: string;
  /** An image that is not here has an address made of its name, which GitHub shows but finds no file for. */
  readonly files: SarifFiles;
}

export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly [SarifRun];
}

interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: 'Relock';
      readonly semanticVersion: string;
      readonly informationUri?: string;
      readonly rules: readonly SarifRule[];
    };
  };
  readonly automationDetails: { readonly id: string };
  readonly invocations: readonly [
    {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly Notification[];
    },
  ];
  readonly columnKind: 'utf16CodeUnits';
  readonly results: readonly SarifResult[];
}

interface Notification {
  readonly level: 'error' | 'warning' | 'note';
  readonly message: { readonly text: string };
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: SarifLevel;
  readonly message: { readonly text: string };
  readonly locations: readonly [SarifLocation];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

type SarifLevel = 'error' | 'warning' | 'note' | 'none';

interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number };
  };
  readonly logicalLocations?: readonly [
    { readonly name: string; readonly fullyQualifiedName: string; readonly kind: 'resource' },
  ];
}

/** What is there after a change: what it adds and what remains. */
function sarifInputOf({ diff, secrets, by, failed, notChecked }: ScanOutcome): SarifInput {
  return {
    findings: [...diff.added, ...diff.remaining].map(({ finding, after }) => ({ finding, places: after })),
    secrets: [...secrets.added, ...secrets.remaining],
    by,
    failed,
    notChecked,
  };
}

/**
 * What is there now: of a listing all, of a change what it adds and what remains; what is ignored is left out, as everywhere.
 * One rule for each id, one result for each finding at each place, the worst first.
 *
 * A reader must not take an empty list for a clean one: `executionSuccessful` is false when a scanner failed or none ran, and
 * the notifications say why. Uploading such a file would close the alerts of what was not looked at.
 */
export function sarifOf(
  scan: ScanOutcome | SarifInput,
  { version, informationUri, files }: SarifOptions,
): SarifLog {
  const input = 'diff' in scan ? sarifInputOf(scan) : scan;
  const all = foundIn(input);
  const kept = all.slice(0, MOST_RESULTS);
  const { rules, indexOf } = rulesOf(kept.map(({ rule }) => rule));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Relock',
            semanticVersion: version,
            ...(informationUri === undefined ? {} : { informationUri }),
            rules,
          },
        },
        automationDetails: { id: 'relock/' },
        invocations: [
          {
            executionSuccessful: input.failed.length === 0 && input.by.length > 0,
            toolExecutionNotifications: notificationsOf(input, all.length - kept.length),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: kept.map((found) => resultOf(found, indexOf(found.rule), files)),
      },
    ],
  };
}

/** A finding at one place. */
interface Found {
  readonly rule: Rule;
  readonly level: SeverityLevel;
  readonly place: FindingPlace;
  /** What tells it from others of its rule at its place, and stays the same when versions and lines move. */
  readonly identity: readonly string[];
}

function foundIn({ findings, secrets }: SarifInput): readonly Found[] {
  const vulnerable = findings.flatMap(({ finding, places }) =>
    places.map((place): Found => ({
      rule: { kind: 'finding', id: oneLine(finding.id), finding },
      level: finding.malicious ? 'critical' : finding.severity.level,
      place,
      identity: [finding.ecosystem.split(':', 1)[0] ?? '', finding.package],
    })),
  );
  const leaked = secrets.map((secret): Found => ({
    rule: { kind: 'secret', id: `secret/${oneLine(secret.rule)}`, secret },
    level: secret.severity,
    place: { kind: 'image', location: secret.location, platform: secret.platform },
    identity: [secret.path],
  }));
  // Secrets first among equals: they are few, and must not fall to the limit.
  return SEVERITY_ORDER.flatMap((level) =>
    [...leaked, ...vulnerable].filter((found) => found.level === level),
  );
}

const SEVERITY_ORDER: readonly SeverityLevel[] = ['critical', 'high', 'medium', 'unknown', 'low', 'none'];

function messageOf(rule: Rule): string {
  if (rule.kind === 'finding') return findingMessage(rule.finding);
  const { title, rule: name, path, line, location } = rule.secret;
  const where = line === null ? path : `${path}:${line}`;
  return `A secret (${plain(title === '' ? name : title)}) lies in ${plain(where)} of the image ${plain(location)}.`;
}

function findingMessage({ id, package: name, version, summary, fixed, malicious }: Finding): string {
  const what = malicious
    ? `${plain(name)} ${plain(version)} is a malicious package (${plain(id)})`
    : `${plain(name)} ${plain(version)} has ${plain(id)}`;
  const [lowest] = fixed;
  const fix = malicious
    ? 'Take it out.'
    : lowest === undefined
      ? 'No fix yet.'
      : `Fixed in ${plain(lowest)}.`;
  return `${what}${summary === '' ? '' : `: ${plain(summary).replace(/\.$/u, '')}`}. ${fix}`;
}

function resultOf(
  { rule, level, place, identity }: Found,
  ruleIndex: number,
  files: SarifFiles,
): SarifResult {
  return {
    ruleId: rule.id,
    ruleIndex,
    level: levelOf(level),
    message: { text: messageOf(rule) },
    locations: [locationOf(place, files)],
    partialFingerprints: {
      primaryLocationLineHash: fingerprintOf([rule.id, place.location, place.platform ?? '', ...identity]),
    },
  };
}

function levelOf(level: SeverityLevel): SarifLevel {
  if (level === 'unknown' || level === 'medium') return 'warning';
  return atLeast(level, 'high') ? 'error' : 'note';
}

function locationOf(place: FindingPlace, files: SarifFiles): SarifLocation {
  const { kind, location, platform } = place;
  const file = files.get(location) ?? { path: location, line: 1 };
  const line = Number.isSafeInteger(file.line) && file.line > 0 ? file.line : 1;
  const physicalLocation = {
    artifactLocation: { uri: relativeUri(file.path) },
    region: { startLine: line },
  };
  if (kind === 'lock') return { physicalLocation };
  const name = oneLine(location);
  return {
    physicalLocation,
    logicalLocations: [
      {
        name,
        fullyQualifiedName: platform === null ? name : `${name} ${oneLine(platform)}`,
        kind: 'resource',
      },
    ],
  };
}

/**
 * RFC 3986 path without a scheme. Threat: one location that is no such address (`python:3.12` looks like one with the scheme
 * `python`) makes GitHub refuse the whole file, and one that leads upwards or to a host points out of the repository.
 */
function relativeUri(path: string): string {
  const segments = path
    .toWellFormed()
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .map((segment) => encodeURIComponent(segment.slice(0, 255)));
  return segments.length === 0 ? 'unknown' : segments.join('/');
}

function fingerprintOf(parts: readonly string[]): string {
  return `${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}:1`;
}

function notificationsOf({ by, failed, notChecked }: SarifInput, left: number): readonly Notification[] {
  const said: Notification[] = [
    ...failed.map(({ scanner, reason }): Notification => ({
      level: 'error',
      message: { text: `Not checked by ${scanner}: ${plain(reason.message)}` },
    })),
    ...(by.length === 0 && failed.length === 0
      ? [{ level: 'error', message: { text: 'Known vulnerabilities were not checked.' } } as const]
      : []),
    ...(left > 0
      ? [
          {
            level: 'warning',
            message: {
              text: `${left} results of lower severity are left out, since code scanning takes ${MOST_RESULTS}.`,
            },
          } as const,
        ]
      : []),
    ...notChecked.map((what): Notification => ({
      level: 'warning',
      message: { text: `Not checked: ${plain(what)}` },
    })),
  ];
  return said.slice(0, MOST_NOTIFICATIONS);
}
