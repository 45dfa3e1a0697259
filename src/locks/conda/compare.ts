/** What differs between a unified lock before and after. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { readUnifiedLock, type LockMetadata, type UnifiedLock } from './lock-file.ts';
import { isMap, readYaml, type YamlNode } from './yaml.ts';

/** Of whoever ran conda-lock, and when: no reason to publish a lock. */
const NO_CONTENT: ReadonlySet<string> = new Set(['time_metadata', 'git_metadata']);

/** Whether two locks say the same but for comments, layout and the time they were made. */
export function saysTheSame(path: string, before: string, after: string): boolean {
  try {
    return isSame(contentOf(readYaml(path, before)), contentOf(readYaml(path, after)));
  } catch (error) {
    if (error instanceof LockSyntaxError) return false;
    throw error;
  }
}

function contentOf(root: YamlNode): YamlNode {
  if (!isMap(root)) return root;
  const metadata = root.get('metadata');
  if (!isMap(metadata)) return root;
  const kept = new Map([...metadata].filter(([key]) => !NO_CONTENT.has(key)));
  return new Map([...root, ['metadata', kept]]);
}

function isSame(a: YamlNode, b: YamlNode): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && isSame(value, other);
    });
  }
  if (isMap(b) || a.length !== b.length) return false;
  return a.every((item, index) => {
    const other = b[index];
    return other !== undefined && isSame(item, other);
  });
}

/** The lock, or null when it is none. */
export function tryUnified(path: string, text: string): UnifiedLock | null {
  try {
    return readUnifiedLock(path, text);
  } catch (error) {
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}

/** What a reader should know of a lock that was made from something else than the one before. */
export function changedWishes(
  lock: string,
  before: Pick<LockMetadata, 'channels' | 'contentHash'>,
  after: Pick<LockMetadata, 'channels' | 'contentHash'>,
): readonly string[] {
  const notes: string[] = [];
  if (before.channels.length > 0 && before.channels.join('\n') !== after.channels.join('\n')) {
    notes.push(
      `The channels of ${lock} were ${listed(before.channels)}; as its sources say now they are ${listed(after.channels)}.`,
    );
  }
  const isOther = [...after.contentHash].some(([platform, hash]) => {
    const old = before.contentHash.get(platform);
    return old !== undefined && old !== hash;
  });
  if (isOther && notes.length === 0) notes.push(otherWishes(lock));
  return notes;
}

/** conda-lock's hash is of the wishes, the channels, and what it takes the machine to be. */
export function otherWishes(lock: string): string {
  return `What ${lock} is made from has changed since it was made (its hash shows it): a source, or what that version of conda-lock takes for granted of a machine. What moves may come from that in part.`;
}

function listed(channels: readonly string[]): string {
  return channels.length === 0 ? 'none' : channels.slice(0, 6).join(', ');
}
