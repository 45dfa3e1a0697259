/** Installs tools while the first locks already run. */
import type { Facts } from '../locks/ecosystem.ts';
import type { ToolSpec } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { Runner } from '../run/runner.ts';

/**
 * Asks each lock for its first command and has that command's tool installed. A tool that cannot be had shows where it is
 * used; here it is no fault.
 */
export async function prepareTools(plan: Plan, facts: Facts, runner: Runner): Promise<void> {
  const tools = plan.locks.flatMap((lock): readonly ToolSpec[] => {
    try {
      const step = lock.next(facts, []);
      return step.do === 'run' ? [step.command.tool] : [];
    } catch {
      return [];
    }
  });
  await Promise.allSettled(tools.map(async (tool) => runner.prepare(tool)));
}
