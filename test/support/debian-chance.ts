/** Debian worlds by chance, dense with relations so that upgrades get in each other's way. */
import * as fc from 'fast-check';
import type { Paragraph, World } from './debian.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const VIRTUAL = ['v', 'w'] as const;
const VERSIONS = ['1', '2', '3', '1:0', '2~rc1', '2-1'] as const;

const name = fc.constantFrom(...NAMES, ...VIRTUAL);
const version = fc.constantFrom(...VERSIONS);
const range = fc
  .tuple(fc.constantFrom('<<', '<=', '=', '>=', '>>'), version)
  .map(([operator, wanted]) => ` (${operator} ${wanted})`);
const maybeRange = fc.oneof(fc.constant(''), range);

function target(qualifiers: boolean): fc.Arbitrary<string> {
  const plain = fc.tuple(name, maybeRange).map((parts) => parts.join(''));
  if (!qualifiers) return plain;
  // What provides a name for one architecture alone is left to apt's moods.
  const qualifier = fc.constantFrom(':any', ':i386', ':amd64');
  const qualified = fc.tuple(fc.constantFrom(...NAMES), qualifier, maybeRange).map((parts) => parts.join(''));
  return fc.oneof(plain, plain, qualified);
}

function clauses(qualifiers: boolean, most: number): fc.Arbitrary<string> {
  const clause = fc.array(target(qualifiers), { minLength: 1, maxLength: 2 }).map((all) => all.join(' | '));
  return fc.array(clause, { minLength: 1, maxLength: most }).map((all) => all.join(', '));
}

function negative(qualifiers: boolean): fc.Arbitrary<string> {
  return fc.array(target(qualifiers), { minLength: 1, maxLength: 2 }).map((all) => all.join(', '));
}

const provides = (qualifiers: boolean): fc.Arbitrary<string> =>
  fc
    .tuple(
      qualifiers ? fc.constantFrom(...VIRTUAL) : name,
      fc.oneof(
        fc.constant(''),
        version.map((each) => ` (= ${each})`),
      ),
    )
    .map((parts) => parts.join(''));

interface Density {
  readonly qualifiers: boolean;
  /** Of 10, for each field. */
  readonly often: number;
}

function fields({ qualifiers, often }: Density): fc.Arbitrary<Readonly<Record<string, string>>> {
  const some = (what: fc.Arbitrary<string>, share = often): fc.Arbitrary<string> =>
    fc.oneof({ weight: 10 - share, arbitrary: fc.constant('') }, { weight: share, arbitrary: what });
  const multiArch = qualifiers
    ? fc.constantFrom('', 'same', 'foreign', 'allowed')
    : fc.constantFrom('', '', '', 'foreign');
  return fc
    .record({
      Depends: some(clauses(qualifiers, 2)),
      'Pre-Depends': some(clauses(qualifiers, 1), 1),
      Recommends: some(clauses(qualifiers, 1), 1),
      Conflicts: some(negative(qualifiers), 1),
      Breaks: some(negative(qualifiers)),
      Provides: some(provides(qualifiers), 2),
      Priority: fc.constantFrom('optional', 'optional', 'required', 'important', 'standard', 'extra', ''),
      Essential: some(fc.constant('yes'), 1),
      'Multi-Arch': multiArch,
    })
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== '')));
}

function packages(density: Density, architectures: readonly string[]): fc.Arbitrary<readonly Paragraph[]> {
  const one = fc
    .tuple(fc.constantFrom(...NAMES), version, fc.constantFrom(...architectures), fields(density))
    .map(([n, v, Architecture, more]): Paragraph => ({ ...more, n, v, Architecture }));
  return fc.uniqueArray(one, {
    maxLength: NAMES.length * architectures.length,
    minLength: 3,
    selector: ({ n, Architecture }) => `${n} ${Architecture === 'all' ? 'amd64' : Architecture}`,
  });
}

/** @param multiarch also packages of a foreign architecture, and qualifiers. */
export function worlds(multiarch: boolean): fc.Arbitrary<World> {
  const architectures = multiarch ? ['amd64', 'i386'] : ['amd64'];
  const archs = multiarch ? ['amd64', 'amd64', 'i386', 'all'] : ['amd64', 'amd64', 'all'];
  const density = (often: number): Density => ({ qualifiers: multiarch, often });
  return fc
    .record({
      installed: packages(density(1), archs),
      first: packages(density(4), archs),
      second: packages(density(4), archs),
      hold: fc.subarray([...NAMES], { maxLength: 1 }),
      recommends: fc.boolean(),
      preferences: fc.constantFrom('', '', '', ...PREFERENCES),
      release: fc.constantFrom<Readonly<Record<string, string>>>(
        {},
        {},
        { NotAutomatic: 'yes' },
        { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' },
      ),
    })
    .map(({ installed, first, second, hold, recommends, preferences, release }) => ({
      architectures,
      installed: installed.map((each) =>
        hold.includes(each.n as (typeof NAMES)[number]) ? { ...each, Status: 'hold ok installed' } : each,
      ),
      suites: [
        { name: 'stable', packages: first },
        { name: 'stable-security', packages: second, release },
      ],
      files: {
        ...(preferences === '' ? {} : { 'etc/apt/preferences.d/pins': preferences }),
        ...(recommends ? {} : { 'etc/apt/apt.conf.d/99-none': 'APT::Install-Recommends "false";\n' }),
      },
    }));
}

const PREFERENCES = [
  'Package: *\nPin: release n=stable-security\nPin-Priority: 90\n',
  'Package: a\nPin: version 1*\nPin-Priority: 1001\n\nPackage: b* c\nPin: release a=stable\nPin-Priority: -1\n',
  'Package: *\nPin: origin mirror.example.org\nPin-Priority: 1000\n',
  'Package: src:d\nPin: release l=Test\nPin-Priority: 10\n\nPackage: *\nPin: release o=T*, n=stable\nPin-Priority: 1001\n',
  'Package: [ab]\nPin: release c=main, b=amd64\nPin-Priority: 50\n',
];
