/** The upgrade step that a Dockerfile lacks, as a proposal: nothing puts it in but people. Pure. */
import { lineAt, lineStarts } from '../images/located-text.ts';
import {
  finalCommands,
  rootStage,
  upgradesAll,
  type DockerfileOutline,
  type PackageManager,
} from './dockerfile-outline.ts';
import { kindOf } from './steps-managers.ts';

export interface UpgradeStep {
  /** The instruction, on one line, without its end. */
  readonly step: string;
  /** Line before which it would stand, from 1. */
  readonly line: number;
  /** The whole file with it. */
  readonly text: string;
}

const STEPS: Readonly<Record<PackageManager, string>> = {
  apt: 'RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y upgrade && rm -rf /var/lib/apt/lists/*',
  apk: 'RUN apk upgrade --no-cache',
  dnf: 'RUN dnf -y upgrade && dnf clean all',
  microdnf: 'RUN microdnf -y upgrade && microdnf clean all',
  yum: 'RUN yum -y update && yum clean all',
  zypper: 'RUN zypper --non-interactive update && zypper clean --all',
};

/** The upgrade step for a kind of packages, by the program that the Dockerfile itself uses where there are several. */
export function upgradeCommand(outline: DockerfileOutline, system: 'deb' | 'apk' | 'rpm'): string {
  if (system === 'deb') return STEPS.apt;
  if (system === 'apk') return STEPS.apk;
  const used = finalCommands(outline).find(({ manager }) => kindOf(manager) === 'rpm')?.manager;
  const base = rootStage(outline)?.base ?? '';
  return STEPS[used ?? (/minimal/u.test(base) ? 'microdnf' : 'dnf')];
}

/** Whether a build of the Dockerfile upgrades the packages of its base, with security fixes at least. */
export function hasUpgradeStep(outline: DockerfileOutline, system: 'deb' | 'apk' | 'rpm'): boolean {
  return finalCommands(outline).some((command) => kindOf(command.manager) === system && upgradesAll(command));
}

/**
 * Proposes the step in the stage that is built on the base image: above its first package step, or right below FROM.
 * @param outline of this very text.
 * @returns null: it has such a step, or there is no place for one.
 */
export function addUpgradeStep(
  text: string,
  outline: DockerfileOutline,
  system: 'deb' | 'apk' | 'rpm',
): UpgradeStep | null {
  const stage = rootStage(outline);
  if (stage === null || stage.base === 'scratch' || hasUpgradeStep(outline, system)) return null;
  const first = stage.steps[0];
  const at = first === undefined ? stage.end : placeAbove(text, first.start, stage.end);
  const step = upgradeCommand(outline, system);
  const end = text.slice(0, at).endsWith('\r\n') ? '\r\n' : '\n';
  const before = at === 0 || text[at - 1] === '\n' ? '' : end;
  return {
    step,
    line: lineAt(lineStarts(text), at) + (before === '' ? 0 : 1),
    text: text.slice(0, at) + before + step + end + text.slice(at),
  };
}

/** The line of an instruction, or of the comments that stand right above it; not above `least`. */
export function placeAbove(text: string, start: number, least: number): number {
  let at = text.lastIndexOf('\n', start - 1) + 1;
  while (at > least) {
    const before = text.lastIndexOf('\n', at - 2) + 1;
    if (before < least || !/^[ \t]*#/u.test(text.slice(before, at))) break;
    at = before;
  }
  return at;
}
