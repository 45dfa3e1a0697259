import { describe, expect, it } from 'vitest';
import type { ReleaseFacts } from '../../src/diff/release-facts.ts';
import type { Change, TargetResult } from '../../src/model.ts';
import { foldMoves } from '../../src/report/count.ts';
import { reviewFirst } from '../../src/report/review.ts';
import { NO_SCAN, type FindingChange, type ScanOutcome } from '../../src/scan/outcome.ts';
import { target } from '../support/locks.ts';
import { addedBy, finding } from '../support/scan-results.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

function change(name: string, more: Partial<Change> = {}): Change {
  return {
    name,
    from: '1.0',
    to: '1.1',
    kind: 'minor',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

function result(path: string, changes: readonly Change[], python: string | null = null): TargetResult {
  return {
    target: target(path, { python: { version: python, from: 'x' } }),
    status: 'updated',
    reason: null,
    seconds: 1,
    changes,
    solver: null,
    notes: [],
    files: [],
  };
}

function facts(more: Partial<ReleaseFacts> = {}): ReleaseFacts {
  return { uploaded: null, yanked: null, licence: null, requiresPython: null, sdistOnly: false, ...more };
}

function review(
  results: readonly TargetResult[],
  known: Readonly<Record<string, ReleaseFacts>> | null,
  scan: Pick<ScanOutcome, 'diff'> = NO_SCAN,
  now: Date | null = NOW,
): string {
  return reviewFirst(foldMoves(results), new Map(), results.length, {
    facts: known === null ? null : new Map(Object.entries(known)),
    now,
    scan,
    results,
  });
}

/** The lines of one lock with one move. */
function lines(more: Partial<ReleaseFacts>, moved: Partial<Change> = {}, python: string | null = null) {
  const one = change('a', moved);
  const text = review([result('a.txt', [one], python)], { [`a@${one.from ?? ''}..1.1`]: facts(more) });
  return text.split('\n').slice(2);
}

function malicious(name: string, location: string): FindingChange {
  return addedBy(
    finding('MAL-2026-1', `${name} 1.1`, 'unknown', { link: null, malicious: true }),
    null,
    location,
  );
}

describe('facts of releases', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'a yanked one',
      lines({ yanked: 'broken metadata' }),
      [
        '**Yanked releases**',
        '- `a` `1.0` → `1.1`, direct: its author took it back (yanked): `broken metadata`',
      ],
    ],
    [
      'a yanked one without a reason',
      lines({ yanked: '' }, { direct: false, via: ['b'] }),
      [
        '**Yanked releases**',
        '- `a` `1.0` → `1.1`, through `b`: its author took it back (yanked), without a reason given',
      ],
    ],
    [
      'another licence',
      lines({ licence: { from: 'MIT', to: 'BUSL-1.1' } }, { direct: false }),
      ['**Licence changes**', '- `a` `1.0` → `1.1`, indirect: its licence is `BUSL-1.1` now, it was `MIT`'],
    ],
    [
      'a stricter Python',
      lines({ requiresPython: { from: null, to: '>=3.9' } }),
      ['**Python requirements**', '- `a` `1.0` → `1.1`, direct: it wants Python `>=3.9`, before any'],
    ],
    [
      'a Python that the lock is for',
      lines({ requiresPython: { from: '>=3.7', to: '>=3.9' } }, { direct: false }, '3.8'),
      [
        '**Python requirements**',
        '- `a` `1.0` → `1.1`, indirect: it wants Python `>=3.9`, before `>=3.7`, which shuts out the Python `3.8` of `a.txt`',
      ],
    ],
    [
      'a stricter Python of what is indirect',
      lines({ requiresPython: { from: null, to: '>=3.9' } }, { direct: false }, '3.12'),
      [],
    ],
    ['a Python that lets in more', lines({ requiresPython: { from: '>=3.9', to: '>=3.8' } }), []],
    [
      'a young one',
      lines({ uploaded: '2026-11-20T00:00:00.000Z' }),
      ['**Younger than 7 days**', '- `a` `1.0` → `1.1`, direct: uploaded on 2026-11-20, 4 days ago'],
    ],
    [
      'one of today',
      lines({ uploaded: '2026-11-24T11:00:00.000Z' }),
      ['**Younger than 7 days**', '- `a` `1.0` → `1.1`, direct: uploaded on 2026-11-24, less than a day ago'],
    ],
    [
      'a young one that is neither direct nor new',
      lines({ uploaded: '2026-11-20T00:00:00.000Z' }, { direct: false }),
      [],
    ],
    ['one of a week', lines({ uploaded: '2026-11-17T12:00:00.000Z' }), []],
    ['one of no known age', lines({ uploaded: 'soon' }), []],
    [
      'a young new one',
      lines({ uploaded: '2026-11-23T00:00:00.000Z' }, { direct: false, from: null, kind: 'new' }),
      [
        '**New packages**',
        '- `a` `1.1`, indirect',
        '',
        '**Younger than 7 days**',
        '- `a` `1.1`, indirect: uploaded on 2026-11-23, 1 day ago',
      ],
    ],
    [
      'a source only',
      lines({ sdistOnly: true }, { direct: false }),
      [
        '**Without a wheel**',
        '- `a` `1.0` → `1.1`, indirect: the index has its source only, so whoever installs it runs its build',
      ],
    ],
    ['nothing', lines({}), []],
  ])('tell of %s', (_, told, expected) => {
    expect(told).toEqual(expected);
  });

  it('come in the order of what matters', () => {
    const all = facts({
      uploaded: '2026-11-24T00:00:00.000Z',
      yanked: 'x',
      licence: { from: 'MIT', to: 'BUSL-1.1' },
      requiresPython: { from: null, to: '>=3.9' },
      sdistOnly: true,
    });
    const kinds = (['removed', 'new', 'major', 'source', 'downgrade'] as const).map((kind) =>
      change(kind, { kind }),
    );
    const text = review(
      [result('a.txt', [...kinds, change('a')])],
      { 'a@1.0..1.1': all },
      {
        diff: { added: [malicious('a', 'a.txt')], fixed: [], remaining: [] },
      },
    );
    expect(text.match(/\*\*[^*]+\*\*/gu)).toEqual([
      '**Malicious packages**',
      '**Yanked releases**',
      '**Downgrades**',
      '**Other sources**',
      '**Major versions**',
      '**New packages**',
      '**Removed packages**',
      '**Licence changes**',
      '**Python requirements**',
      '**Younger than 7 days**',
      '**Without a wheel**',
    ]);
    expect(text).toContain('- `a` `1.0` → `1.1`, direct: published to do harm (`MAL-2026-1`)');
  });

  it('of identical moves are told once, with their locks', () => {
    const text = review(
      [result('a.txt', [change('a')]), result('b.txt', [change('a')], '3.8'), result('c.txt', [])],
      { 'a@1.0..1.1': facts({ requiresPython: { from: null, to: '>=3.9' } }) },
    );
    expect(text).toContain(
      '- `a` `1.0` → `1.1`, direct in `a.txt`, `b.txt`: it wants Python `>=3.9`, before any, which shuts out the Python `3.8` of `b.txt`',
    );
  });

  it('of more than 40 moves are counted, direct ones first', () => {
    const many = Array.from({ length: 45 }, (_, at) => change(`p${at}`, { direct: at === 44 }));
    const known = Object.fromEntries(many.map(({ name }) => [`${name}@1.0..1.1`, facts({ yanked: '' })]));
    const told = review([result('a.txt', many)], known)
      .split('\n')
      .slice(3);
    expect(told).toHaveLength(41);
    expect(told[0]).toContain('`p44`');
    expect(told.at(-1)).toBe('- and 5 more, in the tables below');
  });

  it('that did not come are said to lack, of those that were wanted', () => {
    const changes = [
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => change(name)),
      change('private', { origin: 'https://own.test/simple' }),
      change('gone', { to: null, kind: 'hash' }),
    ];
    expect(review([result('a.txt', changes)], { 'a@1.0..1.1': facts() })).toBe(
      '## Review first\n\nNot checked for yanking, licence, Python, age and wheels, since the index was not asked or told nothing in time: `b`, `c`, `d`, `e` and `f`.',
    );
    expect(review([result('a.txt', changes)], {})).toContain('`e` and 1 more package.');
    expect(review([result('a.txt', changes)], null)).toBe('');
  });

  it('tell no age without a clock', () => {
    const young = { 'a@1.0..1.1': facts({ uploaded: '2026-11-24T00:00:00.000Z' }) };
    expect(review([result('a.txt', [change('a')])], young, NO_SCAN, null)).toBe('');
  });

  it('of a namesake on the index are not told of what comes from elsewhere', () => {
    const conda = { platforms: [], manager: 'conda', channel: null, build: null } as const;
    const known = { 'a@1.0..1.1': facts({ yanked: 'x', sdistOnly: true }) };
    for (const more of [{ origin: 'https://own.test/simple' }, { conda }])
      expect(review([result('a.txt', [change('a', more)])], known)).toBe('');
  });

  it('tell of a malicious package only where it moved', () => {
    const scan = { diff: { added: [malicious('a', 'other.txt')], fixed: [], remaining: [] } };
    expect(review([result('a.txt', [change('a')])], null, scan)).toBe('');
  });
});

describe('foreign text', () => {
  const HOSTILE = [
    '@everyone fixes #1 <img src=x> [a](https://evil.test) | x',
    '`` `@me` ``',
    'a\n\n</details># heading\n- [ ] x',
    '\u202Eevil\u200B',
    `${'x'.repeat(5000)}@me`,
    'https://user:secret@own.test/x',
  ];
  it.each(HOSTILE)('%j stays within code', (text) => {
    const told = [
      ...lines({ yanked: text }),
      ...lines({ licence: { from: text, to: `${text}!` } }),
      ...lines({ requiresPython: { from: text, to: `>=3.9,${text}` } }),
      ...lines({ requiresPython: { from: '>=3', to: '>=3.9' } }, { name: 'a' }, text),
    ];
    for (const line of told) {
      const outside = line.replaceAll(/(?<fence>`+)(?!`).*?(?<!`)\k<fence>(?!`)/gu, '');
      expect(outside).not.toMatch(/[@#<>[\]|\u202E\u200B]|evil|secret/u);
      expect(line).not.toMatch(/secret|[\u202E\u200B]/u);
      expect(line.length).toBeLessThan(500);
      expect(line).toMatch(/^(?:- `a`|\*\*[A-Z]|$)/u);
    }
    expect(told.length).toBeGreaterThan(3);
  });
});
