import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { branchName } from '../../src/proposal/branch.ts';
import { bodyOf, markerOf, partFiles, titleOf } from '../../src/proposal/compose.ts';
import { readMarker } from '../../src/proposal/marker.ts';

const file = (path: string) => ({ path, text: 'x', executable: false });
const MARKER = markerOf('T', { inputs: 'a'.repeat(64), purpose: 'monthly', month: '2026-11' }, false);

it.each([
  ['', 'Re-lock'],
  ['chore(deps)', 'chore(deps): Re-lock'],
  ['build', 'build: Re-lock'],
  ['build:', 'build: Re-lock'],
  ['[deps]', '[deps]: Re-lock'],
  ['⬆️', '⬆️ Re-lock'],
  ['  deps -  ', 'deps - Re-lock'],
])('prefix %j: %j', (commitPrefix, title) => {
  expect(titleOf({ title: 'Re-lock', body: '' }, { ...NO_POLICY.pullRequest, commitPrefix })).toBe(title);
});

describe('partFiles', () => {
  const files = [file('a.txt'), file('.github/workflows/ci.yml'), file('.github/workflows.txt')];

  it('publishes all with the permission', () => {
    expect(partFiles(files, true, [])).toEqual({ publish: files, held: [] });
  });

  it('leaves workflow files out without it, and what is held', () => {
    const parted = partFiles(files, false, [
      { path: 'a.txt', why: 'it is a link' },
      { path: 'other.txt', why: 'it is not of this run' },
    ]);
    expect(parted.publish.map(({ path }) => path)).toEqual(['.github/workflows.txt']);
    expect(parted.held).toEqual([
      { path: 'a.txt', why: 'it is a link' },
      { path: '.github/workflows/ci.yml', why: 'the App lacks the permission "Workflows" here' },
    ]);
  });
});

describe('bodyOf', () => {
  it('names what was left out, and why', () => {
    const held = ['1', '2', '3', '4', '5'].map((name) => ({ path: `w/${name}|<b>`, why: 'it is a link' }));
    const body = bodyOf('Report\n', held, MARKER);
    expect(body).toContain(
      'Report\n\n> **Left out, since it is a link:** `w/1\\|<b>`, `w/2\\|<b>`, `w/3\\|<b>` and 2 more.\n\n<!-- relock:',
    );
    expect(readMarker(body)).toEqual(MARKER);
  });

  it('fits beside the longest report, whatever is left out', () => {
    const held = Array.from({ length: 100 }, (_, at) => ({
      path: `${at}/${'p'.repeat(300)}`,
      why: `reason ${at % 20}`,
    }));
    const body = bodyOf('<!-- relock:'.repeat(5416), held, MARKER);
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toContain('100 files were left out');
    expect(readMarker(body)).toEqual(MARKER);
  });
});

it.each([
  [null, /^relock\/monthly$/u],
  ['backend/Poetry.lock', /^relock\/monthly-backend-poetry-lock-[\da-f]{8}$/u],
  ['../@{~^:?*[\\ .lock', /^relock\/monthly-lock-[\da-f]{8}$/u],
  ['日本', /^relock\/monthly-[\da-f]{8}$/u],
  [`${'long-'.repeat(100)}x.txt`, /^relock\/monthly-[a-z-]{1,40}-[\da-f]{8}$/u],
])('the branch for %.40j is %s', (lock, pattern) => {
  expect(branchName('monthly', lock)).toMatch(pattern);
});

it('gives locks of like names branches of their own', () => {
  expect(branchName('monthly', 'a/b.txt')).not.toBe(branchName('monthly', 'a-b.txt'));
});
