/** The HTML report in a real browser: Chromium, where it is installed (`apt-get install chromium`). */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { htmlReport } from '../../src/report/html.ts';
import { folder } from '../support/folder.ts';
import { htmlOutcome, LINKS } from '../support/html-outcome.ts';
import { NOW } from '../support/rebuild-results.ts';

const BROWSER = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((path) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(path, name)))
  .find((path) => existsSync(path));

/** The page as it stands after its script, and what the browser had to say. */
function domOf(hash: string, evil = ''): string {
  const root = folder({
    'report.html': htmlReport(htmlOutcome(evil), { links: LINKS, now: NOW, version: '0.1.0' }),
  });
  const url = `${pathToFileURL(join(root, 'report.html')).href}${hash}`;
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${root}/profile`,
  ];
  const options = { encoding: 'utf8', timeout: 60_000, stdio: 'pipe' } as const;
  return execFileSync(BROWSER ?? '', [...flags, '--virtual-time-budget=3000', '--dump-dom', url], options);
}

type Look = readonly [string, () => void];

const LOOKS: readonly Look[] = [
  [
    'runs its script, sorts and filters',
    () => {
      const html = domOf('#filter=lib-1&sort=0&order=descending');
      expect(html).toContain('role="search"');
      expect(html).toMatch(/<output>11 of \d+ rows<\/output>/u);
      expect(html).toContain('aria-sort="descending"');
      const rows = html.matchAll(/<tr><th scope="row"><code>(?<name>lib-\d+)<\/code>/gu);
      const shown = [...rows].map(({ groups }) => groups?.['name']);
      expect(shown).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 1].map((index) => `lib-${index}`));
    },
  ],
  [
    'sorts severities by what they mean',
    () => {
      const html = domOf('#filter=cve-202&sort=1&order=ascending');
      const fixed = html.slice(html.indexOf('<caption>Fixed vulnerabilities'));
      expect(fixed.indexOf('5.3 medium')).toBeGreaterThan(0);
      expect(fixed.indexOf('5.3 medium')).toBeLessThan(fixed.indexOf('9.8 critical'));
    },
  ],
  [
    'makes no element of foreign text',
    () => {
      const evil = '"><img src=x onerror="document.title=1"><script>document.title=1</script>';
      const html = domOf('', evil);
      // Chromium writes text and values with quotes, and values with angle brackets, as they are.
      const elements = html.replaceAll(/="[^"]*"/gu, '');
      expect(elements).not.toMatch(/<img|<title>1</u);
      expect(elements.match(/<script/gu)).toHaveLength(1);
      expect(html).toContain('role="search"');
    },
  ],
];

const NOT_HERE: Look = [
  'was not looked at: no Chromium is installed here',
  () => {
    expect(BROWSER).toBeUndefined();
  },
];

it.each(BROWSER === undefined ? [NOT_HERE] : LOOKS)(
  'the page in a browser %s',
  (_, look) => {
    expect(look).not.toThrow();
  },
  90_000,
);
