/** What is gathered once a run, from the machine and the index, and handed to every lock's `next`. */
import type { Facts, Interpreter } from '../locks/ecosystem.ts';
import type { LockKind, Reason } from '../model.ts';
import type { Plan } from '../plan.ts';

type ToolName = Parameters<Facts['newestTool']>[0];

/** Where facts come from. Each is asked at most once a run, and only when the plan needs it. */
export interface FactSources {
  /** Version of the uv in use. */
  uvVersion(): Promise<string>;
  pythons(): Promise<readonly Interpreter[]>;
  hasVersionJson(): Promise<boolean>;
  /** Newest version of a tool that runs on `python` (`3.11`; null: any); null when there is none or nobody knows. */
  newestTool(name: ToolName, python: string | null): Promise<string | null>;
  /** As `Facts.condaExecutable`. */
  condaExecutable(): Promise<string | Reason | null>;
  readonly indexUrl: string;
  readonly isMirror: boolean;
  readonly pythonDownloads: boolean;
  readonly timeoutSeconds: number;
}

export type RunFacts = Omit<Facts, 'tree'>;

const TOOLS_OF: Partial<Record<LockKind, readonly ToolName[]>> = {
  poetry: ['poetry'],
  pipenv: ['pipenv'],
  'pip-compile': ['pip-tools'],
  'pip-compile-multi': ['pip-tools', 'pip-compile-multi'],
  'conda-lock': ['conda-lock'],
  'conda-explicit': ['conda-lock'],
};
/** Kinds of locks whose tools ask for `/pypi/NAME/VERSION/json`; conda-lock has a Poetry within. */
const ASKS_JSON: ReadonlySet<LockKind> = new Set(['poetry', 'conda-lock', 'conda-explicit']);

/**
 * Gathers the facts that a plan needs, side by side.
 * @throws {EnvironmentError} when there is no uv to be had.
 */
export async function gatherFacts(
  plan: Plan,
  cutoff: string | null,
  sources: FactSources,
): Promise<RunFacts> {
  const tools = new Set(plan.locks.flatMap(({ target }) => TOOLS_OF[target.kind] ?? []));
  const needsJson = plan.locks.some(({ target }) => ASKS_JSON.has(target.kind));
  const [uvVersion, pythons, hasVersionJson, condaExecutable] = await Promise.all([
    sources.uvVersion(),
    sources.pythons(),
    needsJson && !sources.isMirror ? sources.hasVersionJson() : Promise.resolve(false),
    tools.has('conda-lock') ? sources.condaExecutable() : Promise.resolve(null),
  ]);
  const newest = await newestTools([...tools], pythonsOf(plan, pythons), sources);
  const { indexUrl: url, isMirror, pythonDownloads, timeoutSeconds } = sources;
  return {
    pythons,
    pythonDownloads,
    uvVersion,
    timeoutSeconds,
    index: { url, isMirror, hasVersionJson },
    cutoff,
    condaExecutable,
    newestTool: (name, python) => newest.get(`${name} ${minor(python)}`) ?? null,
  };
}

/** `3.11` of `3.11.7`. */
function minor(version: string | null): string {
  return version === null ? 'any' : version.split('.').slice(0, 2).join('.');
}

function pythonsOf(plan: Plan, pythons: readonly Interpreter[]): readonly (string | null)[] {
  const locked = plan.locks.map(({ target }) => target.python.version);
  const known = [...locked, ...pythons.map(({ version }) => version)].filter((version) => version !== null);
  return [null, ...new Set(known.map(minor))];
}

async function newestTools(
  tools: readonly ToolName[],
  pythons: readonly (string | null)[],
  sources: FactSources,
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>();
  const asked = tools.flatMap((name) => pythons.map((python) => ({ name, python })));
  await Promise.all(
    asked.map(async ({ name, python }) => {
      const version = await sources.newestTool(name, python);
      if (version !== null) newest.set(`${name} ${minor(python)}`, version);
    }),
  );
  return newest;
}
