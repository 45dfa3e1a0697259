/** The notes of versions out of a changelog file, whatever it is written in. Pure. */
import { isBreaking } from './breaking.ts';
import type { HeadingNames } from './headings.ts';
import type { NotesVersion, NotesWanted } from './model.ts';
import { formatOf, type TextFormat } from './outline.ts';
import { plainToMarkdown } from './plain.ts';
import { rstTargets, rstToMarkdown } from './rst.ts';
import { cutSections, type ChangelogSection } from './sections.ts';
import { isBetween, isVersion, newestFirst } from './versions.ts';

/** More of a file is not read: forty years of history are long, and the newest stand first. */
const MAX_FILE = 2_000_000;
const MAX_TEXT = 60_000;

/**
 * @param path the file's, for its format.
 * @param names normalised names that may stand before a version.
 * @returns the versions after `from` up to `to`, newest first; empty when the file names none of them.
 */
export function notesOfChangelog(
  file: string,
  path: string,
  names: readonly string[],
  wanted: NotesWanted,
): readonly NotesVersion[] {
  const text = file
    .slice(0, MAX_FILE)
    .replace(/^\uFEFF/u, '')
    .replace(/\r\n?/gu, '\n');
  const how: HeadingNames = { names, oneNumber: !wanted.to.includes('.') && isVersion(wanted.to) };
  const named = formatOf(path);
  const ways: readonly TextFormat[] = named === 'plain' ? ['rst', 'markdown', 'plain'] : [named, 'plain'];
  for (const format of ways) {
    const found = cutSections(text, format, how).filter(({ version }) => isBetween(version, wanted));
    if (found.length > 0) return notesOf(found, named === 'plain' ? format : named, text);
  }
  return [];
}

function notesOf(
  sections: readonly ChangelogSection[],
  format: TextFormat,
  file: string,
): readonly NotesVersion[] {
  const convert = converter(format, file);
  const notes = new Map<string, NotesVersion>();
  for (const section of sections) {
    const text = convert(section.text).slice(0, MAX_TEXT);
    const known = notes.get(section.version);
    const whole = known === undefined ? text : `${known.text}\n\n${text}`;
    notes.set(section.version, {
      version: section.version,
      date: known?.date ?? section.date,
      title: known?.title ?? section.title.slice(0, 300),
      text: whole,
      breaking: isBreaking(whole),
      url: null,
    });
  }
  return [...notes.values()].sort((one, other) => newestFirst(one.version, other.version));
}

/** What one section means may be told elsewhere in the file: the addresses of its links. */
function converter(format: TextFormat, file: string): (text: string) => string {
  if (format === 'plain') return plainToMarkdown;
  if (format === 'rst') {
    const targets = rstTargets(file);
    return (text) => rstToMarkdown(text, targets);
  }
  const definitions = new Map<string, string>();
  for (const line of file.split('\n')) {
    const label = /^ {0,3}\[(?<label>[^\]^]{1,200})\]:\s/u.exec(line)?.groups?.['label']?.toLowerCase();
    if (label !== undefined && line.length < 1000 && !definitions.has(label))
      definitions.set(label, line.trim());
  }
  return (text) => {
    const used = new Set<string>();
    for (const { groups } of text.matchAll(/\[(?<label>[^\][]{1,200})\]/gu)) {
      const definition = definitions.get((groups?.['label'] ?? '').toLowerCase());
      if (definition !== undefined) used.add(definition);
    }
    return used.size === 0 ? text.trim() : `${text.trim()}\n\n${[...used].join('\n')}`;
  };
}
