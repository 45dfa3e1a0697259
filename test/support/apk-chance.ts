/** Worlds of Alpine by chance, dense with relations so that upgrades get in each other's way. */
import * as fc from 'fast-check';
import { isAskedFor, readApkDependencies } from '../../src/distro/apk-record.ts';
import { compareApkVersions } from '../../src/images/apk-version.ts';
import type { ApkWorld, MadeApk } from './apk-world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const VERSIONS = ['1-r0', '1.1-r0', '1.1-r1', '2-r0', '2_rc1-r0', '3-r0'] as const;
/** Each is of one package, as in real ones. */
const LIBRARIES = NAMES.flatMap((name) => [`so:${name}.so.1`, `so:${name}.so.2`]);

const name = fc.constantFrom(...NAMES);
const version = fc.constantFrom(...VERSIONS);

const range = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.tuple(fc.constantFrom('=', '<', '>=', '>', '~'), version).map((parts) => parts.join('')),
);
const dependency = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, range).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.constantFrom(...LIBRARIES) },
);

const offered: fc.Arbitrary<MadeApk> = fc
  .record({
    name,
    version,
    asked: fc.array(dependency, { maxLength: 2 }),
    library: fc.constantFrom('', '1', '2'),
  })
  .map(({ name, version, asked, library }) => ({
    name,
    version,
    depends: asked.join(' '),
    provides: library === '' ? '' : `so:${name}.so.${library}=${library}`,
  }));

/** What an image has fits together only by chance; who asks should pass over those that do not. */
export const apkWorlds: fc.Arbitrary<ApkWorld> = fc
  .record({
    first: fc.uniqueArray(offered, {
      minLength: 3,
      maxLength: 12,
      selector: ({ name, version }) => `${name} ${version}`,
    }),
    second: fc.array(offered, { maxLength: 3 }),
    tag: fc.constantFrom(undefined, undefined, 'edge'),
    gone: fc.boolean(),
  })
  .chain(({ first, second, tag, gone }) =>
    fc
      .record({
        installed: fc.uniqueArray(fc.constantFrom(...first), {
          minLength: 1,
          maxLength: 5,
          selector: (each) => each.name,
        }),
        pinned: fc.boolean(),
      })
      .map(({ installed, pinned }) => ({
        repositories: [
          { packages: gone ? first.filter((each) => !installed.includes(each)) : first },
          ...(second.length === 0 ? [] : [{ packages: second, ...(tag === undefined ? {} : { tag }) }]),
        ],
        installed,
        world: installed
          .map((each, at) =>
            at === 0 && pinned && tag !== undefined && second.length > 0 ? `${each.name}@${tag}` : each.name,
          )
          .join(' '),
      })),
  );

/** All that is installed has what it asks for among the installed. */
export function fitsTogether({ installed }: ApkWorld): boolean {
  return installed.every(({ depends = '' }) =>
    readApkDependencies(depends).every((asked) =>
      installed.some(
        ({ name, version, provides = '' }) =>
          (name === asked.name && isAskedFor(asked, version)) ||
          readApkDependencies(provides).some(
            (each) => each.name === asked.name && isAskedFor(asked, each.version),
          ),
      ),
    ),
  );
}

/** Nothing is installed that is newer than all that is offered: apk goes back then, and that is no upgrade. */
export function isBehindOnly({ installed, repositories }: ApkWorld): boolean {
  return installed.every(({ name, version }) =>
    repositories.every(({ packages }) => {
      const offered = packages.filter((each) => each.name === name);
      return (
        offered.length === 0 || offered.some((each) => (compareApkVersions(each.version, version) ?? 0) >= 0)
      );
    }),
  );
}
