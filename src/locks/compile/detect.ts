/** Finds every compiled requirements file of the tree, with a header or without, and every input that has no lock. */
import type { Policy } from '../../config/policy.ts';
import type { LockKind, PythonChoice, Reason, Skip, Tree } from '../../model.ts';
import { minorOf } from '../python-versions.ts';
import { normaliseText, reason } from '../tree.ts';
import { pythonOf } from './detected.ts';
import type { DetectedLock, FoundLock, Surroundings } from './detected.ts';
import { indexFiles } from './files.ts';
import type { Files } from './files.ts';
import { readCommand } from './header-command.ts';
import { readHeader } from './header.ts';
import type { CompileHeader } from './header.ts';
import { isCompiledWithoutHeader } from './headerless.ts';
import { readLockText } from './lock-text.ts';
import { planMultiLock } from './multi.ts';
import { planLock } from './plan-lock.ts';
import { findUnlocked } from './unlocked.ts';

export interface CompiledLocks {
  readonly locks: readonly DetectedLock[];
  readonly skips: readonly Skip[];
}

/** Files that quote a header without being a lock, or that another ecosystem reads. */
const NO_LOCK =
  /(?:\.(?:in|toml|md|rst|py|ya?ml|json|cfg|ini|sh|adoc|html?)|(?:^|\/)(?:[Dd]ockerfile|Containerfile|Makefile)[^/]*)$/u;

export function detectCompiled(tree: Tree, policy: Policy): CompiledLocks {
  const files = indexFiles(tree);
  const found = findLocks(files);
  const around: Surroundings = {
    files,
    policy,
    locks: new Set(found.map(({ path }) => path)),
  };
  const locks: DetectedLock[] = [];
  const skips: Skip[] = [];
  for (const one of found) {
    const planned = planFound(around, one);
    if ('spec' in planned) locks.push(planned);
    else skips.push(planned);
  }
  const shared = sharedPython(locks);
  skips.push(...findUnlocked(files, locks, around.locks));
  return { locks: locks.map((lock) => withPython(around, lock, shared)), skips };
}

/** The one Python of all locks for which anything says one, or null. */
function sharedPython(locks: readonly DetectedLock[]): PythonChoice | null {
  const known = locks.filter(({ spec }) => spec.python.version !== null);
  const minors = new Set(known.map(({ spec }) => minorOf(spec.python.version ?? '')));
  const [first] = known;
  const [minor] = minors;
  if (first === undefined || minor === undefined || minors.size > 1) return null;
  return {
    version: minor,
    from: `nothing says it for this lock; ${first.spec.lock} is for it: ${first.spec.python.from}`,
  };
}

/** Where nothing says the Python of a lock: that of the others, else what the nearest project above it asks for. */
function withPython(around: Surroundings, lock: DetectedLock, shared: PythonChoice | null): DetectedLock {
  const { python } = lock.spec;
  if (python.version !== null || !python.from.startsWith('nothing')) return lock;
  const { version, from } = shared ?? pythonOf(around, lock.spec.lock, [], null);
  return version === null ? lock : { ...lock, spec: { ...lock.spec, python: { version, from } } };
}

function findLocks(files: Files): readonly FoundLock[] {
  const found: FoundLock[] = [];
  const bare: FoundLock[] = [];
  for (const [path, file] of files.tree.files) {
    if (file.kind !== 'text' || NO_LOCK.test(path)) continue;
    const header = readHeader(normaliseText(file.text.slice(0, 64 * 1024)));
    if (header === null && !file.text.includes('# via')) continue;
    const one = { path, header, text: readLockText(normaliseText(file.text)) };
    if (header === null) bare.push(one);
    else found.push(one);
  }
  for (const one of bare) {
    if (isCompiledWithoutHeader(files, one)) found.push(one);
  }
  return found;
}

function planFound(around: Surroundings, found: FoundLock): DetectedLock | Skip {
  const { header, path } = found;
  const skip = (kind: LockKind, why: Reason): Skip => ({ path, kind, reason: why });
  if (header === null) {
    const tool = guessTool(around);
    const planned = planLock(around, found, tool, null);
    return 'code' in planned ? skip(tool === 'uv' ? 'uv-pip-compile' : 'pip-compile', planned) : planned;
  }
  if (header.maker === 'other') {
    return skip(
      'unknown',
      reason(
        'unsupported-kind',
        `${path}:${header.line} is made by ${header.writtenBy}, which Relock does not run.`,
        '',
      ),
    );
  }
  const command = readCommand(header.commandLines);
  if (command.kind === 'export') {
    return skip(
      'unknown',
      reason(
        'unsupported-kind',
        `${path}:${header.commandLine} is exported from uv.lock by \`${command.text}\`: it is a copy of what uv.lock pins, not a lock of its own.`,
        'Run the command again after uv.lock has changed.',
      ),
    );
  }
  // Whoever sets CUSTOM_COMPILE_COMMAND to another locker's command means that one.
  const named = command.kind === 'runs' ? command.runs[0]?.tool : undefined;
  const tool = header.maker === 'pip-compile-multi' ? header.maker : (named ?? toolOfMaker(header.maker));
  if (tool === 'pip-compile-multi') {
    const planned = planMultiLock(around, found, command);
    return 'code' in planned ? skip('pip-compile-multi', planned) : planned;
  }
  const planned = planLock(around, found, tool, command);
  return 'code' in planned ? skip(tool === 'uv' ? 'uv-pip-compile' : 'pip-compile', planned) : planned;
}

function toolOfMaker(
  maker: Exclude<CompileHeader['maker'], 'other' | 'pip-compile-multi'>,
): 'pip-compile' | 'uv' {
  return maker;
}

/** Without a header nothing says which tool it was: the one of the other locks, else pip-compile, whose text is the same. */
function guessTool({ files, locks }: Surroundings): 'pip-compile' | 'uv' {
  const makers = [...locks].flatMap((path) => {
    const maker = readHeader(files.text(path) ?? '')?.maker;
    return maker === 'uv' || maker === 'pip-compile' ? [maker] : [];
  });
  const uv = makers.filter((maker) => maker === 'uv').length;
  if (makers.length > 0) return uv > makers.length - uv ? 'uv' : 'pip-compile';
  return files.has('uv.lock') || files.has('uv.toml') ? 'uv' : 'pip-compile';
}
