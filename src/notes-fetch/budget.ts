/** How often the forges are asked in one run. */

export type AskKind = 'api' | 'file';

export interface Budget {
  /** Whether one more may be asked; counts it when it may. */
  take(kind: AskKind): boolean;
  /** So far. */
  counted(): Readonly<Record<AskKind, number>>;
}

export function createBudget(limits: Readonly<Record<AskKind, number>>): Budget {
  const counts = { api: 0, file: 0 };
  return {
    take(kind) {
      if (counts[kind] >= limits[kind]) return false;
      counts[kind] += 1;
      return true;
    },
    counted: () => ({ ...counts }),
  };
}
