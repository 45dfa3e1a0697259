import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexReleases, requiredPackages } from '../../src/pypi/requires.ts';
import type { IndexFile } from '../../src/pypi/simple-client.ts';

function shown(metadata: string): readonly string[] {
  return requiredPackages(metadata).map(({ name, writtenName, specifier, marker }) =>
    `${name} ${writtenName} [${specifier}] ${marker}`.trim(),
  );
}

describe('requiredPackages', () => {
  it('reads wishes of today and of old', () => {
    const metadata = [
      'Metadata-Version: 2.1',
      'Name: celery',
      'Requires-Dist: Kombu[redis] (<6.0,>=5.2.1)',
      "requires-dist: vine<6.0,>=5.0.0; python_version < '3.9'",
      "Requires-Dist: sentry-sdk ; extra == 'sentry'",
      'Requires-Dist: ours @ https://example.org/ours.zip',
      'Requires-Dist: banana (5.2)',
      'Requires-Dist:',
      'Requires-Dist: billiard (<4.0)',
      '',
      'Requires-Dist: not-in-a-description',
    ].join('\r\n');
    expect(shown(metadata)).toEqual([
      'kombu Kombu [<6.0,>=5.2.1]',
      "vine vine [<6.0,>=5.0.0] python_version < '3.9'",
      "sentry-sdk sentry-sdk [] extra == 'sentry'",
      'billiard billiard [<4.0]',
    ]);
  });

  it('stops somewhere', () => {
    expect(requiredPackages('Requires-Dist: a<1\n'.repeat(10_000))).toHaveLength(2000);
  });

  it('never throws', () => {
    assert(
      property(string({ maxLength: 200 }), (text) => {
        expect(Array.isArray(requiredPackages(`Requires-Dist: ${text}\n`))).toBe(true);
      }),
    );
  });
});

function file(filename: string, more: Partial<IndexFile> = {}): IndexFile {
  return {
    filename,
    url: `https://x.test/${filename}`,
    hashes: {},
    requiresPython: null,
    uploadTime: null,
    yanked: false,
    hasMetadata: false,
    ...more,
  };
}

describe('indexReleases', () => {
  it('tells when a release came first, what it runs on, and what was withdrawn', () => {
    const files = [
      file('kombu-5.3.0.tar.gz', { uploadTime: '2026-02-02T00:00:00.000Z', requiresPython: '>=3.8' }),
      file('kombu-5.3.0-py3-none-any.whl', {
        uploadTime: '2026-02-01T00:00:00.000Z',
        requiresPython: '>=3.8',
      }),
      file('kombu-5.3.0-py2-none-any.whl', { uploadTime: '2025-01-01T00:00:00.000Z', yanked: 'broken' }),
      file('kombu-5.3.1.tar.gz', { yanked: '' }),
      file('other-1.0.tar.gz'),
    ];
    expect(indexReleases({ name: 'kombu', files })).toEqual([
      { version: '5.3.0', uploaded: '2026-02-01T00:00:00.000Z', requiresPython: ['>=3.8'], yanked: false },
      { version: '5.3.1', uploaded: null, requiresPython: [], yanked: true },
    ]);
  });
});
