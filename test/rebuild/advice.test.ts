import { describe, expect, it } from 'vitest';
import { adviceOf, type AdviceFacts } from '../../src/rebuild/advice.ts';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import { addUpgradeStep } from '../../src/rebuild/upgrade-step.ts';

const FACTS: AdviceFacts = {
  system: null,
  updates: [],
  endOfLife: null,
  musl: null,
  user: null,
  size: null,
  sizeBudget: null,
};

function advice(text: string, facts: Partial<AdviceFacts> = {}): readonly string[] {
  return adviceOf(readDockerfile('d/Dockerfile', text), { ...FACTS, ...facts }).map(
    ({ code, path, line, message }) => `${code} ${path ?? ''}:${line ?? ''} ${message}`,
  );
}

function codes(text: string, facts: Partial<AdviceFacts> = {}): readonly string[] {
  return adviceOf(readDockerfile('d/Dockerfile', text), { ...FACTS, ...facts }).map(
    ({ code, line }) => `${code} ${line ?? ''}`,
  );
}

const PINNED = `FROM debian:12@sha256:${'a'.repeat(64)}\n`;
const UPGRADE = 'RUN apt-get update && apt-get -y upgrade\n';

describe('advice', () => {
  it('has none for a Dockerfile that does well', () => {
    expect(
      codes(`${PINNED}${UPGRADE}COPY .env.example app /\nUSER app\n`, {
        system: 'deb',
        user: '',
        size: { from: 100, to: 110 },
        sizeBudget: { percent: 10 },
      }),
    ).toEqual([]);
  });

  it.each<[string, string, string, Partial<AdviceFacts>?]>([
    [
      'unpinned base',
      'FROM debian:12\n',
      'unpinned-base d/Dockerfile:1 `FROM debian:12` names no digest, so that nobody can tell which base a build takes, and a builder that has the tag already may keep the old one. Pin it (`debian:12@sha256:…`, or `pin = true` under `[images]`), and Relock moves the digest.',
    ],
    [
      'no upgrade step',
      PINNED,
      'no-upgrade-step d/Dockerfile:1 No step upgrades the packages of the base image: their fixes come only when its publisher rebuilds it. To have them sooner, add `RUN apk upgrade --no-cache` to the stage that starts here.',
      { system: 'apk' },
    ],
    [
      'a script',
      `${PINNED}RUN ./a.sh`,
      'no-upgrade-step d/Dockerfile:1 No step upgrades the packages of the base image (unless `./a.sh` does, which Relock does not read): their fixes come only when its publisher rebuilds it. To have them sooner, add `RUN dnf -y upgrade && dnf clean all` to the stage that starts here.',
      { system: 'rpm' },
    ],
    [
      'lists of an earlier layer',
      `${PINNED}RUN apt-get update\nRUN apt-get install -y a`,
      'install-without-update d/Dockerfile:3 `apt-get install` takes the package lists of an earlier layer, which the build cache keeps: it then installs old versions, or fails on files that are gone. To mend it, put `apt-get update &&` before it in the same RUN.',
    ],
    [
      'no lists',
      `${PINNED}RUN apk add a\nRUN dnf install a\nRUN apt-get dist-upgrade`,
      'install-without-update d/Dockerfile:4 `apt-get dist-upgrade` has no step before it that fetches package lists, and works with what the base image holds, if anything. To mend it, put `apt-get update &&` before it in the same RUN.',
    ],
    [
      'end of life',
      PINNED,
      'end-of-life-base d/Dockerfile:1 Debian 9 is over. No rebuild brings fixes that nobody makes: move to a base of a later release.',
      { endOfLife: 'Debian 9 is over.' },
    ],
    [
      'musl',
      PINNED,
      'musl-base d/Dockerfile:1 No wheels of `x`. A base with glibc (`-slim`) takes the wheels as they are.',
      { musl: 'No wheels of `x`.' },
    ],
    [
      'a pin',
      `${PINNED}RUN apt-get update && apt-get install a=1-1 b=1.*`,
      'pinned-os-package d/Dockerfile:2 `a=1-1` is held at one exact version. Distributions drop a version when they publish the next: a build without cache then fails, and fixes never come. Name `a` alone, or with `*` at the end of its version.',
    ],
    [
      'root by the image',
      PINNED,
      'runs-as-root d/Dockerfile:1 No USER is named, so that what runs in the image runs as root. Add a user, and `USER` with its name below the last step that needs root.',
      { user: '0:0' },
    ],
    [
      'root by the Dockerfile',
      `${PINNED}USER app\nUSER root:root\n`,
      'runs-as-root d/Dockerfile:3 `USER root:root` is the last one: what runs in the image runs as root. Add a user, and `USER` with its name below the last step that needs root.',
      { user: 'app' },
    ],
    [
      'a secret',
      `${PINNED}COPY .npmrc /\nRUN rm .npmrc`,
      'secret-copied d/Dockerfile:2 `.npmrc` is copied into the image, and such files often hold secrets: whoever pulls the image can read them, even when a later step deletes the file. Pass it to the step that needs it with `RUN --mount=type=secret`, and list it in `.dockerignore`.',
    ],
    [
      'size',
      PINNED,
      'size-budget : The image grew by 12.0 MB (12.0%), from 100.0 MB to 112.0 MB compressed; its budget is 10%. See which packages were added, and that each step deletes what it downloaded.',
      { size: { from: 1e8, to: 1.12e8 }, sizeBudget: { percent: 10 } },
    ],
    [
      'size in bytes',
      PINNED,
      'size-budget : The image grew by 12.0 MB (12.0%), from 100.0 MB to 112.0 MB compressed; its budget is 11.0 MB. See which packages were added, and that each step deletes what it downloaded.',
      { size: { from: 1e8, to: 1.12e8 }, sizeBudget: { bytes: 1.1e7 } },
    ],
  ])('%s', (_, text, message, facts) => {
    expect(advice(text, facts)).toEqual([message]);
  });

  it('says what a pinned package is superseded by', () => {
    const update = {
      name: 'a',
      arch: 'x86_64',
      source: 'a',
      from: '1-1',
      to: '1-2',
      security: true,
      advisories: [],
      kind: 'upgrade' as const,
      because: null,
      suite: '',
      since: null,
    };
    expect(advice(`${PINNED}RUN apk add --no-cache a=1-1`, { updates: [update] })[0]).toContain(
      '`a=1-1` is held at one exact version. The distribution offers 1-2 now, and drops the older one sooner or later: a build without cache then fails, and fixes never come. Name `a~=…` with fewer digits.',
    );
  });

  it('is about what is in the image, not about stages that only build', () => {
    const build = 'FROM gcc AS build\nCOPY id_rsa .npmrc /\nRUN apt-get install -y a=1\nUSER root\n';
    expect(
      codes(`${build}${PINNED}COPY --from=build /x /x\nUSER 1000\n`, { system: 'deb', user: '' }),
    ).toEqual(['no-upgrade-step 5']);
  });

  it('tells nothing that it cannot know', () => {
    expect(codes('FROM $BASE\nUSER $APP\n', { size: { from: 1, to: 9 } })).toEqual([]);
    expect(codes('FROM scratch\nCOPY x /\n', { system: 'deb' })).toEqual([]);
    expect(codes('no Dockerfile', { endOfLife: 'Over.' })).toEqual(['end-of-life-base ']);
  });

  it('lets no text of the file end its code, and not too much of it', () => {
    const [found = ''] = advice(`${PINNED}COPY ["x\`\\n![y](z)/.env", "/"]\n`);
    expect(found).toContain(' `x ![y](z)/.env` is copied');
    expect(codes(`${PINNED}${'RUN apt-get install a=1\n'.repeat(300)}`).length).toBe(50);
  });
});

describe('the step that is proposed', () => {
  it.each([
    ['FROM a\nCOPY x y\n# why\nRUN apt-get update && apt-get install -y b\n', 'deb' as const, 3],
    ['FROM a\r\nCMD x\r\n', 'apk' as const, 2],
    ['FROM ubi9/ubi-minimal AS b\nRUN ./x.sh\nFROM b\nRUN microdnf install x', 'rpm' as const, 2],
    ['FROM a', 'deb' as const, 2],
  ])('%j', (text, system, line) => {
    const step = addUpgradeStep(text, readDockerfile('Dockerfile', text), system);
    expect(step?.line).toBe(line);
    const lines = step?.text.split(/\r?\n/u) ?? [];
    expect(lines[line - 1]).toBe(step?.step);
    const end = text.includes('\r') ? '\r\n' : '\n';
    expect(step?.text.replace(`${step.step}${end}`, '')).toBe(text.includes('\n') ? text : `${text}\n`);
    const outline = readDockerfile('Dockerfile', step?.text ?? '');
    expect(addUpgradeStep(step?.text ?? '', outline, system)).toBe(null);
  });

  it('uses the program that is there', () => {
    const step = (text: string): string | undefined =>
      addUpgradeStep(text, readDockerfile('Dockerfile', text), 'rpm')?.step;
    expect(step('FROM a\nRUN yum install -y x')).toContain('yum -y update');
    expect(step('FROM registry/ubi9-minimal:9')).toContain('microdnf -y upgrade');
    expect(step('FROM a')).toContain('dnf -y upgrade');
    expect(step('FROM scratch')).toBe(undefined);
    expect(step('what is this')).toBe(undefined);
  });
});
