/** osv-scanner's `osv-scanner.toml`: `[[IgnoredVulns]]` and `[[PackageOverrides]]`. Pure. */
import { parse, TomlDate, TomlError } from 'smol-toml';
import { keyLines } from '../config/key-lines.ts';
import { isTable, tableAt, valueAt, type Table } from '../locks/toml.ts';
import {
  createRuleReader,
  endOf,
  idOf,
  reasonOf,
  shown,
  type ReadRules,
  type RuleReader,
} from './ignore-rule.ts';

const MAX_NESTING = 20;
const VULNERABILITIES = 'IgnoredVulns';
const PACKAGES = 'PackageOverrides';
/** The others say nothing of what is told. */
const KEYS = new Set([VULNERABILITIES, PACKAGES, 'GoVersionOverride', 'ScanGoModVersion']);

/**
 * @param text without a BOM, lines ended by `\n`.
 * @param folder the one whose locks it speaks of; null: everywhere.
 */
export function readOsvScanner(path: string, text: string, folder: string | null): ReadRules {
  const reader = createRuleReader(path, folder);
  const root = parsed(text, reader);
  if (root === null) return reader.done();
  const lineOf = keyLines(text);
  for (const key of Object.keys(root)) {
    if (!KEYS.has(key)) reader.problem(lineOf([key]), `there is no key ${shown(key)}`);
  }
  for (const [key, read] of [
    [VULNERABILITIES, readVulnerability],
    [PACKAGES, readPackage],
  ] as const) {
    const value = valueAt(root, key);
    if (value === undefined) continue;
    if (!Array.isArray(value)) {
      reader.problem(lineOf([key]), `\`${key}\` is not a list of tables`);
      continue;
    }
    for (const [index, item] of value.entries()) {
      const line = lineOf([key, index]);
      const entry = isTable(item) ? read(item) : { why: 'this is not a table' };
      if (entry === null) continue;
      if ('why' in entry) reader.problem(line, `${entry.why}, so that this entry ignores nothing`);
      else if (!reader.add(line, entry)) return reader.done();
    }
  }
  return reader.done();
}

function parsed(text: string, reader: RuleReader): Table | null {
  try {
    return parse(text, { maxDepth: MAX_NESTING });
  } catch (error) {
    const first = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    const why = reasonOf(first.replace(/^Invalid TOML document:\s*/u, '')).slice(0, 150);
    reader.problem(
      error instanceof TomlError ? error.line : 1,
      `this is not TOML: ${why.replace(/\.$/u, '')}`,
    );
    return null;
  }
}

type Entry = Parameters<RuleReader['add']>[1] | { readonly why: string };

function readVulnerability(item: Table): Entry {
  const written = valueAt(item, 'id');
  const id = typeof written === 'string' ? idOf(written) : null;
  if (id === null) return { why: 'an entry needs an `id`' };
  const end = endAt(item, 'ignoreUntil');
  return 'why' in end ? end : { id, reason: reasonAt(item), ...end };
}

/** null: it says nothing of vulnerabilities. */
function readPackage(item: Table): Entry | null {
  if (valueAt(item, 'ignore') !== true && valueAt(tableAt(item, 'vulnerability'), 'ignore') !== true)
    return null;
  // Threat: an expression that takes a match for ever; Go's are another language, besides.
  if (valueAt(item, 'nameIsRegex') === true) return { why: 'a name that is an expression is not understood' };
  // A finding does not tell by which group its package is there.
  if ((valueAt(item, 'group') ?? '') !== '') return { why: '`group` is not understood' };
  const words = ['name', 'version', 'ecosystem'].map((key) => [key, valueAt(item, key) ?? ''] as const);
  const wrong = words.find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) return { why: `\`${wrong[0]}\` is not a text` };
  const [name = null, version = null, ecosystem = null] = words.map(([, value]) =>
    typeof value === 'string' && value !== '' ? value : null,
  );
  const end = endAt(item, 'effectiveUntil');
  if ('why' in end) return end;
  const all = name === null && version === null && ecosystem === null;
  return { packages: all ? [] : [{ ecosystem, name, version }], reason: reasonAt(item), ...end };
}

function endAt(item: Table, key: string): NonNullable<ReturnType<typeof endOf>> | { readonly why: string } {
  const value = valueAt(item, key);
  if (value === undefined) return { until: null, ends: null };
  const text = value instanceof TomlDate ? value.toISOString() : value;
  const end = typeof text === 'string' ? endOf(text) : null;
  return end ?? { why: `\`${key}\` is not a day` };
}

function reasonAt(item: Table): string {
  const reason = valueAt(item, 'reason');
  return typeof reason === 'string' ? reasonOf(reason) : '';
}
