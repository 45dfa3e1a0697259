/** A child that is told what it may see: what the sandbox builds its walls from. */
import type { CommandResult } from '../../model.ts';
import type { ChildInput, RunChild } from '../child.ts';

/** What a child sees of this machine besides the system's programs and libraries. All paths are absolute. */
export interface Access {
  /** Folders and files; those that are not there are passed over. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Socket of the one door to the network; null: no network at all. */
  readonly door: string | null;
}

export interface ConfinedInput extends ChildInput {
  readonly access: Access;
}

/** A limit of the sandbox. */
export type Limit = 'memory' | 'processes' | 'disk' | 'output';

export interface ConfinedResult extends CommandResult {
  /** The limit for which it was ended; null: none. */
  readonly exceeded: Limit | null;
}

export type RunConfined = (input: ConfinedInput) => Promise<ConfinedResult>;

/** Runs children without walls, where there is no sandbox: they see all that we see. */
export function unconfined(run: RunChild): RunConfined {
  return async (input) => ({ ...(await run(input)), exceeded: null });
}
