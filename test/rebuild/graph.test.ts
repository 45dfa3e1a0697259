import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basesFirst, dueDependents, type GraphImage } from '../../src/rebuild/graph.ts';

const image = (ref: string, bases: readonly string[] = [], repository = `acme/${ref}`): GraphImage => ({
  repository,
  ref: `ghcr.io/acme/${ref}:latest`,
  bases: bases.map((base) =>
    base.includes('/') || base.includes(':') ? base : `ghcr.io/acme/${base}:latest`,
  ),
});
const names = (images: readonly { readonly ref: string }[]) =>
  images.map(({ ref }) => ref.replace(/^ghcr\.io\/acme\/(?<name>[^:]+):latest$/u, '$<name>'));

describe('bases first', () => {
  it.each<[string, readonly GraphImage[], readonly string[]]>([
    ['nothing', [], []],
    ['by repository where nothing else tells', [image('b'), image('a')], ['a', 'b']],
    ['a chain', [image('a', ['b']), image('b', ['c']), image('c', ['python:3.12'])], ['c', 'b', 'a']],
    ['two bases', [image('a', ['c', 'b']), image('b'), image('c', ['b'])], ['b', 'c', 'a']],
    [
      'a circle, and what hangs on it',
      [image('z', ['b']), image('b', ['c']), image('c', ['b'])],
      ['b', 'c', 'z'],
    ],
    [
      'what hangs on a circle, whatever its name',
      [image('a', ['b']), image('b', ['c']), image('c', ['b'])],
      ['b', 'a', 'c'],
    ],
    ['one on itself', [image('a', ['a']), image('b', ['a'])], ['a', 'b']],
    ['a base that nobody publishes', [image('a', ['ghcr.io/other/x:latest'])], ['a']],
    ['a text that is no reference', [image('a', ['ghcr.io/ACME/${X}:b', ''])], ['a']],
  ])('%s', (_what, images, order) => {
    expect(names(basesFirst(images))).toEqual(order);
  });

  it.each<[string, string, boolean]>([
    ['as written', 'ghcr.io/acme/base:latest', true],
    ['with a digest', `ghcr.io/acme/base:latest@sha256:${'a'.repeat(64)}`, true],
    ['without the tag', 'ghcr.io/acme/base', true],
    ['another tag', 'ghcr.io/acme/base:1', false],
    ['a digest alone, which names no tag', `ghcr.io/acme/base@sha256:${'a'.repeat(64)}`, false],
    ['another registry', 'quay.io/acme/base:latest', false],
  ])('knows a base %s', (_what, base, known) => {
    expect(dueDependents(['ghcr.io/acme/base:latest'], [image('a', [base]), image('base')])).toHaveLength(
      known ? 1 : 0,
    );
  });

  it('knows the same name with and without the registry that goes without saying', () => {
    const bases: readonly GraphImage[] = [
      { repository: 'a/a', ref: 'acme/base', bases: [] },
      { repository: 'a/b', ref: 'acme/app', bases: ['docker.io/acme/base:latest'] },
    ];
    expect(dueDependents(['acme/base:latest'], bases)).toEqual([
      { image: bases[1], on: ['acme/base'], direct: true },
    ]);
  });

  it('is an order of all images in which, but for circles, every one follows its bases', () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
    const graph = array(
      record({ ref: constantFrom(...letters), bases: array(constantFrom(...letters), { maxLength: 3 }) }),
      {
        maxLength: 12,
      },
    );
    assert(
      property(graph, (drawn) => {
        // Only bases that come earlier in the alphabet: no circles.
        const images = drawn.map(({ ref, bases }, index) =>
          image(
            ref,
            bases.filter((base) => base < ref),
            `acme/repo-${index}`,
          ),
        );
        const order = basesFirst(images);
        expect([...order].sort((a, b) => images.indexOf(a) - images.indexOf(b))).toEqual(images);
        for (const [at, { bases }] of order.entries()) {
          for (const base of bases) {
            expect(order.findLastIndex(({ ref }) => ref === base)).toBeLessThan(at);
          }
        }
        expect(basesFirst(images.toReversed())).toEqual(order);
      }),
    );
    assert(
      property(
        graph,
        (drawn) => basesFirst(drawn.map(({ ref, bases }) => image(ref, bases))).length === drawn.length,
      ),
    );
  });

  it('takes long chains and many circles', () => {
    const long = Array.from({ length: 20_000 }, (_, index) => image(`i${index}`, [`i${index + 1}`]));
    expect(names(basesFirst(long))[0]).toBe('i19999');
    const circles = Array.from({ length: 20_000 }, (_, index) =>
      image(`i${index}`, [`i${index % 2 === 0 ? index + 1 : index - 1}`]),
    );
    expect(basesFirst(circles)).toHaveLength(20_000);
  });
});

describe('what is due when a base is published', () => {
  const images = [
    image('app', ['runtime']),
    image('runtime', ['base', 'tools']),
    image('tools', ['base']),
    image('base', ['debian:12']),
    image('other', ['debian:12']),
  ];

  it('is all that builds on it, bases first, with what each waits for', () => {
    const due = dueDependents(['ghcr.io/acme/base:latest'], images);
    expect(names(due.map((one) => one.image))).toEqual(['tools', 'runtime', 'app']);
    expect(due.map(({ direct }) => direct)).toEqual([true, true, false]);
    expect(due.map(({ on }) => names(on.map((ref) => ({ ref }))))).toEqual([
      ['base'],
      ['base', 'tools'],
      ['runtime'],
    ]);
  });

  it('never is the base itself, also not by a circle', () => {
    const circle = [image('a', ['b']), image('b', ['a'])];
    expect(names(dueDependents(['ghcr.io/acme/a:latest'], circle).map((one) => one.image))).toEqual(['b']);
  });

  it('does not wait for its own last build, nor for another publisher of its name', () => {
    const own = [image('app', ['base', 'app']), image('app', ['base', 'app'], 'acme/fork'), image('base')];
    expect(
      dueDependents(['ghcr.io/acme/base'], own).map(({ on }) => names(on.map((ref) => ({ ref })))),
    ).toEqual([['base'], ['base']]);
  });

  it('is nothing for an image that nobody builds on', () => {
    expect(dueDependents(['ghcr.io/acme/app:latest', 'no reference'], images)).toEqual([]);
  });

  it('knows two images of one repository, and one reference of two', () => {
    const both = [
      image('base', [], 'acme/mono'),
      image('app', ['base'], 'acme/mono'),
      image('base', [], 'acme/fork'),
    ];
    expect(dueDependents(['ghcr.io/acme/base:latest'], both).map((one) => one.image)).toEqual([both[1]]);
  });
});
