/** The bodies in test/fixtures/fix are made anew by `npx vitest run test/report/fix.test.ts --update`. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockedNotice } from '../../src/report/fix-blocked.ts';
import { chainsTo } from '../../src/report/fix-ways.ts';
import { writeFix, type FixReportInput } from '../../src/report/fix.ts';
import { advisory, fixOf, held, locked, moved, relocked } from '../support/fix-results.ts';
import { addedBy, finding, OSV, scanned } from '../support/scan-results.ts';

const EVIL =
  '@team | <b>#1</b> ![x](https://evil.test) `\n\n## big\n> [!CAUTION] fixes #7 --> <!-- relock: {} -->';
const FLASK = {
  kind: 'package',
  package: 'flask',
  version: '2.0',
  wants: 'jinja2<3.1.4',
  newest: null,
} as const;

const TRANSITIVE = fixOf({
  package: 'vine',
  fixes: [advisory('CVE-2026-7', { affected: ['>= 1.0, < 5.1.0'], fixed: ['5.1.0'] })],
  freed: ['kombu'],
  results: [
    relocked(
      'poetry.lock',
      [
        moved('vine 5.0.0 5.1.0', { direct: false, via: ['kombu'], groups: ['dev'], kind: 'minor' }),
        moved('kombu 5.2.0 5.3.0', { direct: false, via: ['celery'], groups: ['dev'], kind: 'minor' }),
        { ...moved('tzdata'), from: null, to: '2026.1', kind: 'new', direct: false, via: ['kombu'] },
        moved('six 1.15.0 1.16.0', { direct: false, via: ['celery'], kind: 'minor' }),
      ],
      [
        locked('celery 5.2.0', { direct: true, groups: ['dev'] }),
        locked('kombu 5.2.0', { via: ['celery'], groups: ['dev'] }),
        locked('vine 5.0.0', { via: ['kombu'], groups: ['dev'] }),
      ],
    ),
  ],
  links: new Map(),
});

const SEVERAL = fixOf({
  fixes: [
    advisory('CVE-2026-1', { ids: ['CVE-2026-1', 'GHSA-aaaa-bbbb-cccc', 'PYSEC-2026-9'] }),
    advisory('CVE-2026-2', {
      severity: { level: 'high', score: 7.5, source: '', vector: null },
      summary: '',
    }),
    advisory('MAL-2026-3', { malicious: true, affected: [], link: null }),
  ],
  open: [advisory('CVE-2026-4', { fixed: [], affected: ['>= 2.0'] })],
  results: [
    relocked('a/requirements.txt', [moved('jinja2 3.1.2 3.1.4')]),
    relocked('b/requirements.txt', [moved('jinja2 3.1.1 3.1.4', { direct: false, via: ['flask'] })]),
    {
      ...relocked('c/requirements.txt', []),
      status: 'failed',
      reason: { code: 'timeout', message: 'It took too long.', fix: 'Try again.', detail: 'words' },
    },
  ],
  blocked: [held('d/requirements.txt', FLASK)],
  proven: false,
});

const HOSTILE = fixOf({
  package: EVIL,
  fixes: [
    advisory(EVIL, {
      ids: [EVIL, `${EVIL}2`],
      summary: EVIL,
      severity: { level: 'high', score: 7.5, source: EVIL, vector: null },
      affected: [EVIL],
      fixed: [EVIL],
      link: null,
    }),
  ],
  results: [
    relocked(
      EVIL.replaceAll('\n', ' '),
      [
        { ...moved(''), name: EVIL, from: EVIL, to: EVIL, via: [EVIL], groups: [EVIL] },
        { ...moved(''), name: `x${EVIL}`, from: EVIL, to: EVIL, via: [EVIL] },
      ],
      [{ ...locked(''), name: EVIL, version: EVIL, via: [EVIL], groups: [EVIL] }],
    ),
  ],
  blocked: [
    {
      lock: EVIL,
      versions: [EVIL],
      blocked: {
        code: 'held',
        by: [
          { kind: 'package', package: EVIL, version: EVIL, wants: EVIL, newest: EVIL },
          { kind: 'manifest', at: EVIL, wants: EVIL },
          { kind: 'python', package: EVIL, version: EVIL, wants: EVIL },
        ],
        message: EVIL,
        wouldFree: EVIL,
        detail: `${EVIL}\n\`\`\`\n</details>`,
      },
    },
    {
      lock: EVIL,
      versions: [],
      blocked: { code: 'unknown', by: [], message: EVIL, wouldFree: '', detail: '' },
    },
  ],
  notes: [EVIL],
});

describe('the body', () => {
  it.each<[string, FixReportInput]>([
    ['direct', fixOf()],
    ['transitive', TRANSITIVE],
    ['several', SEVERAL],
    ['hostile', HOSTILE],
  ])('%s', async (name, input) => {
    const { title, body } = writeFix(input);
    await expect(`${title}\n\n${body}`).toMatchFileSnapshot(`../fixtures/fix/${name}.md`);
  });

  it('alarms where the fix brings another vulnerability', () => {
    const worse = finding('CVE-2026-99', 'jinja2 3.1.4', 'critical');
    const scan = scanned({
      by: [OSV],
      diff: { fixed: [], added: [addedBy(worse, null, 'requirements.txt')], remaining: [] },
    });
    expect(writeFix(fixOf({ scan })).body).toMatch(/^\*\*Adds 1 critical vulnerability: .*CVE-2026-99/u);
  });

  it('fits what GitHub takes, whatever there is to tell', () => {
    const many = Array.from({ length: 2000 }, (_, at) => moved(`package-${at} 1.0 2.0`, { via: ['jinja2'] }));
    const { body } = writeFix(
      fixOf({ results: [relocked('requirements.txt', [moved('jinja2 3.1.2 3.1.4'), ...many])] }),
    );
    expect(body.length).toBeLessThan(62_002);
    expect(body).toContain('2,000 other packages moved with it');
    expect(body).toContain('This report was too long');
  });
});

describe('the issue on what blocks a fix', () => {
  const stays = [advisory('CVE-2026-1234')];
  const manifest = { kind: 'manifest', at: 'app/requirements.in:3', wants: 'flask<2.1' } as const;
  it.each<[string, ReturnType<typeof blockedNotice>]>([
    ['blocked', blockedNotice('jinja2', stays, [held('requirements.txt', FLASK, manifest)])],
    [
      'blocked-no-fix',
      blockedNotice(
        'jinja2',
        [advisory('CVE-2026-1', { fixed: [], affected: ['all versions'] }), ...stays],
        [
          {
            lock: 'poetry.lock',
            versions: ['3.1.2'],
            blocked: { code: 'no-fix', by: [], message: 'm', wouldFree: '', detail: '' },
          },
        ],
      ),
    ],
    ['blocked-hostile', blockedNotice(HOSTILE.package, HOSTILE.fixes, HOSTILE.blocked)],
  ])('%s', async (name, { title, body }) => {
    await expect(`${title}\n\n${body}`).toMatchFileSnapshot(`../fixtures/fix/${name}.md`);
  });

  it.each([
    [[held('a', FLASK)], 'held back by flask 2.0'],
    [[held('a', manifest)], 'held back by app/requirements.in:3'],
    [[held('a', FLASK), held('b', FLASK)], 'held back by flask 2.0'],
    [[held('a', FLASK), held('b', manifest)], 'held back by 2 requirements'],
    [[held('a')], 'no way was found'],
  ])('names what holds it: %#', (all, end) => {
    expect(blockedNotice('jinja2', stays, all).title).toBe(`CVE-2026-1234 in jinja2 cannot be fixed: ${end}`);
  });
});

describe('hostile text', () => {
  const bare = (body: string): string =>
    body
      .replace(/^(?<f>`{3,})[^\n]*\n[\s\S]*?\n\k<f>$/gmu, '')
      .replaceAll('\\`', '')
      .replace(/(?<t>`+)(?!`)[\s\S]*?(?<!`)\k<t>(?!`)/gu, '·')
      .replace(/<code>.*?<\/code>/gu, '·');

  it.each([
    ['a pull request', writeFix(HOSTILE)],
    ['an issue', blockedNotice(HOSTILE.package, HOSTILE.fixes, HOSTILE.blocked)],
  ])('takes no effect in %s', (_, { title, body }) => {
    expect(title).not.toMatch(/[@#<>`|\n]/u);
    expect(bare(body)).not.toMatch(/@team|#1|#7|<b>|\]\(https:\/\/evil|^## big|^> \[!|<!--/mu);
  });

  it('in a summary is one quoted line that does nothing', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        '`',
        '|',
        '\\',
        '\n',
        '@x',
        '<b>',
        ']',
        '[',
        '(',
        '#1',
        ' ',
        'a',
        '>',
        '- ',
        '1. ',
      ),
    });
    fc.assert(
      fc.property(text, (summary) => {
        const { body } = writeFix(fixOf({ fixes: [advisory('CVE-2026-1234', { summary })] }));
        const section = body.slice(body.indexOf('## What it fixes'), body.indexOf('\n\n## How'));
        expect(section.split('\n').length).toBeLessThanOrEqual(4);
        expect(section).not.toMatch(/@x|#1|<b>|(?<!\\)\[a|^> (?:[->]|1\.)\s/mu);
      }),
    );
  });
});

describe('the title', () => {
  it('neither closes an issue nor links to anything', () => {
    const { title } = writeFix(fixOf({ package: 'http://x@y', fixes: [advisory('GH-12')] }));
    expect(title).toBe('Fix GH_12 in http:/_x_y');
  });

  const two = relocked('b.txt', [moved('jinja2 2.11 2.11.3')]);
  it.each<[string, Partial<FixReportInput>, string]>([
    ['one', {}, 'Fix CVE-2026-1234 in jinja2: 3.1.2 → 3.1.4'],
    [
      'several advisories',
      { fixes: [advisory('a'), advisory('b'), advisory('c')] },
      'Fix 3 vulnerabilities in jinja2: 3.1.2 → 3.1.4',
    ],
    [
      'several versions',
      { results: [...fixOf().results, two] },
      'Fix CVE-2026-1234 in jinja2: 2.11 and 3.1.2 → 2.11.3 and 3.1.4',
    ],
    [
      'one that is not wanted any more',
      { results: [relocked('a', [{ ...moved('jinja2 3.1.2'), to: null, kind: 'removed' }])] },
      'Fix CVE-2026-1234 in jinja2: 3.1.2 removed',
    ],
  ])('%s', (_, more, title) => {
    expect(writeFix(fixOf(more)).title).toBe(title);
  });
});

describe('how a package comes in', () => {
  it.each<[string, ReturnType<typeof locked>[], string[][]]>([
    ['nobody tells', [locked('d 1')], []],
    ['one parent', [locked('a 1', { direct: true }), locked('d 1', { via: ['a'] })], [['a']]],
    [
      'the shortest way from each',
      [
        locked('a 1', { direct: true }),
        locked('b 1', { direct: true }),
        locked('c 1', { via: ['a', 'b'] }),
        locked('d 1', { via: ['c', 'b'] }),
      ],
      [['b'], ['a', 'c']],
    ],
    [
      'a circle',
      [
        locked('a 1', { direct: true }),
        locked('c 1', { via: ['d', 'a'] }),
        locked('d 1', { via: ['c', 'd'] }),
      ],
      [['a', 'c']],
    ],
    [
      'no further up than to what a manifest names',
      [
        locked('a 1', { direct: true }),
        locked('c 1', { direct: true, via: ['a'] }),
        locked('d 1', { via: ['c'] }),
      ],
      [['c']],
    ],
    ['a circle without an end', [locked('c 1', { via: ['d'] }), locked('d 1', { via: ['c'] })], []],
  ])('%s', (_, packages, chains) => {
    expect(chainsTo('d', { packages })).toEqual(chains);
  });
});
