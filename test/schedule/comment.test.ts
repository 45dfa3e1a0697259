import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseComment } from '../../src/schedule/comment.ts';

const ALL = { kind: 'run', only: [], noCache: false };

describe('runs', () => {
  it.each([
    ['/rebuild', ALL],
    ['/relock', ALL],
    ['/ReBuild', ALL],
    ['  /rebuild  \r\n', ALL],
    ['/rebuild\u00A0', ALL],
    ['Thanks!\n\n/rebuild\n\nplease', ALL],
    ['/rebuild no-cache', { ...ALL, noCache: true }],
    ['/REBUILD No-Cache', { ...ALL, noCache: true }],
    ['/relock poetry.lock', { ...ALL, only: ['poetry.lock', 'poetry.lock/**'] }],
    ['/relock ./a/ `b/*.txt`', { ...ALL, only: ['a', 'a/**', 'b/*.txt', 'b/*.txt/**'] }],
    ['/relock {a,b}.lock', { ...ALL, only: ['{a,b}.lock', '{a,b}.lock/**'] }],
    ['/relock .', { ...ALL, only: ['**'] }],
    ['/relock a.txt a.txt', { ...ALL, only: ['a.txt', 'a.txt/**'] }],
    ['/rebuild\n/relock a.txt', ALL],
    ['/relock a.txt\n/rebuild', { ...ALL, only: ['a.txt', 'a.txt/**'] }],
    ['> they said\n\n/rebuild', ALL],
    ['>\n/rebuild', ALL],
    ['```\n/relock a.txt\n```\n/rebuild', ALL],
    ['~~~~ text\n```\n~~~\n/relock a.txt\n~~~~\n/rebuild', ALL],
    ['> ```\n> open\n\n/rebuild', ALL],
    ['<!-- hidden\n/relock a.txt\n-->\n/rebuild', ALL],
    ['<!-- one line -->\n/rebuild', ALL],
    ['`<!--` is a comment\n/rebuild', ALL],
    ['<details>\n\n/rebuild\n\n</details>', ALL],
  ])('%j', (body, command) => {
    expect(parseComment(body)).toEqual(command);
  });
});

describe('is nothing', () => {
  it.each([
    [''],
    ['please /rebuild'],
    ['`/rebuild`'],
    ['- /rebuild'],
    ['**/rebuild**'],
    ['/rebuilds'],
    ['/re-build'],
    ['/rebuild-all'],
    ['//rebuild'],
    ['/rebuild/x'],
    ['\\/rebuild'],
    ['/ rebuild'],
    ['> /rebuild'],
    ['   > /rebuild'],
    ['> a long line that a mail client\n/rebuild wrapped'],
    ['>> /rebuild\n> more'],
    ['    /rebuild'],
    ['\t/rebuild'],
    ['```\n/rebuild\n```'],
    ['```sh\n/rebuild'],
    ['````\n```\n/rebuild\n````'],
    ['~~~ `x`\n/rebuild\n~~~'],
    ['- ```\n  x\n/rebuild\n  ```'],
    ['1. ~~~\n/rebuild'],
    ['<!--\n/rebuild\n-->'],
    ['<!-- a --> <!-- b\n/rebuild'],
    ['text <!--\n\n/rebuild'],
    ['<pre>\n/rebuild\n</pre>'],
    ['<blockquote>\n/rebuild\n</blockquote>'],
    ['/rebu\u200Bild'],
    [`${'x'.repeat(70_000)}\n/rebuild`],
  ])('%.60j', (body) => {
    expect(parseComment(body)).toBeNull();
  });
});

describe('helps', () => {
  it.each([
    ['/rebuild now', '`/rebuild` does not know `now`.'],
    ['/rebuild no-cache now', '`now`'],
    ['/rebuild a.txt', 'For some locks only, use `/relock`.'],
    ['/relock please', '`/relock` does not know `please`.'],
    ['/relock no-cache', 'It belongs to `/rebuild`.'],
    ['/relock a.txt please', '`please`'],
    ['/relock ../x', '`../x` cannot be used: it leaves the repository.'],
    ['/relock /etc/passwd', 'paths are relative'],
    [`/relock ${'a.txt '.repeat(21)}`, 'up to 20 paths'],
    [`/relock ${'a/'.repeat(400)}`, 'more than 300 characters'],
  ])('%.40j', (body, part) => {
    const command = parseComment(body);
    expect(command).toMatchObject({ kind: 'help', text: expect.stringContaining(part) });
    expect(command?.kind === 'help' && command.text).toContain('- `/rebuild no-cache`');
  });

  it('repeats no mention, link or HTML, and no command', () => {
    const command = parseComment('/rebuild @all<img>[x](http://y)`');
    const text = command?.kind === 'help' ? command.text : '';
    expect(text).toContain('`` @all<img>[x](http://y)` ``');
    expect(parseComment(text)).toBeNull();
  });
});

const line = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '/rebuild',
    '/relock a.txt',
    '/rebuild x',
    '```',
    '~~~',
    '> q',
    '    c',
    '',
    '<!--',
    '-->',
    '<pre>',
    '</pre>',
    '- ```',
  ),
);

describe('whatever the text', () => {
  it('answers, and its own help asks for nothing', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const command = parseComment(lines.join('\n'));
        const help = command?.kind === 'help' ? command.text : '';
        expect(parseComment(help)).toBeNull();
      }),
    );
  });

  it('a whole comment that is quoted, fenced or hidden asks for nothing', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n').split(/\r\n|\n|\r/u);
        expect(parseComment(text.map((one) => `> ${one}`).join('\n'))).toBeNull();
        expect(parseComment(['`````', ...text, '`````'].join('\n'))).toBeNull();
        expect(parseComment(['<!--', ...text.filter((one) => !one.includes('-->'))].join('\n'))).toBeNull();
      }),
    );
  });

  it.each([
    ['backticks', '`'.repeat(65_000)],
    ['backticks with text behind', `${'`'.repeat(65_000)}x\`\n/rebuild`],
    ['tildes', '~'.repeat(65_000)],
    ['comments', '<!--'.repeat(16_000)],
    ['tags', '<pre '.repeat(13_000)],
    ['quotes', '>'.repeat(65_000)],
    ['spaces', `/rebuild${' '.repeat(60_000)}x`],
    ['lines', '\n```x`'.repeat(10_000)],
    ['dashes', `${'- '.repeat(30_000)}\`x`],
    ['words', `/relock ${'{a,b}'.repeat(12_000)}`],
  ])(
    'many %s are read at once',
    (_what, body) => {
      expect(() => parseComment(body)).not.toThrow();
    },
    2000,
  );
});
