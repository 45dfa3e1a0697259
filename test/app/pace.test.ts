import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/app/pace.ts';
import { CancelledError } from '../../src/errors.ts';

const never = new AbortController().signal;

/** How many of `count` turns at this moment come at once; the others are cancelled. */
async function atOnce(pace: ReturnType<typeof createPace>, count: number): Promise<number> {
  const control = new AbortController();
  const turns = Array.from({ length: count }, () => pace.turn(control.signal));
  await new Promise((resolve) => setTimeout(resolve, 5));
  control.abort();
  const ended = await Promise.allSettled(turns);
  const reasons = ended.flatMap((turn) => (turn.status === 'rejected' ? [turn.reason] : []));
  expect(reasons.every((reason) => reason instanceof CancelledError)).toBe(true);
  return ended.filter(({ status }) => status === 'fulfilled').length;
}

describe('the pace of writes', () => {
  it('lets one pull request through at once, and then one write a second', async () => {
    let now = 0;
    const pace = createPace(() => now);
    expect(await atOnce(pace, 16)).toBe(16);
    expect(await atOnce(pace, 1)).toBe(0);
    now = 2000;
    expect(await atOnce(pace, 2)).toBe(1);
  });

  it('does not save up more than that in a long rest', async () => {
    let now = 0;
    const pace = createPace(() => now);
    await pace.turn(never);
    now = 3_600_000;
    expect(await atOnce(pace, 40)).toBe(16);
  });
});
