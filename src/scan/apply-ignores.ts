/** Takes out of what was found what the repository does not want to hear of. Pure. */
import { globMatcher } from '../config/glob.ts';
import { normaliseName } from '../locks/package-name.ts';
import { folderOf } from '../locks/tree.ts';
import type { IgnoredPackage, IgnoreRule } from './ignore-rule.ts';
import type { Finding, SecretFinding } from './model.ts';
import type { FindingPlace, IgnoredFinding } from './outcome.ts';

export interface PlacedFinding {
  readonly finding: Finding;
  readonly places: readonly FindingPlace[];
}

export interface IgnoredSecret extends Pick<IgnoredFinding, 'by' | 'reason' | 'until'> {
  readonly secret: SecretFinding;
}

const MAX_ENDED = 20;

/**
 * A finding that is ignored in some of its places is in both lists, each with its places.
 * @param rules of `readIgnores`; the first that holds wins.
 * @returns `ended`: sentences about rules that would have held, had they not ended.
 */
export function applyIgnores(
  placed: readonly PlacedFinding[],
  rules: readonly IgnoreRule[],
  now: Date,
): {
  readonly kept: readonly PlacedFinding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly ended: readonly string[];
} {
  const candidates = candidatesOf(rules.filter(({ of }) => of !== 'secret'));
  const covers = coverage();
  const kept: PlacedFinding[] = [];
  const ignored: IgnoredFinding[] = [];
  const ended = new Set<string>();
  for (const { finding, places } of placed) {
    if (places.length === 0) kept.push({ finding, places });
    const all = candidates(finding);
    const live = all.filter((rule) => isLive(rule, now));
    const byRule = new Map<IgnoreRule | null, FindingPlace[]>();
    for (const place of places) {
      const rule = live.find((one) => covers(one, place)) ?? null;
      const there = byRule.get(rule);
      if (there === undefined) byRule.set(rule, [place]);
      else there.push(place);
    }
    for (const [rule, there] of byRule) {
      if (rule !== null) ignored.push({ finding, places: there, ...wordsOf(rule) });
      else kept.push({ finding, places: there });
    }
    const told = byRule.get(null) ?? [];
    const past = all.find((rule) => !isLive(rule, now) && told.some((place) => covers(rule, place)));
    if (past !== undefined && ended.size < MAX_ENDED) ended.add(endedSentence(past, finding));
  }
  return { kept, ignored, ended: [...ended] };
}

/** As `applyIgnores`. Only rules that name a secret's own rule speak of secrets. */
export function applyIgnoresToSecrets(
  secrets: readonly SecretFinding[],
  rules: readonly IgnoreRule[],
  now: Date,
): { readonly kept: readonly SecretFinding[]; readonly ignored: readonly IgnoredSecret[] } {
  const matches = globs();
  const live = rules.filter(
    (rule) => rule.of !== 'vulnerability' && rule.id !== null && rule.folder === null && isLive(rule, now),
  );
  const kept: SecretFinding[] = [];
  const ignored: IgnoredSecret[] = [];
  for (const secret of secrets) {
    const path = secret.path.replace(/^\/+/u, '');
    const rule = live.find(({ id, paths }) => id === secret.rule.toLowerCase() && matches(paths, path));
    if (rule === undefined) kept.push(secret);
    else ignored.push({ secret, ...wordsOf(rule) });
  }
  return { kept, ignored };
}

/** Rules that speak of a finding, wherever it is, in their order; by id and name, since there can be thousands of both. */
function candidatesOf(rules: readonly IgnoreRule[]): (finding: Finding) => readonly IgnoreRule[] {
  const order = new Map(rules.map((rule, index) => [rule, index]));
  const byKey = new Map<string, IgnoreRule[]>();
  for (const rule of rules) {
    for (const key of keysOf(rule)) {
      const there = byKey.get(key);
      if (there === undefined) byKey.set(key, [rule]);
      else there.push(rule);
    }
  }
  return (finding) => {
    const ids = [finding.id, ...finding.ids].map((id) => `id ${id.toLowerCase()}`);
    const keys = new Set(['all', `name ${normaliseName(finding.package)}`, ...ids]);
    return [...new Set([...keys].flatMap((key) => byKey.get(key) ?? []))]
      .filter(({ packages }) => packages.length === 0 || packages.some((one) => isPackage(one, finding)))
      .sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  };
}

/** Under which of a finding's keys a rule is looked for. */
function keysOf({ id, packages }: IgnoreRule): readonly string[] {
  if (id !== null) return [`id ${id}`];
  if (packages.length === 0) return ['all'];
  return packages.map(({ name }) => (name === null ? 'all' : `name ${normaliseName(name)}`));
}

function isPackage({ ecosystem, name, version }: IgnoredPackage, finding: Finding): boolean {
  if (version !== null && version !== finding.version) return false;
  const [base] = finding.ecosystem.split(':', 1);
  if (ecosystem !== null && ecosystem !== finding.ecosystem && ecosystem !== base) return false;
  if (name === null || name === finding.package) return true;
  return base === 'PyPI' && normaliseName(name) === normaliseName(finding.package);
}

function coverage(): (rule: IgnoreRule, place: FindingPlace) => boolean {
  const matches = globs();
  return ({ folder, paths }, { kind, location }) => {
    if (folder === null && paths.length === 0) return true;
    // Where in an image a package lies is not known of a finding: told rather than wrongly left out.
    if (kind === 'image') return false;
    return (folder === null || folderOf(location) === folder) && matches(paths, location);
  };
}

/** Each glob is compiled once, and asked once of each path. */
function globs(): (paths: readonly string[], path: string) => boolean {
  const known = new Map<string, Map<string, boolean>>();
  const compiled = new Map<string, (path: string) => boolean>();
  return (paths, path) =>
    paths.length === 0 ||
    paths.some((glob) => {
      const answers = known.get(glob) ?? new Map<string, boolean>();
      known.set(glob, answers);
      const before = answers.get(path);
      if (before !== undefined) return before;
      const matcher = compiled.get(glob) ?? globMatcher(glob);
      compiled.set(glob, matcher);
      const answer = matcher(path);
      answers.set(path, answer);
      return answer;
    });
}

function isLive({ ends }: IgnoreRule, now: Date): boolean {
  return ends === null || ends > now.getTime();
}

function wordsOf({ by, reason, until }: IgnoreRule): Pick<IgnoredFinding, 'by' | 'reason' | 'until'> {
  return { by, reason, until };
}

function endedSentence({ by, until }: IgnoreRule, { id }: Finding): string {
  return `${by} ignored ${id} until ${until ?? ''}, which is over: it is told again.`;
}
