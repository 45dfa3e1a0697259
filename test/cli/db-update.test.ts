import { describe, expect, it } from 'vitest';
import { databaseText, progressLine } from '../../src/cli/db-update-text.ts';
import type { EcosystemUpdate } from '../../src/osv/update.ts';

const UPDATED: EcosystemUpdate = {
  ecosystem: 'PyPI',
  state: 'updated',
  file: '/db/PyPI/all.zip',
  bytes: 12_345_678,
  records: 15_000,
  skipped: 0,
};
const FAILED: EcosystemUpdate = {
  ecosystem: 'Debian\u001B[2J',
  state: 'failed',
  reason: { code: 'database-missing', message: 'No such.', fix: 'Mend it.', detail: '' },
};

describe('what became of databases', () => {
  it('is told for each, and how they are used', () => {
    const unchanged = {
      ...UPDATED,
      ecosystem: 'Alpine',
      state: 'unchanged',
      records: null,
      skipped: null,
    } as const;
    const text = databaseText('/db', [UPDATED, { ...UPDATED, skipped: 2 }, unchanged, FAILED], false);
    expect(text).toMatchInlineSnapshot(`
      "PyPI: updated, 12.3 MB, 15,000 advisories
      PyPI: updated, 12.3 MB, 15,000 advisories, 2 files not understood
      Alpine: unchanged, 12.3 MB
      Debian[2J: failed. No such. Mend it.

      The databases are in /db. They are used by
        relock scan --db /db
      and by every run when \`[scan] database\` of the settings names that folder.
      "
    `);
  });

  it('says nothing of use when there is none', () => {
    expect(databaseText('/db', [FAILED], false)).not.toContain('--db');
  });
});

describe('progress', () => {
  it.each([
    [
      { ecosystem: 'PyPI', state: 'downloading', bytes: 5_000_000, totalBytes: 20_000_000 },
      'PyPI: 25 %, 5.0 MB of 20.0 MB',
    ],
    [{ ecosystem: 'PyPI', state: 'downloading', bytes: 5_000_000, totalBytes: null }, 'PyPI: 5.0 MB'],
    [{ ecosystem: 'PyPI', state: 'downloading', bytes: 5, totalBytes: 0 }, 'PyPI: 0.0 MB'],
    [{ ecosystem: 'PyPI', state: 'checking', bytes: 5_000_000, totalBytes: 5_000_000 }, 'PyPI: checking'],
  ] as const)('%j', (progress, line) => {
    expect(progressLine(progress)).toBe(line);
  });
});
