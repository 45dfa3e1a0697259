import { describe, expect, it } from 'vitest';
import { restOf, type RestInput } from '../../src/rebuild/rest.ts';
import { NEW, OLD } from '../support/image-results.ts';
import { NOW, publishedState } from '../support/rebuild-results.ts';

const published = (created: string | null, digest = OLD, platform = 'linux/amd64') =>
  publishedState([], { created, digest, platform });
const rest = (more: Partial<RestInput>) =>
  restOf({
    published: [published('2026-10-01T06:30:00Z')],
    now: NOW,
    lastAsked: null,
    bustDate: null,
    restDays: 7,
    ...more,
  });
const asked = (at: string, digest = OLD) => ({ lastAsked: { at, digest } });

describe('what was asked for and is not published yet', () => {
  it.each<[string, Partial<RestInput>, string, string | null]>([
    ['nothing was asked for', {}, 'none', null],
    ['a dispatch, and the same digest', asked('2026-11-20T00:00:00Z'), 'resting', '2026-11-20T00:00:00.000Z'],
    ['a dispatch, and another digest', asked('2026-11-20T00:00:00Z', NEW), 'none', null],
    ['the last moment of rest', asked('2026-11-17T12:00:01Z'), 'resting', '2026-11-17T12:00:01.000Z'],
    ['the first moment after it', asked('2026-11-17T12:00:00Z'), 'overdue', '2026-11-17T12:00:00.000Z'],
    [
      'no rest at all',
      { ...asked('2026-11-24T11:59:00Z'), restDays: 0 },
      'overdue',
      '2026-11-24T11:59:00.000Z',
    ],
    ['a date that is none', asked('soon'), 'none', null],
    ['a merge that no build followed', { bustDate: '2026-11-20' }, 'resting', '2026-11-20T00:00:00.000Z'],
    ['a merge long ago', { bustDate: '2026-11-10' }, 'overdue', '2026-11-10T00:00:00.000Z'],
    ['a merge that a build followed', { bustDate: '2026-10-01' }, 'none', null],
    ['a date that is far in the future', { bustDate: '2099-01-01' }, 'none', null],
    ['tomorrow, on a clock in the east', { bustDate: '2026-11-25' }, 'resting', '2026-11-25T00:00:00.000Z'],
    [
      'the epoch as its date: the Dockerfile cannot tell',
      { published: [published('1970-01-01T00:00:00Z')], bustDate: '2026-11-20' },
      'none',
      null,
    ],
    [
      'the epoch as its date: the digest can',
      { published: [published('1970-01-01T00:00:00Z')], ...asked('2026-11-20T00:00:00Z') },
      'resting',
      '2026-11-20T00:00:00.000Z',
    ],
    ['no date', { published: [published(null)], bustDate: '2026-11-20' }, 'none', null],
    [
      'the later one of both counts',
      { ...asked('2026-11-10T00:00:00Z'), bustDate: '2026-11-20' },
      'resting',
      '2026-11-20T00:00:00.000Z',
    ],
    [
      'the digest moved after both: a date that builds set by themselves is no sign',
      { ...asked('2026-11-20T08:00:00Z', NEW), bustDate: '2026-11-20' },
      'none',
      null,
    ],
    [
      'the digest moved after both, in the same instant',
      { ...asked('2026-11-20T00:00:00Z', NEW), bustDate: '2026-11-20' },
      'none',
      null,
    ],
    [
      'built in the instant of its date',
      { published: [published('2026-11-20T00:00:00Z')], bustDate: '2026-11-20' },
      'none',
      null,
    ],
    [
      'the digest moved, then a merge came',
      { ...asked('2026-11-02T08:00:00Z', NEW), bustDate: '2026-11-20' },
      'resting',
      '2026-11-20T00:00:00.000Z',
    ],
    [
      'one of two platforms was built',
      {
        published: [
          published('2026-11-21T00:00:00Z', NEW),
          published('2026-10-01T00:00:00Z', OLD, 'linux/arm64'),
        ],
        bustDate: '2026-11-20',
      },
      'resting',
      '2026-11-20T00:00:00.000Z',
    ],
    [
      'nothing is published',
      { published: [], bustDate: '2026-11-20', ...asked('2026-11-20T00:00:00Z') },
      'none',
      null,
    ],
  ])('%s', (_what, input, state, since) => {
    const found = rest(input);
    expect(found.state).toBe(state);
    expect('asked' in found ? found.asked.toISOString() : null).toBe(since);
  });
});

it('says until when it rests', () => {
  expect(rest(asked('2026-11-20T00:00:00Z'))).toEqual({
    state: 'resting',
    asked: new Date('2026-11-20T00:00:00Z'),
    until: new Date('2026-11-27T00:00:00Z'),
  });
});
