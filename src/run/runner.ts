/** The one door through which every locker goes: a `Command` in, a `CommandResult` out. */
import type { Command, CommandResult, Reason, ToolSpec } from '../model.ts';

export interface Runner {
  /**
   * Installs a tool (or finds it installed) without running it on anything of the repository.
   * @returns null when it is ready, else why it cannot be had.
   */
  prepare(tool: ToolSpec): Promise<Reason | null>;
  /**
   * Runs one locker command in a checkout.
   * @param root absolute path of the private copy; `command.cwd` is below it.
   * @param extra what this run adds to the child's environment (loopback proxy), over `command.env`.
   * @returns the result (a non-zero exit code is a result), or a reason when the tool cannot be had at all.
   * @throws {CancelledError} when the run was cancelled.
   */
  run(
    command: Command,
    root: string,
    extra: Readonly<Record<string, string>>,
  ): Promise<CommandResult | Reason>;
}
