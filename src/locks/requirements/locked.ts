/** Reads requirements files written by pip-compile, `uv pip compile` and pip-compile-multi. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { isPublicIndex } from '../public-index.ts';
import { folderOf, resolveInside } from '../tree.ts';
import { readAnnotations } from './annotations.ts';
import type { Annotations } from './annotations.ts';
import type { Entry, Requirement } from './file.ts';
import { namesInManifests } from './manifest-names.ts';
import { parseRequirements } from './parse.ts';
import { mergePackages, nameOfLocation, pinnedVersion, union } from './pins.ts';

type Read = (path: string) => string | null;

/** A lock that names a lock that names a lock: deeper than people nest them. */
const MAX_LAYERS = 10;

/**
 * Reads a compiled requirements file.
 *
 * - One package per (name, version, source), in the order of the file: lines of a universal lock that differ by their
 *   markers only are one package, lines that differ by version are several. Markers are not kept.
 * - `direct`: a `via` names a requirements file (`-r`) or a project (`name (pyproject.toml)`). Where that file is itself
 *   a compiled lock, it decides. `-c` does not make a package direct: it limits, and asks for nothing. In locks of
 *   pip-tools before 5 and of pip-compile-multi, which tell no files, what nobody else wants is direct. A lock without any
 *   annotation is compared with the manifests' own names.
 * - `groups`: only where the annotation tells them.
 *
 * @param read text of another file of the repository, at the same time.
 * @param manifests repository-relative; only used for locks without annotations.
 * @throws {LockSyntaxError} for a line that pip would refuse, or when nothing is pinned although something is required.
 */
export function parseCompiledLock(
  path: string,
  text: string,
  read: Read,
  manifests: readonly string[] = [],
): LockContent {
  return { packages: readLock(path, text, read, manifests, MAX_LAYERS) };
}

function readLock(
  path: string,
  text: string,
  read: Read,
  manifests: readonly string[],
  layers: number,
): readonly LockedPackage[] {
  const requirements = lockedRequirements(path, parseRequirements(text).entries);
  const notes = requirements.map((each) => readAnnotations(each.comments));
  const isDirect = directness(path, notes, read, manifests, layers);
  return mergePackages(
    requirements.flatMap((requirement, at) => {
      const note = notes[at];
      const name = requirement.name ?? nameOfLocation(requirement.url ?? '', path);
      if (note === undefined || name === null) return [];
      return [
        {
          name,
          version: pinnedVersion(requirement),
          source: requirement.url ?? privateIndex(note),
          hashes: union(requirement.hashes),
          direct: isDirect(name, note),
          via: note.packages,
          groups: note.groups,
        },
      ];
    }),
  );
}

function lockedRequirements(path: string, entries: readonly Entry[]): readonly Requirement[] {
  const requirements: Requirement[] = [];
  for (const entry of entries) {
    if (entry.kind === 'unreadable') {
      const isConflict = /^(?:<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)/u.test(entry.text);
      const what = isConflict ? 'an unsolved merge conflict' : `not a requirement: ${entry.why}`;
      throw new LockSyntaxError(path, entry.line, `${what} (\`${entry.text.slice(0, 80)}\`)`);
    }
    if (entry.kind === 'requirement') requirements.push(entry);
  }
  const [first] = requirements;
  const isLocked = (each: Requirement): boolean => each.url !== null || pinnedVersion(each) !== null;
  if (first !== undefined && !requirements.some((each) => isLocked(each))) {
    throw new LockSyntaxError(
      path,
      first.line,
      `\`${first.writtenName}\` has no exact version, nor has any other line`,
    );
  }
  return requirements;
}

function privateIndex({ index }: Annotations): string | null {
  return index === null || isPublicIndex(index) ? null : index;
}

function directness(
  path: string,
  notes: readonly Annotations[],
  read: Read,
  manifests: readonly string[],
  layers: number,
): (name: string, note: Annotations) => boolean {
  if (!notes.some(({ found }) => found)) {
    const named = namesInManifests(manifests, read);
    return (name) => named.has(name);
  }
  if (!notes.some(({ files, project }) => project || files.length > 0)) {
    return (_name, { found }) => !found;
  }
  const directOfFile = new Map<string, ReadonlySet<string> | null>();
  const asks = (file: string, name: string): boolean => {
    let direct = directOfFile.get(file);
    if (direct === undefined) {
      direct = directInLayer(path, file, read, layers);
      directOfFile.set(file, direct);
    }
    return direct?.has(name) ?? true;
  };
  return (name, { files, project }) => project || files.some((file) => asks(file, name));
}

/** What is direct in a compiled lock that this one has as an input; null when the file is no such lock. */
function directInLayer(path: string, file: string, read: Read, layers: number): ReadonlySet<string> | null {
  if (layers === 0) return null;
  // The annotation's path is relative to the folder where the command ran, which nobody recorded.
  for (let folder = folderOf(path); ; folder = folderOf(folder)) {
    const layer = resolveInside(folder, file);
    const text = layer === null || layer === path ? null : read(layer);
    if (layer !== null && text !== null) {
      if (!/^#.*\bautogenerated by\b/imu.test(text.slice(0, 4096))) return null;
      try {
        const packages = readLock(layer, text, read, [], layers - 1);
        return new Set(packages.filter(({ direct }) => direct).map(({ name }) => name));
      } catch (error) {
        if (error instanceof LockSyntaxError) return null;
        throw error;
      }
    }
    if (folder === '.') return null;
  }
}
