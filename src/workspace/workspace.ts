/** The `Workspace` port: the tree that decisions are made from, and the private copy that lockers run in. */
import type { FileChange, Tree } from '../model.ts';

export interface Workspace {
  /** Reads the snapshot from which everything is decided. Runs nothing of the repository. */
  readTree(): Promise<Tree>;
  /** Whether a file of the checkout has an executable's mode. */
  isExecutable(path: string): Promise<boolean>;
  /**
   * Makes a private copy of the whole checkout, each time another one: what runs in one copy (code of package authors)
   * cannot touch what another lock is made from. It holds no credential and shares no inode with the original.
   */
  checkOut(): Promise<Checkout>;
}

export interface Checkout {
  /** Absolute path of the copy's root. */
  readonly root: string;
  /** Absolute path of an empty private home beside it, with a folder `tmp`, for what runs in the copy. */
  readonly home: string;
  /** Absolute folders outside of the copy that it refers to (git objects), to be read only. */
  readonly borrowed: readonly string[];
  /** Snapshot of the copy as it is now, of these paths only (those that are absent are left out). */
  read(paths: readonly string[]): Promise<Tree['files']>;
  /**
   * Writes or (null) removes a regular file of the copy, whole or not at all.
   * @throws {EnvironmentError} when a component of the path is a symbolic link or leaves the copy.
   */
  write(path: string, text: string | null): Promise<void>;
  /** Which of these paths differ from the original, as changes to publish. Anything but a regular file is an error. */
  changes(paths: readonly string[]): Promise<readonly FileChange[]>;
  /** Removes the copy and its home. Safe to call twice. */
  close(): Promise<void>;
}
