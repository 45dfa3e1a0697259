/** One requirement's text: PEP 508, and what pip takes beside it (URLs, VCS URLs with `#egg=`, paths). */
import { normaliseName } from '../package-name.ts';
import type { Requirement } from './file.ts';

export type RequirementParts = Pick<
  Requirement,
  'name' | 'writtenName' | 'extras' | 'specifier' | 'url' | 'marker'
>;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/u;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/u;
const CLAUSE = /^(?:===|~=|==|!=|<=|>=|<|>)\s*[^\s,;()<>=!~]+$/u;
const ARCHIVE = /\.(?:whl|zip|tar|tgz|tbz|tar\.(?:gz|bz2|xz|lzma|Z))(?:#.*)?$/iu;

/** Reads a requirement without its options and comment. @returns a string that says why when it is none. */
export function readRequirement(text: string): RequirementParts | string {
  const direct = readDirectReference(text);
  if (direct !== null) return direct;
  if (isLocation(text)) return readLocation(text);
  return readIndexRequirement(text);
}

/** A location given to `-e`: never an index requirement. */
export function readEditable(text: string): RequirementParts {
  return readDirectReference(text) ?? readLocation(text);
}

/** `name[extras] @ url ; marker` */
function readDirectReference(text: string): RequirementParts | null {
  const start = readNameAndExtras(text);
  if (start === null || !start.rest.startsWith('@')) return null;
  const { body, marker } = splitLocationMarker(start.rest.slice(1).trim());
  if (body === '' || /\s/u.test(body)) return null;
  // `git@host:path` names no package.
  if (!SCHEME.test(body) && !/^[./~$]/u.test(body)) return null;
  return {
    name: normaliseName(start.writtenName),
    writtenName: start.writtenName,
    extras: start.extras,
    specifier: '',
    url: body,
    marker,
  };
}

function readLocation(text: string): RequirementParts {
  const { body, marker } = splitLocationMarker(text);
  const hash = body.indexOf('#');
  const fragment = hash === -1 ? '' : body.slice(hash + 1);
  const egg = fragment.split('&').find((part) => part.startsWith('egg='));
  const named = egg === undefined ? null : readNameAndExtras(egg.slice(4));
  if (named !== null) {
    const { writtenName, extras } = named;
    return { name: normaliseName(writtenName), writtenName, extras, specifier: '', url: body, marker };
  }
  const trailing = body.endsWith(']') ? body.lastIndexOf('[') : -1;
  const url = trailing > 0 ? body.slice(0, trailing) : body;
  const extras = trailing > 0 ? splitExtras(body.slice(trailing + 1, -1)) : [];
  const writtenName = nameOfWheel(url);
  return {
    name: writtenName === '' ? null : normaliseName(writtenName),
    writtenName,
    extras,
    specifier: '',
    url,
    marker,
  };
}

function readIndexRequirement(text: string): RequirementParts | string {
  const start = readNameAndExtras(text);
  if (start === null) return 'no package name';
  const semicolon = start.rest.indexOf(';');
  const marker = semicolon === -1 ? '' : start.rest.slice(semicolon + 1).trim();
  let specifier = (semicolon === -1 ? start.rest : start.rest.slice(0, semicolon)).trim();
  if (specifier.startsWith('(') && specifier.endsWith(')')) specifier = specifier.slice(1, -1).trim();
  const clauses = specifier.split(',').map((clause) => clause.trim());
  // pip takes a trailing comma.
  if (clauses.at(-1) === '' && clauses.length > 1) clauses.pop();
  const wrong = clauses.find((clause) => !CLAUSE.test(clause));
  if (specifier !== '' && wrong !== undefined) return `\`${wrong}\` is no version specifier`;
  if (semicolon !== -1 && marker === '') return 'the marker is empty';
  const { writtenName, extras } = start;
  return { name: normaliseName(writtenName), writtenName, extras, specifier, url: null, marker };
}

function readNameAndExtras(
  text: string,
): { readonly writtenName: string; readonly extras: readonly string[]; readonly rest: string } | null {
  const writtenName = NAME.exec(text)?.[0];
  if (writtenName === undefined) return null;
  let rest = text.slice(writtenName.length).trimStart();
  let extras: readonly string[] = [];
  if (rest.startsWith('[')) {
    const close = rest.indexOf(']');
    if (close === -1) return null;
    extras = splitExtras(rest.slice(1, close));
    rest = rest.slice(close + 1).trimStart();
  }
  return { writtenName, extras, rest };
}

function splitExtras(text: string): readonly string[] {
  return text
    .split(',')
    .map((extra) => extra.trim())
    .filter((extra) => extra !== '');
}

function isLocation(text: string): boolean {
  const { body } = splitLocationMarker(text);
  if (SCHEME.test(body) || /^[./~$\\]/u.test(body)) return true;
  const plain = body.replace(/\[[^\]]*\]$/u, '');
  return !/[<>=!~\s;]/u.test(plain) && (/[/\\]/u.test(plain) || ARCHIVE.test(plain));
}

/** A URL may hold `;`, so its marker needs white space at one side of it. */
function splitLocationMarker(text: string): { readonly body: string; readonly marker: string } {
  const at = text.search(/\s;|;\s/u);
  if (at === -1) return { body: text, marker: '' };
  const semicolon = text.indexOf(';', at);
  return { body: text.slice(0, semicolon).trim(), marker: text.slice(semicolon + 1).trim() };
}

/** `name-1.0-py3-none-any.whl`: the name; empty for anything else, whose name only a build would tell. */
function nameOfWheel(url: string): string {
  const path = url.split(/[?#]/u, 1)[0] ?? '';
  if (!path.toLowerCase().endsWith('.whl')) return '';
  const file = path.slice(path.lastIndexOf('/') + 1);
  const parts = file.split('-');
  const name = parts[0] ?? '';
  return parts.length >= 5 && NAME.exec(name)?.[0] === name ? name : '';
}
