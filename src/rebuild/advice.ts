/** What keeps an image from getting fixes, or is unwise: told with the line and what to do, never changed. Pure. */
import type { PackageUpdate } from '../distro/model.ts';
import { parseReference } from '../images/reference.ts';
import { adviseOnBase, adviseOnSize, adviseOnUser } from './advice-image.ts';
import { quoted } from './advice-words.ts';
import {
  finalStages,
  rootStage,
  unreadScripts,
  type DockerfileOutline,
  type PackageCommand,
  type PackageStep,
} from './dockerfile-outline.ts';
import type { Advice, BuiltImage } from './model.ts';
import { kindOf } from './steps-managers.ts';
import { hasUpgradeStep, upgradeCommand } from './upgrade-step.ts';

/** What the Dockerfile does not tell; null: not known, or nothing of the kind. */
export interface AdviceFacts {
  /** The kind of packages in the image. */
  readonly system: 'deb' | 'apk' | 'rpm' | null;
  /** What is offered to the published image. */
  readonly updates: readonly PackageUpdate[];
  /** A sentence: the release of the base is past the end of its support. */
  readonly endOfLife: string | null;
  /** A sentence: packages of the locks have no wheels for musl. */
  readonly musl: string | null;
  /** `User` of the published image's configuration; empty: root. */
  readonly user: string | null;
  /** Compressed bytes of the layers, published and built. */
  readonly size: { readonly from: number; readonly to: number } | null;
  readonly sizeBudget: BuiltImage['sizeBudget'];
}

/** Threat: a Dockerfile of nothing but unwise lines. */
const MOST = 50;

/** In the order of the file for each matter; the most important matters first. */
export function adviceOf(outline: DockerfileOutline, facts: AdviceFacts): readonly Advice[] {
  return [
    ...adviseOnBase(outline, facts),
    ...unpinnedBases(outline),
    ...withoutUpgrade(outline, facts),
    ...finalStages(outline).flatMap(({ steps }) =>
      steps.flatMap((step) => adviseOnStep(outline.path, step, facts)),
    ),
    ...secrets(outline),
    ...adviseOnUser(outline, facts.user),
    ...adviseOnSize(facts),
  ].slice(0, MOST);
}

function unpinnedBases({ path, stages }: DockerfileOutline): readonly Advice[] {
  return stages.flatMap(({ base, baseStage, line, leadsToFinal }) => {
    if (!leadsToFinal || base === null || baseStage !== null || base === 'scratch') return [];
    const reference = parseReference(base);
    if (reference === null || reference.digest !== null) return [];
    const message = `\`FROM ${reference.text}\` names no digest, so that nobody can tell which base a build takes, and a builder that has the tag already may keep the old one. Pin it (\`${reference.text}@sha256:…\`, or \`pin = true\` under \`[images]\`), and Relock moves the digest.`;
    return [{ code: 'unpinned-base' as const, path, line, message }];
  });
}

function withoutUpgrade(outline: DockerfileOutline, { system }: AdviceFacts): readonly Advice[] {
  const stage = rootStage(outline);
  if (system === null || stage === null || stage.base === 'scratch' || hasUpgradeStep(outline, system))
    return [];
  const scripts = unreadScripts(outline).slice(0, 3);
  const unless =
    scripts.length === 0
      ? ''
      : ` (unless ${scripts.map(quoted).join(', ')} does, which Relock does not read)`;
  const message = `No step upgrades the packages of the base image${unless}: their fixes come only when its publisher rebuilds it. To have them sooner, add \`${upgradeCommand(outline, system)}\` to the stage that starts here.`;
  return [{ code: 'no-upgrade-step', path: outline.path, line: stage.line, message }];
}

function adviseOnStep(path: string, { line, commands }: PackageStep, facts: AdviceFacts): readonly Advice[] {
  const stale = commands.find(({ action, indexes }) => action !== 'update' && indexes !== 'same-layer');
  return [
    ...(stale === undefined ? [] : [staleIndexes(path, line, stale)]),
    ...commands.flatMap((command) => pinned(path, line, command, facts.updates)),
  ];
}

/** apt alone needs to be told: the others fetch indexes that are missing or old by themselves. */
function staleIndexes(path: string, line: number, { action, indexes }: PackageCommand): Advice {
  const verb = action === 'full-upgrade' ? 'dist-upgrade' : action;
  const where =
    indexes === 'earlier-layer'
      ? 'takes the package lists of an earlier layer, which the build cache keeps: it then installs old versions, or fails on files that are gone'
      : 'has no step before it that fetches package lists, and works with what the base image holds, if anything';
  return {
    code: 'install-without-update',
    path,
    line,
    message: `\`apt-get ${verb}\` ${where}. To mend it, put \`apt-get update &&\` before it in the same RUN.`,
  };
}

function pinned(
  path: string,
  line: number,
  { manager, packages }: PackageCommand,
  updates: readonly PackageUpdate[],
): readonly Advice[] {
  return packages.flatMap(({ name, version, match }) => {
    if (match !== 'exact' || version === null) return [];
    const separator = kindOf(manager) === 'rpm' && manager !== 'zypper' ? '-' : '=';
    const update = updates.find((one) => one.name === name && one.to !== version);
    const then =
      update === undefined
        ? 'Distributions drop a version when they publish the next'
        : `The distribution offers ${update.to} now, and drops the older one sooner or later`;
    const looser =
      manager === 'apk'
        ? `\`${name}~=…\` with fewer digits`
        : `\`${name}\` alone, or with \`*\` at the end of its version`;
    const message = `${quoted(name + separator + version)} is held at one exact version. ${then}: a build without cache then fails, and fixes never come. Name ${looser}.`;
    return [{ code: 'pinned-os-package' as const, path, line, message }];
  });
}

function secrets(outline: DockerfileOutline): readonly Advice[] {
  return finalStages(outline).flatMap((stage) =>
    stage.secrets.map(({ path, line }) => ({
      code: 'secret-copied' as const,
      path: outline.path,
      line,
      message: `${quoted(path)} is copied into the image, and such files often hold secrets: whoever pulls the image can read them, even when a later step deletes the file. Pass it to the step that needs it with \`RUN --mount=type=secret\`, and list it in \`.dockerignore\`.`,
    })),
  );
}
