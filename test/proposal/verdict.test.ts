import { expect, it } from 'vitest';
import { IMAGES } from '../../src/proposal/parts.ts';
import { oneVerdict } from '../../src/proposal/verdict.ts';

type Part = Parameters<typeof oneVerdict>[0][number];
const part = (
  lock: string | null,
  verdict: Part['verdict'],
  because: string,
  notes: string[] = [],
): Part => ({
  lock,
  verdict,
  because,
  notes,
});

it('says what the only one says', () => {
  expect(oneVerdict([part(null, 'proposed', 'Opened.', ['n'])], 'none')).toMatchObject({
    verdict: 'proposed',
    because: 'Opened.',
    notes: ['n'],
  });
});

it.each<[readonly Part[], Part['verdict'], string]>([
  [[], 'nothing', 'none'],
  [[part('a', 'nothing', 'x'), part('b', 'nothing', 'y')], 'nothing', 'none'],
  [[part('a', 'nothing', 'x'), part('b', 'proposed', 'Opened.')], 'proposed', '- `b`: Opened.'],
  [[part('a', 'left-alone', 'L.'), part('b', 'proposed', 'O.')], 'proposed', '- `a`: L.\n- `b`: O.'],
  [[part('a', 'nothing', 'x'), part(IMAGES, 'proposed', 'O.')], 'proposed', '- Base images: O.'],
  [[part('a', 'proposed', 'O.'), part('b', 'failed', 'F.')], 'failed', '- `a`: O.\n- `b`: F.'],
])('%j is %s', (parts, verdict, because) => {
  expect(oneVerdict(parts, 'none')).toEqual({ verdict, because, notes: [] });
});
