import { expect, it } from 'vitest';
import { deadLetters } from '../../src/app/dead-letters.ts';
import type { DeadLetter } from '../../src/store/store.ts';
import { queuedJob } from '../support/store.ts';

const job = queuedJob({ repository: { id: 1, owner: 'acme', name: 'shop' }, trigger: 'comment' });
const letter: DeadLetter = { id: 'a-1', job, error: 'no\u001B[2J\nanswer', at: '2026-11-02T12:00:00.000Z' };

function storeOf(letters: readonly DeadLetter[]) {
  const retried: string[] = [];
  return {
    retried,
    deadLetters: () => Promise.resolve(letters),
    retryDeadLetter(id: string) {
      const known = letters.some((one) => one.id === id);
      if (known) retried.push(id);
      return Promise.resolve(known);
    },
  };
}

it('lists them, without what a terminal would obey', async () => {
  expect(await deadLetters(storeOf([letter]), [])).toBe(
    'a-1  2026-11-02T12:00:00.000Z  acme/shop  comment\n    no [2J answer\n',
  );
  expect(await deadLetters(storeOf([]), [])).toBe('There are no dead letters.\n');
});

it('queues those that are named again, and says which is not there', async () => {
  const store = storeOf([letter]);
  expect(await deadLetters(store, ['retry', 'a-1'])).toBe('1 queued again.\n');
  await expect(deadLetters(store, ['retry', 'a-1', 'b-2'])).rejects.toThrow('There is no dead letter "b-2".');
  expect(store.retried).toEqual(['a-1', 'a-1']);
});

it.each([[['retry']], [['drop', 'a-1']]])('refuses %j', async (args) => {
  await expect(deadLetters(storeOf([letter]), args)).rejects.toThrow('Write `dead-letters`');
});
