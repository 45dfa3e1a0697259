import { describe, expect, it } from 'vitest';
import { debianUpdates } from '../../src/distro/deb-updates.ts';
import { planUpgrade } from '../../src/distro/deb-upgrade.ts';
import { createUniverse } from '../../src/distro/deb-universe.ts';
import { readInstalled } from '../../src/distro/deb-updates.ts';
import { ourAnswer, statusText, type Paragraph, type World } from '../support/debian.ts';
import { SCENES } from '../support/debian-scenes.ts';

describe('what is upgraded and what is kept back', () => {
  it.each(SCENES)('$title', ({ world, upgraded, keptBack, phased = [], because = {} }) => {
    const answer = ourAnswer(world);
    expect({ upgraded: answer.upgraded, keptBack: answer.keptBack, phased: answer.phased }).toEqual({
      upgraded,
      keptBack,
      phased,
    });
    for (const [name, why] of Object.entries(because)) {
      expect(answer.updates.find((each) => each.name === name)?.because).toBe(why);
    }
  });
});

function one(world: Partial<World>) {
  return ourAnswer({ installed: [{ n: 'a', v: '1' }], suites: [], ...world }).updates[0];
}

describe('security', () => {
  const fix: Paragraph = { n: 'a', v: '2' };
  it.each([
    ['a suite by its name', [{ name: 'bookworm-security', packages: [fix] }], true],
    ['a suite by its label', [{ name: 'x', packages: [fix], release: { Label: 'Debian-Security' } }], true],
    ["Ubuntu's pocket", [{ name: 'p', packages: [fix], release: { Suite: 'noble-security' } }], true],
    ['another suite', [{ name: 'bookworm-updates', packages: [fix] }], false],
    [
      'a fix on the way to a newer version',
      [
        { name: 'bookworm', packages: [{ n: 'a', v: '3' }] },
        { name: 'bookworm-security', packages: [fix] },
      ],
      true,
    ],
    [
      'a fix that is installed already',
      [
        { name: 'bookworm', packages: [{ n: 'a', v: '3' }] },
        { name: 'bookworm-security', packages: [{ n: 'a', v: '1' }] },
      ],
      false,
    ],
  ])('%s', (_, suites, security) => {
    expect(one({ suites })?.security).toBe(security);
  });

  it('names the suite of fixes where two offer the version, and since when', () => {
    const suites = ['bookworm', 'bookworm-security'].map((name) => ({ name, packages: [fix] }));
    expect(one({ suites })).toMatchObject({
      from: '1',
      to: '2',
      suite: 'bookworm-security',
      since: '2026-11-23T11:22:37.000Z',
    });
  });
});

it('is clean where nothing is newer, and never where nothing was read', () => {
  const installed = readInstalled([statusText([{ n: 'a', v: '1' }])]);
  expect(
    ourAnswer({ installed: [{ n: 'a', v: '1' }], suites: [{ name: 's', packages: [] }] }).updates,
  ).toEqual([]);
  const answer = debianUpdates({ installed, native: 'amd64', files: new Map(), indexes: [], notes: [] });
  expect(answer).toMatchObject({ state: 'unknown', reason: { code: 'missing-input' } });
});

it('gives up on a database that is made to be slow', () => {
  const packages = Array.from({ length: 300 }, (_, index): Paragraph => ({ n: `p${index}`, v: '1' }));
  const universe = createUniverse('amd64', readInstalled([statusText(packages)]), () => []);
  const options = {
    candidateOf: () => universe.packages[0]!.installed,
    isPhased: () => false,
    recommends: true,
  };
  expect(planUpgrade(universe, { ...options, maxSteps: 100 })).toBe(null);
});

it('has an answer for thousands of packages that are all in each other’s way', () => {
  const installed = Array.from({ length: 3000 }, (_, index): Paragraph => ({
    n: `p${index}`,
    v: '1',
    Depends: index === 0 ? 'p2999' : `p${index - 1} (<< 2)`,
  }));
  const packages = installed.map((each): Paragraph => ({ ...each, v: '2' }));
  const answer = ourAnswer({ installed, suites: [{ name: 's', packages }] });
  expect(answer.upgraded.length + answer.keptBack.length).toBe(3000);
});
