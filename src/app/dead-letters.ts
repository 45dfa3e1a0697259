/** `dead-letters` and `dead-letters retry ID…`: the jobs that were given up, for the person who looks after the App. */
import { EnvironmentError, UsageError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/**
 * @param args what follows `dead-letters`.
 * @returns the text to print.
 * @throws {UsageError} for other words; {EnvironmentError} dead-letter-gone when there is none of an id.
 */
export async function deadLetters(
  store: Pick<Store, 'deadLetters' | 'retryDeadLetter'>,
  args: readonly string[],
): Promise<string> {
  const [word, ...ids] = args;
  if (word === undefined) return await list(store);
  if (word !== 'retry' || ids.length === 0) {
    throw new UsageError('bad-arguments', 'Write `dead-letters` to see them, or `dead-letters retry ID…`.');
  }
  for (const id of ids) {
    if (await store.retryDeadLetter(id)) continue;
    throw new EnvironmentError(
      'dead-letter-gone',
      `There is no dead letter ${JSON.stringify(id.slice(0, 60))}.`,
      '`dead-letters` lists those that there are; ids before this one were queued again.',
    );
  }
  return `${ids.length} queued again.\n`;
}

async function list(store: Pick<Store, 'deadLetters'>): Promise<string> {
  const letters = await store.deadLetters();
  if (letters.length === 0) return 'There are no dead letters.\n';
  return letters
    .map(({ id, at, job, error }) => {
      // Threat: an error quotes foreign text, and this goes to a terminal.
      const words = error
        .replaceAll(/\p{C}+/gu, ' ')
        .trim()
        .slice(0, 500);
      const { owner, name } = job.repository;
      return `${id}  ${at}  ${owner}/${name}  ${job.trigger}\n    ${words}\n`;
    })
    .join('');
}
