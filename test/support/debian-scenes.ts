/** Worlds with the answer that apt gives to them; the real apt is held against them too. */
import type { Paragraph, World } from './debian.ts';

export interface Scene {
  readonly title: string;
  readonly world: World;
  /** `name from to`, sorted. */
  readonly upgraded: readonly string[];
  readonly keptBack: readonly string[];
  readonly phased?: readonly string[];
  readonly because?: Readonly<Record<string, string>>;
}

function world(
  installed: readonly Paragraph[],
  packages: readonly Paragraph[],
  more: Partial<World> = {},
): World {
  return { installed, suites: [{ name: 'stable', packages }], ...more };
}

const A1: Paragraph = { n: 'a', v: '1' };
const A2: Paragraph = { n: 'a', v: '2' };
const B1: Paragraph = { n: 'b', v: '1' };
const PHASED: Paragraph = { ...A2, 'Phased-Update-Percentage': '0' };

export const SCENES: readonly Scene[] = [
  { title: 'a newer version', world: world([A1], [A2]), upgraded: ['a 1 2'], keptBack: [] },
  { title: 'an older one', world: world([A2], [A1]), upgraded: [], keptBack: [] },
  {
    title: 'a package that is not installed',
    world: world([A1], [{ n: 'z', v: '2' }]),
    upgraded: [],
    keptBack: [],
  },
  {
    title: 'a new dependency',
    world: world(
      [A1],
      [
        { ...A2, Depends: 'libz2 | libz3 (>= 1)' },
        { n: 'libz2', v: '1' },
      ],
    ),
    upgraded: [],
    keptBack: ['a'],
    because: { a: '2 needs libz2 | libz3 (>= 1), which is not installed' },
  },
  {
    title: 'a dependency that moves along',
    world: world(
      [A1, B1],
      [
        { ...A2, Depends: 'b (= 2)' },
        { n: 'b', v: '2' },
      ],
    ),
    upgraded: ['a 1 2', 'b 1 2'],
    keptBack: [],
  },
  {
    title: 'a dependency that is kept back itself',
    world: world(
      [A1, B1],
      [
        { ...A2, Depends: 'b (= 2)' },
        { n: 'b', v: '2', Depends: 'new' },
      ],
    ),
    upgraded: [],
    keptBack: ['a', 'b'],
    because: { a: '2 needs b (= 2); b stays at 1', b: '2 needs new, which is not installed' },
  },
  {
    title: 'an installed package that needs the old version',
    world: world([A1, { ...B1, Depends: 'a (<< 2)' }], [A2]),
    upgraded: [],
    keptBack: ['a'],
    because: { a: 'b 1, which stays, needs a (<< 2)' },
  },
  {
    title: 'a conflict with what is installed',
    world: world([A1, B1], [{ ...A2, Breaks: 'b (<< 2)' }]),
    upgraded: [],
    keptBack: ['a'],
    because: { a: '2 breaks b (<< 2); b 1 is there' },
  },
  {
    title: 'a conflict with a version that goes',
    world: world(
      [A1, B1],
      [
        { ...A2, Breaks: 'b (<< 2)' },
        { n: 'b', v: '2' },
      ],
    ),
    upgraded: ['a 1 2', 'b 1 2'],
    keptBack: [],
  },
  {
    title: 'a demand that another package provides',
    world: world([A1, { ...B1, Provides: 'v (= 3)' }], [{ ...A2, Depends: 'v (>= 2)' }]),
    upgraded: ['a 1 2'],
    keptBack: [],
  },
  {
    title: 'a demand for a version of what is provided without one',
    world: world([A1, { ...B1, Provides: 'v' }], [{ ...A2, Depends: 'v (>= 2)' }]),
    upgraded: [],
    keptBack: ['a'],
  },
  {
    title: 'a new recommendation that is not there',
    world: world([A1], [{ ...A2, Recommends: 'new' }]),
    upgraded: [],
    keptBack: ['a'],
    because: { a: '2 recommends new, which is not installed' },
  },
  {
    title: 'the same where recommendations are off',
    world: world([A1], [{ ...A2, Recommends: 'new' }], {
      files: { 'etc/apt/apt.conf.d/docker': 'APT::Install-Recommends "false";' },
    }),
    upgraded: ['a 1 2'],
    keptBack: [],
  },
  {
    title: 'a recommendation that was not met before',
    world: world([{ ...A1, Recommends: 'old' }], [{ ...A2, Recommends: 'new' }]),
    upgraded: ['a 1 2'],
    keptBack: [],
  },
  {
    title: 'a hold',
    world: world([{ ...A1, Status: 'hold ok installed' }], [A2]),
    upgraded: [],
    keptBack: ['a'],
    because: { a: 'it is on hold in the image (apt-mark hold)' },
  },
  {
    title: 'a pin to what is installed',
    world: world([A1], [A2], {
      files: { 'etc/apt/preferences.d/a': 'Package: a\nPin: version 1\nPin-Priority: 900\n' },
    }),
    upgraded: [],
    keptBack: [],
  },
  {
    title: 'a pin back',
    world: world([A2], [A1], {
      files: { 'etc/apt/preferences': 'Package: *\nPin: release n=stable\nPin-Priority: 1001\n' },
    }),
    upgraded: ['a 2 1'],
    keptBack: [],
  },
  {
    title: 'a suite that is not automatic',
    world: {
      installed: [A1],
      suites: [{ name: 'backports', packages: [A2], release: { NotAutomatic: 'yes' } }],
    },
    upgraded: [],
    keptBack: [],
  },
  {
    title: 'one that upgrades all the same what came from it',
    world: {
      installed: [A1],
      suites: [
        { name: 'backports', packages: [A2], release: { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' } },
      ],
    },
    upgraded: ['a 1 2'],
    keptBack: [],
  },
  {
    title: 'a phased update, in an image without an identity of its own',
    world: world([A1], [PHASED]),
    upgraded: ['a 1 2'],
    keptBack: [],
  },
  {
    title: 'a phased update on a machine',
    world: world([A1], [PHASED], { files: { 'etc/machine-id': `${'0'.repeat(32)}\n` } }),
    upgraded: [],
    keptBack: [],
    phased: ['a'],
  },
  {
    title: 'a phased update that is never wanted',
    world: world([A1], [PHASED], {
      files: { 'etc/apt/apt.conf.d/p': 'APT::Get::Never-Include-Phased-Updates "true";' },
    }),
    upgraded: [],
    keptBack: [],
    phased: ['a'],
  },
  {
    title: 'what needs a phased update',
    world: world([A1, B1], [PHASED, { n: 'b', v: '2', Depends: 'a (>= 2)' }], {
      files: { 'etc/machine-id': `${'0'.repeat(32)}\n` },
    }),
    upgraded: [],
    keptBack: ['b'],
    phased: ['a'],
  },
  {
    title: 'an image that is broken already',
    world: world([A1, { ...B1, Depends: 'gone' }], [A2]),
    upgraded: [],
    keptBack: ['a'],
    because: { a: 'apt refuses to upgrade anything: b 1 needs gone, which does not hold' },
  },
  {
    title: 'a version that was built anew',
    world: world([A1], [{ ...A1, Depends: 'b' }, { n: 'z', v: '1' }, { ...B1 }], { installed: [A1, B1] }),
    upgraded: ['a 1 1'],
    keptBack: [],
  },
  {
    title: 'architectures that move together or not at all',
    world: world(
      [
        { ...A1, 'Multi-Arch': 'same' },
        { ...A1, 'Multi-Arch': 'same', Architecture: 'i386' },
      ],
      [
        { ...A2, 'Multi-Arch': 'same' },
        { ...A1, 'Multi-Arch': 'same', Architecture: 'i386' },
      ],
      { architectures: ['amd64', 'i386'] },
    ),
    upgraded: [],
    keptBack: ['a'],
  },
  {
    title: 'an interpreter that answers for all architectures',
    world: world(
      [
        { ...A1, 'Multi-Arch': 'allowed' },
        { ...B1, Architecture: 'i386' },
      ],
      [
        { ...A2, 'Multi-Arch': 'allowed' },
        { n: 'b', v: '2', Architecture: 'i386', Depends: 'a:any (>= 2)' },
      ],
      { architectures: ['amd64', 'i386'] },
    ),
    upgraded: ['a 1 2', 'b:i386 1 2'],
    keptBack: [],
  },
  {
    title: 'a package that provides its own name in another version',
    world: world(
      [{ ...A1, Provides: 'a (= 5)', 'Multi-Arch': 'foreign' }, B1],
      [{ n: 'b', v: '2', Depends: 'a (>= 5)' }],
    ),
    upgraded: ['b 1 2'],
    keptBack: [],
  },
  {
    title: 'two that exclude each other: the more important one moves',
    world: world(
      [A1, { ...B1, Essential: 'yes', Priority: 'required' }],
      [
        { ...A2, Breaks: 'b (>= 2)' },
        { n: 'b', v: '2', Essential: 'yes', Priority: 'required', Breaks: 'a (>= 2)' },
      ],
    ),
    upgraded: ['a 1 2'],
    keptBack: ['b'],
  },
];
