import { describe, expect, it } from 'vitest';
import { chooseToolPython } from '../../src/run/tool-python.ts';
import type { ToolPythonQuestion } from '../../src/run/tool-python.ts';

const pythons = ['3.13.0', '3.12.1', '3.11.7', '3.11.2', '3.9.18', '3.8.18', '3.6.15'].map((version) => ({
  version,
  path: `/pythons/${version}`,
}));

function choose(more: Partial<ToolPythonQuestion>): string {
  const choice = chooseToolPython({
    tool: 'poetry 1.0',
    wanted: null,
    pythons,
    requiresPython: null,
    uploadTime: null,
    pythonDownloads: false,
    ...more,
  });
  return 'code' in choice ? choice.code : choice.request;
}

describe('chooseToolPython', () => {
  it.each<[string, Partial<ToolPythonQuestion>, string]>([
    ['the exact one', { wanted: '3.11.2' }, '/pythons/3.11.2'],
    ['the newest patch of a minor', { wanted: '3.11' }, '/pythons/3.11.7'],
    ['another patch rather than none', { wanted: '3.12.4' }, '/pythons/3.12.1'],
    ['a download of the exact patch', { wanted: '3.12.4', pythonDownloads: true }, '3.12.4'],
    ['no download when a minor is there', { wanted: '3.12', pythonDownloads: true }, '/pythons/3.12.1'],
    ['nothing else when it is not there', { wanted: '3.10' }, 'python-missing'],
    ['a download when it is not there', { wanted: '3.10', pythonDownloads: true }, '3.10'],
    ['the newest', {}, '/pythons/3.13.0'],
    ['the newest that Requires-Python admits', { requiresPython: '>=3.7,<3.12' }, '/pythons/3.11.7'],
    [
      'the newest that was out when the tool came out',
      { uploadTime: '2023-11-01T00:00:00Z' },
      '/pythons/3.12.1',
    ],
    ['none that is younger than the tool', { uploadTime: '2020-10-04T00:00:00Z' }, '/pythons/3.8.18'],
    [
      'a younger one rather than none',
      { requiresPython: '>=3.13', uploadTime: '2023-11-01T00:00:00Z' },
      '/pythons/3.13.0',
    ],
    ['nothing when none is admitted', { requiresPython: '>=3.14' }, 'python-missing'],
    [
      'a download of one that is admitted and was out',
      { requiresPython: '>=3.14', uploadTime: '2026-01-01T00:00:00Z', pythonDownloads: true },
      '3.14',
    ],
  ])('takes %s', (_, question, request) => {
    expect(choose(question)).toBe(request);
  });

  it('says which Pythons there are', () => {
    expect(
      chooseToolPython({
        tool: 'poetry 1.4.2',
        wanted: '3.7',
        pythons,
        requiresPython: null,
        uploadTime: null,
        pythonDownloads: false,
      }),
    ).toMatchObject({
      message: expect.stringMatching(/poetry 1\.4\.2 .*Python 3\.7.*found: 3\.13\.0, 3\.12\.1/u),
    });
  });
});
