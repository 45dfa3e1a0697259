/** Trivy's `.trivyignore.yaml`: entries with paths, package URLs, an end and a statement. Pure. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, YAMLParseError } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { whyNotGlob } from '../config/glob.ts';
import {
  createRuleReader,
  endOf,
  idOf,
  reasonOf,
  shown,
  type IgnoredPackage,
  type IgnoreRule,
  type ReadRules,
  type RuleReader,
} from './ignore-rule.ts';
import { packageOfUrl } from './package-url.ts';

const SECTIONS: ReadonlyMap<string, IgnoreRule['of'] | null> = new Map([
  ['vulnerabilities', 'vulnerability'],
  ['secrets', 'secret'],
  // Not looked for here.
  ['misconfigurations', null],
  ['licenses', null],
]);
const MAX_ITEMS = 100;

/** @param text without a BOM, lines ended by `\n`. */
export function readTrivyYaml(path: string, text: string): ReadRules {
  const reader = createRuleReader(path, null);
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if ('why' in document) {
    reader.problem(document.line, `this is not YAML: ${document.why}`);
    return reader.done();
  }
  const lineOf = (node: unknown): number => {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? 1 : lines.linePos(start).line;
  };
  const root = document.contents;
  // Nothing but comments.
  if (root === null || (isScalar(root) && root.source === '')) return reader.done();
  if (!isMap(root)) {
    reader.problem(1, `the sections are ${[...SECTIONS.keys()].join(', ')}`);
    return reader.done();
  }
  for (const { key, value } of root.items) {
    const name = textOf(key) ?? '';
    const of = SECTIONS.get(name);
    if (of === undefined) {
      reader.problem(
        lineOf(key),
        `there is no key ${shown(name)}; the sections are ${[...SECTIONS.keys()].join(', ')}`,
      );
    } else if (isAlias(value)) {
      reader.problem(lineOf(key), 'an alias is not followed');
    } else if (of !== null && isSeq(value)) {
      for (const item of value.items) if (!readItem(item, of, lineOf(item), reader)) return reader.done();
    } else if (of !== null && !isEmpty(value)) {
      reader.problem(lineOf(key), `${shown(name)} is not a list`);
    }
  }
  return reader.done();
}

function parsed(
  text: string,
  lines: LineCounter,
): Document.Parsed | { readonly why: string; readonly line: number } {
  try {
    const document = parseDocument(text, {
      schema: 'failsafe',
      // At `silent`, a second document would be passed over.
      logLevel: 'error',
      prettyErrors: false,
      // Threat: the check takes the square of the keys' number.
      uniqueKeys: false,
      lineCounter: lines,
    });
    const [error] = document.errors;
    if (error === undefined) return document;
    throw error;
  } catch (error) {
    const line = error instanceof YAMLParseError ? lines.linePos(error.pos[0]).line : 1;
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    return { why: reasonOf(why).slice(0, 150).replace(/\.$/u, ''), line };
  }
}

/** @returns false when nothing more is to be read. */
function readItem(item: unknown, of: IgnoreRule['of'], line: number, reader: RuleReader): boolean {
  const wrong = (what: string): true => {
    reader.problem(line, `${what}, so that this entry ignores nothing`);
    return true;
  };
  const name = isMap(item) ? textAt(item, 'id') : null;
  const id = name === null ? null : idOf(name);
  if (!isMap(item) || name === null || id === null) return wrong('an entry needs an `id`');
  const expiry = textAt(item, 'expired_at');
  const end = expiry === null ? { until: null, ends: null } : endOf(expiry);
  if (end === null) return wrong(`\`expired_at\` is ${shown(expiry ?? '')}, which is not a day`);
  const paths = textsAt(item, 'paths')?.map((glob) => glob.replace(/^(?:\.?\/)+/u, ''));
  if (paths === undefined) return wrong('`paths` is not a list of texts');
  const bad = paths.map((glob) => ({ glob, why: whyNotGlob(glob) })).find(({ why }) => why !== null);
  if (bad !== undefined) return wrong(`${shown(bad.glob)}: ${bad.why}`);
  const urls = textsAt(item, 'purls');
  if (urls === undefined) return wrong('`purls` is not a list of texts');
  const packages: IgnoredPackage[] = [];
  for (const url of urls) {
    const read = packageOfUrl(url);
    if ('why' in read) return wrong(`${shown(url)} ${read.why}`);
    if (read.package !== null) packages.push(read.package);
  }
  // Packages that are never looked at: with none left, the rule would be one for all.
  if (urls.length > 0 && packages.length === 0) return true;
  return reader.add(line, {
    of,
    id,
    packages,
    paths,
    reason: reasonOf(textAt(item, 'statement') ?? ''),
    ...end,
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && (value.source ?? '') === '');
}

function textOf(node: unknown): string | null {
  return isScalar(node) && typeof node.value === 'string' ? node.value : null;
}

/** null when there is none, or nothing behind the colon. */
function textAt(map: YAMLMap, key: string): string | null {
  const text = textOf(map.get(key, true));
  return text === '' ? null : text;
}

/** Empty when there are none, undefined when there is something else. */
function textsAt(map: YAMLMap, key: string): readonly string[] | undefined {
  const node: unknown = map.get(key, true);
  if (node === undefined || isEmpty(node)) return [];
  if (!isSeq(node) || node.items.length > MAX_ITEMS) return undefined;
  const texts = node.items.map(textOf);
  return texts.every((text) => text !== null) ? texts : undefined;
}
