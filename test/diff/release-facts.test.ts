import { describe, expect, it } from 'vitest';
import {
  factsKey,
  isStricter,
  letsIn,
  releaseFacts,
  type BothReleases,
  type ReleaseFacts,
  type ReleaseFile,
} from '../../src/diff/release-facts.ts';
import type { Change } from '../../src/model.ts';

function file(more: Partial<ReleaseFile> = {}): ReleaseFile {
  return {
    filename: 'a-2-py3-none-any.whl',
    requiresPython: null,
    uploadTime: null,
    yanked: false,
    ...more,
  };
}

function facts(more: Partial<BothReleases>): ReleaseFacts | null {
  return releaseFacts({
    before: [file()],
    after: [file()],
    licenceBefore: null,
    licenceAfter: null,
    ...more,
  });
}

const PLAIN: ReleaseFacts = {
  uploaded: null,
  yanked: null,
  licence: null,
  requiresPython: null,
  sdistOnly: false,
};
const MIT = { expression: 'MIT', field: null, classifiers: null };
const GPL = { expression: 'GPL-3.0-only', field: null, classifiers: null };

describe('the facts of a release', () => {
  it.each<[string, Partial<BothReleases>, Partial<ReleaseFacts> | null]>([
    ['are none of one that the index does not have', { after: [] }, null],
    ['hold nothing where nothing is to say', {}, {}],
    [
      'tell when the first file came',
      {
        after: [
          file({ uploadTime: '2026-02-01T00:00:00.000Z' }),
          file({ uploadTime: '2026-01-01T00:00:00.000Z' }),
          file(),
        ],
      },
      { uploaded: '2026-01-01T00:00:00.000Z' },
    ],
    [
      'tell what was yanked',
      { after: [file({ yanked: '' }), file({ yanked: 'broken' })] },
      { yanked: 'broken' },
    ],
    ['tell what was yanked without a reason', { after: [file({ yanked: '' })] }, { yanked: '' }],
    ['call nothing yanked of which a file stands', { after: [file({ yanked: 'one wheel' }), file()] }, {}],
    ['tell of a source without a wheel', { after: [file({ filename: 'a-2.tar.gz' })] }, { sdistOnly: true }],
    [
      'tell of another licence',
      { licenceBefore: MIT, licenceAfter: GPL },
      { licence: { from: 'MIT', to: 'GPL-3.0-only' } },
    ],
    ['tell of none that is the same', { licenceBefore: MIT, licenceAfter: MIT }, {}],
    ['tell of none that is not known before', { licenceAfter: GPL }, {}],
    [
      'tell of another Python',
      { before: [file()], after: [file(), file({ requiresPython: '>=3.9' })] },
      { requiresPython: { from: null, to: '>=3.9' } },
    ],
    [
      'tell of no Python that is only written otherwise',
      {
        before: [file({ requiresPython: '>=3.8,<4' })],
        after: [file({ requiresPython: '<4, >= 3.8' })],
      },
      {},
    ],
    ['tell of no Python of a new package', { before: [], after: [file({ requiresPython: '>=3.9' })] }, {}],
  ])('%s', (_, given, expected) => {
    expect(facts(given)).toEqual(expected === null ? null : { ...PLAIN, ...expected });
  });
});

describe('a Python requirement', () => {
  it.each<[string | null, string | null, boolean]>([
    ['>=3.8', '>=3.9', true],
    [null, '>=3.8', true],
    ['>=3.8', '>=3.8,<3.13', true],
    ['>=3.9', '>=3.8', false],
    ['>=3.9', null, false],
    ['>=3.8', '>=3.8,<4', false],
    ['>=3.8', '>=3.8,!=3.9.1', false],
    ['>=3.8', 'nonsense', false],
  ])('of %s that becomes %s is stricter: %s', (from, to, stricter) => {
    expect(isStricter({ from, to })).toBe(stricter);
  });

  it('lets in what no requirement shuts out', () => {
    expect(letsIn(null, '2.7')).toBe(true);
    expect(letsIn('>=3.9.2', '3.9')).toBe(true);
    expect(letsIn('>=3.10', '3.9.18')).toBe(false);
  });
});

describe('the key of a change', () => {
  const change: Change = {
    name: 'a',
    from: '1',
    to: '2',
    kind: 'major',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
  };
  const conda = (manager: 'conda' | 'pip') => ({ platforms: [], manager, channel: null, build: null });
  it.each<[string, Partial<Change>, string | null]>([
    ['a move', {}, 'a@1..2'],
    ['a new package', { from: null, kind: 'new' }, 'a@..2'],
    [
      'one that came from elsewhere, whose old release is not that of the index',
      { source: { from: 'https://x.test/', to: null } },
      'a@..2',
    ],
    ['one from elsewhere', { origin: 'https://x.test/simple' }, null],
    ['a removed one', { to: null, kind: 'removed' }, null],
    ['other hashes', { from: '2', kind: 'hash' }, null],
    ['no version', { to: '../../x' }, null],
    ['what conda manages', { conda: conda('conda') }, null],
    ['what pip installs beside conda', { conda: conda('pip') }, 'a@1..2'],
  ])('of %s', (_, more, key) => {
    expect(factsKey({ ...change, ...more })).toBe(key);
  });
});
