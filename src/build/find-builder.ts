/** Finds a builder, and proves that it answers. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CancelledError, EnvironmentError } from '../errors.ts';
import type { Reason } from '../model.ts';
import type { RunChild } from '../run/child.ts';
import type { FoundSandbox } from '../run/sandbox/find-sandbox.ts';
import { pathFolders } from '../run/search-path.ts';
import { buildctlProbe, dockerProbe } from './daemons.ts';
import type { Builder, BuilderKind, BuilderSettings, BuildStep } from './model.ts';
import type { Variables } from './place.ts';
import { builderEnvironment, makePlace } from './place.ts';

export interface FindBuilder {
  readonly settings: BuilderSettings;
  /** Our own. */
  readonly environment: Variables;
  readonly run: RunChild;
  /** See `findSandbox`: bubblewrap. Buildah and Podman are not used without it. */
  readonly walls: FoundSandbox | Reason;
  /** Absolute folder in which a private one is made. */
  readonly scratch: string;
  readonly signal: AbortSignal | null;
}

const SECONDS = 20;

/**
 * `auto`: BuildKit where an address is configured (or in BUILDKIT_HOST) and answers, then Buildah, Podman, Docker: the first that
 * works. A kind that is named is the only one that is tried.
 * @throws {CancelledError}
 */
export async function findBuilder(options: FindBuilder): Promise<Builder | Reason> {
  const { settings, environment } = options;
  if (settings.kind === 'none') {
    return missing('Builders are switched off by the settings of Relock.', 'excluded-by-config');
  }
  if (settings.kind !== 'auto') return tryKind(settings.kind, options);
  const address = settings.address ?? environment['BUILDKIT_HOST'] ?? '';
  const kinds: readonly BuilderKind[] = [
    ...(address === '' ? [] : (['buildctl'] as const)),
    'buildah',
    'podman',
    'docker',
  ];
  const why: string[] = [];
  for (const kind of kinds) {
    const found = await tryKind(kind, { ...options, settings: settingsFor(kind, settings) });
    if ('kind' in found) return found;
    why.push(found.message);
  }
  return { ...missing('No builder works here.'), detail: why.join('\n') };
}

/** An address is BuildKit's unless a kind is named. */
function settingsFor(kind: BuilderKind, { address, certificates }: BuilderSettings): BuilderSettings {
  return kind === 'buildctl'
    ? { kind, path: null, address, certificates }
    : { kind, path: null, address: null, certificates: null };
}

async function tryKind(kind: BuilderKind, options: FindBuilder): Promise<Builder | Reason> {
  const { settings, walls } = options;
  const path = await findProgram(kind, options);
  if (typeof path !== 'string') return path;
  const own = kind === 'buildah' || kind === 'podman';
  if (own && settings.address !== null) {
    return missing(`${kind} has no daemon that Relock asks: take \`address\` out of [builder].`);
  }
  if (own && !('bwrap' in walls)) {
    return {
      code: 'sandbox-unavailable',
      message: `${kind} is not used without walls around it: ${walls.message}`,
      fix: walls.fix,
      detail: walls.detail,
    };
  }
  const version = await ask(path, ['--version'], options);
  if (typeof version !== 'string') return version;
  const builder: Builder = {
    kind,
    path,
    version: /\b(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?)/u.exec(version.slice(0, 500))?.[1] ?? 'unknown',
    address: settings.address,
    certificates: settings.certificates,
    walls: own && 'bwrap' in walls ? walls : null,
  };
  const silent = own ? null : await whySilent(builder, options);
  return silent ?? builder;
}

async function findProgram(kind: BuilderKind, options: FindBuilder): Promise<string | Reason> {
  const configured = options.settings.path;
  if (configured !== null) {
    const usable = isAbsolute(configured) && (await isProgram(configured));
    return usable
      ? configured
      : missing(`${configured}, which the settings name under [builder], is no program that can be run.`);
  }
  for (const folder of pathFolders(options.environment)) {
    const path = join(folder, kind);
    if (await isProgram(path)) return path;
  }
  return missing(`${kind} is not on PATH.`);
}

async function isProgram(path: string): Promise<boolean> {
  if ((await stat(path).catch(() => null))?.isFile() !== true) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function whySilent(builder: Builder, options: FindBuilder): Promise<Reason | null> {
  const { folder, place, remove } = await makePlace(options.scratch, []);
  try {
    const plan = { builder, place, credentials: null };
    const probe: BuildStep = builder.kind === 'docker' ? dockerProbe(plan) : buildctlProbe(plan);
    const env = { ...builderEnvironment(options.environment, place), ...probe.env };
    const answer = await ask(probe.argv[0], probe.argv.slice(1), options, env, folder);
    return typeof answer === 'string' ? null : answer;
  } finally {
    await remove();
  }
}

async function ask(
  path: string,
  args: readonly string[],
  { run, signal }: FindBuilder,
  env: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
  cwd = '/',
): Promise<string | Reason> {
  try {
    const common = { cwd, env, timeoutSeconds: SECONDS, signal, maxOutputBytes: 16_384 };
    const result = await run({ file: path, args, ...common });
    if (result.exitCode === 0) return result.stdout;
    const why = result.timedOut ? `does not answer within ${SECONDS} seconds` : 'does not answer';
    const words = `${result.stderr}\n${result.stdout}`.trim().slice(-1000);
    return { ...missing(`${path} ${why}.`), detail: words };
  } catch (error) {
    if (error instanceof CancelledError || !(error instanceof EnvironmentError)) throw error;
    return missing(error.message);
  }
}

function missing(message: string, code: Reason['code'] = 'tool-failed'): Reason {
  const fix =
    'Install Buildah and bubblewrap, or name a BuildKit under [builder] in the settings of Relock: see docs/builders.md.';
  return { code, message, fix: code === 'tool-failed' ? fix : '', detail: '' };
}
