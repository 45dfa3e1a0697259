/** What the text of a compiled lock shows of the command that made it. */
import { normaliseName } from '../package-name.ts';
import type { GlobalOption, Include, Requirement } from '../requirements/file.ts';
import { parseRequirements } from '../requirements/parse.ts';

export interface LockText {
  readonly pins: readonly Requirement[];
  readonly includes: readonly Include[];
  /** `--index-url`, `--no-binary` … above the pins. */
  readonly options: readonly GlobalOption[];
  readonly hashes: boolean;
  /** Some pin keeps its extras: `celery[redis]==5.4`. */
  readonly extras: boolean;
  /** Some pin has a marker as uv writes it: `a==1 ; os_name == 'nt'`. */
  readonly markers: boolean;
  readonly annotations: 'split' | 'line' | 'none';
  /** `-r FILE` in annotations, as written, each once. */
  readonly viaFiles: readonly string[];
  /** `-c FILE` in annotations. */
  readonly viaConstraints: readonly string[];
  /** Files of `name (pyproject.toml)` in annotations. */
  readonly viaProjects: readonly string[];
  /** `pyproject.toml:dev` of `name (pyproject.toml:dev)`, a dependency group. */
  readonly viaGroups: readonly string[];
  /** Names commented out at the end, as unsafe (pip-compile) or excluded (uv). */
  readonly leftOut: readonly string[];
  /** The heading of pip-compile above unsafe packages. */
  readonly unsafeHeading: boolean;
  /** `# from URL` of uv. */
  readonly indexAnnotations: boolean;
}

/** @param text without BOM, with `\n` line ends. */
export function readLockText(text: string): LockText {
  const pins: Requirement[] = [];
  const includes: Include[] = [];
  const options: GlobalOption[] = [];
  for (const entry of parseRequirements(text).entries) {
    if (entry.kind === 'requirement') pins.push(entry);
    else if (entry.kind === 'option') options.push(entry);
    else if (entry.kind !== 'unreadable') includes.push(entry);
  }
  const via: Via = { files: new Set(), constraints: new Set(), projects: new Set(), groups: new Set() };
  for (const pin of pins) readVia(pin.comments, via);
  const tail = readTail(text);
  return {
    pins,
    includes,
    options,
    hashes: pins.some(({ hashes }) => hashes.length > 0),
    extras: pins.some((pin) => pin.extras.length > 0 && pin.specifier.startsWith('==')),
    markers: pins.some(({ marker }) => marker !== '') && /^[^\s#]\S*==\S+ ; /mu.test(text),
    annotations: styleOf(text),
    viaFiles: [...via.files],
    viaConstraints: [...via.constraints],
    viaProjects: [...via.projects],
    viaGroups: [...via.groups],
    leftOut: tail.names,
    unsafeHeading: tail.unsafe,
    indexAnnotations: pins.some(({ comments }) => comments.some((comment) => /^from https?:/u.test(comment))),
  };
}

interface Via {
  readonly files: Set<string>;
  readonly constraints: Set<string>;
  readonly projects: Set<string>;
  readonly groups: Set<string>;
}

function readVia(comments: readonly string[], via: Via): void {
  for (const comment of comments) {
    const said = comment.replace(/^via(?:\s+|$)/u, '');
    for (const item of said.split(', ')) {
      const option = /^-(r|c) (\S.*)$/u.exec(item.trim());
      if (option !== null) {
        // pip-tools 5: `-r requirements.in (line 3)`.
        const file = (option[2] ?? '').replace(/ \(line \d+\)$/u, '').trim();
        (option[1] === 'r' ? via.files : via.constraints).add(file);
        continue;
      }
      const origin = /\(([^()]{1,300}\.(?:toml|py|cfg))(?::{1,2}([^()]{1,100}))?\)$/u.exec(item.trim());
      if (origin === null) continue;
      if (origin[2] === undefined) via.projects.add(origin[1] ?? '');
      else via.groups.add(`${origin[1]}:${origin[2]}`);
    }
  }
}

function styleOf(text: string): LockText['annotations'] {
  let line = 0;
  let split = 0;
  for (const each of text.split('\n')) {
    if (/^\s+# via(?:\s|$)/u.test(each)) split += 1;
    else if (!each.startsWith('#') && /\s# via\s/u.test(each)) line += 1;
  }
  if (line === 0 && split === 0) return 'none';
  return line > split ? 'line' : 'split';
}

/** `# The following packages are considered to be unsafe …` and what stands below it. */
function readTail(text: string): { readonly names: readonly string[]; readonly unsafe: boolean } {
  const heading =
    /^# The following packages (?:are considered to be unsafe|were excluded from the output).*$/mu.exec(text);
  if (heading === null) return { names: [], unsafe: false };
  const names: string[] = [];
  for (const line of text.slice(heading.index + heading[0].length).split('\n')) {
    const name = /^# ([A-Za-z0-9][\w.-]*)(?:[=\s[@]|$)/u.exec(line)?.[1];
    if (name !== undefined) names.push(normaliseName(name));
  }
  return { names, unsafe: heading[0].includes('unsafe') };
}
