/** Worlds of the RPM family by chance: repositories that count differently, exclude packages, replace them. */
import * as fc from 'fast-check';
import type { MadeRpm } from './rpm-world.ts';

const name = fc.constantFrom('aa', 'bb', 'cc', 'dd', 'ee');
const version = fc.constantFrom('1.0-1', '1.0-2', '1:0.9-1', '2.0~rc1-1', '2.0-1.el9', '2.0^1-1');
const arch = fc.constantFrom('x86_64', 'x86_64', 'noarch');

const made: fc.Arbitrary<MadeRpm> = fc.record({ name, version, arch });
/** All builds of a name and version are alike. */
const replacing: fc.Arbitrary<MadeRpm> = fc.constantFrom(
  { name: 'new-aa', version: '3-1', arch: 'noarch', obsoletes: ['aa < 2.0-1'] },
  { name: 'new-bb', version: '3-1', arch: 'x86_64', obsoletes: ['bb'] },
  { name: 'new-cc', version: '1-1', arch: 'noarch', obsoletes: ['cc <= 1:0.9'] },
);

export interface RpmChance {
  readonly installed: readonly MadeRpm[];
  readonly repositories: readonly {
    readonly packages: readonly MadeRpm[];
    /** Lines of its section. */
    readonly options: readonly string[];
  }[];
}

const repository = fc.record({
  packages: fc
    .tuple(fc.array(made, { minLength: 1, maxLength: 6 }), fc.array(replacing, { maxLength: 1 }))
    .map((parts) => parts.flat()),
  options: fc
    .tuple(
      fc.constantFrom('', '', 'priority=10', 'priority=98'),
      fc.constantFrom(
        '',
        '',
        'excludepkgs=aa',
        'exclude=b*',
        'excludepkgs=cc-2.0*, ee',
        'excludepkgs=dd.noarch',
        'excludepkgs=*-1.0-2',
      ),
      fc.constantFrom('', '', '', 'includepkgs=aa b*'),
    )
    .map((lines) => lines.filter((line) => line !== '')),
});

/** One package of the machine's own architecture is always there. */
const BASE: MadeRpm = { name: 'filesystem', version: '1-1', arch: 'x86_64' };

export const rpmWorlds: fc.Arbitrary<RpmChance> = fc.record({
  installed: fc
    .uniqueArray(made, { minLength: 2, maxLength: 5, selector: (each) => each.name })
    .map((all) => [BASE, ...all]),
  repositories: fc.array(repository, { minLength: 1, maxLength: 3 }),
});
