/** The annotations of compiled requirements: `# via …`, `# from …`, as pip-compile and uv of all ages write them. */
import { normaliseName } from '../package-name.ts';

export interface Annotations {
  /** Normalised names of the packages that want it, sorted. */
  readonly packages: readonly string[];
  /** Requirements files that name it (`-r FILE`, `-r -`), as written. */
  readonly files: readonly string[];
  /** A project's own metadata names it: `name (pyproject.toml)`, `name (setup.py)`. */
  readonly project: boolean;
  /** Dependency groups and extras that the annotation tells: `name (pyproject.toml:dev)`, `name[dev] (pyproject.toml)`. */
  readonly groups: readonly string[];
  /** `# from URL` of uv's `--emit-index-annotation`; null when there is none. */
  readonly index: string | null;
  /** There is a `via` at all. */
  readonly found: boolean;
}

const NAME = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?/u;

/** @param comments as `Requirement.comments` gives them. */
export function readAnnotations(comments: readonly string[]): Annotations {
  const packages = new Set<string>();
  const files: string[] = [];
  const groups = new Set<string>();
  let project = false;
  let index: string | null = null;
  let inVia = false;
  let found = false;
  for (const comment of comments) {
    if (comment.startsWith('from ')) {
      index = comment.slice(5).trim();
      inVia = false;
      continue;
    }
    const starts = comment === 'via' || comment.startsWith('via ');
    if (starts) found = inVia = true;
    if (!inVia) continue;
    for (const item of (starts ? comment.slice(3) : comment).split(', ')) {
      const read = readItem(item.trim());
      if (read === null) continue;
      if (read.file !== null) files.push(read.file);
      if (read.project) project = true;
      if (read.name !== null) packages.add(read.name);
      for (const group of read.groups) groups.add(group);
    }
  }
  return { packages: [...packages].sort(), files, project, groups: [...groups].sort(), index, found };
}

interface Item {
  readonly name: string | null;
  readonly file: string | null;
  readonly project: boolean;
  readonly groups: readonly string[];
}

function readItem(item: string): Item | null {
  const option = /^(-r|-c|--override|--build-constraint)\s+(.*)$/u.exec(item);
  if (option !== null) {
    // pip-tools 5: `-r requirements.in (line 3)`.
    const file = (option[2] ?? '').replace(/ \(line \d+\)$/u, '');
    // A constraint or an override names no wish of its own.
    return { name: null, file: option[1] === '-r' ? file : null, project: false, groups: [] };
  }
  const named = NAME.exec(item);
  const origin = item.endsWith(')') ? item.slice(item.lastIndexOf('(') + 1, -1) : null;
  if (origin !== null && /^(?:workspace$|.*\.(?:toml|py|cfg)(?::|$))/u.test(origin)) {
    const group = /\.(?:toml|py|cfg):{1,2}(.+)$/u.exec(origin)?.[1];
    const extras = (named?.[2] ?? '').split(',').map((extra) => extra.trim());
    const groups = [...extras, group ?? ''].filter((each) => each !== '');
    return { name: null, file: null, project: true, groups };
  }
  const name = named?.[1];
  return name === undefined ? null : { name: normaliseName(name), file: null, project: false, groups: [] };
}
