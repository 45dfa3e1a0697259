/** Also holds docs/examples/report.html to what Relock writes; `npx vitest run test/report/html.test.ts --update` writes it anew. */
import { fileURLToPath } from 'node:url';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksHtml } from '../../src/report/html-blocks.ts';
import { htmlReport } from '../../src/report/html.ts';
import { inlineHtml, linkHtml } from '../../src/report/html-inline.ts';
import { SCRIPT } from '../../src/report/html-script.ts';
import { STYLE } from '../../src/report/html-style.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { htmlOutcome, LINKS } from '../support/html-outcome.ts';
import { NOW } from '../support/rebuild-results.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/report.html', import.meta.url));
const OPTIONS = { links: LINKS, now: NOW, version: '0.1.0' };

const TAG =
  /^<(?:!DOCTYPE html|\/?[a-z][a-z0-9]*(?: (?:lang|charset|http-equiv|content|name|href|rel|class|id|role|tabindex|scope|data-sort|aria-label|aria-labelledby)="[^"<>]*")*)>/u;

/** Every tag, the page's own script and style taken out; throws at a `<` that begins none that is known. */
function tagsOf(html: string): readonly string[] {
  const tags: string[] = [];
  const page = html.replace(SCRIPT, '').replace(STYLE, '');
  for (let at = page.indexOf('<'); at !== -1; at = page.indexOf('<', at + 1)) {
    const tag = TAG.exec(page.slice(at, at + 5000))?.[0];
    if (tag === undefined) throw new Error(`What is ${page.slice(at, at + 80)}?`);
    tags.push(tag);
  }
  return tags;
}

/** Throws unless each tag closes what was opened last. */
function expectBalanced(tags: readonly string[]): void {
  const open: string[] = [];
  for (const tag of tags) {
    const name = /^<\/?(?<name>[a-z0-9]+)/u.exec(tag)?.groups?.['name'];
    if (name === undefined || ['meta', 'br', 'hr'].includes(name)) continue;
    if (!tag.startsWith('</')) open.push(name);
    else if (open.pop() !== name) throw new Error(`${tag} closes something else.`);
  }
  expect(open).toEqual([]);
}

function expectHarmless(html: string): void {
  const tags = tagsOf(html);
  expectBalanced(tags);
  expect(tags.filter((tag) => tag === '<script>' || tag === '<style>')).toHaveLength(2);
  const links = tags.flatMap((tag) => /href="(?<to>[^"]*)"/u.exec(tag)?.groups?.['to'] ?? []);
  for (const link of links) expect(link).toMatch(/^(?:https?:\/\/|#[a-z-]+$)/u);
}

describe('the HTML report', () => {
  it('is the example', async () => {
    const html = htmlReport(htmlOutcome(), OPTIONS);
    expectHarmless(html);
    expect(htmlReport(htmlOutcome(), OPTIONS)).toBe(html);
    await expect(html).toMatchFileSnapshot(EXAMPLE);
  });

  it('holds every row, each way to it, and nothing that is loaded', () => {
    const html = htmlReport(htmlOutcome(), OPTIONS);
    for (let index = 0; index < 60; index += 1) expect(html).toContain(`<code>lib-${index}</code>`);
    expect(html).toContain('<code>vine</code>, <code>billiard</code>');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(
      /\b(?:src|srcset|action)="|<(?:img|link|iframe)|@import|url\(|fetch\(|innerHTML/u,
    );
  });

  it('says that there is nothing to propose', () => {
    const { job } = htmlOutcome();
    const nothing = { job, results: [], skips: [], seconds: 1, notes: [], pullRequest: null };
    const all = { ...nothing, images: NO_IMAGES, rebuilds: NO_REBUILDS, scan: NO_SCAN };
    const html = htmlReport(all, OPTIONS);
    expect(html).toContain('There is nothing to propose.');
    expect(html).toContain('Known vulnerabilities: nothing changed.');
    expectHarmless(html);
  });

  it.each([
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '</code></td></table></details><img src=x onerror=alert(1)>',
    '</style><style>*{display:none}</style>',
    '`\n\n## big\n\n<details>\n<summary>x</summary>\n\n```',
    '[x](javascript:alert(1)) ![y](https://evil.test/z.png)',
    '** ` | \\` & &lt;b> &#60;b&#62; \u202E',
    '$& $1 $` ',
  ])('is not broken by %j', (evil) => {
    expect(() => {
      expectHarmless(htmlReport(htmlOutcome(evil), OPTIONS));
    }).not.toThrow();
  });

  it('is not broken by anything', () => {
    const unit = constantFrom('<', '>', '"', "'", '`', '|', '\\', '\n', '](', '[', '*', '**', '&lt;', '</details>', '<details>', '<script>', '```', '> ', '- ', ' ', 'a', 'javascript:', '#'); // prettier-ignore
    assert(
      property(array(unit, { maxLength: 12 }), (marks) => {
        expectHarmless(htmlReport(htmlOutcome(marks.join('')), OPTIONS));
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('Markdown of ours', () => {
  it.each([
    ['`` a`b `` and `x\\|y`', '<code>a`b</code> and <code>x|y</code>'],
    ['**2 `a`** 1 < 2', '<strong>2 <code>a</code></strong> 1 &lt; 2'],
    ['\\*\\_\\[a\\] &lt;b&gt;', '*_[a] &lt;b&gt;'],
    [
      '[`a`](https://x.test/?a=1&b="2)',
      '<a href="https://x.test/?a=1&amp;b=%222" rel="noopener noreferrer"><code>a</code></a>',
    ],
    ['[a](javascript:x)', 'a'],
    ['`open', '`open'],
  ])('%s', (markdown, html) => {
    expect(inlineHtml(markdown)).toBe(html);
  });

  it('links only to the web, without credentials', () => {
    for (const url of ['data:text/html,x', 'file:///etc/passwd', 'https://u:p@x.test/', 'x'])
      expect(linkHtml('a', url)).toBe('a');
  });

  it('keeps folds, fences and lists apart', () => {
    const html = blocksHtml(
      '<details>\n<summary>a <code>&lt;b&gt;</code></summary>\n\n```text\n</details>\n<x>\n```\n\n- one\n  - two\n\n</details>\n\nafter',
      'c',
    );
    expect(html).toBe(
      '<details><summary>a <code>&lt;b&gt;</code></summary>\n<pre tabindex="0"><code>&lt;/details&gt;\n&lt;x&gt;</code></pre>\n<ul>\n<li>one<ul>\n<li>two</li>\n</ul></li>\n</ul>\n</details>\n<p>after</p>',
    );
  });

  it('takes no quadratic time', () => {
    const start = performance.now();
    inlineHtml('[*`'.repeat(30_000));
    inlineHtml('**'.repeat(30_000));
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
