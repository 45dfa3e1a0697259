/** Extras and dependency groups of a project whose lock hides its command. */
import type { Requirement } from '../requirements/file.ts';
import { readRequirement } from '../requirements/requirement.ts';
import { tableAt } from '../toml.ts';
import type { Files } from './files.ts';
import type { LockText } from './lock-text.ts';
import { isProjectFile } from './project-input.ts';
import type { CompileOption } from './spec.ts';
import type { PlacedInput } from './working-folder.ts';

/**
 * An extra was asked for when all it wants is pinned on the project's own wish, and something of it is not wanted without
 * the extra, nor with a larger one that was asked for. What setup.py or setup.cfg call extras nobody reads here.
 */
export function findHiddenExtras(
  files: Files,
  text: LockText,
  inputs: readonly PlacedInput[],
): { readonly options: readonly CompileOption[]; readonly notes: readonly string[] } {
  const projects = inputs.filter(({ path }) => isProjectFile(path));
  const options: CompileOption[] = text.viaGroups.map((group) => ({
    name: '--group',
    value: group.startsWith('pyproject.toml:') ? group.slice('pyproject.toml:'.length) : group,
  }));
  const notes: string[] = [];
  const wanted = new Set(text.pins.filter((pin) => isOwnWish(pin)).map(({ name }) => name));
  for (const { path } of projects) {
    if (!path.endsWith('.toml')) {
      notes.push(
        `If the hidden command names extras of ${path}, set them as \`options\` of the lock in .github/relock.toml.`,
      );
      continue;
    }
    const project = tableAt(files.toml(path), 'project');
    const plain = new Set(namesIn(project['dependencies']));
    const extras = Object.entries(tableAt(project, 'optional-dependencies'));
    const asked = extras
      .map(([extra, list]) => ({
        extra,
        names: new Set(namesIn(list).filter((name) => !plain.has(name))),
        list,
      }))
      .filter(({ names, list }) => names.size > 0 && namesIn(list).every((name) => wanted.has(name)));
    for (const [at, { extra, names }] of asked.entries()) {
      // All of it comes with a larger one already.
      const isPart = asked.some(
        (other, index) =>
          index !== at &&
          [...names].every((name) => other.names.has(name)) &&
          (other.names.size > names.size || index < at),
      );
      if (!isPart) options.push({ name: '--extra', value: extra });
    }
  }
  return { options, notes };
}

function isOwnWish({ comments }: Requirement): boolean {
  return comments.some((comment) => /\((?:[^()]*\/)?pyproject\.toml\)$/u.test(comment));
}

function namesIn(list: unknown): readonly string[] {
  return (Array.isArray(list) ? list : []).flatMap((item) => {
    const read = typeof item === 'string' ? readRequirement(item.trim()) : null;
    return read === null || typeof read === 'string' || read.name === null ? [] : [read.name];
  });
}
