/** environment.yml with what conda-lock adds to it (`platforms`, `category`, `pip-repositories`, selectors). Pure. */
import type { Remote } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { remoteUrl } from '../remote-url.ts';
import { lineOfText } from '../toml.ts';
import { normaliseText } from '../tree.ts';
import { whyNotChannel } from './channels.ts';
import { NOTHING_ASKED, type Source } from './source.ts';
import { readCondaSpec, readPipSpec } from './spec.ts';
import { isMap, listAt, readYaml, textAt, textsAt, type YamlMap } from './yaml.ts';

/** More are no environment. Threat: looking up the line of each takes the square of the file's size. */
const MOST = 3000;

/**
 * @param cwd where conda-lock runs: paths in requirements are relative to it.
 * @throws {LockSyntaxError} when it is no such file, or asks for what must not be given to conda-lock.
 */
export function readEnvironment(path: string, written: string, cwd: string): Source {
  const text = normaliseText(written);
  const root = readYaml(path, text);
  if (!isMap(root) || !Array.isArray(root.get('dependencies'))) {
    throw new LockSyntaxError(path, null, 'it has no list `dependencies`, so it is no environment file.');
  }
  const items = listAt(root, 'dependencies');
  const specs = items.flatMap((item) => (typeof item === 'string' ? (readCondaSpec(item) ?? []) : []));
  const pip = items.flatMap((item) => textsAt(item, 'pip'));
  if (specs.length + pip.length > MOST)
    throw new LockSyntaxError(path, null, `it asks for more than ${MOST} packages.`);
  const asked = pip.flatMap((line) => readPipSpec(path, cwd, line, lineOfText(text, line)) ?? []);
  const extraChannels = [...new Set(specs.flatMap(({ channel }) => channel ?? []))];
  const channels = readChannels(path, text, root, 'channels');
  for (const channel of extraChannels) checkChannel(path, text, channel);
  return {
    ...NOTHING_ASKED,
    path,
    channels,
    extraChannels,
    platforms: textsAt(root, 'platforms'),
    conda: new Set(specs.map(({ name }) => name)),
    pip: new Set(asked.map(({ name }) => name).filter((name) => name !== '')),
    usesPip: items.some((item) => isMap(item) && item.has('pip')),
    allowsPypi: textAt(root, 'allow-pypi-requests')?.toLowerCase() !== 'false',
    remotes: [
      ...repositoryRemotes(path, text, textsAt(root, 'pip-repositories')),
      ...asked.flatMap(({ remote }) => remote ?? []),
    ],
    notes: asked.flatMap(({ leftOut }) => leftOut ?? []),
  };
}

/**
 * The channels at a key; null when there are none. `nodefaults` names none.
 * @throws {LockSyntaxError} for one that leads out of the repository.
 */
export function readChannels(path: string, text: string, at: YamlMap, key: string): readonly string[] | null {
  const one = textAt(at, key);
  const named = (one === null ? textsAt(at, key) : [one]).filter((channel) => channel !== 'nodefaults');
  for (const channel of named) checkChannel(path, text, channel);
  return named.length === 0 ? null : named;
}

/** @throws {LockSyntaxError} */
export function checkChannel(path: string, text: string, channel: string): void {
  const why = whyNotChannel(channel);
  if (why === null) return;
  const shown = channel.slice(0, 100).replaceAll(/\p{Cc}/gu, '?');
  throw new LockSyntaxError(path, lineOfText(text, channel), `the channel \`${shown}\` is refused: ${why}.`);
}

/** Further indexes for pip packages; credentials are the operator's. */
export function repositoryRemotes(path: string, text: string, urls: readonly string[]): readonly Remote[] {
  return urls.slice(0, 50).flatMap((url): readonly Remote[] => {
    if (!/^https?:\/\//iu.test(url)) return [];
    const line = lineOfText(text, url);
    const namedIn = line === null ? path : `${path}:${line}`;
    return [{ url: remoteUrl(url), purpose: 'extra-index', namedIn }];
  });
}
