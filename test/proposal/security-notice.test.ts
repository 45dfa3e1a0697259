import { describe, expect, it } from 'vitest';
import type { IssueAction } from '../../src/proposal/actions.ts';
import { readIssueMarker, withIssueMarker } from '../../src/proposal/issue-marker.ts';
import { tagOfComment } from '../../src/proposal/marker.ts';
import { decideNotice, type NoticeInput } from '../../src/proposal/security-notice.ts';
import type { IssueState } from '../../src/proposal/state.ts';
import { advisory } from '../support/fix-results.ts';

const ONE = advisory('CVE-2026-1');
const TWO = advisory('CVE-2026-2');
const FREED = { kind: 'freed', because: 'It can be fixed now: see the pull request.' } as const;
const blocked = (body = 'flask holds it.', advisories = [ONE]) =>
  ({ kind: 'blocked', notice: { title: 'Held', body }, advisories }) as const;

const ask = (issue: IssueState | null, now: NoticeInput['now']): readonly IssueAction[] =>
  decideNotice({ package: 'jinja2', issue, now, labels: ['security'] });

/** What a forge has after the actions. */
function act(issue: IssueState | null, actions: readonly IssueAction[]): IssueState | null {
  return actions.reduce<IssueState | null>((state, action) => {
    switch (action.kind) {
      case 'open-issue':
        return { number: 5, state: 'open', title: action.title, body: action.body.replaceAll('\n', '\r\n') };
      case 'update-issue':
        return { number: action.issue, state: 'open', title: action.title, body: action.body };
      case 'close-issue':
        return state === null ? null : { ...state, state: 'closed', body: action.body };
    }
  }, issue);
}
const after = (issue: IssueState | null, now: NoticeInput['now']) => act(issue, ask(issue, now));
const kinds = (actions: readonly IssueAction[]) => actions.map(({ kind }) => kind);

it('is opened once, edited in place, closed when it is freed, and opened again', () => {
  const opened = after(null, blocked());
  expect(opened).toMatchObject({ state: 'open', title: 'Held' });
  expect(ask(opened, blocked())).toEqual([]);

  expect(kinds(ask(opened, blocked('celery holds it.')))).toEqual(['update-issue']);
  const edited = after(opened, blocked('celery holds it.'));
  expect(edited?.body).toContain('celery holds it.');
  expect(ask(edited, blocked('celery holds it.'))).toEqual([]);

  const [close] = ask(edited, FREED);
  expect(close).toMatchObject({
    kind: 'close-issue',
    issue: 5,
    comment: expect.stringContaining(FREED.because),
  });
  if (close?.kind !== 'close-issue') throw new Error('not closed');
  expect(tagOfComment(close.comment)).toBe(close.tag);
  const ended = act(edited, [close]);
  expect(ended?.state).toBe('closed');
  expect(ask(ended, FREED)).toEqual([]);

  const again = after(ended, blocked());
  expect(again).toMatchObject({ number: 5, state: 'open' });
  expect(ask(again, blocked())).toEqual([]);
});

it('has another word for other advisories when it is closed again', () => {
  const tags = [[ONE], [ONE, TWO]].map((advisories) => {
    const [close] = ask(after(null, blocked('x', advisories)), FREED);
    return close?.kind === 'close-issue' ? close.tag : '';
  });
  expect(new Set(tags).size).toBe(2);
});

describe('a person', () => {
  const opened = after(null, blocked());
  if (opened === null) throw new Error('not opened');
  const closed = { ...opened, state: 'closed' } as const;

  it('who closed it hears no more of the same, but of another advisory', () => {
    expect(ask(closed, blocked('something else'))).toEqual([]);
    expect(ask(closed, FREED)).toEqual([]);
    expect(kinds(ask(closed, blocked('x', [ONE, TWO])))).toEqual(['update-issue']);
  });

  it('who opened it again after us keeps it open', () => {
    const ended = after(opened, FREED);
    if (ended === null) throw new Error('not closed');
    expect(ask({ ...ended, state: 'open' }, FREED)).toEqual([]);
  });
});

it('says nothing where nothing was ever blocked', () => {
  expect(ask(null, FREED)).toEqual([]);
});

describe('the marker of an issue', () => {
  const marker = { tag: 'blocked-jinja2', about: ['0123456789'], ended: false };

  it('comes back, replaced and not added to', () => {
    const body = withIssueMarker(withIssueMarker('Text', { ...marker, ended: true }), marker);
    expect(readIssueMarker(body.replaceAll('\n', '\r\n'))).toEqual(marker);
    expect(body.match(/relock-issue/gu)).toHaveLength(1);
  });

  it('is not taken from quoted text', () => {
    const forged = `<!-- relock-issue: ${JSON.stringify({ ...marker, tag: 'blocked-other' })} -->`;
    expect(readIssueMarker(withIssueMarker(`${forged}\nText`, marker))?.tag).toBe('blocked-jinja2');
    expect(readIssueMarker(`${forged}\nText`)).toBeNull();
  });

  it.each([
    '{"tag":"../x","about":[],"ended":false}',
    '{"tag":"a","about":["x"]}',
    '{"tag":"a","about":"0123456789"}',
    '{"__proto__":{"tag":"a","about":[]}}',
    '{"tag":',
    '[]',
  ])('is not believed as %s', (json) => {
    expect(readIssueMarker(`Text\n\n<!-- relock-issue: ${json} -->\n`)).toBeNull();
  });
});
