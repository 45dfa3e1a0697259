/** Arguments of `uv pip compile`: for its own locks, and in the place of pip-compile. Pure. */
import { relativeTo } from '../tree.ts';
import { asArguments, hasOption, isOn, valuesOf } from './chosen-options.ts';
import type { FinderState } from './option-lines.ts';
import { readPipArgs } from './pip-args.ts';
import type { PythonPlan } from './python-plan.ts';
import { fullVersion, solvedVersion } from './python-plan.ts';
import type { CompileOption, CompileSpec } from './spec.ts';
import type { Wishes } from './wishes.ts';

export type UvArgv = readonly [string, ...string[]];

/** Parts that differ from run to run. */
export interface UvRun {
  readonly python: readonly string[];
  /** Locks that this one is bound to. */
  readonly constraints: readonly string[];
}

/** For a lock of uv's own: its options as they are. The header is ours to keep, so uv writes none. */
export function uvArgv(spec: CompileSpec, run: UvRun): UvArgv {
  const options = spec.options.filter(({ name }) => name !== '--no-header' && name !== '--header');
  return [
    'uv',
    'pip',
    'compile',
    ...filesOf(spec),
    ...asArguments(options),
    ...run.python,
    '--no-header',
    '--upgrade',
  ];
}

function filesOf(spec: CompileSpec): readonly string[] {
  return [...spec.inputs, '--output-file', relativeTo(spec.cwd, spec.lock)];
}

/**
 * For a lock of pip-compile: every option in uv's language.
 * Markers, unsafe packages, direct references and the lines above the pins are written afterwards (`pip-compile-text.ts`),
 * hence neither `--no-emit-package` nor `--emit-index-url`.
 */
export function uvArgvForPipCompile(spec: CompileSpec, finder: FinderState, run: UvRun): UvArgv {
  const { options } = spec;
  const cutoff =
    valuesOf(options, '--uploaded-prior-to').at(-1) ??
    valuesOf(options, '--pip-args')
      .flatMap((value) => readPipArgs(value)?.options ?? [])
      .findLast(({ name }) => name === '--uploaded-prior-to')?.value ??
    null;
  const given = givenIndexes(options);
  return [
    'uv',
    'pip',
    'compile',
    ...filesOf(spec),
    ...valuesOf(options, '--constraint').flatMap((file) => ['--constraint', file]),
    ...run.constraints.flatMap((file) => ['--constraint', file]),
    ...valuesOf(options, '--extra').flatMap((extra) => ['--extra', extra]),
    ...(hasOption(options, '--all-extras') ? ['--all-extras'] : []),
    ...(isOn(options, '--strip-extras', false) ? [] : ['--no-strip-extras']),
    ...(hasOption(options, '--generate-hashes') ? ['--generate-hashes'] : []),
    ...(spec.annotations === 'none' ? ['--no-annotate'] : ['--annotation-style', 'split']),
    ...(finder.pre ? ['--prerelease', 'allow'] : []),
    ...given,
    // pip compares all indexes; uv by default stops at the first that knows a name.
    ...(finder.indexUrls.length > 1 ? ['--index-strategy', 'unsafe-best-match'] : []),
    ...finder.trustedHosts.flatMap((host) => ['--allow-insecure-host', host]),
    ...(cutoff === null ? [] : ['--exclude-newer', cutoff]),
    ...valuesOf(options, '--upgrade-package').flatMap((held) => ['--upgrade-package', held]),
    ...run.python,
    '--no-sources',
    '--no-header',
    '--upgrade',
  ];
}

/** From the command line only: what inputs say uv reads there. */
function givenIndexes(options: readonly CompileOption[]): readonly string[] {
  const said = [
    ...options,
    ...valuesOf(options, '--pip-args').flatMap((value) => readPipArgs(value)?.options ?? []),
  ];
  return said.flatMap(({ name, value }) => {
    switch (name) {
      case '--no-index':
        return ['--no-index'];
      case '--index-url':
        return value === null ? [] : ['--default-index', value];
      case '--extra-index-url':
        return value === null ? [] : ['--index', value];
      case '--find-links':
        return value === null ? [] : ['--find-links', value];
      case '--no-binary':
      case '--only-binary':
        return value === null ? [] : value.split(',').flatMap((one) => [name, one]);
      default:
        return [];
    }
  });
}

/** What only pip-compile can honour, in words for a note; null when uv can do all of it. */
export function whyOnlyPipCompile(spec: CompileSpec, finder: FinderState, wishes: Wishes): string | null {
  for (const { name, value } of spec.options) {
    if (['--build-deps-for', '--all-build-deps', '--only-build-deps'].includes(name)) {
      return `uv has no option like \`${name}\``;
    }
    if (name !== '--pip-args' || value === null) continue;
    const args = readPipArgs(value);
    const unknown = args === null ? value : args.onlyPip[0];
    if (unknown !== undefined) return `uv has no option like \`${unknown}\` of --pip-args`;
  }
  if (finder.preferBinary) return 'uv has no option like `--prefer-binary`';
  const optioned = wishes.wishes.find(({ requirement }) => requirement.options.length > 0);
  if (optioned !== undefined) {
    const { writtenName, options } = optioned.requirement;
    return `uv refuses options of one requirement (\`${writtenName} ${options.join(' ')}\`)`;
  }
  const vcs = wishes.wishes.find(
    ({ requirement: { editable, url } }) => editable && url !== null && /^(?:git|hg|svn|bzr)\+/iu.test(url),
  );
  if (vcs !== undefined)
    return `uv refuses an editable VCS requirement (\`-e ${vcs.requirement.url ?? ''}\`)`;
  const other = wishes.wishes.find(
    ({ requirement: { url } }) => url !== null && /^(?:hg|svn|bzr)\+/iu.test(url),
  );
  return other === undefined ? null : `uv does not know \`${other.requirement.url ?? ''}\``;
}

/** For a lock of pip-compile, which is solved for the exact Python that runs it. */
export function pythonArguments(spec: CompileSpec, plan: PythonPlan): readonly string[] {
  const version = solvedVersion(spec, plan);
  switch (plan.kind) {
    case 'here':
      return [
        '--python',
        plan.interpreter.path,
        ...(version === null || version === plan.interpreter.version ? [] : ['--python-version', version]),
      ];
    case 'absent':
      return ['--python-version', version ?? plan.version];
    case 'any':
      return [];
    default:
      return plan satisfies never;
  }
}

/**
 * For a lock of uv's own: what the header says stays as it is (uv takes `3.11` for 3.11.0); else the interpreter's version.
 * A universal lock holds from a minor version on.
 */
export function uvPythonArguments(spec: CompileSpec, plan: PythonPlan): readonly string[] {
  const interpreter = plan.kind === 'here' ? ['--python', plan.interpreter.path] : [];
  const said = /--python-version[= ]["']?(\d+\.\d+(?:\.\d+)?)/u.exec(spec.header)?.[1];
  const { version } = spec.python;
  if (said !== undefined && (version === null || said === version)) {
    return ['--python-version', said, ...interpreter];
  }
  const universal = isOn(spec.options, '--universal', false);
  if (plan.kind !== 'absent') {
    const isExact = version !== null && version.split('.').length > 2 && !universal;
    return isExact ? ['--python-version', version, ...interpreter] : interpreter;
  }
  return ['--python-version', universal ? plan.version : fullVersion(plan.version)];
}
