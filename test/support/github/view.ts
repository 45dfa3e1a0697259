/** What a test reads of a repository: its state, and what git has. */
import { readCommits, readObject, readRefs, readTree, type CommitData } from './git.ts';
import { fullName, type CheckRun, type Issue, type Repository } from './model.ts';

/** A repository as a test looks at it. */
export interface RepositoryView {
  /** The live state: issues and pull requests by number, labels, settings. */
  readonly state: Repository;
  readonly name: string;
  pulls(): readonly Issue[];
  checkRuns(commit?: string): readonly CheckRun[];
  /** Branch names and their commits. */
  branches(): Promise<ReadonlyMap<string, string>>;
  /** The text of a file at a branch or commit; undefined when it is not there. */
  file(ref: string, path: string): Promise<string | undefined>;
  /** Path to mode and object id. */
  tree(ref: string): Promise<ReadonlyMap<string, { readonly mode: string; readonly sha: string }>>;
  /** Newest first. */
  commits(ref: string): Promise<readonly CommitData[]>;
}

export function viewOf(repository: Repository): RepositoryView {
  const { git } = repository;
  return {
    state: repository,
    name: fullName(repository),
    pulls: () => [...repository.issues.values()].filter((issue) => issue.pull !== undefined),
    checkRuns: (commit) => repository.checks.filter((run) => commit === undefined || run.headSha === commit),
    branches: async () =>
      new Map([...(await readRefs(git))].map(([ref, sha]) => [ref.replace('refs/heads/', ''), sha])),
    file: async (ref, path) => {
      const [entry] = await readTree(git, ref, { path });
      return entry && (await readObject(git, 'blob', entry.sha))?.toString();
    },
    tree: async (ref) =>
      new Map(
        (await readTree(git, ref, { options: ['-r'] })).map(({ path, mode, sha }) => [path, { mode, sha }]),
      ),
    commits: (ref) => readCommits(git, [ref]),
  };
}
