/** Which packages a manifest itself names: for locks without annotations. */
import { parse } from 'smol-toml';
import { normaliseName } from '../package-name.ts';
import { folderOf, normaliseText, resolveInside } from '../tree.ts';
import { parseRequirements } from './parse.ts';
import { readRequirement } from './requirement.ts';

type Read = (path: string) => string | null;

/**
 * Normalised names that the manifests ask for: requirements files with all that they include, pyproject.toml (the
 * project's dependencies, extras and groups), setup.cfg. What cannot be read (setup.py, broken TOML) gives nothing.
 */
export function namesInManifests(manifests: readonly string[], read: Read): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...manifests];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = read(path);
    if (text === null || path.endsWith('.py')) continue;
    if (path.endsWith('.toml')) addAll(names, requirementsInToml(text));
    else if (path.endsWith('.cfg')) addAll(names, requirementsInConfig(text));
    else waiting.push(...readFile(path, text, names));
  }
  return names;
}

/** @returns the files that it includes. */
function readFile(path: string, text: string, names: Set<string>): readonly string[] {
  const includes: string[] = [];
  for (const entry of parseRequirements(text).entries) {
    if (entry.kind === 'requirement' && entry.name !== null) names.add(entry.name);
    if (entry.kind !== 'include') continue;
    const included = resolveInside(folderOf(path), entry.path);
    if (included !== null) includes.push(included);
  }
  return includes;
}

function addAll(names: Set<string>, requirements: readonly string[]): void {
  for (const text of requirements) {
    const read = readRequirement(text.trim());
    if (typeof read !== 'string' && read.writtenName !== '') names.add(normaliseName(read.writtenName));
  }
}

function requirementsInToml(text: string): readonly string[] {
  let document: unknown;
  try {
    document = parse(normaliseText(text));
  } catch {
    return [];
  }
  const project = tableAt(document, 'project');
  return [
    ...stringsIn(valueAt(project, 'dependencies')),
    ...Object.values(tableAt(project, 'optional-dependencies')).flatMap((each) => stringsIn(each)),
    ...Object.values(tableAt(document, 'dependency-groups')).flatMap((each) => stringsIn(each)),
  ];
}

/** The value of `install_requires` and of every extra: indented lines below the key. */
function requirementsInConfig(text: string): readonly string[] {
  const requirements: string[] = [];
  let section = '';
  let wanted = false;
  for (const line of normaliseText(text).split('\n')) {
    if (line.startsWith('[')) {
      section = line.trim();
      wanted = false;
    } else if (/^[^\s#;]/u.test(line)) {
      const equals = line.indexOf('=');
      wanted =
        section === '[options.extras_require]' ||
        (section === '[options]' && line.slice(0, equals).trim() === 'install_requires');
      if (wanted && equals !== -1) requirements.push(line.slice(equals + 1));
    } else if (wanted && line.trim() !== '') {
      requirements.push(line);
    }
  }
  return requirements;
}

function valueAt(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function tableAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = valueAt(value, key);
  const isTable = typeof found === 'object' && found !== null && !Array.isArray(found);
  return isTable ? (found as Readonly<Record<string, unknown>>) : {};
}

function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
