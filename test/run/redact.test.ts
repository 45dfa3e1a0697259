import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/run/redact.ts';

const secret = 'p@ss word/ü"1';
const redact = createRedactor({
  secrets: [secret, '', 'hunter2'],
  folders: [
    { folder: '/tmp/relock-1/checkout', as: '.' },
    { folder: '/tmp/relock-1', as: '~' },
    { folder: '', as: '!' },
    { folder: '/', as: '!' },
  ],
});

describe('createRedactor', () => {
  it.each([
    ['a known secret', 'the hunter2 it is', 'the *** it is'],
    ['one as it is', `x${secret}y`, 'x***y'],
    ['one as in a URL', `?t=${encodeURIComponent(secret)}&`, '?t=***&'],
    ['one as in a URL, lower case', '?t=p%40ss%20word%2f%c3%bc%221&', '?t=***&'],
    ['one as in a form', '?t=p%40ss+word%2F%C3%BC%221&', '?t=***&'],
    ['one as in JSON', JSON.stringify({ t: secret }), '{"t":"***"}'],
    [
      'a user and password',
      'at https://me:other@pypi.example.com/simple',
      'at https://***@pypi.example.com/simple',
    ],
    ['a token before the host', 'git+https://ghp_abc@example.com/a.git', 'git+https://***@example.com/a.git'],
    ['a password with an @', 'https://me:a@b@example.com/', 'https://***@example.com/'],
    ['not the user of SSH', 'git+ssh://git@example.com/a.git', 'git+ssh://git@example.com/a.git'],
    ['not a path with an @', 'https://example.com/a@1.0', 'https://example.com/a@1.0'],
    ['the copy', 'File "/tmp/relock-1/checkout/setup.py"', 'File "./setup.py"'],
    ['the copy itself', 'in /tmp/relock-1/checkout.', 'in ..'],
    ['the copy in a URL', 'file:///tmp/relock-1/checkout', 'file://.'],
    [
      'a folder beside it',
      '/tmp/relock-1/checkout2/a /tmp/relock-1/checkout.d',
      '~/checkout2/a ~/checkout.d',
    ],
  ])('takes out, or leaves, %s', (_, text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it('leaves no secret in any text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), fc.string(), fc.string(), (word, before, after) => {
        fc.pre(!'***'.includes(word));
        const clean = createRedactor({ secrets: [word], folders: [] });
        expect(clean(`${before}${word}${after}`).replaceAll('***', '')).not.toContain(word);
        expect(clean(encodeURIComponent(word))).toBe('***');
      }),
    );
  });

  it.each(['a.', 'a://', 'https://a:b', '://@'])('takes time in proportion to the text: %s', (piece) => {
    const start = performance.now();
    redact(piece.repeat(200_000));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
