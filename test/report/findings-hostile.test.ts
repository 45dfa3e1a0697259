import { array, assert, constantFrom, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyWith, told } from '../support/scan-report.ts';
import {
  addedBy,
  finding,
  fixedBy,
  imagePlace,
  lockPlace,
  scanned,
  secret,
  stays,
  TRIVY,
} from '../support/scan-results.ts';

describe('hostile text', () => {
  const evil = '@team | <b>#1</b> ![x](https://evil.test) `\n\n## big\n> [!CAUTION]';

  it('stays in code spans, table cells and one line', () => {
    const bad = finding(evil, 'p 1', 'critical', {
      ids: [evil],
      package: evil,
      version: evil,
      summary: evil,
      fixed: [evil],
      link: 'https://evil.test/)x|`',
      note: evil,
    });
    const scan = scanned({
      by: [{ ...TRIVY, version: evil, database: evil, databaseDate: evil }],
      diff: {
        fixed: [fixedBy(bad, evil, evil)],
        added: [addedBy(bad, evil, evil), addedBy({ ...bad, malicious: true }, evil, evil)],
        remaining: [
          stays(bad, { kind: 'held', by: evil, wants: evil, fixed: evil }, imagePlace(evil, evil)),
          stays(bad, { kind: 'cool-down', released: evil, fixed: evil }, lockPlace(evil)),
          stays({ ...bad, malicious: true }, { kind: 'no-fix', note: evil }, lockPlace(evil)),
          stays(bad, { kind: 'failed', location: evil }, lockPlace(evil)),
        ],
      },
      secrets: {
        fixed: [],
        added: [secret(evil, evil, { title: `t ${evil}`, location: evil, platform: evil, layer: evil })],
        remaining: [secret(evil, evil)],
      },
      ignored: [{ finding: bad, places: [], by: evil, reason: evil, until: evil }],
      failed: [
        {
          scanner: 'osv',
          reason: { code: 'internal', message: evil, fix: evil, detail: `${evil}\n\`\`\`\n</details>` },
        },
      ],
      notChecked: [evil],
    });
    const body = bodyWith(scan);
    const outside = body
      .replace(/^(?<f>`{3,})[^\n]*\n[\s\S]*?\n\k<f>$/gmu, '')
      .replaceAll('\\`', '')
      .replace(/(?<t>`+)(?!`)[\s\S]*?(?<!`)\k<t>(?!`)/gu, '·')
      .replace(/<code>.*?<\/code>/gu, '·');
    expect(outside).not.toMatch(/@team|#1|<b>|\]\(https:\/\/evil\.test\)|^## big/mu);
    expect(outside.match(/^> \[!CAUTION\]$/gmu)).toHaveLength(2);
    const rows = outside.split('\n').filter((line) => line.startsWith('| '));
    const heads = rows.filter((_, index) => rows[index + 1]?.startsWith('| --- ') === true);
    // The fourth is that of the lock.
    expect(heads).toHaveLength(4);
    const cells = (row: string): number => row.split(/(?<!\\)\|/u).length;
    for (const row of rows) expect([6, 7, 8]).toContain(cells(row));
  });

  it('never makes a cell, mention or heading of its own, whatever it is', () => {
    const text = string({ unit: constantFrom('`', '|', '\\', '\n', '@x', '<b>', ']', '(', '#1', ' ', 'a') });
    const some = array(record({ id: text, name: text, version: text, by: text }), { maxLength: 3 });
    assert(
      property(some, (all) => {
        const changes = all.map(({ id, name, version, by }) =>
          stays(
            finding(id, 'p 1', 'high', { package: name, version, fixed: ['2'] }),
            { kind: 'held', by, wants: by, fixed: version },
            lockPlace(name),
          ),
        );
        const text = told(scanned({ diff: { fixed: [], added: [], remaining: changes } }));
        const rows = text.split('\n').filter((line) => line.startsWith('| '));
        expect(rows).toHaveLength(all.length === 0 ? 0 : all.length + 2);
        for (const row of rows) expect(row.split(/(?<!\\)\|/u)).toHaveLength(8);
      }),
    );
  });
});
