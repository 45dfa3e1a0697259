import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Policy } from '../../src/config/policy.ts';
import { planImages } from '../../src/images/plan-images.ts';
import { formatReference } from '../../src/images/reference.ts';
import type { Job, Tree, TreeFile } from '../../src/model.ts';
import { A, B, short } from './pins.ts';

const JOB: Job = { repository: 'o/r', trigger: 'terminal', only: [], cutoff: null };

function treeOf(files: Readonly<Record<string, string | TreeFile>>): Tree {
  const paths = Object.keys(files).sort();
  const entries = paths.map((path): [string, TreeFile] => {
    const file = files[path] ?? '';
    return [path, typeof file === 'string' ? { kind: 'text', text: file } : file];
  });
  return { paths, files: new Map(entries) };
}

function planOf(
  files: Readonly<Record<string, string | TreeFile>>,
  images: Partial<Policy['images']> = {},
  more: { readonly policy?: Partial<Policy>; readonly only?: readonly string[] } = {},
): { readonly images: readonly string[]; readonly left: readonly string[] } {
  const policy = { ...NO_POLICY, ...more.policy, images: { ...NO_POLICY.images, ...images } };
  const plan = planImages(treeOf(files), policy, { ...JOB, only: more.only ?? [] });
  return {
    images: plan.images.map(({ reference, action, tag, mentions, platforms }) => {
      const places = mentions.map(({ path, line }) => `${path}:${line}`).join(' ');
      return `${action} ${short(formatReference(reference))} as ${tag ?? '?'} in ${places}${platforms.map((one) => ` ${one}`).join('')}`;
    }),
    left: plan.left.map(({ mention, reason }) => `${mention.path}:${mention.line} ${reason.code}`),
  };
}

describe('planImages', () => {
  it('gathers what names one image, and asks for its tag', () => {
    const files = {
      Dockerfile: `FROM python:3.12@${A}\nFROM docker.io/library/python:3.12@${A}\nFROM python:3.12@${B}\n`,
      'compose.yaml': `services:\n  a:\n    image: python:3.12@${A}\n    platform: linux/arm64\n`,
      'requirements.txt': `FROM a:1@${A}`,
    };
    expect(planOf(files)).toEqual({
      images: [
        'move python:3.12@a as 3.12 in Dockerfile:1 Dockerfile:2 compose.yaml:3',
        'move python:3.12@b as 3.12 in Dockerfile:3',
      ],
      left: [],
    });
  });

  it('knows the platforms only when every mention names one', () => {
    const arm = `FROM --platform=linux/arm64 a:1@${A}\n`;
    const amd = `FROM --platform=linux/amd64 a:1@${A}\n`;
    expect(planOf({ Dockerfile: arm + amd + arm }).images).toEqual([
      'move a:1@a as 1 in Dockerfile:1 Dockerfile:2 Dockerfile:3 linux/amd64 linux/arm64',
    ]);
    expect(planOf({ Dockerfile: `${arm}FROM a:1@${A}\n` }).images).toEqual([
      'move a:1@a as 1 in Dockerfile:1 Dockerfile:2',
    ]);
  });

  it('finds the tag of a lone digest in a comment, or leaves it to the registry', () => {
    expect(planOf({ Dockerfile: `# 1.2\nFROM a@${A}\nFROM b@${A}\n` }).images).toEqual([
      'move a@a as 1.2 in Dockerfile:2',
      'find-tag b@a as ? in Dockerfile:3',
    ]);
  });

  it('only looks at what is not pinned, and says why', () => {
    expect(planOf({ Dockerfile: 'FROM a:1\nFROM b\n' })).toEqual({
      images: ['look a:1 as 1 in Dockerfile:1', 'look b as latest in Dockerfile:2'],
      left: ['Dockerfile:1 nothing-pinned', 'Dockerfile:2 nothing-pinned'],
    });
  });

  it('pins where the policy says so and it can be done', () => {
    expect(planOf({ Dockerfile: 'ARG T=1\nFROM a:1\nFROM b:$T-x\n' }, { pin: true })).toEqual({
      images: ['pin a:1 as 1 in Dockerfile:2', 'look b:1-x as 1-x in Dockerfile:3'],
      left: ['Dockerfile:3 nothing-pinned'],
    });
  });

  it('leaves stages, scratch, and what depends on others', () => {
    expect(planOf({ Dockerfile: 'FROM scratch AS s\nFROM s\nFROM a:$T\n' })).toEqual({
      images: [],
      left: [
        'Dockerfile:1 unsupported-kind',
        'Dockerfile:2 unsupported-kind',
        'Dockerfile:3 unsupported-kind',
      ],
    });
  });

  it.each([
    ['a', true],
    ['a:1', true],
    ['docker.io/library/a', true],
    ['docker.io/library/a:*', true],
    ['docker.io/**', true],
    ['b', false],
    ['ghcr.io/**', false],
    ['a:2', false],
  ])('ignores images as %s: %s', (glob, isIgnored) => {
    const plan = planOf({ Dockerfile: `FROM a:1@${A}` }, { ignore: [glob] });
    expect(plan.images).toHaveLength(isIgnored ? 0 : 1);
    expect(plan.left).toEqual(isIgnored ? ['Dockerfile:1 excluded-by-config'] : []);
  });

  it('ignores files as locks are ignored, and works on the selected ones only', () => {
    const files = { 'x/Dockerfile': `FROM a:1@${A}`, 'y/Dockerfile': `FROM a:1@${A}` };
    expect(planOf(files, {}, { policy: { ignore: ['x'] } })).toEqual({
      images: ['move a:1@a as 1 in y/Dockerfile:1'],
      left: ['x/Dockerfile:1 excluded-by-config'],
    });
    expect(planOf(files, {}, { only: ['x/**'] })).toEqual({
      images: ['move a:1@a as 1 in x/Dockerfile:1'],
      left: ['y/Dockerfile:1 not-selected'],
    });
  });

  it('reads neither links nor what is no text', () => {
    expect(planOf({ Dockerfile: { kind: 'symlink' }, 'a/Dockerfile': { kind: 'not-utf8' } })).toEqual({
      images: [],
      left: [],
    });
  });
});
