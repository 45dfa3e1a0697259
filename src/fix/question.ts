/** Asks of any package of a lock what `src/scan/why.ts` can say of one that has a finding: who does not let releases in. Pure. */
import type { FindingChange } from '../scan/outcome.ts';
import { questionsOf, type QuestionsInput, type RemainingQuestion } from '../scan/why-questions.ts';

export interface Asked {
  /** Path of the lock. */
  readonly lock: string;
  /** Normalised. */
  readonly name: string;
  /** As the lock has it. */
  readonly version: string;
  /** Releases that would do, lowest first. */
  readonly wanted: readonly string[];
}

/** @returns null when the lock does not have it, or no release above its own would do. */
export function questionAbout(
  { lock, name, version, wanted }: Asked,
  input: QuestionsInput,
): RemainingQuestion | null {
  const place = { kind: 'lock', location: lock, platform: null } as const;
  const change: FindingChange = {
    state: 'remaining',
    finding: {
      id: '',
      ids: [],
      ecosystem: 'PyPI',
      package: name,
      version,
      summary: '',
      severity: { level: 'unknown', score: null, source: '', vector: null },
      fixed: wanted,
      link: null,
      note: null,
      malicious: false,
    },
    before: [place],
    after: [place],
    causes: [],
    why: null,
  };
  return questionsOf({ fixed: [], added: [], remaining: [change] }, input)[0] ?? null;
}
