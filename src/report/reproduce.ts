/** How to get the same locks by hand. */
import type { Job, Target, TargetResult } from '../model.ts';
import { fenced, fold } from './markdown.ts';
import type { Section } from './sections.ts';
import { commandLine } from './shell.ts';

/** Executables that come with a tool of another name. */
const PROVIDES: Readonly<Record<string, string>> = { 'pip-compile': 'pip-tools' };

/** The section of commands, in an order in which every lock follows those that it reads. */
export function reproduceSections(results: readonly TargetResult[], job: Job): readonly Section[] {
  const made = results.filter(({ status }) => status === 'updated').map(({ target }) => target);
  if (made.length === 0) return [];
  const cutoff = job.cutoff === null ? [] : [`# Only releases uploaded before ${job.cutoff} were used.`];
  const lines = inOrder(made).map((target) =>
    target.kind === 'pinned'
      ? `# ${target.path}: its pins were moved in place, as uv solved them; no tool does that by itself.`
      : commandLine(withTool(target), target.cwd),
  );
  const text = fold(
    'How to make these locks by hand',
    fenced([...cutoff, ...new Set(lines)].join('\n'), 'sh'),
  );
  return [{ text, drop: 6, name: 'how to make the locks by hand' }];
}

function inOrder(targets: readonly Target[]): readonly Target[] {
  const byPath = new Map(targets.map((target) => [target.path, target]));
  const done = new Set<Target>();
  const visit = (target: Target, path: ReadonlySet<Target>): void => {
    if (done.has(target) || path.has(target)) return;
    for (const input of target.inputs) {
      const below = byPath.get(input);
      if (below !== undefined && below !== target) visit(below, new Set([...path, target]));
    }
    done.add(target);
  };
  for (const target of targets) visit(target, new Set());
  return [...done];
}

/** `uvx --from poetry==1.8.5 poetry lock`: the tool at the version that made the lock. */
function withTool({ command, tool, python }: Target): readonly string[] {
  const [name, ...rest] = command;
  if (name === undefined || name === 'uv') return command;
  const distribution = PROVIDES[name] ?? name;
  const wanted = tool.version === null ? distribution : `${distribution}==${tool.version}`;
  const from = wanted === name ? [] : ['--from', wanted];
  const interpreter = python.version === null || name === 'poetry' ? [] : ['--python', python.version];
  return ['uvx', ...interpreter, ...from, name, ...rest];
}
