/** The nouns of `relock init`: what a repository builds already, and what is proposed to it. Plain data. */

/** A build of an image that a file of the repository does. */
export interface FoundBuild {
  /** Repository-relative, and line from 1, of what says so. */
  readonly path: string;
  readonly line: number;
  /** A name that it is published under, with a tag; null: none could be read. */
  readonly ref: string | null;
  /** Whether it is certain that this name is published. */
  readonly certain: boolean;
  /** Whether it pushes what it builds, under whatever name; null: that is not in the file. */
  readonly pushes: boolean | null;
  /** Repository-relative; null: computed at run time. */
  readonly dockerfile: string | null;
  readonly context: string | null;
  /** Empty: none named, or computed. */
  readonly platforms: readonly string[];
}

/** What expressions of a workflow may name. */
export interface Surroundings {
  /** `owner/name` on GitHub; null: not known. */
  readonly repository: string | null;
  readonly defaultBranch: string | null;
}

/** A workflow that builds images. */
export interface BuildingWorkflow {
  readonly path: string;
  /** Names of the inputs of `workflow_dispatch`; null: it cannot be started by hand. */
  readonly inputs: readonly string[] | null;
  /** Those that were understood; it builds also when there are none. */
  readonly builds: readonly FoundBuild[];
}

export interface ProposedFile {
  readonly path: string;
  readonly text: string;
  /** What it is for: a sentence. */
  readonly purpose: string;
}

/** A change of a file that is there: told, and never made. */
export interface Suggestion {
  readonly path: string;
  /** From 1; null: the file as a whole. */
  readonly line: number | null;
  /** What is so, and what to do: full sentences. */
  readonly message: string;
  /** Lines to put there; empty: none. */
  readonly snippet: string;
}

export interface InitProposal {
  /** Files that are not there. */
  readonly files: readonly ProposedFile[];
  /** What is there already, in place of a proposal. */
  readonly there: readonly { readonly path: string; readonly what: string }[];
  readonly suggestions: readonly Suggestion[];
}
