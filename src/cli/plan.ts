/** `relock plan`. */
import { lookOver } from '../engine.ts';
import { planJson } from '../report/json.ts';
import type { Arguments } from './arguments.ts';
import { composePlan } from './compose.ts';
import { EXIT } from './exit.ts';
import { planText } from './plan-text.ts';
import { isStyled, jobOf, jsonText, print, rootOf } from './terminal.ts';

/** @returns the exit code. */
export async function plan(given: Arguments): Promise<number> {
  const start = performance.now();
  const root = rootOf(given);
  const look = await lookOver(jobOf(given, root, null), composePlan(root));
  const targets = look.plan.locks.map(({ target }) => target);
  const { skips } = look.plan;
  const { images, job } = look;
  const seconds = (performance.now() - start) / 1000;
  await print(
    given.json
      ? jsonText(planJson({ job, targets, skips, images, seconds, notes: [] }))
      : planText(targets, skips, images, isStyled()),
  );
  return EXIT.done;
}
