import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import type { RebuildResult } from '../../src/rebuild/model.ts';
import { broughtBy } from '../../src/report/rebuild-brought.ts';
import { contentOf, NEW, OLD } from '../support/image-results.ts';
import {
  builtImage,
  builtProof,
  PLAIN,
  publishedState,
  rebuildResult,
  waits,
} from '../support/rebuild-results.ts';

const compared = (before: readonly string[], after: readonly string[], platform = 'linux/amd64') =>
  compareImages(contentOf(OLD, before, { platform }), contentOf(NEW, after, { platform }));
const shown = (more: Partial<RebuildResult>) => broughtBy(rebuildResult(more));

describe('an update is brought', () => {
  it.each<[string, string, readonly string[], readonly string[], number]>([
    ['to the version that is offered', 'a 1 2', ['deb a 1'], ['deb a 2'], 1],
    ['past it', 'a 1 2', ['deb a 1'], ['deb a 2.1'], 1],
    ['not as far', 'a 1 2', ['deb a 1'], ['deb a 1.5'], 0],
    ['by the order of its kind', 'a 1 2', ['deb a 1'], ['deb a 2~rc1'], 0],
    ['of Alpine', 'a 1.0-r0 1.0-r2', ['apk a 1.0-r0'], ['apk a 1.0-r10'], 1],
    ['of RPM', 'a 1-1 1-2', ['rpm a 1-1'], ['rpm a 1-1.1'], 0],
    ['not at all', 'a 1 2', ['deb a 1'], ['deb a 1'], 0],
    ['by its removal', 'a 1 2', ['deb a 1'], ['deb b 1'], 1],
    ['not by a Python package of the name', 'a 1 2', ['deb a 1', 'python a 1'], ['deb a 1', 'python a 2'], 0],
    ['for its own architecture', 'a 1 2', ['deb a 1', 'deb a 1 i386'], ['deb a 2', 'deb a 1.1 i386'], 1],
    ['when it changes to all', 'a 1 2', ['deb a 1 amd64'], ['deb a 2 all'], 1],
  ])('%s', (_what, line, before, after, brought) => {
    const published = [publishedState([waits('rebuild', line)])];
    expect(shown({ published, proof: builtProof([compared(before, after)]) })).toEqual({
      wanted: 1,
      brought,
      missing: brought === 1 ? [] : ['a'],
      unproved: [],
    });
  });
});

it('counts what the policy rebuilds for', () => {
  const published = [publishedState([waits('rebuild', 'a 1 2'), waits('rebuild', 'b 1 2', PLAIN)])];
  const proof = builtProof([compared(['deb a 1', 'deb b 1'], ['deb a 2', 'deb b 1'])]);
  expect(shown({ published, proof })).toMatchObject({ wanted: 1, brought: 1, missing: [] });
  expect(shown({ published, proof, image: builtImage({ rebuild: 'any' }) })).toMatchObject({
    wanted: 2,
    brought: 1,
    missing: ['b'],
  });
});

it('says of no platform what was not shown there', () => {
  const waiting = [waits('rebuild', 'a 1 2')];
  const arm = publishedState(waiting, { platform: 'linux/arm64' });
  const published = [publishedState(waiting), arm];
  const one = compared(['deb a 1'], ['deb a 2']);
  expect(shown({ published, proof: builtProof([one]) })).toEqual({
    wanted: 1,
    brought: 1,
    missing: [],
    unproved: ['linux/arm64'],
  });
  const fails = compared(['deb a 1'], ['deb a 1'], 'linux/arm64');
  expect(shown({ published, proof: builtProof([one, fails]) })).toMatchObject({ brought: 0, missing: ['a'] });
  const reversed = { published: published.toReversed(), proof: builtProof([fails, one]) };
  expect(shown(reversed)).toMatchObject({ brought: 0, missing: ['a'] });
  const unread = { ...one, packages: null };
  expect(shown({ published: [publishedState(waiting)], proof: builtProof([unread]) })).toEqual({
    wanted: 0,
    brought: 0,
    missing: [],
    unproved: ['linux/amd64'],
  });
  expect(shown({ published, proof: null })).toBeNull();
});
