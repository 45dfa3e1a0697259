/** The unified lock of conda-lock (`conda-lock.yml`, format 1): its metadata and its entries. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { isMap, listAt, mapAt, readYaml, textAt, textsAt, type YamlMap, type YamlNode } from './yaml.ts';

export interface UnifiedLock {
  readonly metadata: LockMetadata;
  readonly entries: readonly LockEntry[];
}

/** What was asked for, as far as the lock records it. What it says of the tool's version, extras and filters: nothing. */
export interface LockMetadata {
  readonly platforms: readonly string[];
  readonly channels: readonly string[];
  /** As written: relative to the lock's folder, or absolute on another machine. */
  readonly sources: readonly string[];
  /** Hash of what was wanted, by platform. */
  readonly contentHash: ReadonlyMap<string, string>;
  /** Names for `--md`: what else was recorded by wish. */
  readonly choices: readonly MetadataChoice[];
  /** Commit, author: of whoever ran conda-lock. */
  readonly hasGit: boolean;
  readonly custom: ReadonlyMap<string, string>;
}

export type MetadataChoice = 'timestamp' | 'input_md5' | 'input_sha';

/** One package on one platform in one category. */
export interface LockEntry {
  readonly name: string;
  readonly version: string | null;
  readonly manager: 'conda' | 'pip';
  readonly platform: string;
  readonly dependencies: readonly string[];
  readonly url: string;
  /** URL of a package that is named by it (`source`), else null. */
  readonly direct: string | null;
  /** `md5:…`, `sha256:…`. */
  readonly hashes: readonly string[];
  readonly category: string;
}

/** Whether a text is such a lock, by the keys at its outer edge. */
export function looksUnified(text: string): boolean {
  return (
    /^metadata:[ \t]*\r?$/mu.test(text) &&
    /^package:(?:[ \t]*\r?$| \[\])/mu.test(text) &&
    /^ {2,4}(?:content_hash|platforms|sources|channels):/mu.test(text)
  );
}

/**
 * @param path for messages.
 * @throws {LockSyntaxError} when it is no such lock.
 */
export function readUnifiedLock(path: string, text: string): UnifiedLock {
  const root = readYaml(path, text);
  if (!isMap(root) || !isMap(root.get('metadata')) || !Array.isArray(root.get('package'))) {
    throw new LockSyntaxError(
      path,
      null,
      'it has no `metadata` and no list `package`, so it is no lock of conda-lock.',
    );
  }
  const version = textAt(root, 'version') ?? '1';
  if (version !== '1') {
    throw new LockSyntaxError(
      path,
      null,
      `its format is ${version.slice(0, 20)}, and 1 is the only one known.`,
    );
  }
  return {
    metadata: metadataOf(mapAt(root, 'metadata')),
    entries: listAt(root, 'package').map((item, index) => entryOf(path, item, index)),
  };
}

function metadataOf(metadata: YamlMap): LockMetadata {
  const inputs = [...mapAt(metadata, 'inputs_metadata').values()];
  const recorded: readonly (readonly [MetadataChoice, boolean])[] = [
    ['timestamp', mapAt(metadata, 'time_metadata').size > 0],
    ['input_md5', inputs.some((input) => textAt(input, 'md5') !== null)],
    ['input_sha', inputs.some((input) => textAt(input, 'sha256') !== null)],
  ];
  return {
    platforms: textsAt(metadata, 'platforms'),
    // Some versions wrote the name alone.
    channels: listAt(metadata, 'channels').flatMap((item) =>
      typeof item === 'string' ? item : (textAt(item, 'url') ?? []),
    ),
    sources: textsAt(metadata, 'sources'),
    contentHash: textsOf(mapAt(metadata, 'content_hash')),
    choices: recorded.filter(([, isThere]) => isThere).map(([choice]) => choice),
    hasGit: mapAt(metadata, 'git_metadata').size > 0,
    custom: textsOf(mapAt(metadata, 'custom_metadata')),
  };
}

function textsOf(map: YamlMap): ReadonlyMap<string, string> {
  return new Map([...map].flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
}

function entryOf(path: string, item: YamlNode, index: number): LockEntry {
  const name = textAt(item, 'name');
  const platform = textAt(item, 'platform');
  if (name === null || platform === null) {
    throw new LockSyntaxError(path, null, `package ${index + 1} has no name or no platform.`);
  }
  const hash = mapAt(item, 'hash');
  return {
    name,
    version: textAt(item, 'version'),
    manager: textAt(item, 'manager') === 'pip' ? 'pip' : 'conda',
    platform,
    dependencies: [...mapAt(item, 'dependencies').keys()],
    url: textAt(item, 'url') ?? '',
    direct: textAt(mapAt(item, 'source'), 'url'),
    hashes: ['md5', 'sha256'].flatMap((kind) => {
      const digest = textAt(hash, kind);
      return digest === null ? [] : [`${kind}:${digest}`];
    }),
    category: textAt(item, 'category') ?? 'main',
  };
}
