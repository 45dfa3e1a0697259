/** Builds one image for one platform, without cache, into a private place, and removes everything. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { RegistrySetting } from '../config/settings.ts';
import { messageOf } from '../errors.ts';
import type { Reason } from '../model.ts';
import type { RunChild } from '../run/child.ts';
import { createRedactor } from '../run/redact.ts';
import type { ConfinedResult } from '../run/sandbox/confined.ts';
import { BUILDERS } from './builders.ts';
import { containersProbe } from './containers.ts';
import type { BuildFiles } from './context.ts';
import { findBuildFiles } from './context.ts';
import { finishLayout } from './finish-layout.ts';
import type { Builder, BuildGrants, BuildLimits, BuildOutcome, BuildPlan } from './model.ts';
import type { MadePlace, Variables } from './place.ts';
import { builderEnvironment, makePlace } from './place.ts';
import { readLog } from './read-log.ts';
import { refusedIn } from './refused.ts';
import type { StepOptions } from './run-step.ts';
import { runStep } from './run-step.ts';
import { runInside } from './smoke-inside.ts';
import { smokeTest } from './smoke.ts';
import { stepFailure } from './step-failure.ts';

export interface BuildRequest {
  readonly builder: Builder;
  /** Absolute: a private copy of the checkout. */
  readonly root: string;
  /** Relative to it, as the policy names them. */
  readonly dockerfile: string;
  readonly context: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** `org.opencontainers.image.revision`, `…created`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly grants: BuildGrants;
  readonly limits: BuildLimits;
  /** The operator's mirrors, for builders without a daemon; a daemon has its own. */
  readonly registries: readonly RegistrySetting[];
  /** See `BuildPlan`. */
  readonly credentials: string | null;
  /** Taken out of what is shown. */
  readonly secrets: readonly string[];
  /** Our own environment. */
  readonly environment: Variables;
  /** Absolute folder in which a private one is made. */
  readonly scratch: string;
  readonly run: RunChild;
  readonly signal: AbortSignal | null;
}

/**
 * A build that fails is a result. The caller closes what was built.
 * @throws {CancelledError} after everything has ended and was removed. @throws {EnvironmentError} when there is no place for it, or
 *   the builder cannot be started.
 */
export async function buildImage(request: BuildRequest): Promise<BuildOutcome> {
  const files = await findBuildFiles(request.root, request.context, request.dockerfile);
  if ('code' in files) return { state: 'not-built', reason: files };
  const refused = refusedIn(files.text, request.dockerfile, request.grants);
  if (refused !== null) return { state: 'not-built', reason: refused };
  const made = await makePlace(request.scratch, request.registries);
  const work = createWork(request, files, made);
  let kept = false;
  try {
    const outcome = await build(request, work);
    kept = outcome.state === 'built';
    return outcome;
  } finally {
    if (!kept) await work.close();
  }
}

/** One build under way. */
interface Work {
  readonly made: MadePlace;
  readonly plan: BuildPlan;
  readonly redact: (text: string) => string;
  readonly left: () => number;
  readonly seconds: () => number;
  readonly options: (seconds: number, network: boolean) => StepOptions;
  readonly close: () => Promise<void>;
}

function createWork(request: BuildRequest, files: BuildFiles, made: MadePlace): Work {
  const { builder, grants, limits, environment } = request;
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const env = builderEnvironment(environment, made.place);
  const plan: BuildPlan = {
    builder,
    place: made.place,
    id: randomUUID(),
    context: files.context,
    dockerfile: files.dockerfile,
    platform: request.platform,
    labels: request.labels,
    buildArgs: request.buildArgs,
    grants,
    driver: 'overlay',
    credentials: request.credentials,
  };
  const readable = [
    files.context,
    files.dockerfile,
    ...grants.secrets.map(({ file }) => file),
    ...[request.credentials, grants.ssh, env['SSL_CERT_FILE']].filter((path) => typeof path === 'string'),
  ];
  const options = (most: number, network: boolean): StepOptions => ({
    builder,
    run: request.run,
    limits,
    env,
    // Without a network there is nothing to build: a smoke test sees no secret.
    readable: network ? readable : [],
    writable: [made.folder],
    network,
    seconds: most,
    signal: request.signal,
  });
  return {
    made,
    plan,
    redact: createRedactor({
      secrets: request.secrets,
      folders: [
        { folder: request.root, as: '.' },
        { folder: files.context, as: request.context },
        { folder: made.folder, as: '<build>' },
      ],
    }),
    seconds,
    left: () => Math.max(1, limits.seconds - seconds()),
    options,
    async close() {
      const last = { ...options(60, true), signal: null };
      // Best effort: what is not there cannot be removed.
      for (const step of BUILDERS[builder.kind].remove(plan)) await runStep(step, last).catch(() => null);
      await made.remove().catch(async () => {
        // Files of the users that were lent to the build are for these to remove.
        const argv = ['find', made.folder, '-xdev', '-mindepth', '1', '-delete'] as const;
        if (builder.walls !== null) await runStep({ argv, env: {} }, last).catch(() => null);
        // What stays is found by the sweep of private folders: no reason to lose what was built.
        await made.remove().catch(() => undefined);
      });
    },
  };
}

async function build(request: BuildRequest, work: Work): Promise<BuildOutcome> {
  const { builder, limits } = request;
  const ways = BUILDERS[builder.kind];
  const plan = builder.walls === null ? work.plan : await withDriver(work);
  for (const step of ways.build(plan)) {
    const result = await runStep(step, work.options(work.left(), true));
    if (result.exitCode === 0) continue;
    return failed(request, work, result);
  }
  const layout = await finishLayout(ways.output, plan, work.options(work.left(), false)).catch(
    (error: unknown) => {
      if (request.signal?.aborted === true) throw error;
      return messageOf(error);
    },
  );
  if (typeof layout === 'string') {
    const reason = reasonOf(request, work.redact(layout), '');
    return { state: 'failed', seconds: work.seconds(), step: '', lines: '', reason };
  }
  return {
    state: 'built',
    seconds: work.seconds(),
    folder: plan.place.layout,
    smoke: async (wanted) =>
      smokeTest(
        wanted,
        runInside({
          builder,
          plan,
          manifestDigest: layout.manifestDigest,
          options: (seconds) => work.options(Math.min(seconds, limits.seconds), false),
        }),
        work.redact,
      ),
    close: work.close,
  };
}

/** The kernel's overlays where they can be had: with `vfs` each instruction copies the whole image. */
async function withDriver({ plan, options }: Work): Promise<BuildPlan> {
  const probed = await runStep(containersProbe(plan), options(30, false));
  if (probed.exitCode === 0) return plan;
  await rm(plan.place.storage, { recursive: true, force: true });
  return { ...plan, driver: 'vfs' };
}

async function failed(request: BuildRequest, work: Work, result: ConfinedResult): Promise<BuildOutcome> {
  const { builder, limits } = request;
  const log = await readLog(work.plan.place.log);
  const found = stepFailure(builder.kind, { ...result, log });
  const step = work.redact(found.step);
  const error = work.redact(found.error);
  const end = ((): Pick<Reason, 'code' | 'message' | 'fix'> | null => {
    const at = step === '' ? '' : `, at ${step}`;
    if (result.timedOut) {
      return {
        code: 'timeout',
        message: `The build of ${request.dockerfile} was ended after ${limits.seconds} seconds${at}.`,
        fix: 'Raise `timeout` under [builder] in the settings of Relock, if it needs that long.',
      };
    }
    if (result.exceeded === null) return null;
    return {
      code: 'limit-exceeded',
      message: `The build of ${request.dockerfile} was ended at its limit of ${result.exceeded}${at}.`,
      fix: 'Raise the limit under [builder] in the settings of Relock, if it needs that much.',
    };
  })();
  const reason = end === null ? reasonOf(request, error, step) : { ...end, detail: error };
  return { state: 'failed', seconds: work.seconds(), step, lines: work.redact(found.lines), reason };
}

function reasonOf(request: BuildRequest, error: string, step: string): Reason {
  const foreign = /exec format error/iu.test(error);
  return {
    code: 'tool-failed',
    message: `${request.dockerfile} could not be built for ${request.platform}${step === '' ? '' : `: ${step} failed`}.`,
    fix: foreign
      ? `This machine does not run programs of ${request.platform}: build on one that does, or install qemu-user-static.`
      : 'The same fails for `docker build --no-cache --pull`: correct the Dockerfile.',
    detail: error,
  };
}
