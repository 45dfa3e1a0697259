import { array, assert, integer, nat, property, record, string } from 'fast-check';
import { expect, it } from 'vitest';
import { fitSections, type Section } from '../../src/report/sections.ts';

const note = (names: readonly string[]): string => `left out: ${names.join(', ')}`;

it('joins everything while it fits', () => {
  const sections: Section[] = [
    { text: 'a', drop: 9, name: 'a' },
    { text: '', drop: 9, name: 'empty' },
    { text: 'b', drop: 1, name: 'b' },
  ];
  expect(fitSections(sections, 100, note)).toBe('a\n\nb');
});

it('drops whole sections, least important first, longest among those, and says so', () => {
  const sections: Section[] = [
    { text: 'verdict', drop: 9, name: 'verdict' },
    { text: 'x'.repeat(2000), drop: 2, name: 'table' },
    { text: 'y'.repeat(1500), drop: 1, name: 'short output' },
    { text: 'z'.repeat(3000), drop: 1, name: 'long output' },
  ];
  expect(fitSections(sections, 5000, note)).toBe(
    `verdict\n\n${'x'.repeat(2000)}\n\n${'y'.repeat(1500)}\n\nleft out: long output`,
  );
});

it('never passes the limit', () => {
  const section = record({
    text: string({ maxLength: 4000 }),
    drop: nat(9),
    name: string({ maxLength: 300 }),
  });
  assert(
    property(array(section), integer({ min: 2000, max: 8000 }), (sections, limit) => {
      expect(fitSections(sections, limit, note).length).toBeLessThanOrEqual(limit);
    }),
  );
});
