/** `relock init`: what a repository lacks so that Relock serves it well. Pure. */
import { posix } from 'node:path';
import { POLICY_PATH, type Policy } from '../config/policy.ts';
import type { ImagePlan } from '../images/plan-images.ts';
import type { Tree } from '../model.ts';
import { listed, plural } from '../report/count.ts';
import { readCompose } from './compose-builds.ts';
import { findDockerfiles, type FoundDockerfile } from './dockerfiles.ts';
import type { BuildingWorkflow, InitProposal, ProposedFile, Suggestion, Surroundings } from './model.ts';
import { imageText, policyText, type ImageEntry } from './policy-text.ts';
import {
  entryOf,
  imagesToBuild,
  INPUTS,
  isNamed,
  isPlainPath,
  isStartable,
  publishedImages,
} from './published.ts';
import { upgradeSuggestions } from './upgrade.ts';
import { readWorkflow } from './workflow-builds.ts';
import { workflowText } from './workflow-text.ts';

export interface InitInput {
  readonly tree: Tree;
  /** That of the tree, or the defaults. */
  readonly policy: Policy;
  /** How many locks a run would make. */
  readonly locks: number;
  readonly images: ImagePlan;
  readonly around: Surroundings;
}

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/u;
const COMPOSE = /(?:^|\/)(?:[^/]*[._-])?compose(?:[._-][^/]*)?\.ya?ml$/iu;
/** Other systems that may build images; what they do is not read. */
const OTHER_CI =
  /^(?:\.gitlab-ci\.ya?ml|Jenkinsfile|\.circleci\/config\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|\.travis\.ya?ml|buildspec\.ya?ml|cloudbuild\.ya?ml|\.buildkite\/pipeline\.ya?ml|\.semaphore\/semaphore\.ya?ml)$/u;
const FREE_NAMES = ['build.yml', 'image.yml', 'build-image.yml'];

/** @returns files that are not there, what is there already, and what to change by hand. Never throws. */
export function proposeInit({ tree, policy, locks, images, around }: InitInput): InitProposal {
  const dockerfiles = findDockerfiles(tree, policy);
  const texts = (pattern: RegExp) =>
    tree.paths.flatMap((path) => {
      const file = pattern.test(path) ? tree.files.get(path) : undefined;
      return file?.kind === 'text' ? [{ path, text: file.text }] : [];
    });
  const workflows = texts(WORKFLOW).flatMap(({ path, text }) => readWorkflow(path, text, around) ?? []);
  const compose = texts(COMPOSE).flatMap(({ path, text }) => readCompose(path, text));
  const found = publishedImages(dockerfiles, workflows, compose);
  const build = buildOf(tree, found, workflows, around);
  const wanted = build.entries ?? found;
  const hasPolicy = tree.paths.includes(POLICY_PATH);
  const facts = { locks, unpinned: unpinnedOf(images), images: wanted };
  return {
    files: [
      ...(hasPolicy
        ? []
        : [{ path: POLICY_PATH, text: policyText(facts), purpose: 'What Relock does in this repository.' }]),
      ...build.files,
    ],
    there: [
      ...(hasPolicy ? [{ path: POLICY_PATH, what: 'the policy' }] : []),
      ...workflows.map(({ path }) => ({ path, what: 'a workflow that builds images' })),
    ],
    suggestions: [
      ...(hasPolicy ? missingImages(wanted, policy) : []),
      ...publishing(workflows).flatMap((workflow) =>
        isStartable(workflow) ? [] : [inputsLacking(workflow)],
      ),
      ...build.suggestions,
      ...upgradeSuggestions(dockerfiles.filter((one) => isBuilt(one, wanted))),
      ...dockerfiles.filter(({ path }) => !isPlainPath(path)).map(oddName),
    ],
  };
}

/** Those that push an image; where none is seen to, those that build without being understood. */
function publishing(workflows: readonly BuildingWorkflow[]): readonly BuildingWorkflow[] {
  const pushing = workflows.filter(({ builds }) => builds.some(({ pushes }) => pushes === true));
  return pushing.length > 0 ? pushing : workflows.filter(({ builds }) => builds.length === 0).slice(0, 1);
}

interface ProposedBuild {
  readonly files: readonly ProposedFile[];
  /** What the proposed workflow publishes; null: none is proposed. */
  readonly entries: readonly ImageEntry[] | null;
  readonly suggestions: readonly Suggestion[];
}

function buildOf(
  tree: Tree,
  found: readonly ImageEntry[],
  workflows: readonly BuildingWorkflow[],
  around: Surroundings,
): ProposedBuild {
  const nothing: ProposedBuild = { files: [], entries: null, suggestions: [] };
  if (workflows.length > 0 || found.length === 0) return nothing;
  const other = tree.paths.find((path) => OTHER_CI.test(path));
  if (other !== undefined) return { ...nothing, suggestions: [otherSystem(other)] };
  const name = FREE_NAMES.find((one) => !tree.paths.includes(`.github/workflows/${one}`));
  if (name === undefined) return nothing;
  const images = imagesToBuild(found);
  const path = `.github/workflows/${name}`;
  const text = workflowText(images, name, around.defaultBranch);
  const what = images.length === 1 ? (images[0]?.dockerfile ?? '') : plural(images.length, 'Dockerfile');
  const purpose = `Builds, tests and publishes ${what}; Relock can start it for a build without cache.`;
  return {
    files: [{ path, text, purpose }],
    entries: images.map((image) => entryOf(image, name, around)),
    suggestions: [],
  };
}

function isBuilt({ path }: FoundDockerfile, entries: readonly ImageEntry[]): boolean {
  return entries.some(({ dockerfile }) => dockerfile === path);
}

function unpinnedOf({ images }: ImagePlan): readonly string[] {
  const names = images
    .filter(({ reference }) => reference.digest === null)
    .flatMap(({ reference, mentions }) => {
      const [first] = mentions;
      return first === undefined ? [] : [`${reference.text} (${first.path}:${first.line})`];
    });
  return names.filter((name) => /^[\w./@:+() -]{1,300}$/u.test(name));
}

function missingImages(wanted: readonly ImageEntry[], policy: Policy): readonly Suggestion[] {
  const missing = wanted.filter((entry) => !isNamed(entry, policy.builtImages));
  if (missing.length === 0) return [];
  const names = listed(missing.map(({ dockerfile }) => dockerfile));
  const message = `It names no \`[[image]]\` for ${names}: whether what is published lacks fixes is then not looked up. Add at its end:`;
  const snippet = missing.map((entry) => imageText(entry).join('\n')).join('\n\n');
  return [{ path: POLICY_PATH, line: null, message, snippet }];
}

function inputsLacking({ path, inputs }: BuildingWorkflow): Suggestion {
  const lacking = INPUTS.filter((name) => inputs?.includes(name) !== true);
  const message =
    `It builds images and has no ${lacking.length === 1 ? 'input' : 'inputs'} ${listed(lacking.map((name) => `\`${name}\``))} for a ` +
    'start by hand, so that Relock cannot have it build without cache. Add these, hand them to the build ' +
    '(`no-cache: ${{ inputs.no-cache || false }}`, `pull: ${{ inputs.pull || false }}` of docker/build-push-action), and write ' +
    `\`via = ["workflow"]\` and \`workflow = "${posix.basename(path)}"\` in ${POLICY_PATH}. \`via = ["commit"]\` needs none of it.`;
  return { path, line: null, message, snippet: DISPATCH };
}

const DISPATCH = `on:
  workflow_dispatch:
    inputs:
      no-cache:
        description: Build everything anew, without any cache
        type: boolean
        default: false
      pull:
        description: Fetch the base images anew
        type: boolean
        default: false`;

function otherSystem(path: string): Suggestion {
  const message =
    'Another system than GitHub Actions works here, and may build the images, so no workflow is proposed. With `via = ["commit"]` ' +
    'whatever builds on a push builds anew.';
  return { path, line: null, message, snippet: '' };
}

function oddName({ path }: FoundDockerfile): Suggestion {
  const message = 'Its name has characters that are not put into files; name it in `[[image]]` by hand.';
  return { path, line: null, message, snippet: '' };
}
