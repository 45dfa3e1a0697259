/** That a moved date makes a builder run the package steps anew, and nothing else does: the real Buildah. */
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bustCache } from '../../src/rebuild/cache-bust.ts';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import { createBuildah, findBuildah, type Buildah } from '../support/buildah.ts';
import { folder } from '../support/folder.ts';

const found = findBuildah();
if ('missing' in found) process.stdout.write(`not run: cache-busting with Buildah. ${found.missing}\n`);

/** What a package manager is to the cache: a command whose outcome is another one each time. */
const APK =
  '#!/bin/sh\ncat /proc/sys/kernel/random/uuid >>/stamp\necho "ran $*" | tr " " "-" | sed s/-/\\ /\n';

function context(): string {
  const root = folder({ apk: APK, app: 'x' });
  chmodSync(join(root, 'apk'), 0o755);
  if ('busybox' in found) copyFileSync(found.busybox, join(root, 'busybox'));
  chmodSync(join(root, 'busybox'), 0o755);
  return root;
}

const BASE = [
  'FROM scratch AS base',
  'COPY busybox /bin/busybox',
  'RUN ["/bin/busybox", "sh", "-c", "mkdir -p /sbin && /bin/busybox --install /bin"]',
  'COPY apk /sbin/apk',
  '',
].join('\n');

function bust(text: string, date: string): string {
  const edited = bustCache('Dockerfile', text, date, readDockerfile('Dockerfile', text));
  if (!('text' in edited)) throw new Error(edited.problem.message);
  return edited.text;
}

describe.skipIf('missing' in found)('Buildah', { timeout: 60_000 }, () => {
  let root: string;
  let buildah: Buildah;
  beforeAll(() => {
    root = context();
    buildah = createBuildah();
  });

  it('runs the package step anew after the date moved, and only then', () => {
    const text = `${BASE}# the distribution's fixes\nRUN apk upgrade --no-cache\nCOPY app /app\n`;
    const first = buildah.build(root, text);
    expect(first.ran).toEqual(['upgrade---no-cache']);

    const again = buildah.build(root, text);
    expect({ ran: again.ran, image: again.image }).toEqual({ ran: [], image: first.image });
    expect(buildah.build(root, text.replace('# the', '# all the')).ran).toEqual([]);

    const busted = bust(text, '2026-11-24');
    const forced = buildah.build(root, busted);
    expect(forced.ran).toEqual(first.ran);
    expect(forced.image).not.toBe(first.image);
    expect(buildah.build(root, busted).ran).toEqual([]);

    const moved = bust(busted, '2026-12-24');
    expect(moved).toBe(busted.replace('2026-11-24', '2026-12-24'));
    expect(buildah.build(root, moved).ran).toEqual(first.ran);
    expect(buildah.build(root, moved).ran).toEqual([]);
  });

  it('does so in each stage that leads to the image, and in no other', () => {
    const text = [
      `${BASE}RUN apk add base`,
      'FROM base AS tools',
      'RUN apk add tools',
      'FROM base',
      'RUN ["/bin/sh", "-c", "apk update && apk add last"]',
      'COPY --from=tools /stamp /tools',
      '',
    ].join('\n');
    const all = buildah.build(root, text).ran;
    expect(all.toSorted()).toEqual(['add-base', 'add-last', 'add-tools', 'update']);
    expect(buildah.build(root, text).ran).toEqual([]);
    const edited = bust(text, '2026-11-24');
    // `tools` is built on `base`, and so again when that is another one.
    expect(buildah.build(root, edited).ran.toSorted()).toEqual(all.toSorted());
    const apart = text.replace('FROM base AS tools', BASE.replace('AS base', 'AS tools'));
    expect(buildah.build(root, apart).ran).not.toEqual([]);
    expect(buildah.build(root, bust(apart, '2027-01-01')).ran.toSorted()).toEqual([
      'add-base',
      'add-last',
      'update',
    ]);
  });

  it('shows why the place matters: above FROM alone, or below the step, a date does nothing', () => {
    const text = `${BASE}RUN apk fix\n`;
    buildah.build(root, text);
    for (const place of [
      `ARG RELOCK_REBUILD=1999-01-01\n${text}`,
      `${text}ARG RELOCK_REBUILD=1999-01-01\n`,
      `# 1999-01-01\n${text}`,
    ]) {
      buildah.build(root, place);
      expect(buildah.build(root, place.replace('1999', '2000')).ran).toEqual([]);
    }
    const inside = text.replace('RUN apk', 'ARG RELOCK_REBUILD=1999-01-01\nRUN apk');
    buildah.build(root, inside);
    expect(buildah.build(root, inside.replace('1999', '2000')).ran).toEqual(['fix']);
  });
});
