import { expect, it } from 'vitest';
import { substitute } from '../../src/images/build-arguments.ts';

it('stays small however often a value doubles', () => {
  let value = 'x'.repeat(100);
  for (let round = 0; round < 60; round += 1) value = substitute('$A$A', new Map([['A', value]]));
  expect(value.length).toBeLessThanOrEqual(4096);
});

it('leaves what would be too long as it is written', () => {
  expect(substitute('$A$A', new Map([['A', 'x'.repeat(3000)]]))).toBe('$A$A');
});
