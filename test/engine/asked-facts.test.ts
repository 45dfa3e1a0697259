import { describe, expect, it } from 'vitest';
import type { ReleaseFacts } from '../../src/diff/release-facts.ts';
import { answersOf, askAbout, keepAnswers, type AskedPorts } from '../../src/engine/asked-facts.ts';
import { CancelledError } from '../../src/errors.ts';
import type { Change, LockKind, Remote, TargetResult } from '../../src/model.ts';
import { target } from '../support/locks.ts';

const FACTS: ReleaseFacts = {
  uploaded: null,
  yanked: 'x',
  licence: null,
  requiresPython: null,
  sdistOnly: false,
};
const LINKS = { changelog: null, releases: null, compare: null, home: 'https://a.test/' };

function fakePorts(asked: string[] = []): AskedPorts {
  const ask = (who: string) => (changes: readonly Change[]) =>
    void asked.push(...changes.map(({ name }) => `${who} ${name}`));
  return {
    links: { ask: ask('links'), found: () => Promise.resolve(new Map([['a@2', LINKS]])) },
    releaseNotes: { ask: ask('notes'), found: () => Promise.resolve(new Map()) },
    releaseFacts: { ask: ask('facts'), found: () => Promise.resolve(new Map([['a@1..2', FACTS]])) },
  };
}

function change(name: string, more: Partial<Change> = {}): Change {
  return {
    name,
    from: '1',
    to: '2',
    kind: 'major',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

function result(changes: readonly Change[], kind: LockKind, remotes: readonly Remote[]): TargetResult {
  return {
    target: target('a.txt', { kind, remotes }),
    status: 'updated',
    reason: null,
    seconds: 1,
    changes,
    solver: null,
    notes: [],
    files: [],
  };
}

describe('what moved', () => {
  it('is asked about, but for what conda manages', () => {
    const asked: string[] = [];
    const conda = { platforms: [], manager: 'conda', channel: null, build: null } as const;
    askAbout(result([change('a'), change('b', { conda })], 'conda-lock', []), fakePorts(asked));
    expect(asked).toEqual(['links a', 'notes a', 'facts a']);
  });

  it('of an index that stands for the public one is nobody’s business', () => {
    const asked: string[] = [];
    const own: Remote = { url: 'https://own.test/simple', purpose: 'index', namedIn: 'a' };
    askAbout(result([change('a')], 'pinned', [own]), fakePorts(asked));
    expect(asked).toEqual([]);
  });
});

describe('answers', () => {
  it('are those of all', async () => {
    const { links, releaseNotes, facts } = await answersOf(fakePorts());
    expect([links.size, releaseNotes.size, facts?.size]).toEqual([1, 0, 1]);
  });

  it('hold no facts where nobody is there to ask', async () => {
    const { links, releaseNotes } = fakePorts();
    expect(await answersOf({ links, releaseNotes })).not.toHaveProperty('facts');
  });

  it('are none of a cancelled run', async () => {
    const found = () => Promise.reject(new CancelledError('The run was cancelled.'));
    await expect(
      answersOf({ ...fakePorts(), releaseFacts: { ask: () => undefined, found } }),
    ).rejects.toThrow(CancelledError);
  });

  it('are kept for who writes parts of the report anew', async () => {
    const { ports, kept } = keepAnswers(fakePorts());
    expect(kept()).toEqual({ links: new Map(), releaseNotes: new Map() });
    const answers = await answersOf(ports);
    expect(kept()).toEqual(answers);
    expect(kept().facts?.get('a@1..2')).toBe(FACTS);
  });
});
