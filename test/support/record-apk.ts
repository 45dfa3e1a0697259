/**
 * Records what the real apk says of the scenes and of worlds by chance (`node test/support/record-apk.ts`, with
 * RELOCK_TEST_APK), since few machines have one: `test/fixtures/distro/apk-upgrades.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { apkWorlds, fitsTogether, isBehindOnly } from './apk-chance.ts';
import { realUpgrade, versionOfApk } from './apk-real.ts';
import { APK_SCENES } from './apk-scenes.ts';

const SEED = 5;
const scenes = Object.fromEntries(
  Object.entries(APK_SCENES).map(([name, world]) => {
    const { failed, upgrades } = realUpgrade(world);
    // It gives up on all of them, and changes nothing.
    return [name, failed ? null : upgrades];
  }),
);
const chance = fc
  .sample(apkWorlds, { numRuns: 3000, seed: SEED })
  .filter((world) => fitsTogether(world) && isBehindOnly(world))
  .flatMap((world) => {
    const { failed, upgrades } = realUpgrade(world);
    // Half of them say nothing: few of those are enough.
    return failed || (upgrades.length === 0 && world.installed.length < 4) ? [] : [{ world, upgrades }];
  })
  .slice(0, 60);
mkdirSync(new URL('../fixtures/distro', import.meta.url), { recursive: true });
const lines = [
  `{"apk": ${JSON.stringify(versionOfApk())},`,
  `"scenes": ${JSON.stringify(scenes, null, 1)},`,
  '"chance": [',
  chance.map((each) => JSON.stringify(each)).join(',\n'),
  ']}',
];
writeFileSync(new URL('../fixtures/distro/apk-upgrades.json', import.meta.url), `${lines.join('\n')}\n`);
