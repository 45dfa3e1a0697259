/** How to get the same locks by hand. */
import { companionsOf } from '../locks/poetry/releases.ts';
import type { Job, TargetResult } from '../model.ts';
import { code, fenced, fold } from './markdown.ts';
import type { Section } from './sections.ts';
import { commandLine } from './shell.ts';

/** Executables that come with a tool of another name. */
const PROVIDES: Readonly<Record<string, string>> = { 'pip-compile': 'pip-tools' };
/** Executables that run on a Python of their own, whatever the lock is for. */
const OWN_PYTHON: ReadonlySet<string> = new Set(['poetry', 'conda-lock']);

/** The section of commands, in the order of the results: every lock follows those that it reads. */
export function reproduceSections(results: readonly TargetResult[], job: Job): readonly Section[] {
  const made = results.filter(({ status }) => status === 'updated');
  if (made.length === 0) return [];
  const lines = made.map((result) =>
    result.target.kind === 'pinned'
      ? `# ${result.target.path}: its pins were moved in place, as uv solved them; no tool does that by itself.`
      : commandLine(withTool(result), result.target.cwd),
  );
  const commands = fenced([...new Set(lines)].join('\n'), 'sh');
  const text = fold(
    'How to make these locks by hand',
    `${commands}${condaNote(made)}${cutoffNote(made, job)}`,
  );
  return [{ text, drop: 6, name: 'how to make the locks by hand' }];
}

/** What a person needs beside the commands; Relock brings a solver, and takes locks away by itself. */
function condaNote(made: readonly TargetResult[]): string {
  if (!made.some(({ target }) => target.command[0] === 'conda-lock')) return '';
  return '\n\nconda-lock needs micromamba, mamba or conda (`--conda PATH`). Remove the old lock first: its pip pins stay otherwise.';
}

/** What the commands do not show: the cool-down is none of their options. */
function cutoffNote(made: readonly TargetResult[], { cutoff }: Job): string {
  if (cutoff === null) return '';
  const byUv = made.some(({ target }) => target.command[0] === 'uv' && target.kind !== 'pinned');
  const how = byUv ? `; by hand add ${code(`--exclude-newer ${cutoff}`)} to uv's commands` : '';
  return `\n\nReleases since ${code(cutoff)} were hidden by Relock's cool-down${how}.`;
}

/** `uvx --from poetry==1.8.3 --with pkginfo==1.12.0 poetry lock`: what made the lock, as its solver says of itself. */
function withTool({ target, solver }: TargetResult): readonly string[] {
  const { command, tool, python } = target;
  const [name, ...rest] = command;
  if (name === undefined || name === 'uv') return command;
  const distribution = PROVIDES[name] ?? name;
  const [solvedBy, solvedAt] = solver?.split(' ') ?? [];
  const version = solvedBy === distribution && solvedAt !== undefined ? solvedAt : tool.version;
  const wanted = version === null ? distribution : `${distribution}==${version}`;
  const from = wanted === name ? [] : ['--from', wanted];
  const more = name === 'poetry' ? companionsOf(version) : [];
  const interpreter = python.version === null || OWN_PYTHON.has(name) ? [] : ['--python', python.version];
  return ['uvx', ...interpreter, ...from, ...more.flatMap((one) => ['--with', one]), name, ...rest];
}
