/** Arguments and surroundings of pip-compile itself, and what has to be mended in the text that it writes. Pure. */
import type { ToolSpec } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import { minorOf } from '../python-versions.ts';
import { relativeTo, resolveInside } from '../tree.ts';
import { asArguments } from './chosen-options.ts';
import type { PythonPlan } from './python-plan.ts';
import type { CompileSpec } from './spec.ts';
import { namesOwnIndex } from './uv-environment.ts';
import type { Wishes } from './wishes.ts';

/** Options that are not for this run: the header is ours to keep, and nothing is dry. */
const OURS = new Set(['--header', '--no-header', '--newline', '--dry-run', '--no-upgrade']);

export function pipCompileArgv(spec: CompileSpec): readonly [string, ...string[]] {
  const options = spec.options.filter(
    ({ name, value }) =>
      !OURS.has(name) &&
      // The legacy resolver is gone from pip, and what it found the other one finds as well.
      !(name === '--resolver' && value === 'legacy' && spec.toolVersion === null),
  );
  return [
    'pip-compile',
    // Errors are still shown; without it the whole lock is printed as well.
    '--quiet',
    '--upgrade',
    '--no-header',
    `--output-file=${relativeTo(spec.cwd, spec.lock)}`,
    ...asArguments(options),
    ...spec.inputs,
  ];
}

/** @returns null when no interpreter of that version is here and none may be fetched. */
export function pipToolsSpec(
  name: 'pip-tools' | 'pip-compile-multi',
  spec: CompileSpec,
  facts: Facts,
  plan: PythonPlan,
): ToolSpec | null {
  if (plan.kind === 'absent' && !facts.pythonDownloads) return null;
  const python = plan.kind === 'here' ? plan.interpreter.version : spec.python.version;
  const version = spec.toolVersion ?? facts.newestTool(name, python === null ? null : minorOf(python));
  return { name, version, python, with: [] };
}

/** The operator's mirror, but where the repository names an index of its own in its place. */
export function pipEnvironment(
  spec: CompileSpec,
  facts: Facts,
  wishes: Wishes,
): Readonly<Record<string, string>> {
  const { index } = facts;
  return index.isMirror && !namesOwnIndex(spec, wishes) ? { PIP_INDEX_URL: index.url } : {};
}

/**
 * Mends what pip-compile wrote: the lines above the pins (a stand-in for the public index, absolute paths of link folders)
 * give way to `options`, and local packages get the path that their input gives them.
 */
export function mendPipCompileText(
  spec: CompileSpec,
  wishes: Wishes,
  text: string,
  options: readonly string[],
): string {
  const lines = text.split('\n');
  let start = 0;
  while (lines[start]?.startsWith('--') === true) start += 1;
  if (start > 0 && lines[start] === '') start += 1;
  const local = localPaths(spec, wishes);
  const body = lines.slice(start).map((line) => withLocalPath(line, local));
  return [...options, ...body].join('\n');
}

interface LocalPath {
  readonly written: string;
  /** Repository-relative. */
  readonly path: string;
  readonly editable: boolean;
}

/** pip takes relative paths from the folder in which it runs. */
function localPaths(spec: CompileSpec, wishes: Wishes): readonly LocalPath[] {
  return wishes.wishes.flatMap(({ requirement: { url, extras, editable } }) => {
    if (url === null || /^[a-z][a-z0-9+.-]*:/iu.test(url)) return [];
    const path = resolveInside(spec.cwd, url.replace(/#.*$/u, ''));
    const shown = extras.length === 0 ? '' : `[${extras.join(',')}]`;
    return path === null ? [] : [{ written: `${url}${shown}`, path, editable }];
  });
}

function withLocalPath(line: string, local: readonly LocalPath[]): string {
  const match = /^(-e |[\w.-]+(?:\[[^\]]*\])? @ )file:\/\/(\/\S*)(.*)$/u.exec(line);
  if (match === null) return line;
  const [, lead = '', absolute = '', rest = ''] = match;
  const editable = lead === '-e ';
  const place = absolute.replace(/#.*$/u, '').replace(/\/$/u, '');
  const fitting = local.filter((one) => one.editable === editable);
  const [longest] = fitting
    .filter(({ path }) => path !== '.' && place.endsWith(`/${path}`))
    .sort((a, b) => b.path.length - a.path.length);
  const found = longest ?? fitting.find(({ path }) => path === '.');
  return found === undefined ? line : `${editable ? '-e ' : ''}${found.written}${rest}`;
}
