/** Commands inside an image that was built. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILDERS } from './builders.ts';
import { smokeDockerfile } from './containers.ts';
import type { Builder, BuildPlan } from './model.ts';
import type { StepOptions } from './run-step.ts';
import { runStep } from './run-step.ts';
import { printedByBuildKit, printedByPodman, type RunInside } from './smoke.ts';

export interface InsideOptions {
  readonly builder: Builder;
  readonly plan: BuildPlan;
  readonly manifestDigest: string;
  readonly options: (seconds: number) => StepOptions;
}

/** Several may be run one after the other; each in a container of its own. */
export function runInside({ builder, plan, manifestDigest, options }: InsideOptions): RunInside {
  const ways = BUILDERS[builder.kind];
  return async (command, seconds) => {
    if (ways.smokeFrom !== null) {
      const text = smokeDockerfile(ways.smokeFrom, command);
      await writeFile(join(plan.place.smoke, 'Dockerfile'), text);
    }
    const steps = ways.smoke(plan, command, manifestDigest);
    for (const step of steps.slice(0, -1)) {
      const result = await runStep(step, options(seconds));
      if (result.exitCode !== 0) return result;
    }
    const last = steps.at(-1);
    if (last === undefined) throw new RangeError(`${builder.kind} has no way to run a command.`);
    const result = await runStep(last, options(seconds));
    if (builder.kind === 'buildctl') return printedByBuildKit(result);
    return builder.kind === 'podman' ? printedByPodman(result) : result;
  };
}
