import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotesVersion, ReleaseNotes } from '../../src/notes/model.ts';
import { shareOut } from '../../src/report/share-out.ts';

function version(name: string, text: string): NotesVersion {
  return { version: name, date: null, title: name, text, breaking: false, url: null };
}

function notes(name: string, versions: readonly NotesVersion[]): ReleaseNotes {
  return {
    package: name,
    from: '1',
    to: '9',
    source: 'releases',
    versions,
    truncated: false,
    problem: null,
    url: null,
    compare: null,
  };
}

const items = (count: number, text: string): string =>
  Array.from({ length: count }, (_, index) => `- ${text} ${index}`).join('\n');

describe('a budget shared out', () => {
  it('is enough for all that is short', () => {
    const [one] = shareOut([notes('a', [version('2', 'two'), version('1', 'one')])], 10_000);
    expect(one?.versions.map(({ text, cut }) => [text, cut])).toEqual([
      ['two', false],
      ['one', false],
    ]);
    expect(one?.left).toBe(0);
  });

  it('gives what one does not need to the others', () => {
    const long = items(500, 'some words of a long text');
    const [short, first, second] = shareOut(
      [
        notes('s', [version('2', 'short')]),
        notes('a', [version('2', long)]),
        notes('b', [version('2', long)]),
      ],
      9000,
    );
    expect(short?.versions[0]?.text).toBe('short');
    const sizes = [first, second].map((one) => one?.versions[0]?.text.length ?? 0);
    expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(100);
    expect(sizes[0]).toBeGreaterThan(4000);
    expect(first?.versions[0]?.cut).toBe(true);
  });

  it('is spent on what breaks first, then on the newest', () => {
    const text = items(30, 'fixed a thing');
    const [one] = shareOut(
      [
        notes('a', [
          version('3', text),
          version('2', text),
          version('1', `${text}\n- Dropped support for x`),
        ]),
      ],
      1000,
    );
    expect(
      one?.versions.map((shown) => [shown.version.version, shown.breaking !== '', shown.text !== '']),
    ).toEqual([
      ['3', false, true],
      ['1', true, false],
    ]);
    expect(one?.left).toBe(1);
    expect(one?.versions[1]?.breaking).toBe('- Dropped support for x');
  });

  it('keeps the addresses of links in both parts', () => {
    const text = '- Removed [x]\n\n- fixed [x]\n\n[x]: https://h.test/x';
    const [one] = shareOut([notes('a', [version('2', text)])], 5000);
    expect(one?.versions[0]?.breaking).toBe('- Removed [x](https://h.test/x)');
    expect(one?.versions[0]?.text).toBe('- fixed [x](https://h.test/x)');
  });

  it('is never overdrawn', () => {
    assert(
      property(
        array(array(integer({ min: 0, max: 40 }), { maxLength: 5 }), { maxLength: 5 }),
        integer({ min: 0, max: 6000 }),
        (all, budget) => {
          const shared = shareOut(
            all.map((counts, index) =>
              notes(
                `p${index}`,
                counts.map((count, at) => version(`${9 - at}`, items(count, 'Removed or not'))),
              ),
            ),
            budget,
          );
          const used = shared.flatMap(({ versions }) =>
            versions.map(({ text, breaking }) => text.length + breaking.length),
          );
          expect(used.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(budget);
        },
      ),
    );
  });
});
