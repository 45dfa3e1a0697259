/** The files that say what a conda lock is to hold: environment.yml, meta.yaml, pyproject.toml. Pure. */
import { basename } from 'node:path/posix';
import type { Remote } from '../../model.ts';

/** What one such file asks for, as far as it matters to Relock. */
export interface Source {
  readonly path: string;
  /** In order; null: it names none, and whoever locks does. */
  readonly channels: readonly string[] | null;
  /** Channels of single packages: `conda-forge` of `conda-forge::numpy`. */
  readonly extraChannels: readonly string[];
  readonly platforms: readonly string[];
  /** Lower case. */
  readonly conda: ReadonlySet<string>;
  /** Normalised. */
  readonly pip: ReadonlySet<string>;
  /** Whether packages of the Python index are among what it asks for. */
  readonly usesPip: boolean;
  /** Whether the names of Python packages have to be turned into those of conda to know what it asks for at all. */
  readonly turnsNames: boolean;
  /** Whether the public Python index may be asked. */
  readonly allowsPypi: boolean;
  /** Indexes, git repositories and files besides the public index. */
  readonly remotes: readonly Remote[];
  /** What conda-lock leaves out without a word in the lock. */
  readonly notes: readonly string[];
}

export const NOTHING_ASKED: Omit<Source, 'path'> = {
  channels: null,
  extraChannels: [],
  platforms: [],
  conda: new Set(),
  pip: new Set(),
  usesPip: false,
  turnsNames: false,
  allowsPypi: true,
  remotes: [],
  notes: [],
};

/** conda-lock tells them apart by their names alone. */
export function sourceKind(path: string): 'meta.yaml' | 'pyproject.toml' | 'environment' {
  const name = basename(path);
  return name === 'meta.yaml' || name === 'pyproject.toml' ? name : 'environment';
}
