/** Relock and the real apk, asked the same over the same signed indexes; few machines that are not Alpine have one. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookUpApkUpdates } from '../../src/mirror/apk-lookup.ts';
import { apkWorlds, fitsTogether, isBehindOnly } from '../support/apk-chance.ts';
import { ourUpgrade, upgradesOf } from '../support/apk-ours.ts';
import { layOutApk, missingApk, realUpgrade, simulateApkLater } from '../support/apk-real.ts';
import { APK_SCENES } from '../support/apk-scenes.ts';
import { apkText, makeApkKey, signedIndex, unsignedIndex, type ApkWorld } from '../support/apk-world.ts';
import { mirrorFetch, repoLookup, serveFiles } from '../support/mirror.ts';

const missing = missingApk();
/** More for who changes what is compared: of a thousand, some five differ, where apk has to choose between two evils. */
const WORLDS = Number(process.env['RELOCK_TEST_WORLDS'] ?? 100);
const SEED = Number(process.env['RELOCK_TEST_SEED'] ?? 11);
const KEY = makeApkKey();
const STRANGER = makeApkKey('stranger.rsa.pub');

async function ask(world: ApkWorld, signer = KEY, kind: 'RSA' | 'RSA256' = 'RSA256') {
  const server = await serveFiles(
    new Map(
      world.repositories.map(({ packages }, at) => [
        `v3.22/r${at}/x86_64/APKINDEX.tar.gz`,
        signedIndex(unsignedIndex(packages), signer, kind),
      ]),
    ),
  );
  const lines = world.repositories.map(
    ({ tag }, at) => `${tag === undefined ? '' : `@${tag} `}${server.origin}/v3.22/r${at}`,
  );
  const root = layOutApk(world, () => lines);
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'etc/apk/keys', KEY.name), KEY.publicPem);
  const files = new Map([
    ['etc/apk/repositories', Buffer.from(lines.join('\n'))],
    ['etc/apk/arch', Buffer.from('x86_64\n')],
    ['etc/apk/world', Buffer.from(world.world ?? '')],
    [`etc/apk/keys/${KEY.name}`, Buffer.from(KEY.publicPem)],
    ['lib/apk/db/installed', Buffer.from(apkText(world.installed))],
  ]);
  const ours = await lookUpApkUpdates(
    { files, packages: [], os: null },
    repoLookup(mirrorFetch(0, [], ['127.0.0.1'])),
  );
  const real = await simulateApkLater(root, ['--no-cache', '--update-cache']);
  return { ours, real };
}

describe.skipIf(missing !== null)(`apk upgrade${missing === null ? '' : ` (${missing})`}`, () => {
  it.each(Object.entries(APK_SCENES))('%s', async (_, world) => {
    const { ours, real } = await ask(world);
    // In two of them it gives up, and changes nothing.
    expect(real.output).toMatch(real.failed ? /unable to select packages/u : /^OK: /mu);
    expect(upgradesOf(ours)).toEqual(real.upgrades);
  });

  it(`names what apk names, in ${WORLDS} worlds by chance`, () => {
    const worlds = fc
      .sample(apkWorlds, { numRuns: WORLDS * 10, seed: SEED })
      .filter((world) => fitsTogether(world) && isBehindOnly(world))
      .slice(0, WORLDS);
    const other = worlds.filter((world) => {
      const { failed, upgrades } = realUpgrade(world);
      return !failed && upgradesOf(ourUpgrade(world)).join() !== upgrades.join();
    });
    expect(worlds.length).toBe(WORLDS);
    expect(other.length).toBeLessThanOrEqual(WORLDS / 50);
  });

  it('believes the same indexes', async () => {
    const world = APK_SCENES['packages that go together'];
    if (world === undefined) throw new Error('no scene');
    const good = await ask(world, KEY, 'RSA');
    expect(good.real.upgrades.length).toBe(2);
    expect(upgradesOf(good.ours)).toEqual(good.real.upgrades);
    const bad = await ask(world, STRANGER);
    expect(bad.real.output).toMatch(/UNTRUSTED signature/u);
    expect(bad.ours).toMatchObject({ state: 'unknown', reason: { code: 'database-unreadable' } });
  });
});
