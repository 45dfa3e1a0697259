import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, AttemptOutcome, FixProblem, Movable, Verdict } from '../../src/fix/model.ts';
import { nextAttempt } from '../../src/fix/search.ts';
import { attemptIn, compareCosts, costOf, nameOf, solutions, type Asked, type Assignment } from './world.ts';

interface Searched {
  readonly verdict: Exclude<Verdict, { do: 'attempt' }>;
  readonly attempts: readonly Attempt[];
  readonly history: readonly AttemptOutcome[];
}

function searchAll(problem: FixProblem, lock: (attempt: Attempt) => AttemptOutcome): Searched {
  const history: AttemptOutcome[] = [];
  const attempts: Attempt[] = [];
  for (;;) {
    const verdict = nextAttempt(problem, history);
    if (verdict.do !== 'attempt') return { verdict, attempts, history };
    attempts.push(verdict.attempt);
    history.push(lock(verdict.attempt));
    if (history.length > problem.attempts) throw new Error('More attempts than allowed.');
  }
}

const PACKAGES = 5;
const RELEASES = 4;

const wish = (others: readonly number[]) =>
  fc
    .record({
      of: fc.constantFrom(...others),
      from: fc.nat(RELEASES - 1),
      more: fc.nat(RELEASES - 1),
    })
    .map(({ of, from, more }) => ({ of, from, to: Math.min(RELEASES - 1, from + more) }));

const world = fc.tuple(
  ...Array.from({ length: PACKAGES }, (_, of) => {
    const others = Array.from({ length: PACKAGES }, (_, other) => other).filter((other) => other !== of);
    return fc.array(fc.array(wish(others), { maxLength: 2 }), { minLength: RELEASES, maxLength: RELEASES });
  }),
);
const asked: fc.Arbitrary<Asked> = fc.record({
  world,
  roots: fc.array(wish([0, 1, 2, 3, 4]), { minLength: 1, maxLength: 3 }),
});

/** An old solution, of which one package turns out to be vulnerable. */
function problemIn(
  given: Asked,
  pick: number,
  hints: number,
): { problem: FixProblem; locked: Assignment } | null {
  const { value, done } = solutions(given, () => [1, 0]).next();
  if (done === true) return null;
  const locked = value;
  const there = locked.flatMap((at, of) => (at === null ? [] : [of]));
  const bad = [
    ...new Set([pick, ...(pick % 3 === 0 ? [pick + 1] : [])].map((at) => there[at % there.length] ?? 0)),
  ];
  const above = (of: number): string[] =>
    (given.world[of] ?? []).flatMap((_, at) => (at > (locked[of] ?? 0) ? [String(at)] : []));
  const movable = there
    .filter((of) => !bad.includes(of))
    .map((of): Movable => {
      const releases = above(of);
      return {
        name: nameOf(of),
        locked: [String(locked[of])],
        releases,
        // Hints may be wrong.
        caps: ((hints >> of) & 1) === 1,
        likely: releases[hints % 3] ?? null,
      };
    });
  const vulnerable = bad.map((of) => {
    const [first = '', ...rest] = above(of);
    return { name: nameOf(of), candidates: [first, ...rest] as const, keep: [] };
  });
  return { problem: { vulnerable, movable, attempts: 1000 }, locked };
}

describe('nextAttempt', () => {
  it('finds what an exhaustive search finds', () => {
    const seen = { found: 0, withOthers: 0, blocked: 0 };
    fc.assert(
      fc.property(asked, fc.nat(100), fc.nat(255), (given, pick, hints) => {
        const set = problemIn(given, pick, hints);
        fc.pre(set !== null);
        const { problem, locked } = set;
        const { verdict, history } = searchAll(problem, (attempt) => attemptIn(given, locked, attempt));
        const bad = problem.vulnerable.map(({ name }) => Number(name.slice(1)));
        const shown = (of: number): readonly number[] => {
          const all = (given.world[of] ?? []).map((_, at) => at);
          return bad.includes(of) ? all.filter((at) => at > (locked[of] ?? 0)) : all;
        };
        const costs = [...solutions(given, shown)].flatMap((one) => {
          const cost = costOf(problem, locked, one);
          return cost === null ? [] : [cost];
        });
        const [least] = costs.sort(compareCosts);
        if (least === undefined) {
          seen.blocked += 1;
          if (verdict.do !== 'blocked') throw new Error('It found what there is not.');
          return;
        }
        if (verdict.do !== 'found') throw new Error('It is blocked.');
        seen.found += 1;
        if ((least[0] ?? 0) > 0) seen.withOthers += 1;
        const outcome = history[verdict.at];
        const versions = outcome?.kind === 'solved' ? outcome.versions : new Map<string, readonly string[]>();
        const solution = given.world.map((_, of) => {
          const version = versions.get(nameOf(of))?.[0];
          return version === undefined ? null : Number(version);
        });
        expect(costOf(problem, locked, solution)).toEqual(least);
        expect(verdict.proven).toBe(true);
        expect(verdict.moved).toHaveLength(least[0] ?? 0);
      }),
      { numRuns: 3000 },
    );
    // The graphs are such that there is something to find.
    expect(seen.withOthers).toBeGreaterThan(50);
    expect(seen.blocked).toBeGreaterThan(50);
    expect(seen.found).toBeGreaterThan(500);
  }, 60_000);

  const chain: FixProblem = {
    vulnerable: [{ name: 'idna', candidates: ['3.7', '3.8'], keep: [] }],
    movable: [
      {
        name: 'requests',
        locked: ['2.0'],
        releases: ['2.1', '2.2', '2.3', '2.4'],
        caps: true,
        likely: '2.2',
      },
      { name: 'six', locked: ['1.0'], releases: ['1.1', '1.2'], caps: false, likely: null },
    ],
    attempts: 12,
  };
  const solved = (versions: Readonly<Record<string, string>>): AttemptOutcome => ({
    kind: 'solved',
    versions: new Map(Object.entries(versions).map(([name, version]) => [name, [version]])),
  });

  it('asks first for the lowest version alone, whatever else might move', () => {
    const first = { candidates: new Map([['idna', ['3.7']]]), freed: new Map() };
    expect(nextAttempt(chain, [])).toEqual({ do: 'attempt', attempt: first });
    expect(nextAttempt({ ...chain, movable: [] }, [])).toEqual({ do: 'attempt', attempt: first });
    expect(nextAttempt(chain, [solved({ idna: '3.7', requests: '2.0', six: '1.0' })])).toEqual({
      do: 'found',
      at: 0,
      moved: [],
      proven: true,
    });
  });

  it('asks next whether anything helps at all', () => {
    expect(nextAttempt(chain, [{ kind: 'failed' }])).toMatchObject({
      attempt: { candidates: new Map([['idna', ['3.7', '3.8']]]) },
    });
    expect(nextAttempt(chain, [{ kind: 'failed' }, { kind: 'failed' }])).toEqual({
      do: 'blocked',
      proven: true,
    });
    // Nothing else may move, and there is but one version.
    const single = {
      ...chain,
      vulnerable: [{ name: 'idna', candidates: ['3.7'] as const, keep: [] }],
      movable: [],
    };
    expect(nextAttempt(single, [{ kind: 'failed' }])).toEqual({ do: 'blocked', proven: true });
  });

  /** Requests lets idna in from 2.2 on. */
  const lockChain = ({ candidates, freed }: Attempt): AttemptOutcome => {
    const requests = freed.get('requests')?.at(-1) ?? '2.0';
    if (requests < '2.2') return { kind: 'failed' };
    return solved({
      idna: candidates.get('idna')?.at(-1) ?? '',
      requests,
      six: freed.get('six')?.at(-1) ?? '1.0',
    });
  };

  it('needs few attempts where it is known who caps, and from when on not', () => {
    const { verdict, history, attempts } = searchAll(chain, lockChain);
    expect(verdict).toMatchObject({ do: 'found', moved: ['requests'], proven: true });
    expect(verdict.do === 'found' && history[verdict.at]).toEqual(
      solved({ idna: '3.7', requests: '2.2', six: '1.0' }),
    );
    expect(attempts).toHaveLength(7);
  });

  it.each([2, 3, 4, 5])('gives the best it has when %d attempts are all', (most) => {
    const { verdict, history } = searchAll({ ...chain, attempts: most }, lockChain);
    expect(verdict).toMatchObject({ do: 'found', proven: false });
    expect(verdict.do === 'found' && history[verdict.at]?.kind).toBe('solved');
  });

  it('says what it has, whenever it is late', () => {
    const { history } = searchAll(chain, lockChain);
    const verdicts = history.map((_, at) => nextAttempt(chain, history.slice(0, at), true));
    const unproven = { do: 'blocked', proven: false };
    expect(verdicts.slice(0, 2)).toEqual([unproven, unproven]);
    // Everything freed, then requests alone, then lower ones.
    expect(verdicts.slice(2)).toMatchObject([
      { do: 'found', at: 1, proven: false },
      { do: 'found', at: 1, proven: false },
      { do: 'found', at: 3, proven: false },
      { do: 'found', at: 4, proven: false },
      { do: 'found', at: 5, proven: false },
    ]);
  });

  it('makes each version low of a package that is locked in two', () => {
    const problem: FixProblem = {
      vulnerable: [{ name: 'a', candidates: ['1.1', '1.2', '2.1', '2.2'], keep: [] }],
      movable: [],
      attempts: 20,
    };
    const { verdict, history } = searchAll(problem, ({ candidates }) => {
      const shown = candidates.get('a') ?? [];
      const [one, two] = ['1', '2'].map((line) => shown.findLast((version) => version.startsWith(line)));
      return one === undefined || two === undefined
        ? { kind: 'failed' }
        : { kind: 'solved', versions: new Map([['a', [one, two]]]) };
    });
    expect(verdict.do === 'found' && history[verdict.at]).toEqual({
      kind: 'solved',
      versions: new Map([['a', ['1.1', '2.1']]]),
    });
  });

  it('leaves alone what has no release that is known but to show it whole', () => {
    const movable = [{ name: 'requests', locked: ['2.0'], releases: null, caps: true, likely: null }];
    const { verdict, attempts } = searchAll({ ...chain, movable }, ({ freed }) =>
      freed.has('requests') ? solved({ idna: '3.7', requests: '9' }) : { kind: 'failed' },
    );
    expect(verdict).toMatchObject({ do: 'found', moved: ['requests'] });
    expect(attempts[1]?.freed).toEqual(new Map([['requests', null]]));
  });
});
