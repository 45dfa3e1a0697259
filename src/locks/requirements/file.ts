/** What a requirements file says, line by line, as pip reads it (pip's "Requirements File Format"). Types only. */

/** 1-based, inclusive; continuation lines (`\`) belong to the line that they continue. */
export interface LineSpan {
  readonly line: number;
  readonly endLine: number;
}

export interface Requirement extends LineSpan {
  readonly kind: 'requirement';
  /** Normalised as PEP 503 says; null for a bare URL or path that names none. */
  readonly name: string | null;
  /** As written: `uvicorn`, `Django`. Empty when there is none. */
  readonly writtenName: string;
  readonly extras: readonly string[];
  /** PEP 440 specifier set as written (`==1.2.3`, `>=1,<2`), empty when there is none. */
  readonly specifier: string;
  /** PEP 508 direct reference, VCS URL, path or file URL; null for an index requirement. */
  readonly url: string | null;
  readonly editable: boolean;
  /** PEP 508 marker, empty when there is none. */
  readonly marker: string;
  /** `sha256:…`, in file order. */
  readonly hashes: readonly string[];
  /** Per-requirement options other than `--hash`, as written: `--no-binary :all:`, `--config-settings=…`. */
  readonly options: readonly string[];
  /**
   * Comments that belong to this requirement, without `#`, trimmed: those on its lines, and the indented comment lines
   * under it (the annotations of pip-compile and uv).
   */
  readonly comments: readonly string[];
}

/** `-r PATH` or `-c PATH`. */
export interface Include extends LineSpan {
  readonly kind: 'include' | 'constraint';
  /** As written. */
  readonly path: string;
}

/** A global option: `--index-url URL`, `--no-binary pkg`, `--pre`. */
export interface GlobalOption extends LineSpan {
  readonly kind: 'option';
  /** The long form: `--index-url` for `-i`. */
  readonly name: string;
  readonly value: string | null;
}

/** A line that pip would refuse. */
export interface Unreadable extends LineSpan {
  readonly kind: 'unreadable';
  readonly text: string;
  readonly why: string;
}

export type Entry = Requirement | Include | GlobalOption | Unreadable;

export interface RequirementsFile {
  readonly entries: readonly Entry[];
}
