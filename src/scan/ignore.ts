/** What a repository does not want to hear of: its policy, and the ignore files of trivy and osv-scanner. Pure. */
import { POLICY_PATH, type Policy } from '../config/policy.ts';
import { folderOf, readText } from '../locks/tree.ts';
import type { Tree } from '../model.ts';
import { readOsvScanner } from './ignore-osv-scanner.ts';
import { MAX_CHARACTERS, type IgnoreRule, type ReadRules } from './ignore-rule.ts';
import { readTrivyText } from './ignore-trivy-text.ts';
import { readTrivyYaml } from './ignore-trivy-yaml.ts';

const DAY = 24 * 3600 * 1000;
const MAX_FILES = 100;
const OSV_SCANNER = 'osv-scanner.toml';

/**
 * Reads `.trivyignore` and `.trivyignore.yaml` at the root, and `osv-scanner.toml`: that of the root speaks of everything (as
 * with `--config`), one in another folder of the locks right there, as osv-scanner itself takes it.
 * @returns rules, the policy's first; and as sentences, with file and line, what of the files ignores nothing although it
 *   was meant to. Never throws.
 */
export function readIgnores(tree: Tree, policy: Pick<Policy, 'scan'>): ReadRules {
  const files = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml'].filter((path) =>
    tree.files.has(path),
  );
  const scanners = [...tree.files.keys()].filter(
    (path) => path === OSV_SCANNER || path.endsWith(`/${OSV_SCANNER}`),
  );
  const read = [...files, ...scanners.slice(0, MAX_FILES)].map((path) => readFile(tree, path));
  const left = scanners.length - MAX_FILES;
  return {
    rules: [...policyRules(policy), ...read.flatMap(({ rules }) => rules)],
    problems: [
      ...read.flatMap(({ problems }) => problems),
      ...(left > 0 ? [`${OSV_SCANNER}: ${left} more of these files are not read.`] : []),
    ],
  };
}

function policyRules({ scan }: Pick<Policy, 'scan'>): readonly IgnoreRule[] {
  return scan.ignore.map(({ id, reason, until, package: name }) => ({
    of: name === null ? 'both' : 'vulnerability',
    id: id.toLowerCase(),
    packages: name === null ? [] : [{ ecosystem: null, name, version: null }],
    paths: [],
    folder: null,
    by: POLICY_PATH,
    reason,
    until,
    // Its last day is one of it.
    ends: until === null ? null : Date.parse(`${until}T00:00:00Z`) + DAY,
  }));
}

function readFile(tree: Tree, path: string): ReadRules {
  const text = readText(tree, path);
  const name = path.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  if (text === null)
    return { rules: [], problems: [`${name} ${whyUnread(tree, path)}, so that it ignores nothing.`] };
  if (text.length > MAX_CHARACTERS) {
    const why = `has ${text.length} characters, more than is read`;
    return { rules: [], problems: [`${name} ${why}, so that it ignores nothing.`] };
  }
  if (path === '.trivyignore') return readTrivyText(name, text);
  if (path.startsWith('.trivyignore.')) return readTrivyYaml(name, text);
  const folder = folderOf(path);
  return readOsvScanner(name, text, folder === '.' ? null : folder);
}

function whyUnread(tree: Tree, path: string): string {
  const file = tree.files.get(path);
  if (file?.kind === 'symlink') return 'is a symbolic link, which is not followed';
  return file?.kind === 'too-large' ? `has ${file.bytes} bytes, more than is read` : 'is not UTF-8 text';
}
