import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellCommands } from '../../src/rebuild/shell-steps.ts';

function shown(script: string): readonly string[] {
  return shellCommands(script).map(({ words, input, isPiped }) =>
    [isPiped ? '|' : '', ...words.map(({ text }) => text), ...input.map((text) => `<${text}>`)]
      .filter((part) => part !== '')
      .join(' '),
  );
}

describe('shellCommands', () => {
  it.each([
    ['a b && c || d; e & f\ng', ['a b', 'c', 'd', 'e', 'f', 'g']],
    ['a | b |& c', ['a', '| b', '| c']],
    ['set -eux; { a; }; (b)', ['set -eux', '{ a', '}', 'b']],
    [`a 'b c' "d $E \\" f" g\\ h`, ['a b c d $E " f g h']],
    ['a \\\n b \\\r\n c', ['a b c']],
    ['a # b && c\nd#e', ['a', 'd#e']],
    ['a >/dev/null 2>&1 && b &>x c <y >> z d', ['a', 'b c d']],
    ['a $(b; c) ${D:-e f} `g h` $(i (j) k)', ['a $(b; c) ${D:-e f} `g h` $(i (j) k)']],
    ['cat <<A >f; b\nx && y\nA\nc', ['cat <x && y>', 'b', 'c']],
    ['cat <<-"A" <<B\n\tx\n\tA\ny\nB\nc', ['cat <x> <y>', 'c']],
    ['<<A\nx\nA\n', ['<x>']],
    ['a <<< b c', ['a c']],
    ['a "b', ['a b']],
    ['a $(b', ['a $(b']],
    ['cat <<A\nx', ['cat <x>']],
    ['', []],
    [' ;;\n&& ', []],
  ])('%j', (script, commands) => {
    expect(shown(script)).toEqual(commands);
  });

  it('tells quoted words', () => {
    expect(shellCommands(`a "b" c'd'`)[0]?.words.map(({ isQuoted }) => isQuoted)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('reads any text in time that grows with its length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...`ab $(){}"'\`\\<>-&|;#\n\t`.split('')), maxLength: 200 }),
        (script) => {
          expect(Array.isArray(shellCommands(script))).toBe(true);
        },
      ),
    );
    for (const piece of ['$(', '"$(', '<<A\n', ';', "'", '`', '\\\n', '(', '<<A ', '${', '>']) {
      const start = performance.now();
      shellCommands(piece.repeat(Math.floor(130_000 / piece.length)));
      expect(performance.now() - start).toBeLessThan(1500);
    }
  });
});
