import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCappedOutput } from '../../src/run/capped-output.ts';
import { plainText } from '../../src/run/plain-text.ts';

describe('plainText', () => {
  it.each([
    ['colours', '\u001B[1;31merror\u001B[0m: no', 'error: no'],
    ['a one-byte CSI', '\u009B31mred', 'red'],
    ['cursor moves and clears', 'a\u001B[2K\u001B[1Gb', 'ab'],
    ['a window title', '\u001B]0;title\u0007text', 'text'],
    ['a hyperlink, whose text stays', '\u001B]8;;https://x\u001B\\link\u001B]8;;\u001B\\', 'link'],
    ['a title that never ends, up to its line', '\u001B]0;title\nnext', '\nnext'],
    ['a sequence that never ends', 'a\u001B[31', 'a'],
    ['a lone escape', 'a\u001B', 'a'],
    ['a charset choice', '\u001B(Bok', 'ok'],
    ['progress on one line', '1%\r2%\r\n', '1%\n2%\n'],
    ['backspaces and bells', 'a\b\u0007b', 'ab'],
    ['text that reorders itself', 'a\u202Eb\u2066c\u200Bd\uFEFF', 'abcd'],
    [
      'commands to a CI runner, which get a bar',
      'a\n::warning::x\n  ##[group]y\nz ::b',
      'a\n| ::warning::x\n  | ##[group]y\nz ::b',
    ],
    ['tabs, which stay', 'a\tb\n', 'a\tb\n'],
    ['letters beyond ASCII, which stay', 'é 漢 😀', 'é 漢 😀'],
  ])('takes out %s', (_, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('leaves no control character in any text, and plain text as it is', () => {
    const pieces = fc.constantFrom(
      '\u001B',
      '[',
      ']',
      '8;;',
      '\u009B',
      '\r',
      '\n',
      '\u0007',
      'a',
      'm',
      '\\',
      '\u202E',
    );
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const plain = plainText(parts.join(''));
        // oxlint-disable-next-line no-control-regex
        expect(plain).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E]/u);
        expect(plainText(plain)).toBe(plain);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '[', ']') }), (text) => {
        expect(plainText(text)).toBe(text);
      }),
    );
  });

  it.each(['\u001B]', '\u001B[', '\u001BP', '\u009B;'])(
    'takes time in proportion to the text: %j',
    (piece) => {
      const start = performance.now();
      plainText(piece.repeat(500_000));
      expect(performance.now() - start).toBeLessThan(1000);
    },
  );
});

describe('createCappedOutput', () => {
  it('keeps whole lines at both ends, however the bytes come', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '😀'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (lines, size) => {
          const bytes = Buffer.from(`${lines.join('\n')}\n`);
          const output = createCappedOutput(100);
          for (let at = 0; at < bytes.length; at += size) {
            output.add(bytes.subarray(at, at + size));
            expect(output.kept()).toBeLessThanOrEqual(50 + 100 + size);
          }
          const text = output.text();
          const shown = text.split('\n').filter((part) => !part.startsWith('[… '));
          expect(text.includes('bytes of output dropped')).toBe(bytes.length > 100);
          expect(bytes.length > 100 || text === bytes.toString()).toBe(true);
          for (const part of shown) expect(['', ...lines]).toContain(part);
        },
      ),
    );
  });

  it('cuts no word in half, since a secret could be in it', () => {
    const output = createCappedOutput(40);
    output.add(Buffer.from(`${'x'.repeat(10)} password-password-password${'y'.repeat(100)} end`));
    expect(output.text()).toBe(`${'x'.repeat(10)}\n[… 127 bytes of output dropped …]\nend`);
  });
});
