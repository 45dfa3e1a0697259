import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { harmlessMarkdown } from '../../src/report/foreign.ts';

const SHOWN = new Set(
  'p ul ol li strong em del code pre blockquote table thead tbody tr th td a br'.split(' '),
);

function rendered(body: string): string {
  return micromark(`before\n\n<details>\n<summary>s</summary>\n\n${body}\n\n</details>\n\nafter`, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}

/** What GitHub would make of it: everything that is not mere words. */
function faultsOf(body: string): readonly string[] {
  const html = rendered(body);
  const inside =
    /^<p>before<\/p>\n<details>\n<summary>s<\/summary>\n(?<body>[\s\S]*)<\/details>\n<p>after<\/p>$/u.exec(
      html,
    )?.groups?.['body'];
  if (inside === undefined) return [`the fold is broken: ${html}`];
  const faults: string[] = [];
  const open: string[] = [];
  // Outside of tags the renderer writes `<` as `&lt;`.
  for (const part of inside.split(/(?<tag><[^>]*>)/u)) {
    const tag = /^<(?<close>\/?)(?<name>[a-z0-9]+)(?<attributes>[^>]*)>$/iu.exec(part)?.groups;
    if (tag !== undefined) {
      const name = tag['name'] ?? '';
      if (!SHOWN.has(name)) faults.push(`tag ${part}`);
      if (tag['close'] === '/') open.pop();
      else if (name !== 'br') open.push(name);
      const attributes = tag['attributes'] ?? '';
      const fine =
        /^\s*(?:\/|class="language-\w+"|align="\w+"|start="\d+")?\s*$/u.test(attributes) ||
        (name === 'a' && /^ href="https:\/\/[^"]+"$/u.test(attributes));
      if (!fine) faults.push(`attributes ${part}`);
      const url = URL.parse(/href="(?<url>[^"]*)"/u.exec(attributes)?.groups?.['url'] ?? '');
      if (
        url !== null &&
        /(?:^|\.)github\.com\.?$/u.test(url.hostname) &&
        url.hostname !== 'redirect.github.com' &&
        /^\/+[^/]+\/+[^/]+\/+(?:issues|pull|discussions|commit)/u.test(decodeURIComponent(url.pathname))
      )
        faults.push(`leaves a trace ${part}`);
    } else {
      if (part.startsWith('<')) faults.push(`markup ${part}`);
      const words = part
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&');
      if (/\b(?:fix|close|resolve)(?:e?[sd])?:?\s+\S*#\d/iu.test(words)) faults.push(`closes ${words}`);
      if (/[\u00AD\u200B-\u200F\u202A-\u202E\u2066-\u2069]/u.test(words)) faults.push(`hides ${words}`);
      if (open.some((name) => name === 'code' || name === 'a')) continue;
      if (/(?:^|\W)@[a-z0-9]/iu.test(words)) faults.push(`mentions ${words}`);
      if (/#\d|GH-\d/iu.test(words)) faults.push(`refers ${words}`);
      if (/(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])/iu.test(words)) faults.push(`commit ${words}`);
    }
  }
  return faults;
}

const HOSTILE = [
  '@',
  'user',
  '#',
  '1',
  '12',
  ' ',
  ' ',
  '\n',
  '\n\n',
  '`',
  '``',
  '```',
  '```\n',
  '~~~\n',
  '*',
  '**',
  '_',
  '~~',
  '[',
  ']',
  '(',
  ')',
  '![',
  '](',
  'https://',
  'http://evil.test/x',
  'https://github.com/a/b/issues/1',
  'https://a.test',
  'javascript:x',
  '<',
  '>',
  '<!--',
  '-->',
  '</details>',
  '<details>',
  '</summary>',
  '<img src=x>',
  '<b>',
  '<a href="x">',
  '&lt;',
  '&#64;',
  '&#x23;',
  '&amp;',
  ';',
  '|',
  '|---|\n',
  '---\n',
  '===\n',
  '- ',
  '* ',
  '1. ',
  '9) ',
  '> ',
  '    ',
  '  ',
  '\t',
  '[^1]',
  '[^1]: x\n',
  '[x]: https://a.test\n',
  '[x]',
  '- [ ] ',
  '- [x] ',
  'fixes ',
  'Closes: ',
  'GH-',
  'GH-1',
  'a/b#1',
  'deadbeef1',
  '0123456789abcdef0123456789abcdef01234567',
  'www.evil.test',
  'x@y.test',
  'mailto:x@y.test',
  '\\',
  '\\\n',
  '\u202E',
  '\u200B',
  '\u00AD',
  '$',
  ':',
  '!',
  '[!NOTE]',
  '# ',
  '\r',
  '\u0000',
  '\u2028',
  '<br>',
  '<https://a.test>',
  '<script>',
  'x',
  '\u2060',
  '<user@x.test>',
  '```mermaid\n',
  'ftp://x.test',
  'xmpp:a@b.c',
  '\u00A0',
  '<img alt="@user">',
];

describe('foreign Markdown, rendered', () => {
  it('whatever it holds: only words, code, and checked links are there', () => {
    const part = oneof({ weight: 9, arbitrary: constantFrom(...HOSTILE) }, string({ maxLength: 4 }));
    assert(
      property(array(part, { maxLength: 40 }), (parts) => {
        expect(faultsOf(harmlessMarkdown(parts.join('')))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('and the check can fail', () => {
    for (const text of [
      '@user',
      '#1',
      '<b>x</b>',
      '![](https://a.test)',
      '</details>',
      '[a](http://a.test)',
      '- [ ] a',
      '`fixes #1`',
      '# a',
    ])
      expect(faultsOf(text)).not.toEqual([]);
  });
});
