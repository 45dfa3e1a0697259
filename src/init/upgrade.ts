/** The upgrade step that Dockerfiles lack, as a suggestion. Pure. */
import { parseReference } from '../images/reference.ts';
import {
  finalCommands,
  rootStage,
  unreadScripts,
  type DockerfileOutline,
} from '../rebuild/dockerfile-outline.ts';
import { readDockerfile } from '../rebuild/dockerfile.ts';
import { kindOf } from '../rebuild/steps-managers.ts';
import { addUpgradeStep } from '../rebuild/upgrade-step.ts';
import type { FoundDockerfile } from './dockerfiles.ts';
import type { Suggestion } from './model.ts';

type System = ReturnType<typeof kindOf>;

/** One for each Dockerfile that builds on an image of a known distribution and never upgrades its packages. */
export function upgradeSuggestions(dockerfiles: readonly FoundDockerfile[]): readonly Suggestion[] {
  return dockerfiles.flatMap(({ path, text }) => {
    const outline = readDockerfile(path, text);
    const base = rootStage(outline)?.base ?? null;
    const system = base === null ? null : systemOf(base, outline);
    const step = system === null ? null : addUpgradeStep(text, outline, system);
    if (step === null) return [];
    const scripts = unreadScripts(outline);
    const unless = scripts.length === 0 ? '' : ` (unless ${scripts.slice(0, 3).join(', ')} does)`;
    const message =
      `No step upgrades the packages of ${base}${unless}: fixes of its distribution come only with a newer base, and ` +
      'building anew does not help. Put this before the line:';
    return [{ path, line: step.line, message, snippet: step.step }];
  });
}

const BY_NAME: readonly (readonly [System, RegExp])[] = [
  ['apk', /alpine/u],
  ['rpm', /fedora|rockylinux|almalinux|(?:^|[/-])ubi\d|centos|oraclelinux|amazonlinux/u],
  ['deb', /debian|ubuntu|slim|bookworm|bullseye|trixie|noble|jammy|focal/u],
];

/** By the package manager that the Dockerfile itself uses, else by the base's name; null: not known. */
function systemOf(base: string, outline: DockerfileOutline): System | null {
  const used = finalCommands(outline)[0];
  if (used !== undefined) return kindOf(used.manager);
  const named = BY_NAME.find(([, name]) => name.test(base));
  if (named !== undefined) return named[0];
  // Without a word for another one, the official image is Debian's.
  const reference = parseReference(base);
  return reference?.registry === 'docker.io' && reference.repository === 'library/python' ? 'deb' : null;
}
