import { expect, it } from 'vitest';
import { imageInventory, lockInventory } from '../../src/scan/inventory.ts';
import type { LockedPackage } from '../../src/model.ts';
import { contentOf, NEW } from '../support/image-results.ts';

function locked(name: string, version: string | null, more: Partial<LockedPackage> = {}): LockedPackage {
  return { name, version, source: null, hashes: [], direct: false, via: [], groups: [], ...more };
}

it('tells of a lock what is direct, and what only development needs', () => {
  const content = {
    packages: [
      locked('flask', '2.0', { direct: true, groups: ['main'] }),
      locked('pytest', '7.0', { direct: true, groups: ['dev'] }),
      locked('click', '8.0', { groups: ['dev', 'main'] }),
      locked('odd', 'one two'),
      locked('own', null, { source: 'git+https://example.com/own@abc' }),
    ],
  };
  expect(lockInventory('poetry.lock', content)).toEqual({
    kind: 'lock',
    place: 'poetry.lock',
    packages: [
      { ecosystem: 'PyPI', name: 'click', version: '8.0', direct: false, dev: false },
      { ecosystem: 'PyPI', name: 'flask', version: '2.0', direct: true, dev: false },
      { ecosystem: 'PyPI', name: 'pytest', version: '7.0', direct: true, dev: true },
    ],
  });
});

it('has packages of an index of its own, since the database is ours', () => {
  const content = { packages: [locked('secret', '1.0', { source: 'https://pypi.corp.example/simple' })] };
  expect(lockInventory('uv.lock', content).packages).toHaveLength(1);
});

it('is empty of a lock that could not be read', () => {
  expect(lockInventory('a.txt', null)).toEqual({ kind: 'lock', place: 'a.txt', packages: [] });
});

it('tells of an image the source packages, each once', () => {
  const content = contentOf(NEW, ['deb openssl 3.0.1', 'deb openssl 3.0.1 i386']);
  expect(imageInventory('python:3', content).packages).toEqual([
    { ecosystem: 'Debian:12', name: 'openssl', version: '3.0.1', direct: false, dev: false },
  ]);
});
