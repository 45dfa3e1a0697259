import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { findPythons, parsePythons } from '../../src/run/interpreters.ts';
import type { ChildInput } from '../../src/run/child.ts';

const entry = { version: '3.11.7', path: '/a/python3.11', implementation: 'cpython', variant: 'default' };

describe('parsePythons', () => {
  it('gives one CPython a version, newest first by number', () => {
    const list = [
      { ...entry, version: '3.9.18', path: '/b/python3.9' },
      entry,
      { ...entry, path: '/a/python3' },
      { ...entry, version: '3.10.1', path: '/c/python3.10' },
      { ...entry, version: '3.14.0', variant: 'freethreaded' },
      { ...entry, version: '3.15.0a1' },
      { ...entry, version: '3.10.2', implementation: 'pypy' },
      { ...entry, version: '3.10.3', path: null },
      null,
      'text',
    ];
    expect(parsePythons(JSON.stringify(list))).toEqual([
      { version: '3.11.7', path: '/a/python3.11' },
      { version: '3.10.1', path: '/c/python3.10' },
      { version: '3.9.18', path: '/b/python3.9' },
    ]);
  });

  it('knows no variant from an older uv', () => {
    const { variant: _, ...old } = entry;
    expect(parsePythons(JSON.stringify([old]))).toHaveLength(1);
  });

  it.each(['{}', '[]', 'null'])('gives none for %s', (json) => {
    expect(parsePythons(json)).toEqual([]);
  });

  it('refuses what is not JSON', () => {
    expect(() => parsePythons('error: no')).toThrow(EnvironmentError);
  });
});

describe('findPythons', () => {
  const input = { uv: '/uv', env: { PATH: '/a' }, cwd: '/home', signal: null };
  const result = { exitCode: 0, timedOut: false, stdout: JSON.stringify([entry]), stderr: '', seconds: 0 };

  it('asks uv, without the configuration of anybody', async () => {
    const seen: ChildInput[] = [];
    const exec = (child: ChildInput): Promise<typeof result> => {
      seen.push(child);
      return Promise.resolve(result);
    };
    expect(await findPythons({ ...input, exec })).toHaveLength(1);
    expect(seen).toMatchObject([
      {
        file: '/uv',
        args: ['python', 'list', '--only-installed', '--no-config', '--output-format', 'json'],
        env: { PATH: '/a' },
      },
    ]);
  });

  it('passes on what uv says when it fails', async () => {
    const exec = () => Promise.resolve({ ...result, exitCode: 2, stderr: 'error: broken\n' });
    await expect(findPythons({ ...input, exec })).rejects.toThrow(/error: broken/u);
  });
});
