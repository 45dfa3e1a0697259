/** Hosts that a lock of conda-lock needs. Pure. */
import type { Remote, Tree } from '../../model.ts';
import { placeOf } from '../toml.ts';
import { readText } from '../tree.ts';
import { channelUrls, NAME_MAPPING, variablesOf } from './channels.ts';
import type { Source } from './source.ts';

/** More are no channels of people's. */
const MOST_CHANNELS = 50;

/**
 * @param channels those that are passed by option, in place of what the sources name.
 * @param lock its path, where they are from then.
 */
export function condaRemotes(
  tree: Tree,
  lock: string,
  sources: readonly Source[],
  channels: readonly string[],
): readonly Remote[] {
  const named = [
    ...channels.map((channel) => ({ channel, path: lock })),
    ...sources.flatMap((source) =>
      [...(channels.length > 0 ? [] : (source.channels ?? [])), ...source.extraChannels].map((channel) => ({
        channel,
        path: source.path,
      })),
    ),
  ].slice(0, MOST_CHANNELS);
  // conda's own, where nobody names any.
  const all = named.length > 0 ? named : [{ channel: 'defaults', path: lock }];
  const found = new Map<string, Remote>();
  for (const { channel, path } of all) {
    for (const url of channelUrls(channel)) {
      if (found.has(url)) continue;
      found.set(url, {
        url,
        purpose: 'channel',
        namedIn: placeOf(path, readText(tree, path) ?? '', channel),
      });
    }
  }
  const needsNames = sources.find(({ usesPip, turnsNames }) => usesPip || turnsNames);
  return [
    ...found.values(),
    ...sources.flatMap(({ remotes }) => remotes),
    ...(needsNames === undefined
      ? []
      : [{ url: NAME_MAPPING, purpose: 'url', namedIn: needsNames.path, optional: true } as const]),
  ];
}

/** That credentials are the operator's business. */
export function credentialNotes(lock: string, channels: readonly string[]): readonly string[] {
  return channels.flatMap((channel) => {
    const [variable] = variablesOf(channel);
    if (variable === undefined) return [];
    const shown = channelUrls(channel)[0] ?? channel;
    return [
      `The channel ${shown.slice(0, 200)} of ${lock} takes its credentials from environment variables (\`${variable}\`), which a locker does not get: they have to be configured for its host.`,
    ];
  });
}
