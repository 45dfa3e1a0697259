/** What detection gives for one lock, and the parts that all kinds share. */
import { policyFor } from '../../config/lock-policy.ts';
import type { LockPolicy, Policy } from '../../config/policy.ts';
import type { PythonChoice, Remote, ToolChoice } from '../../model.ts';
import { choosePython } from '../python-choice.ts';
import { readText } from '../tree.ts';
import type { Files } from './files.ts';
import type { CompileHeader } from './header.ts';
import type { LockText } from './lock-text.ts';
import type { CompileOption, CompileSpec } from './spec.ts';

/** One lock as understood; the ecosystem makes its target of it. */
export interface DetectedLock {
  readonly spec: CompileSpec;
  /** Repository-relative, as many as `spec.inputs`. */
  readonly manifests: readonly string[];
  /** Everything that is read: manifests, what they include, constraints, configuration, other locks. Sorted. */
  readonly inputs: readonly string[];
  readonly remotes: readonly Remote[];
  readonly notes: readonly string[];
  readonly tool: ToolChoice;
}

/** What is the same for all locks of one detection. */
export interface Surroundings {
  readonly files: Files;
  readonly policy: Policy;
  /** Paths of all locks of this family. */
  readonly locks: ReadonlySet<string>;
}

export interface FoundLock {
  readonly path: string;
  readonly header: CompileHeader | null;
  readonly text: LockText;
}

export interface PythonOfLock extends PythonChoice {
  readonly notes: readonly string[];
}

export function pythonOf(
  around: Surroundings,
  lock: string,
  manifests: readonly string[],
  inLock: PythonChoice | null,
): PythonOfLock {
  return choosePython(around.files.tree, around.policy, { lock, manifests, inLock });
}

export function lockPolicyOf(around: Surroundings, lock: string): Omit<LockPolicy, 'path'> {
  return policyFor(around.policy, lock);
}

export function toolOf(
  around: Surroundings,
  found: FoundLock,
  name: ToolChoice['name'],
  version: string | null,
): ToolChoice {
  const policyVersion = lockPolicyOf(around, found.path).toolVersion;
  if (policyVersion !== undefined) {
    return { name, version: policyVersion, from: 'toolVersion of [[lock]] in .github/relock.toml' };
  }
  const { header } = found;
  const said =
    header === null
      ? 'the annotations, without a header'
      : `${found.path}:${header.line}${header.writtenBy === name ? '' : ` (${header.writtenBy})`}`;
  return { name, version, from: said };
}

/** Parts of the spec that are bytes of the file as it is. */
export function fileStyle(
  files: Files,
  found: FoundLock,
  options: readonly CompileOption[],
): Pick<CompileSpec, 'header' | 'newline' | 'bom' | 'annotations'> {
  const file = files.tree.files.get(found.path);
  const raw = file?.kind === 'text' ? file.text : (readText(files.tree, found.path) ?? '');
  return {
    header: found.header?.block ?? '',
    newline: raw.includes('\r\n') ? '\r\n' : '\n',
    bom: raw.startsWith('\uFEFF'),
    annotations: annotationStyle(found, options),
  };
}

/** What the command says, else what the text shows; a lock without any annotation may just have had nothing to annotate. */
function annotationStyle(
  { header, text }: FoundLock,
  options: readonly CompileOption[],
): CompileSpec['annotations'] {
  if (options.some(({ name }) => name === '--no-annotate')) return 'none';
  const said = options.findLast(({ name }) => name === '--annotation-style')?.value;
  if (said === 'line' || said === 'split') return said;
  if (text.annotations !== 'none') return text.annotations;
  return header?.old === true ? 'line' : 'split';
}
