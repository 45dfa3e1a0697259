/** The one door through which every locker goes: a `Command` in, a `CommandResult` out. */
import type { Command, CommandResult, Reason, ToolSpec } from '../model.ts';

/** Where a command runs, and what surrounds it. All paths are absolute. */
export interface Place {
  /** Root of the private copy; `command.cwd` is below it. */
  readonly root: string;
  /** Private home, with a folder `tmp`, that no other lock's commands see. */
  readonly home: string;
  /** Further folders that the copy refers to. */
  readonly borrowed: readonly string[];
  /** The way to the network. */
  readonly pass: Pass;
}

/** A way to the network through the one door, with hosts of its own. */
export interface Pass {
  /** For each child, over everything else. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files that children must be able to read: certificates. */
  readonly readable: readonly string[];
  /** The door's socket; null where children reach it over loopback. */
  readonly socket: string | null;
}

export interface Runner {
  /**
   * Installs a tool (or finds it installed) without running it on anything of the repository.
   * @returns null when it is ready, else why it cannot be had.
   */
  prepare(tool: ToolSpec): Promise<Reason | null>;
  /**
   * Runs one locker command in a private copy.
   * @returns the result (a non-zero exit code is a result), or a reason when the tool cannot be had at all or went beyond a
   * limit of the sandbox.
   * @throws {CancelledError} when the run was cancelled.
   */
  run(command: Command, place: Place): Promise<CommandResult | Reason>;
}
