import { describe, expect, it } from 'vitest';
import { fixedReleases } from '../../src/scan/why-releases.ts';

function fixed(lines: readonly string[], releases: readonly string[]): readonly string[] {
  const all = releases.map((version) => ({ version, uploaded: null, requiresPython: [null], yanked: false }));
  return fixedReleases(lines, all).map(({ version }) => version);
}

describe('fixedReleases', () => {
  it.each([
    ['all from the only one on', ['5.3'], ['5.2.9', '6.0', '5.3.0', '5.3.1'], ['5.3.0', '5.3.1', '6.0']],
    [
      'each line up to the next',
      ['3.2.14', '4.0.6'],
      ['3.2.13', '3.2.14', '3.2.15', '3.3', '4.0', '4.0.5', '4.0.6', '4.1'],
      ['3.2.14', '3.2.15', '3.3', '4.0.6', '4.1'],
    ],
    [
      'lines of minor versions',
      ['4.0.6', '4.1.2'],
      ['4.0.7', '4.1.1', '4.1.2', '4.2'],
      ['4.0.7', '4.1.2', '4.2'],
    ],
    [
      'lines that differ in length',
      ['2', '2.0.1'],
      ['2.0', '2.0.0.post1', '2.0.1'],
      ['2.0', '2.0.0.post1', '2.0.1'],
    ],
    ['no pre-release but a named one', ['5.3rc1'], ['5.3rc1', '5.3rc2', '5.3'], ['5.3rc1', '5.3']],
    ['epochs', ['2', '1!1'], ['3', '1!0.5', '1!1'], ['3', '1!1']],
    ['nothing of no version', ['1'], ['banana'], []],
    ['nothing without a fix', [], ['1'], []],
  ])('%s', (_, lines, releases, expected) => {
    expect(fixed(lines, releases)).toEqual(expected);
  });

  it('leaves out what was withdrawn', () => {
    const release = { version: '5.3', uploaded: null, requiresPython: [], yanked: true };
    expect(fixedReleases(['5.3'], [release])).toEqual([]);
  });
});
