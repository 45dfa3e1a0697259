/** How each waiting update would get into an image: by its base, by a build without cache, or not at all. Pure. */
import type { PackageUpdate } from '../distro/model.ts';
import { compareApkVersions } from '../images/apk-version.ts';
import type { ImagePackage } from '../images/content.ts';
import { compareDebVersions } from '../images/deb-version.ts';
import { compareRpmVersions } from '../images/rpm-version.ts';
import {
  finalCommands,
  isUpgrade,
  unreadScripts,
  type DockerfileOutline,
  type PackageCommand,
} from './dockerfile-outline.ts';
import type { Way, WaitingUpdate } from './model.ts';
import { grammarOf, kindOf } from './steps-managers.ts';
import { allows } from './steps-packages.ts';

interface Facts {
  readonly commands: readonly PackageCommand[];
  /** Steps that install something, or may do so. */
  readonly installs: boolean;
  /** By name; null: not known. */
  readonly base: ReadonlyMap<string, readonly ImagePackage[]> | null;
  readonly newBase: ReadonlyMap<string, readonly ImagePackage[]> | null;
  readonly basePinned: boolean;
}

/**
 * Tells the way of each update. Where scripts of the Dockerfile were not read (`unreadScripts`), `upgrade-step` says only
 * that none of the steps that can be read brings it.
 * @param base packages of the image that the published one was built on; null: not known.
 * @param newBase packages of what its tag names now; null: not known.
 * @param basePinned FROM names a digest, so that a build alone does not take the new base.
 */
export function waysOf(
  updates: readonly PackageUpdate[],
  outline: DockerfileOutline,
  base: readonly ImagePackage[] | null,
  newBase: readonly ImagePackage[] | null,
  basePinned: boolean,
): readonly WaitingUpdate[] {
  const commands = finalCommands(outline);
  const facts: Facts = {
    commands,
    installs: commands.some(installs) || unreadScripts(outline).length > 0,
    base: byName(base),
    newBase: byName(newBase),
    basePinned,
  };
  return updates.map((update) => ({ update, way: wayOf(update, facts) }));
}

function byName(packages: readonly ImagePackage[] | null): Facts['base'] {
  return packages === null
    ? null
    : Map.groupBy(
        packages.filter(({ kind }) => kind !== 'python'),
        ({ name }) => name,
      );
}

function wayOf(update: PackageUpdate, facts: Facts): Way {
  const { commands, base, newBase } = facts;
  if (newBase?.get(update.name)?.some((one) => isAtLeast(one, update)) === true) {
    return facts.basePinned ? 'base-digest' : 'rebuild';
  }
  if (isHeld(update, commands)) return 'upgrade-step';
  // What is installed anew is the newest: keeping back and phasing are for what is there already.
  const isInBase = base?.has(update.name) !== false || newBase?.has(update.name) === true;
  if (!isInBase && facts.installs) return 'rebuild';
  if (commands.some((command) => installsByName(command, update.name))) return 'rebuild';
  switch (update.kind) {
    case 'upgrade':
      return commands.some((command) => upgrades(command, update)) ? 'rebuild' : 'upgrade-step';
    case 'kept-back':
      return commands.some((command) => command.action === 'full-upgrade' && upgrades(command, update))
        ? 'rebuild'
        : 'not-yet';
    case 'phased':
      return 'not-yet';
  }
}

const ANY_ARCHITECTURE = new Set(['all', 'noarch']);

function isAtLeast(one: ImagePackage, { arch, to }: PackageUpdate): boolean {
  if (one.arch !== arch && !ANY_ARCHITECTURE.has(one.arch) && !ANY_ARCHITECTURE.has(arch)) return false;
  if (one.version === to) return true;
  switch (one.kind) {
    case 'deb':
      return compareDebVersions(one.version, to) >= 0;
    case 'apk':
      return (compareApkVersions(one.version, to) ?? -1) >= 0;
    case 'rpm':
      return compareRpmVersions(one.version, to) >= 0;
    case 'python':
      return false;
  }
}

function installs({ action, packages, hasUnknown }: PackageCommand): boolean {
  return action === 'install' || (action === 'upgrade' && (packages.length > 0 || hasUnknown));
}

function names({ packages }: PackageCommand, name: string): boolean {
  return packages.some((one) => one.name === name);
}

/** Whether it moves a package of the base just because it is named. */
function installsByName(command: PackageCommand, name: string): boolean {
  return (
    command.action === 'install' &&
    command.indexes !== 'none' &&
    grammarOf(command.manager).installMoves &&
    names(command, name)
  );
}

function upgrades(command: PackageCommand, { name, security }: PackageUpdate): boolean {
  if (!isUpgrade(command) || (command.securityOnly && !security)) return false;
  return (command.packages.length === 0 && !command.hasUnknown) || names(command, name);
}

/** Pinned to another version, and nothing behind that moves it: apk holds what it was told for good. */
function isHeld(update: PackageUpdate, commands: readonly PackageCommand[]): boolean {
  const last = commands.findLastIndex((command) => names(command, update.name) && installs(command));
  const command = commands[last];
  if (command === undefined) return false;
  const requests = command.packages.filter(({ name }) => name === update.name);
  if (requests.every((request) => allows(request, update.to))) return false;
  return kindOf(command.manager) === 'apk' || !commands.slice(last + 1).some((one) => upgrades(one, update));
}
