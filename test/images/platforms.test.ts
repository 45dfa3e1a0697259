import { describe, expect, it } from 'vitest';
import { parseImageConfig, parseManifest } from '../../src/images/image-config.ts';
import {
  normalisePlatform,
  pickPlatform,
  platformManifests,
  sameForPlatforms,
  usedPlatforms,
} from '../../src/images/platforms.ts';

const DIGEST = (letter: string): string => `sha256:${letter.repeat(64)}`;

function index(platforms: Readonly<Record<string, string>>) {
  return platformManifests({
    manifests: [
      ...Object.entries(platforms).map(([name, letter]) => {
        const [os, architecture, variant] = name.split('/');
        return {
          digest: DIGEST(letter),
          size: 10,
          platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
        };
      }),
      { digest: DIGEST('f'), size: 10, platform: { os: 'unknown', architecture: 'unknown' } },
      { digest: 'sha256:short', size: 10, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: DIGEST('e'), size: -1, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: DIGEST('e'), size: 1, platform: { os: 'linux', architecture: 'a b' } },
      'noise',
      null,
    ],
  });
}

describe('indexes', () => {
  it('only manifests of a platform count', () => {
    expect(index({ 'linux/arm64/v8': 'a' })).toEqual([
      { platform: 'linux/arm64/v8', digest: DIGEST('a'), size: 10 },
    ]);
    expect(platformManifests({ manifests: 'no' })).toEqual([]);
  });

  it.each([
    ['linux/x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['LINUX/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm'],
    ['linux/arm/v7', 'linux/arm'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
  ])('%s is %s', (platform, expected) => {
    expect(normalisePlatform(platform)).toBe(expected);
  });

  it('finds the platform', () => {
    const list = index({
      'linux/amd64': 'a',
      'linux/arm/v6': 'b',
      'linux/arm/v7': 'c',
      'linux/arm64/v8': 'd',
    });
    expect(pickPlatform(list, 'linux/arm64')?.digest).toBe(DIGEST('d'));
    expect(pickPlatform(list, 'linux/arm')?.digest).toBe(DIGEST('c'));
    expect(pickPlatform(list, 'linux/s390x')).toBeNull();
  });

  it.each<[string, Record<string, string>, Record<string, string>, readonly string[], boolean]>([
    [
      'only another platform moved',
      { 'linux/amd64': 'a', 'linux/s390x': 'b' },
      { 'linux/amd64': 'a', 'linux/s390x': 'c' },
      ['linux/amd64'],
      true,
    ],
    ['the platform moved', { 'linux/amd64': 'a' }, { 'linux/amd64': 'b' }, ['linux/amd64'], false],
    [
      'one of two moved',
      { 'linux/amd64': 'a', 'linux/arm64': 'b' },
      { 'linux/amd64': 'a', 'linux/arm64': 'c' },
      ['linux/amd64', 'linux/arm64/v8'],
      false,
    ],
    [
      'the platform is gone',
      { 'linux/amd64': 'a', 'linux/arm64': 'b' },
      { 'linux/amd64': 'a' },
      ['linux/amd64', 'linux/arm64'],
      false,
    ],
    [
      'a platform that neither has',
      { 'linux/amd64': 'a' },
      { 'linux/amd64': 'a' },
      ['linux/amd64', 'linux/arm64'],
      true,
    ],
    ['nothing that is used is there', { 'linux/amd64': 'a' }, { 'linux/amd64': 'a' }, ['linux/arm64'], false],
    ['nothing is used', { 'linux/amd64': 'a' }, { 'linux/amd64': 'a' }, [], false],
  ])('%s', (_, from, to, platforms, expected) => {
    expect(sameForPlatforms(index(from), index(to), platforms)).toBe(expected);
  });

  it.each<[readonly (string | null)[], readonly string[]]>([
    [[], ['linux/amd64']],
    [[null, '$BUILDPLATFORM'], ['linux/amd64']],
    [
      ['linux/arm64/v8', 'linux/x86_64', 'linux/arm64', null],
      ['linux/amd64', 'linux/arm64'],
    ],
  ])('mentions %j', (platforms, expected) => {
    expect(usedPlatforms(platforms.map((platform) => ({ platform })))).toEqual(expected);
  });
});

describe('manifests and configurations', () => {
  const layer = { digest: DIGEST('a'), size: 1 };
  it.each<[string, Record<string, unknown>, number | null]>([
    ['good', { config: layer, layers: [layer, { ...layer, mediaType: 'x' }] }, 2],
    ['no layers', { config: layer }, null],
    ['no configuration', { layers: [] }, null],
    ['a layer without digest', { config: layer, layers: [layer, { size: 1 }] }, null],
    ['a size that is none', { config: layer, layers: [{ ...layer, size: 1.5 }] }, null],
    ['too many layers', { config: layer, layers: Array.from({ length: 5000 }, () => layer) }, null],
  ])('%s', (_, json, layers) => {
    expect(parseManifest(json)?.layers.length ?? null).toBe(layers);
  });

  it('whatever types the fields have', () => {
    const odd = {
      config: { Env: [1, 'A=1'], User: 5, Labels: { a: 1, b: 'c' }, ExposedPorts: [], Cmd: 'x' },
      created: 'yesterday',
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
    };
    expect(parseImageConfig(JSON.stringify(odd))).toEqual({
      platform: 'linux/arm64/v8',
      created: null,
      config: { env: ['A=1'], user: '', workdir: '', entrypoint: [], cmd: [], ports: [], labels: { b: 'c' } },
    });
    for (const text of ['', 'null', '[]', '"x"', '{']) expect(parseImageConfig(text)).toBeNull();
  });
});
