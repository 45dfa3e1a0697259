/** What a package's people wrote of the versions between two of its releases. Plain data. */

/** One move of one package whose notes are wanted. */
export interface NotesWanted {
  /** Normalised (PEP 503). */
  readonly package: string;
  /** PEP 440; not wanted itself. */
  readonly from: string;
  /** PEP 440; wanted itself. */
  readonly to: string;
}

export interface NotesVersion {
  /** As it was written, without what stands before it in a tag. */
  readonly version: string;
  /** `2024-01-31`, or null. */
  readonly date: string | null;
  /** One line of foreign text. */
  readonly title: string;
  /** Foreign Markdown: plain data until `harmlessMarkdown` has written it anew. */
  readonly text: string;
  /** Some part of the text tells of a break (see `breaking.ts`). */
  readonly breaking: boolean;
  /** Its page on the forge, https; null: none of its own. */
  readonly url: string | null;
}

export interface ReleaseNotes extends NotesWanted {
  /** null: nothing was found, or looked for. */
  readonly source: 'releases' | 'changelog' | null;
  /** Newest first. */
  readonly versions: readonly NotesVersion[];
  /** There may be more versions, or more text, than stand here. */
  readonly truncated: boolean;
  /** Why there is nothing, or less than there should be: a sentence for people; else null. */
  readonly problem: string | null;
  /** The page with all of it (releases, or the changelog), https; null: not known. */
  readonly url: string | null;
  /** The compare view of both tags, https; null: it is not known how the project writes its tags. */
  readonly compare: string | null;
}
