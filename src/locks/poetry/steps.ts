/** The steps of one poetry.lock: the command, and what is checked afterwards. Pure. */
import type { Command, Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import { reason } from '../tree.ts';
import { companionsOf, keepsPins, mirrorPlugin } from './releases.ts';
import type { PoetrySource } from './project.ts';
import { chooseToolPython } from './tool-python.ts';
import type { ToolPython } from './tool-python.ts';

export interface PoetryPlan {
  readonly target: Target;
  /** Poetry's notation. */
  readonly pythonRanges: readonly string[];
  readonly sources: readonly PoetrySource[];
  /** The lock as it was. */
  readonly lock: string;
  readonly manifest: string;
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  // Locking installs nothing; an environment in the checkout would be seen by later steps.
  POETRY_VIRTUALENVS_CREATE: 'false',
  POETRY_VIRTUALENVS_IN_PROJECT: 'false',
  // Else 2.x takes the first `python` on PATH, and 1.x does when the project's poetry.toml says so.
  POETRY_VIRTUALENVS_USE_POETRY_PYTHON: 'true',
  POETRY_VIRTUALENVS_PREFER_ACTIVE_PYTHON: 'false',
  POETRY_NO_INTERACTION: '1',
  // A keyring may ask for a password that nobody types, for ever.
  POETRY_KEYRING_ENABLED: 'false',
  PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
};

/** The command that makes every package of a lock anew. */
export function lockCommand(poetry: string | null): readonly [string, ...string[]] {
  return keepsPins(poetry) ? ['poetry', 'lock', '--regenerate'] : ['poetry', 'lock'];
}

/** The next step for one lock. */
export function nextPoetryStep(plan: PoetryPlan, facts: Facts, history: readonly StepResult[]): Step {
  const { target } = plan;
  const poetry = target.tool.version ?? facts.newestTool('poetry', target.python.version);
  const python = chooseToolPython(
    { lock: target.path, poetry, wanted: target.python.version, ranges: plan.pythonRanges },
    facts,
  );
  if ('code' in python) return { do: 'fail', reason: python };
  const mirror = chooseMirror(plan, poetry, facts);
  if (mirror !== null && 'code' in mirror) return { do: 'fail', reason: mirror };
  const last = history.at(-1);
  const command = commandOf(plan, poetry, python, mirror, facts);
  if (last?.result === undefined || last.result === null) return { do: 'run', command };
  if (last.result.exitCode !== 0) {
    return {
      do: 'fail',
      reason: explainFailure({ target, command, result: last.result, cutoff: facts.cutoff }),
    };
  }
  const trace = traceOf(plan, last.files[target.path] ?? null, mirror);
  if (trace !== null) return { do: 'fail', reason: trace };
  return {
    do: 'done',
    solver: poetry === null ? 'poetry' : `poetry ${poetry}`,
    notes: [...python.notes, ...(mirror === null ? [] : [mirror.note])],
  };
}

interface Mirror {
  readonly plugin: string;
  readonly url: string;
  /** For the reader. */
  readonly note: string;
}

/** How Poetry is led to another index than the public one's JSON pages; null where it need not be. */
function chooseMirror(plan: PoetryPlan, poetry: string | null, facts: Facts): Mirror | Reason | null {
  const { index } = facts;
  const { path } = plan.target;
  // Then Poetry asks the public index for nothing.
  const replaced = plan.sources.some(({ replacesPublic }) => replacesPublic);
  if (replaced || (index.hasVersionJson && !index.isMirror)) return null;
  const plugin = mirrorPlugin(poetry);
  const name = `Poetry ${poetry ?? ''}`.trim();
  if (plugin === null) {
    const lacks = index.isMirror
      ? `the index in its place (${index.url}) cannot be given to it`
      : `the index does not answer the page of each version (/pypi/NAME/VERSION/json) that it asks for`;
    return reason(
      'index-json-api-missing',
      `${name}, which made ${path}, asks the public index itself, and ${lacks}; Poetry takes plugins for that only since 1.2.1.`,
      'Lock this project with a newer Poetry once (`tool-version` under [[lock]] in .github/relock.toml), or name the index in pyproject.toml as a [[tool.poetry.source]] with `default = true`.',
    );
  }
  const why = index.isMirror
    ? 'so that it asks the configured index'
    : 'because the index does not answer the page of each version that Poetry asks for';
  return { plugin, url: index.url, note: `Poetry ran with ${plugin}, ${why}. The lock does not show it.` };
}

function commandOf(
  plan: PoetryPlan,
  poetry: string | null,
  python: ToolPython,
  mirror: Mirror | null,
  facts: Facts,
): Command {
  const { target } = plan;
  return {
    tool: {
      name: 'poetry',
      version: poetry,
      python: python.python,
      with: [...companionsOf(poetry), ...(mirror === null ? [] : [mirror.plugin])],
    },
    argv: [...lockCommand(poetry), '--no-interaction', '--no-ansi'],
    cwd: target.cwd,
    env: {
      ...ENVIRONMENT,
      ...(mirror === null ? {} : { POETRY_PYPI_MIRROR_URL: mirror.url }),
      ...(python.projectPrefix === null ? {} : { VIRTUAL_ENV: python.projectPrefix }),
    },
    outputs: [target.path],
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** Why the written lock must not be published: it is missing, or names an index that the project does not. */
function traceOf(plan: PoetryPlan, lock: string | null, mirror: Mirror | null): Reason | null {
  const { path } = plan.target;
  if (lock === null)
    return reason('tool-failed', `Poetry said that all went well, but ${path} is not there.`);
  const host = mirror === null ? null : hostOf(mirror.url);
  const isNew = (word: string): boolean =>
    lock.includes(word) && !plan.lock.includes(word) && !plan.manifest.includes(word);
  if ((host !== null && isNew(`//${host}/`)) || (plan.sources.length === 0 && isNew('type = "legacy"'))) {
    return reason(
      'unexpected-write',
      `Poetry wrote the index it was given into ${path}, which must name none that pyproject.toml does not.`,
      'Please report this, with the version of Poetry.',
    );
  }
  return null;
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
