/** Reads pip's requirements file format (pip documentation, "Requirements File Format"; pip/_internal/req/req_file.py). */
import type { Entry, RequirementsFile } from './file.ts';
import { logicalLines } from './logical-lines.ts';
import type { LogicalLine } from './logical-lines.ts';
import { readOptions } from './options.ts';
import type { WrittenOption } from './options.ts';
import { readEditable, readRequirement } from './requirement.ts';
import type { RequirementParts } from './requirement.ts';

/**
 * Reads a requirements file, whatever it holds: never throws. What pip would refuse becomes an `unreadable` entry.
 * Environment variables (`${NAME}`) stay as written. One line can give several entries (`-i URL --pre`).
 */
export function parseRequirements(text: string): RequirementsFile {
  return { entries: logicalLines(text).flatMap((line) => readLine(line)) };
}

function readLine(logical: LogicalLine): readonly Entry[] {
  const { text } = logical;
  const dash = text.startsWith('-') ? 0 : text.search(/\s-/u);
  const argument = (dash === -1 ? text : text.slice(0, dash)).trim();
  const line = dash === -1 ? { options: [], rest: [] } : readOptions(text.slice(dash));
  if (typeof line === 'string') return [unreadable(logical, line)];
  if (argument !== '') {
    if (line.rest.length > 0) return [unreadable(logical, `\`${line.rest.join(' ')}\` belongs to no option`)];
    const parts = readRequirement(argument);
    return [
      typeof parts === 'string' ? unreadable(logical, parts) : requirement(logical, parts, line.options),
    ];
  }
  const editable = line.options.find(({ name }) => name === '--editable');
  if (editable !== undefined) {
    const parts = readEditable([editable.value ?? '', ...line.rest].join(' ').trim());
    const others = line.options.filter((option) => option !== editable);
    return [requirement(logical, parts, others, true)];
  }
  if (line.rest.length > 0) return [unreadable(logical, `\`${line.rest.join(' ')}\` belongs to no option`)];
  return line.options.map((option) => globalEntry(logical, option));
}

function globalEntry(logical: LogicalLine, option: WrittenOption): Entry {
  const { line, endLine } = logical;
  const { name, value } = option;
  if (name === '--requirement') return { kind: 'include', path: value ?? '', line, endLine };
  if (name === '--constraint') return { kind: 'constraint', path: value ?? '', line, endLine };
  return { kind: 'option', name, value, line, endLine };
}

function requirement(
  logical: LogicalLine,
  parts: RequirementParts,
  options: readonly WrittenOption[],
  editable = false,
): Entry {
  const { line, endLine, comments } = logical;
  const isHash = ({ name }: WrittenOption): boolean => name === '--hash';
  return {
    kind: 'requirement',
    ...parts,
    editable,
    hashes: options.filter((option) => isHash(option)).map(({ value }) => value ?? ''),
    options: options.filter((option) => !isHash(option)).map(({ written }) => written),
    comments,
    line,
    endLine,
  };
}

function unreadable(logical: LogicalLine, why: string): Entry {
  const { line, endLine, text } = logical;
  return { kind: 'unreadable', text, why, line, endLine };
}
