/** Rules of a SARIF file: one for each id of a vulnerability, one for each kind of secret. Pure. */
import type { Finding, SecretFinding, SeverityLevel } from '../scan/model.ts';
import { safeUrl } from './links.ts';
import { code, link, visible } from './markdown.ts';

const LONGEST_ID = 200;
/** GitHub takes 1,024 characters; whoever writes more has nothing to say. */
const LONGEST_TEXT = 300;
/** What is cut away of a longer text needs no cleaning. */
const MOST_READ = 2000;

export type Rule =
  | { readonly kind: 'finding'; readonly id: string; readonly finding: Finding }
  | { readonly kind: 'secret'; readonly id: string; readonly secret: SecretFinding };

/** `reportingDescriptor` of the specification, as far as it is used. */
export interface SarifRule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly helpUri?: string;
  readonly help: { readonly text: string; readonly markdown: string };
  readonly properties: {
    /** GitHub takes 20 and shows 10. */
    readonly tags: readonly string[];
    readonly precision: 'very-high' | 'medium';
    /** 0.0 to 10.0, by which GitHub tells critical from high; absent when nobody rated it. */
    readonly 'security-severity'?: string;
  };
}

/** Rules in order of first use; the first that has an id describes it, and the worst rating of all of that id counts. */
export function rulesOf(used: readonly Rule[]): {
  readonly rules: readonly SarifRule[];
  readonly indexOf: (rule: Rule) => number;
} {
  const byId = Map.groupBy(used, ({ id }) => id);
  const places = new Map([...byId.keys()].map((id, index) => [id, index]));
  return {
    rules: [...byId.values()].flatMap((same) => (same[0] === undefined ? [] : [ruleOf(same[0], same)])),
    indexOf: ({ id }) => places.get(id) ?? -1,
  };
}

function ruleOf(first: Rule, same: readonly Rule[]): SarifRule {
  const ratings = same.flatMap((rule) => ratingOf(rule) ?? []);
  const severity =
    ratings.length === 0 ? {} : { 'security-severity': ratings.reduce((a, b) => Math.max(a, b)).toFixed(1) };
  return first.kind === 'secret'
    ? secretRule(first.id, first.secret, severity)
    : findingRule(first.id, first.finding, severity);
}

type Severity = Pick<SarifRule['properties'], 'security-severity'>;

function findingRule(id: string, finding: Finding, severity: Severity): SarifRule {
  const { summary, ids, package: name, malicious, link: page } = finding;
  const title = plain(summary) || `${plain(id)} in ${oneLine(plain(name))}`;
  const url = page === null ? null : safeUrl(page);
  const others = ids.filter((other) => other !== finding.id).slice(0, 10);
  const also =
    others.length === 0 ? '' : ` Also known as ${others.map((one) => plain(one).slice(0, 60)).join(', ')}.`;
  const alsoCode =
    others.length === 0 ? '' : ` Also known as ${others.map((one) => code(one, 60)).join(', ')}.`;
  const text = `${title}${/[.!?]$/u.test(title) ? '' : '.'}${also}`;
  const where = url === null ? code(id, 60) : link(code(id, 60), url);
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: text.slice(0, 1000).toWellFormed() },
    ...(url === null ? {} : { helpUri: url }),
    help: {
      text: `${url === null ? plain(id) : `${plain(id)}: ${url}`}. ${text}`,
      markdown: `${where}: ${code(title, LONGEST_TEXT)}.${alsoCode}`,
    },
    properties: {
      tags: ['security', malicious ? 'malicious' : 'vulnerability'],
      precision: 'very-high',
      ...severity,
    },
  };
}

function secretRule(id: string, { rule, title }: SecretFinding, severity: Severity): SarifRule {
  const text = `${plain(title === '' ? rule : title)} in a layer of an image.`;
  return {
    id,
    shortDescription: { text },
    fullDescription: { text: `${text} Whoever can pull the image can read it: revoke it.` },
    help: {
      text: `${text} Revoke it, and build the image without it.`,
      markdown: `${code(title === '' ? rule : title)} in a layer of an image. Revoke it, and build the image without it.`,
    },
    properties: { tags: ['security', 'secret'], precision: 'medium', ...severity },
  };
}

/** Where there is only a word: the middle of what GitHub takes for it. */
const BY_LEVEL: Readonly<Record<SeverityLevel, number | null>> = {
  critical: 9.5,
  high: 8,
  medium: 5.5,
  low: 2,
  none: 0,
  unknown: null,
};

function ratingOf(rule: Rule): number | null {
  if (rule.kind === 'secret') return BY_LEVEL[rule.secret.severity];
  const { malicious, severity } = rule.finding;
  if (malicious) return 10;
  const { score, level } = severity;
  return score !== null && score >= 0 && score <= 10 ? score : BY_LEVEL[level];
}

/** An id that may stand alone: one line, not too long. */
export function oneLine(text: string): string {
  const line = visible(text.slice(0, MOST_READ).toWellFormed())
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, LONGEST_ID)
    .trim();
  return line === '' ? 'unknown' : line;
}

/**
 * Foreign text in a plain message. Threat: SARIF reads `[text](target)` as a link and `{0}` as a placeholder in plain text,
 * and viewers differ in how they may be escaped.
 */
export function plain(text: string): string {
  const line = visible(text.slice(0, MOST_READ).toWellFormed())
    .replaceAll(/[[{]/gu, '(')
    .replaceAll(/[\]}]/gu, ')')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : line;
}
