/** What a store's package index and memory of advisories must do, whatever database is behind it. */
import { describe, expect, it } from 'vitest';
import type { IndexedRepository, PackageHolder, PlacePackage } from '../../src/store/package-index.ts';
import type { Store } from '../../src/store/store.ts';
import { A_RUN, queuedJob } from './store.ts';

const HEAD = 'a'.repeat(40);
const LOCK = { kind: 'lock', place: 'requirements.txt' } as const;

function indexed(installation = 7): IndexedRepository {
  return { ...queuedJob().repository, installation };
}

function release(name: string, version: string, changes: Partial<PlacePackage> = {}): PlacePackage {
  return { ecosystem: 'PyPI', name, version, direct: false, dev: false, ...changes };
}

/** Names that no other test has. */
function fresh(): string {
  return `made-${crypto.randomUUID()}`;
}

/** `owner/name kind place name version`, and what else is said of it. */
async function held(store: Store, ...names: string[]): Promise<readonly string[]> {
  return (await holders(store, ...names)).map(
    ({ repository, kind, place, name, version, direct, dev }) =>
      `${repository.name} ${kind} ${place} ${names.indexOf(name)} ${version}${direct ? ' direct' : ''}${dev ? ' dev' : ''}`,
  );
}

async function holders(store: Store, ...names: string[]): Promise<readonly PackageHolder[]> {
  return read(
    store,
    names.map((name) => ({ ecosystem: 'PyPI', name })),
  );
}

async function read(
  store: Store,
  queries: Parameters<Store['repositoriesWith']>[0],
): Promise<readonly PackageHolder[]> {
  const all: PackageHolder[] = [];
  for await (const holder of store.repositoriesWith(queries)) all.push(holder);
  return all;
}

export function describePackageIndex(get: () => Store): void {
  describe('the package index', () => {
    it('tells who has a package, where, in which version, and how it comes in', async () => {
      const [one, other] = [indexed(7), indexed(8)];
      const [name, second] = [fresh(), fresh()];
      await get().recordPackages(one, HEAD, [
        { ...LOCK, packages: [release(name, '1.0', { direct: true }), release(second, '3')] },
        { kind: 'lock', place: 'dev/requirements.txt', packages: [release(name, '1.1', { dev: true })] },
        {
          kind: 'image',
          place: 'acme/shop:1',
          packages: [release(name, '1.0', { ecosystem: 'Debian:12' }), release(second, '3')],
        },
      ]);
      await get().recordPackages(other, 'b'.repeat(40), [{ ...LOCK, packages: [release(name, '0.9')] }]);
      const found = await holders(get(), name);
      expect(found).toHaveLength(3);
      expect(found).toContainEqual({
        repository: { id: one.id, owner: one.owner, name: one.name },
        installation: 7,
        head: HEAD,
        ...LOCK,
        ...release(name, '1.0', { direct: true }),
      });
      expect(found).toContainEqual({
        repository: { id: other.id, owner: other.owner, name: other.name },
        installation: 8,
        head: 'b'.repeat(40),
        ...LOCK,
        ...release(name, '0.9'),
      });
      expect(await held(get(), second)).toHaveLength(2);
      const debian = [{ ecosystem: 'Debian:12', name }];
      expect((await read(get(), debian)).map(({ kind }) => kind)).toEqual(['image']);
      expect(await read(get(), [])).toEqual([]);
      expect(await held(get(), fresh())).toEqual([]);
    });

    it('keeps several versions of one package in a place, and folds what is there twice', async () => {
      const repository = indexed();
      const name = fresh();
      await get().recordPackages(repository, HEAD, [
        { ...LOCK, packages: [release(name, '1'), release(name, '2', { dev: true })] },
        { ...LOCK, packages: [release(name, '2', { direct: true }), release(name, '3', { dev: true })] },
      ]);
      const of = `${repository.name} lock requirements.txt 0`;
      expect([...(await held(get(), name))].sort()).toEqual([`${of} 1`, `${of} 2 direct`, `${of} 3 dev`]);
    });

    it('replaces what a repository had, or only the places that are given', async () => {
      const repository = indexed();
      const [name, second] = [fresh(), fresh()];
      const at = `${repository.name} lock`;
      await get().recordPackages(repository, HEAD, [
        { ...LOCK, packages: [release(name, '1'), release(second, '1')] },
        { kind: 'lock', place: 'b.txt', packages: [release(name, '1')] },
      ]);
      const moved = [{ ...LOCK, packages: [release(name, '2')] }];
      await get().recordPackages(repository, HEAD, moved, { scope: 'places' });
      expect([...(await held(get(), name, second))].sort()).toEqual([
        `${at} b.txt 0 1`,
        `${at} requirements.txt 0 2`,
      ]);
      await get().recordPackages(repository, HEAD, moved);
      expect(await held(get(), name, second)).toEqual([`${at} requirements.txt 0 2`]);
      await get().recordPackages(repository, HEAD, [{ ...LOCK, packages: [] }], { scope: 'places' });
      expect(await held(get(), name)).toEqual([]);
      expect(await get().recordedHead(repository.id)).toBe(HEAD);
    });

    it.each(['direct', 'dev'] as const)('notes when nothing but %s is different', async (flag) => {
      const repository = indexed();
      const name = fresh();
      for (const value of [true, false, true]) {
        const packages = [release(name, '1', { [flag]: value })];
        await get().recordPackages(repository, HEAD, [{ ...LOCK, packages }]);
        expect(await holders(get(), name)).toMatchObject([{ [flag]: value }]);
      }
    });

    it('follows a repository that is renamed, moves to another installation, or has a new commit', async () => {
      const repository = indexed(1);
      const name = fresh();
      const places = [{ ...LOCK, packages: [release(name, '1')] }];
      expect(await get().recordedHead(repository.id)).toBeNull();
      await get().recordPackages(repository, HEAD, places);
      const renamed = { ...repository, owner: 'other', name: 'renamed', installation: 2 };
      await get().recordPackages(renamed, 'c'.repeat(40), places);
      expect(await holders(get(), name)).toMatchObject([
        { repository: { owner: 'other', name: 'renamed' }, installation: 2, head: 'c'.repeat(40) },
      ]);
      expect(await get().recordedHead(repository.id)).toBe('c'.repeat(40));
    });

    it('takes text of any kind and length, and looks for any', async () => {
      const repository = indexed();
      const name = fresh();
      const hostile = [
        '\0',
        "'; DROP TABLE relock.place; --",
        'x'.repeat(100_000),
        '\uD800',
        '{1,2}',
        '"',
        '\\',
      ];
      await get().recordPackages(repository, HEAD, [
        { kind: 'lock', place: `${'long/'.repeat(2000)}\0a`, packages: [release(name, '1')] },
        { ...LOCK, packages: hostile.flatMap((text) => [release(text, '1'), release(name, `1${text}`)]) },
      ]);
      expect((await held(get(), ...hostile)).length).toBeGreaterThanOrEqual(4);
      const versions = (await holders(get(), name)).map(({ version }) => version);
      expect(versions.sort()).toEqual(
        ['1', '1', ...hostile.slice(1, 2).map((text) => `1${text}`), '1\uFFFD', '1{1,2}', '1"', '1\\'].sort(),
      );
    });

    it('gives repositories that are recorded at once their own, also what none had before', async () => {
      const repositories = Array.from({ length: 30 }, () => indexed());
      const names = Array.from({ length: 20 }, fresh);
      await Promise.all(
        repositories.flatMap((repository, index) => {
          const own = index % 2 === 0 ? names : names.toReversed();
          const places = [{ ...LOCK, packages: own.map((name) => release(name, '1')) }];
          return [
            get().recordPackages(repository, HEAD, places),
            get().recordPackages(repository, HEAD, places),
          ];
        }),
      );
      expect(await held(get(), ...names)).toHaveLength(600);
    });

    it('gives thousands, those of one repository together', async () => {
      const [name, second] = [fresh(), fresh()];
      const repositories = Array.from({ length: 40 }, () => indexed());
      for (const repository of repositories) {
        const places = Array.from({ length: 40 }, (_none, at) => ({
          kind: 'lock' as const,
          place: `${at}.txt`,
          packages: [release(name, String(at)), release(second, '1')],
        }));
        await get().recordPackages(repository, HEAD, places);
      }
      const found = await holders(get(), name, second);
      expect(new Set(found.map((one) => `${one.repository.id} ${one.place} ${one.name}`)).size).toBe(3200);
      expect(found).toHaveLength(3200);
      const changes = found.filter(({ repository }, at) => repository.id !== found[at - 1]?.repository.id);
      expect(changes).toHaveLength(40);
    });

    it('forgets a repository, or all of an installation, and nothing else', async () => {
      const gone = Math.floor(Math.random() * 1e9);
      const [alone, first, second, other] = [indexed(), indexed(gone), indexed(gone), indexed()];
      const name = fresh();
      const notice = { advisory: 'GHSA-1', package: name, digest: '1' };
      for (const repository of [alone, first, second, other]) {
        await get().recordPackages(repository, HEAD, [{ ...LOCK, packages: [release(name, '1')] }]);
        await get().saveBlockedNotice(repository.id, notice);
        await get().saveLastRun(repository.id, 'monthly', A_RUN);
      }
      await get().forgetRepository(alone.id);
      await get().forgetInstallation(gone);
      expect((await holders(get(), name)).map(({ repository }) => repository.id)).toEqual([other.id]);
      for (const { id } of [alone, first, second]) {
        expect(await get().recordedHead(id)).toBeNull();
        expect(await get().blockedNotices(id)).toEqual([]);
        expect(await get().lastRun(id, 'monthly')).toBeNull();
      }
      expect(await get().blockedNotices(other.id)).toEqual([notice]);
      expect(await get().lastRun(other.id, 'monthly')).toEqual(A_RUN);
    });
  });
}

export function describeAdvisoryState(get: () => Store): void {
  describe('what is remembered of advisories', () => {
    it('keeps how far each source was read', async () => {
      const [source, other] = [fresh(), fresh()];
      expect(await get().advisoryCursor(source)).toBeNull();
      await get().saveAdvisoryCursor(source, '2026-03-01T00:00:00Z');
      await get().saveAdvisoryCursor(source, '2026-03-02T00:00:00Z');
      expect(await get().advisoryCursor(source)).toBe('2026-03-02T00:00:00Z');
      expect(await get().advisoryCursor(other)).toBeNull();
    });

    it('knows what was acted on, and in which form', async () => {
      const [one, other, never] = [fresh(), fresh(), fresh()];
      await get().saveAdvisoriesSeen(
        new Map([
          [one, 'v1'],
          [other, 'v1'],
        ]),
      );
      await get().saveAdvisoriesSeen(new Map([[one, 'v2']]));
      await get().saveAdvisoriesSeen(new Map());
      const seen = await get().advisoriesSeen([one, other, never, one]);
      expect(seen).toEqual(
        new Map([
          [one, 'v2'],
          [other, 'v1'],
        ]),
      );
      expect(await get().advisoriesSeen([])).toEqual(new Map());
    });

    it('takes ids of any kind', async () => {
      const id = `${fresh()}\0${'x'.repeat(10_000)}`;
      await get().saveAdvisoriesSeen(
        new Map([
          [id, 'v1'],
          ['\uD800', 'v1'],
        ]),
      );
      expect(await get().advisoriesSeen([id, '\uD800'])).toEqual(
        new Map([
          [id, 'v1'],
          ['\uD800', 'v1'],
        ]),
      );
    });

    it('keeps what a repository was told, until it is no longer so', async () => {
      const { id } = queuedJob().repository;
      const { id: other } = queuedJob().repository;
      const notice = { advisory: 'GHSA-1', package: 'jinja2', digest: 'capped by flask' };
      const second = { ...notice, package: 'markupsafe' };
      for (const one of [notice, second, { ...notice, digest: 'no fix' }])
        await get().saveBlockedNotice(id, one);
      await get().saveBlockedNotice(other, notice);
      expect(await get().blockedNotices(id)).toEqual([{ ...notice, digest: 'no fix' }, second]);
      await get().dropBlockedNotice(id, 'GHSA-1', 'jinja2');
      await get().dropBlockedNotice(id, 'GHSA-2', 'markupsafe');
      expect(await get().blockedNotices(id)).toEqual([second]);
      expect(await get().blockedNotices(other)).toEqual([notice]);
    });
  });
}
