/** What a client of the door was refused: for the report, each once, with how often. */

export type RefusalCode = 'not-allowed' | 'private-address' | 'method' | 'not-http' | 'too-many';

export interface Refusal {
  readonly host: string;
  readonly port: number;
  readonly code: RefusalCode;
  /** One sentence for people. */
  readonly why: string;
  /**
   * The source distribution that this client fetched last before: what probably wanted it (`evil-1.0.tar.gz`); null when
   * none.
   */
  readonly during: string | null;
  readonly count: number;
}

/** Further ones are only counted by nobody: a hostile client asks for a million hosts. */
const MAX_REFUSALS = 100;

export interface RefusalList {
  add(refusal: Omit<Refusal, 'count'>): void;
  /** In the order of their first time. */
  list(): readonly Refusal[];
}

export function createRefusalList(): RefusalList {
  const known = new Map<string, Refusal>();
  return {
    add(refusal) {
      const key = `${refusal.code} ${refusal.host} ${refusal.port}`;
      const before = known.get(key);
      if (before !== undefined) known.set(key, { ...before, count: before.count + 1 });
      else if (known.size < MAX_REFUSALS) known.set(key, { ...refusal, count: 1 });
    },
    list: () => [...known.values()],
  };
}
