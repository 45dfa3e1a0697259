/**
 * Which Python a lock is for, and how that was learned. Pure.
 *
 * In this order, the first that says: `python` of `[[lock]]` in the policy; the lock itself (its header, an option of its
 * command, `_meta.requires`); the nearest Dockerfile that installs the lock (those for development last);
 * `.python-version`, `.tool-versions` or `runtime.txt` of the nearest folder; Pipfile `[requires]`; the lower bound of
 * `requires-python`, of Poetry's `python` or of `python_requires`, in the manifest's folder or, for a lock without a
 * manifest, the nearest one; the workflows, when all name one version.
 */
import { policyFor } from '../config/lock-policy.ts';
import { POLICY_PATH } from '../config/policy.ts';
import type { Policy } from '../config/policy.ts';
import type { PythonChoice, Tree } from '../model.ts';
import { fromManifests, fromNearestManifest, fromVersionFiles, fromWorkflows } from './python-declared.ts';
import { imagesThatInstall } from './python-images.ts';
import type { ImageAnswer } from './python-images.ts';
import { compareVersions, minorOf } from './python-versions.ts';

export interface PythonQuestion {
  /** The lock's path. */
  readonly lock: string;
  readonly manifests: readonly string[];
  /** What the lock itself says (its header, `_meta.requires`, an option of its command), or null. */
  readonly inLock: PythonChoice | null;
}

export interface PythonAnswer extends PythonChoice {
  /** What a reader should know: two sources that disagree. */
  readonly notes: readonly string[];
}

/** Answers for one lock. `from` names file and line wherever a file says it. */
export function choosePython(tree: Tree, policy: Policy, question: PythonQuestion): PythonAnswer {
  const { lock, manifests, inLock } = question;
  const policyPython = policyFor(policy, lock).python;
  if (policyPython !== undefined) {
    return { version: policyPython, from: `python of [[lock]] in ${POLICY_PATH}`, notes: [] };
  }
  const images = imagesThatInstall(tree, lock);
  const image = images[0];
  if (inLock !== null && inLock.version !== null) {
    return { ...inLock, notes: disagreement(lock, inLock.version, image) };
  }
  const inFiles = fromVersionFiles(tree, lock);
  const inManifests = manifests.length > 0 ? fromManifests(tree, manifests) : fromNearestManifest(tree, lock);
  if (image !== undefined && !isPassedOver(image, lock, inFiles, inManifests))
    return fromImage(image, images);
  const declared = inFiles ?? inManifests ?? fromWorkflows(tree);
  if (declared === null) return { version: null, from: 'nothing in the repository says', notes: [] };
  const notes =
    declared.version === null ? [`${declared.from} is not CPython: locked without a Python of its own.`] : [];
  return { ...declared, notes };
}

/**
 * A distribution's own Python, which uv leaves for the one that a version file names, and every tool for the one that the
 * project asks for.
 */
function isPassedOver(
  image: ImageAnswer,
  lock: string,
  inFiles: PythonChoice | null,
  inManifests: PythonChoice | null,
): boolean {
  if (!image.isSystem || image.version === null) return false;
  if (inFiles !== null && /(?:^|\/)(?:uv\.lock|pylock\.[^/]*)$/u.test(lock)) return true;
  const least = inManifests?.version ?? null;
  return least !== null && compareVersions(minorOf(least), minorOf(image.version)) > 0;
}

function fromImage(image: ImageAnswer, images: readonly ImageAnswer[]): PythonAnswer {
  const from = nameOf(image);
  if (image.version === null) {
    return {
      version: null,
      from,
      notes: [`${from} is ${image.implementation}: locked without a Python of its own.`],
    };
  }
  const { version } = image;
  const other = images.find((one) => one.version !== null && minorOf(one.version) !== minorOf(version));
  const notes =
    other === undefined
      ? []
      : [`Locked for Python ${version} (${from}), though ${nameOf(other)} installs it too.`];
  return { version, from, notes };
}

function disagreement(lock: string, version: string, image: ImageAnswer | undefined): readonly string[] {
  if (image?.version === undefined || image.version === null) return [];
  if (minorOf(image.version) === minorOf(version)) return [];
  return [
    `${lock} says Python ${version}, but ${nameOf(image)} installs it on ${image.version}: set \`python\` under [[lock]] in ${POLICY_PATH} to choose.`,
  ];
}

function nameOf(image: ImageAnswer): string {
  return `${image.dockerfile}:${image.line} ${image.text}`;
}
