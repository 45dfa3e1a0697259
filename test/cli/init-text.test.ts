import { describe, expect, it } from 'vitest';
import { initText, type InitShown } from '../../src/cli/init-text.ts';

const NOTHING: InitShown = { files: [], there: [], suggestions: [], root: '/srv/app', written: null };
const FILE = {
  path: '.github/relock.toml',
  text: '# one\n\nschedule = "monthly"\n',
  purpose: 'What Relock does.',
};

describe('relock init says', () => {
  it('that a repository has everything', () => {
    const there = [{ path: '.github/relock.toml', what: 'the policy' }];
    expect(initText({ ...NOTHING, there }, false)).toBe(
      [
        'There already, and left as it is',
        '  .github/relock.toml (the policy)',
        '',
        'This repository has all that Relock would propose.',
        '',
      ].join('\n'),
    );
  });

  it('what would be written, whole, and how', () => {
    expect(initText({ ...NOTHING, files: [FILE] }, false)).toBe(
      [
        '.github/relock.toml (new)',
        '  What Relock does.',
        '',
        '    # one',
        '',
        '    schedule = "monthly"',
        '',
        'Nothing was written. This writes what is new:',
        '  relock init /srv/app --write',
        '',
      ].join('\n'),
    );
  });

  it('what was written, without its text', () => {
    const text = initText({ ...NOTHING, files: [FILE], written: [FILE.path] }, false);
    expect(text).toBe('.github/relock.toml (written)\n  What Relock does.\n');
  });

  it('what to change by hand, with place, and lets no name steer the terminal', () => {
    const suggestions = [
      { path: 'a\u001B[2J/Dockerfile', line: 3, message: 'Put this:', snippet: 'RUN a\n\nRUN b' },
      { path: 'b', line: null, message: 'Look.', snippet: '' },
    ];
    const text = initText({ ...NOTHING, suggestions }, false);
    expect(text).toBe(
      [
        'To change by hand',
        '  a[2J/Dockerfile:3',
        '    Put this:',
        '',
        '      RUN a',
        '',
        '      RUN b',
        '',
        '  b',
        '    Look.',
        '',
      ].join('\n'),
    );
  });
});
