import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { createSharedValues } from '../../src/mirror/deb-cache.ts';

const signal = new AbortController().signal;

function open(maxWeight = 10, keepMs: number | null = null) {
  let clock = 0;
  const made: string[] = [];
  const values = createSharedValues<string>({
    now: () => clock,
    keepMs,
    maxWeight,
    weigh: (value) => value.length,
  });
  const get = (key: string, value = key): Promise<string> =>
    values.get(
      key,
      () => {
        made.push(key);
        return Promise.resolve(value);
      },
      signal,
    );
  return { values, made, get, pass: (milliseconds: number) => void (clock += milliseconds) };
}

describe('shared values', () => {
  it('are made once for all that ask at the same time', async () => {
    const { made, get } = open();
    expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual(['a', 'a', 'b']);
    expect(made).toEqual(['a', 'b']);
  });

  it('go when there are too many, those first that were not asked for longest', async () => {
    const { made, get, values } = open(6);
    for (const key of ['aaa', 'bbb', 'aaa', 'ccc', 'aaa', 'bbb']) await get(key);
    expect(made).toEqual(['aaa', 'bbb', 'ccc', 'bbb']);
    await get('z', 'too large to be kept');
    expect(values.size()).toBe(2);
  });

  it('go when their time is over', async () => {
    const { made, get, pass } = open(10, 100);
    await get('a');
    pass(99);
    await get('a');
    pass(1);
    await get('a');
    expect(made).toEqual(['a', 'a']);
  });

  it('that fail are not kept, and a cancelled maker does not cancel others', async () => {
    const { values, get } = open();
    await expect(values.get('a', () => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    const cancelled = values.get('b', () => Promise.reject(new CancelledError('over')), signal);
    const waiting = get('b');
    await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
    expect(await waiting).toBe('b');
    expect(await get('a')).toBe('a');
  });
});
