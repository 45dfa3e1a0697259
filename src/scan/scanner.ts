/**
 * The `Scanner` port: how one scanner is asked, and how its answer is read. Pure: steps of data, which the engine carries
 * out. A scanner gets all packages of both sides of a change at once, so that both are held against the same data.
 */
import type { CommandResult } from '../model.ts';
import type { Reason } from '../reason.ts';
import type { ScanPackage, ScanReport, ScannerName } from './model.ts';

export interface Scanner {
  readonly name: ScannerName;
  /** The next step, from all that happened so far; called first with an empty history. */
  next(input: ScanInput, history: readonly ScanAnswer[]): ScanStep;
}

export interface ScanInput {
  /** Without doubles. */
  readonly packages: readonly ScanPackage[];
  /** Images as OCI layout folders, for scanners that read layers themselves; empty: only packages are asked for. */
  readonly layouts: readonly ImageLayout[];
  /** The program that was found, and its version; null for the built-in scanner. */
  readonly program: { readonly path: string; readonly version: string } | null;
}

export interface ImageLayout {
  readonly location: string;
  readonly platform: string;
  /** Absolute folder. */
  readonly folder: string;
}

export type ScanStep =
  /** HTTP requests, answered in order. */
  | { readonly do: 'ask'; readonly requests: readonly ScanRequest[] }
  /** Records of the offline database that speak of these packages. */
  | { readonly do: 'look-up'; readonly wanted: readonly WantedRecords[] }
  /** Runs the program in a private folder that holds `files`. */
  | { readonly do: 'run'; readonly command: ScanCommand }
  | { readonly do: 'done'; readonly report: ScanReport }
  | { readonly do: 'fail'; readonly reason: Reason };

export interface ScanRequest {
  readonly method: 'GET' | 'POST';
  /** Path below the service's root: `/v1/querybatch`. */
  readonly path: string;
  /** JSON text; null for GET. */
  readonly body: string | null;
  /** The answer may be kept under this key for ever (an id with its time of change); null: not. */
  readonly keep: string | null;
}

export interface WantedRecords {
  /** Without release: `PyPI`, `Debian`. */
  readonly ecosystem: string;
  readonly names: readonly string[];
}

export interface ScanCommand {
  /** What follows the program's path. `{folder}` at the start of an item stands for the private folder. */
  readonly argv: readonly string[];
  /** Names of files in the private folder, and their text. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of the file in the private folder that it writes its answer to; its text is brought back. */
  readonly output: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute folders that it reads: the layout of an image. */
  readonly readable: readonly string[];
  readonly timeoutSeconds: number;
}

/** What came of a step; of the same kind as the step that asked for it. */
export type ScanAnswer =
  | { readonly to: 'ask'; readonly answers: readonly ScanHttpAnswer[] }
  | {
      readonly to: 'look-up';
      readonly records: readonly unknown[];
      readonly date: string | null;
      readonly missing: readonly string[];
      /** Files in the databases that are no records. */
      readonly skipped: number;
    }
  | { readonly to: 'run'; readonly result: CommandResult; readonly output: string | null };

/** `failed` says why there is no answer. */
export type ScanHttpAnswer = { readonly status: number; readonly body: string } | { readonly failed: string };
