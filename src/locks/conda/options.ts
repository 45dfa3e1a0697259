/** Options of `conda-lock lock` that the repository's policy may add: what no lock records. Pure. */
import { POLICY_PATH } from '../../config/policy.ts';
import type { Reason, Tree } from '../../model.ts';
import { flag, optionTable, pair, value, values } from '../compile/option-rule.ts';
import { readArguments } from '../compile/read-options.ts';
import { reason, resolveInside } from '../tree.ts';
import { whyNotChannel } from './channels.ts';

const SOLVER = 'which conda solves is for whoever runs Relock to say (`conda` under [tools] in its settings)';
const OWN = 'the names of the files are those that are there';

/** conda-lock 1 to 4. */
const CONDA_LOCK_OPTIONS = optionTable('conda-lock', false, [
  value('--conda', 'refuse', SOLVER),
  pair('--mamba', null, 'refuse', SOLVER),
  pair('--micromamba', null, 'refuse', SOLVER),
  values('--platform -p'),
  values('--channel -c'),
  pair('--dev-dependencies', 'on'),
  values('--file -f', 'refuse', 'sources are named by `inputs`'),
  values('--kind -k', 'note', OWN),
  value('--filename-template', 'note', OWN),
  value('--lockfile', 'note', OWN),
  flag('--strip-auth', 'drop'),
  values('--extras -e --category'),
  flag('--filter-categories --filter-extras'),
  flag('--check-input-hash', 'note', 'with it nothing would be made anew'),
  value('--log-level', 'drop'),
  flag('--pdb', 'refuse', 'it waits for somebody to type'),
  value('--virtual-package-spec', 'config-inside'),
  values('--update', 'note', 'a re-lock moves every package'),
  value('--pypi_to_conda_lookup_file', 'config-inside'),
  values('--metadata --md'),
  value('--with-cuda'),
  flag('--without-cuda'),
  values('--metadata-yaml --mdy --metadata-json', 'config-inside'),
  flag('--preserve-temp-dirs', 'drop'),
]);

export interface CondaOptions {
  /** As arguments, in their order. */
  readonly args: readonly string[];
  /** Named by options: what was recorded in a lock gives way to them. */
  readonly platforms: readonly string[];
  readonly channels: readonly string[];
  readonly hasLookup: boolean;
  readonly virtualPackages: string | null;
  /** Repository-relative files that options name. */
  readonly inputs: readonly string[];
  readonly notes: readonly string[];
}

const RIGHT: ReadonlyMap<string, RegExp> = new Map([
  ['--platform', /^[a-z0-9]{1,20}-[a-z0-9_]{1,20}$/u],
  ['--extras', /^[\w.-]{1,100}$/u],
  ['--with-cuda', /^\d{1,3}(?:\.\d{1,3}){0,2}$/u],
  ['--metadata', /^(?:timestamp|input_md5|input_sha)$/u],
]);

/**
 * @param words of `options`.
 * @param cwd paths are relative to it.
 */
export function readCondaOptions(tree: Tree, words: readonly string[], cwd: string): CondaOptions | Reason {
  const where = `\`options\` in ${POLICY_PATH}`;
  const read = readArguments(CONDA_LOCK_OPTIONS, words, where);
  if ('code' in read) return read;
  const [input] = read.inputs;
  if (input !== undefined) return refused(where, input, 'it is no option');
  const inputs: string[] = [];
  for (const { name, value: given } of read.options) {
    if (given === null) continue;
    const shown = `${name} ${given}`;
    const right = RIGHT.get(name);
    if (right !== undefined && !right.test(given))
      return refused(where, shown, 'its value is not understood');
    if (name === '--channel') {
      const why = whyNotChannel(given);
      if (why !== null) return refused(where, shown, why);
    }
    if (CONDA_LOCK_OPTIONS.bySpelling.get(name)?.use !== 'config-inside') continue;
    const path = resolveInside(cwd, given);
    if (path === null || given.startsWith('-') || !tree.paths.includes(path)) {
      return refused(where, shown, 'it names no file inside the repository');
    }
    inputs.push(path);
  }
  const of = (name: string): readonly string[] =>
    read.options.flatMap((option) => (option.name === name && option.value !== null ? [option.value] : []));
  return {
    args: read.options
      .filter(
        ({ name }) => name !== '--platform' && name !== '--channel' && name !== '--virtual-package-spec',
      )
      .flatMap(({ name, value: given }) => (given === null ? [name] : [name, given])),
    platforms: of('--platform'),
    channels: of('--channel'),
    hasLookup: of('--pypi_to_conda_lookup_file').length > 0,
    virtualPackages: of('--virtual-package-spec').at(-1) ?? null,
    inputs,
    notes: read.notes,
  };
}

function refused(where: string, option: string, why: string): Reason {
  return reason(
    'option-refused',
    `${where}: \`${option.slice(0, 200)}\` is refused: ${why}.`,
    `Correct \`options\` under [[lock]] in ${POLICY_PATH}.`,
  );
}
