/** What a Dockerfile does to the packages of its image, as far as its text tells. Plain data. */
import type { Span } from '../images/model.ts';
import type { Reason } from '../reason.ts';

export type PackageManager = 'apt' | 'apk' | 'dnf' | 'microdnf' | 'yum' | 'zypper';

/** A package that a command names. */
export interface PackageRequest {
  readonly name: string;
  /** As written behind the name; variables that nothing gives a value stay. null: whatever is offered. */
  readonly version: string | null;
  /** `exact`: this version alone; `prefix`: any that begins so (`1.2*`, or without a star part by part, apk's `~=1.2`); `any`: also a newer one. */
  readonly match: 'any' | 'exact' | 'prefix';
}

export interface PackageCommand {
  readonly manager: PackageManager;
  /** `update` fetches indexes alone; `full-upgrade` may install and remove others for it. */
  readonly action: 'update' | 'upgrade' | 'full-upgrade' | 'install';
  /** For an upgrade: only these; all when it is empty and nothing is unknown. */
  readonly packages: readonly PackageRequest[];
  /** More packages than those, which the text does not tell: a variable, a file, `xargs`. */
  readonly hasUnknown: boolean;
  readonly securityOnly: boolean;
  /** Where its indexes come from: fetched in the same layer, in an earlier one (which may be cached), or in none that is seen. */
  readonly indexes: 'same-layer' | 'earlier-layer' | 'none';
}

/** A RUN that installs or upgrades packages, or may do so. */
export interface PackageStep {
  /** From 1. */
  readonly line: number;
  /** Offset of its keyword. */
  readonly start: number;
  /** In their order; empty: only `calls` might do so. */
  readonly commands: readonly PackageCommand[];
  /** Scripts that it runs, which nobody has read: `./install.sh`. */
  readonly calls: readonly string[];
}

/** One variable that ARG or ENV declares. */
export interface VariablePlace {
  readonly keyword: 'ARG' | 'ENV';
  readonly name: string;
  readonly line: number;
  /** Offset of the instruction's keyword. */
  readonly start: number;
  /** ARG: the default as written, without quotes; null: none, or ENV. */
  readonly value: string | null;
  /** ARG: where that stands; empty when it is empty; null: not in one piece, or none. */
  readonly span: Span | null;
  /** Offset behind the name. */
  readonly nameEnd: number;
}

export interface OutlineStage {
  /** Lower case. */
  readonly name: string | null;
  /** The image or stage behind FROM, variables replaced by their defaults; null: that cannot be told. */
  readonly base: string | null;
  /** Index of the stage that it is built on; null: an image. */
  readonly baseStage: number | null;
  readonly line: number;
  /** Offset of the line behind FROM. */
  readonly end: number;
  readonly platform: string | null;
  /** Its packages are in the image that comes out: the last stage, and those that it is built on. */
  readonly leadsToFinal: boolean;
  readonly steps: readonly PackageStep[];
  /** Its last USER, or that of the stage it is built on; null: the base image's. */
  readonly user: { readonly name: string; readonly line: number } | null;
  /** Files that often hold secrets, copied from the build context. */
  readonly secrets: readonly { readonly path: string; readonly line: number }[];
  readonly variables: readonly VariablePlace[];
}

export interface DockerfileOutline {
  readonly path: string;
  /** In the order of the file; empty when `unread` says why. */
  readonly stages: readonly OutlineStage[];
  /** Above the first FROM. */
  readonly globals: readonly VariablePlace[];
  /** Why nothing can be told or edited; null: it was read. */
  readonly unread: Reason | null;
}

/** Stages whose packages are in the image, in the order in which they are built. */
export function finalStages(outline: DockerfileOutline): readonly OutlineStage[] {
  return outline.stages.filter((stage) => stage.leadsToFinal);
}

/** The stage whose FROM names the image that the last stage is built on in the end; null: there is none. */
export function rootStage(outline: DockerfileOutline): OutlineStage | null {
  let stage = outline.stages.at(-1) ?? null;
  while (stage !== null && stage.baseStage !== null) stage = outline.stages[stage.baseStage] ?? null;
  return stage;
}

/** Package commands on the way to the image, in the order in which they run. */
export function finalCommands(outline: DockerfileOutline): readonly PackageCommand[] {
  return finalStages(outline).flatMap(({ steps }) => steps.flatMap(({ commands }) => commands));
}

/** Scripts on the way to the image that were not read: what these do to packages is unknown. */
export function unreadScripts(outline: DockerfileOutline): readonly string[] {
  const calls = finalStages(outline).flatMap(({ steps }) => steps.flatMap((step) => step.calls));
  return [...new Set(calls)];
}

/** Whether a command upgrades what is installed, and has indexes to do so. */
export function isUpgrade({ action, indexes }: PackageCommand): boolean {
  return (action === 'upgrade' || action === 'full-upgrade') && indexes !== 'none';
}

/** Whether a command upgrades all packages, those with security fixes at least. */
export function upgradesAll(command: PackageCommand): boolean {
  return isUpgrade(command) && command.packages.length === 0 && !command.hasUnknown;
}
