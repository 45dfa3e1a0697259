import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import { finalStages, rootStage, type PackageStep } from '../../src/rebuild/dockerfile-outline.ts';
import { looksSecret } from '../../src/rebuild/dockerfile-secrets.ts';
import { dockerfile, render } from '../images/made-files.ts';

/** `3: apt update!; apt install! a b=1 …`: `!` indexes of this layer, `?` of an earlier one, `…` more that is not told. */
function shown({ line, commands, calls }: PackageStep): string {
  const texts = commands.map(({ manager, action, packages, hasUnknown, securityOnly, indexes }) => {
    const names = packages.map(({ name, version, match }) =>
      version === null ? name : `${name}${{ any: '>', exact: '=', prefix: '~' }[match]}${version}`,
    );
    const mark = { 'same-layer': '!', 'earlier-layer': '?', none: '' }[indexes];
    return [
      `${manager} ${action}${mark}`,
      ...(securityOnly ? ['security'] : []),
      ...names,
      ...(hasUnknown ? ['…'] : []),
    ].join(' ');
  });
  return `${line}: ${[...texts, ...calls.map((call) => `(${call})`)].join('; ')}`;
}

function stepsOf(text: string): readonly string[] {
  const outline = readDockerfile('Dockerfile', text);
  expect(outline.unread).toBe(null);
  return outline.stages.flatMap(({ steps }) => steps.map(shown));
}

function run(text: string): string {
  return stepsOf(`FROM a\n${text}\n`).join(' / ');
}

describe('package steps', () => {
  it.each([
    ['RUN apt-get update && apt-get -y upgrade', '2: apt update!; apt upgrade!'],
    ['RUN apt-get update\nRUN apt-get install -y a', '2: apt update! / 3: apt install? a'],
    ['RUN apt-get install -y a', '2: apt install a'],
    [
      'RUN set -eux; \\\n  # why\n  apt-get update; \\\n  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\\n    a b=1.2-3 \\\n    c=1.* d/bookworm e:amd64 f- ; \\\n  rm -rf /var/lib/apt/lists/*\nRUN apt-get install g',
      '2: apt update!; apt install! a b=1.2-3 c~1.* d e / 9: apt install g',
    ],
    [
      'RUN apt-get update -qq && apt-get -o Dpkg::Options::="--force-confold" -t x dist-upgrade -yq',
      '2: apt update!; apt full-upgrade!',
    ],
    [
      'RUN apt update && apt full-upgrade && aptitude safe-upgrade',
      '2: apt update!; apt full-upgrade!; apt upgrade!',
    ],
    [
      'RUN apt-get update && apt-get install --only-upgrade -y openssl',
      '2: apt update!; apt upgrade! openssl',
    ],
    ['RUN apt-get -s upgrade; apt-get clean; apt-mark hold x; echo apt-get upgrade; which apt-get', ''],
    [
      'RUN if [ -f x ]; then sudo -E apt-get update; fi; timeout -k 5 300 apt-get -y upgrade',
      '2: apt update!; apt upgrade!',
    ],
    ['RUN apt-get update && unattended-upgrade -v', '2: apt update!; apt upgrade! security'],
    [
      'RUN /usr/bin/apt-get update | tee log && env A=b nice -n 10 apt-get install x',
      '2: apt update!; apt install! x',
    ],
    ['RUN echo "apt-get upgrade"; # apt-get upgrade', ''],
    ['RUN ["apt-get", "install", "-y", "a b", "c"]', '2: apt install c …'],
    [
      'RUN ["/bin/bash", "-euo", "pipefail", "-c", "apt-get update && apt-get upgrade"]',
      '2: apt update!; apt upgrade!',
    ],
    [`RUN sh -exc 'apk update; bash -c "apk add x"'`, '2: apk update!; apk install! x'],
    ['RUN <<EOT\nset -e\napt-get update\napt-get upgrade -y\nEOT', '2: apt update!; apt upgrade!'],
    ['RUN bash -e <<-"EOT"\n\tapt-get update\n\tapt-get install a\n\tEOT', '2: apt update!; apt install! a'],
    ['RUN <<EOT\n#!/usr/bin/env python3\nimport x; apt-get\napt-get update\nEOT', ''],
    ['RUN <<EOT\n#!/bin/bash -e\napt-get update\nEOT', '2: apt update!'],
    ['RUN cat <<EOT >/x && apk upgrade -U\napk add no\nEOT', '2: apk upgrade!'],
    ['RUN --mount=type=cache,target=/var/cache/apt --network=host apt-get update', '2: apt update!'],
    [
      'run apk --no-cache upgrade && apk add --no-cache --virtual .deps "a~=1.2" b=1-r0 c@edge !d "e>2"',
      '2: apk upgrade!; apk install! a~1.2 b=1-r0 c e>2',
    ],
    ['RUN apk add -u a; apk upgrade; apk add -t .x b', '2: apk upgrade! a; apk upgrade!; apk install! b'],
    ['RUN apk -p /rootfs add a', ''],
    [
      'RUN dnf -y upgrade && dnf install -y a-1.2.3-4.el9.x86_64 b-2:1.0 gcc-toolset-12 python3.11 java-17-openjdk glibc.i686 @group',
      '2: dnf upgrade!; dnf install! a=1.2.3-4.el9 b~2:1.0-* gcc-toolset-12 python3.11 java-17-openjdk glibc …',
    ],
    [
      'RUN microdnf -y --nodocs update; yum update --security -y; yum -y upgrade --advisory=X',
      '2: microdnf upgrade!; yum upgrade! security; yum upgrade! …',
    ],
    ['RUN dnf install --installroot /mnt -y a --releasever 9', ''],
    [
      'RUN zypper -n refresh && zypper -n up && zypper in -y a=1 b=1-2',
      '2: zypper update!; zypper upgrade!; zypper install! a~1-* b=1-2',
    ],
    [
      'ARG V=1.2-1\nENV P="a b"\nRUN apt-get install x=${V} $P "$Q" y=$Q',
      '4: apt install x=1.2-1 a b y=$Q …',
    ],
    ['RUN xargs -a list apt-get install -y; cat x | xargs apk add', '2: apt install …; apk install! …'],
    [
      'RUN ./install.sh && . /etc/os-release && bash /tmp/setup && /opt/venv/bin/pip install x',
      '2: (./install.sh); (/tmp/setup)',
    ],
    ['RUN curl -fsSL https://example.org/setup | bash -s -- -y', '2: (what is piped into a shell)'],
    ['RUN curl x | sudo -E bash', '2: (what is piped into a shell)'],
    ['ONBUILD RUN apt-get update\nCOPY <<A /x\napt-get update\nA', ''],
    [
      'RUN D="dnf -y" P="a b-1.0" && export Q=c; ${D} install $P ${Q} "$R"; R=1; R=2; S=$(x); $D install $R $S',
      '2: dnf install! a b~1.0-* c …; dnf install! …',
    ],
    ['RUN apt-get install `# why it is` a `cat b` $(cat c) d', '2: apt install a d …'],
    [
      'RUN apt-get update && apt-get install -y $(cat x)\nRUN /usr/lib/apt/apt-helper x; node_modules/.bin/tsc; $a=b/c/d',
      '2: apt update!; apt install! …',
    ],
    [
      'RUN D="dnf -y" P="a b-1.0" && export Q=c; ${D} install $P ${Q} "$R"; R=1; R=2; S=$(x); $D install $R $S',
      '2: dnf install! a b~1.0-* c …; dnf install! …',
    ],
    ['RUN apt-get install `# why it is` a `cat b` $(cat c) d', '2: apt install a d …'],
    ['RUN /usr/lib/apt/apt-helper x; node_modules/.bin/tsc; case $P in linux/arm/v8) a;; esac; $a=b/c/d', ''],
    ['RUN apt-get install ./a.deb https://x/y.deb /z.deb', '2: apt install …'],
  ])('%j', (text, steps) => {
    expect(run(text)).toBe(steps);
  });
});

describe('stages', () => {
  it('tells which lead to the image', () => {
    const outline = readDockerfile(
      'Dockerfile',
      [
        '# syntax=docker/dockerfile:1',
        'ARG TAG=12-slim',
        'FROM --platform=linux/amd64 debian:$TAG AS Base',
        'RUN apt-get update',
        'USER app',
        'FROM base AS builder',
        'RUN apt-get install gcc',
        'FROM alpine AS squashed',
        'RUN apk upgrade',
        'FROM $NONE',
        'FROM base',
        'COPY --from=builder /x /x',
        'COPY --from=squashed / /',
        'RUN apt-get install curl',
      ].join('\n'),
    );
    expect(
      outline.stages.map(({ name, base, baseStage, line, platform, leadsToFinal }) => [
        name,
        base,
        baseStage,
        line,
        platform,
        leadsToFinal,
      ]),
    ).toEqual([
      ['base', 'debian:12-slim', null, 3, 'linux/amd64', true],
      ['builder', 'base', 0, 6, null, false],
      ['squashed', 'alpine', null, 8, null, true],
      [null, null, null, 10, null, false],
      [null, 'base', 0, 11, null, true],
    ]);
    expect(rootStage(outline)?.base).toBe('debian:12-slim');
    expect(outline.stages.at(-1)?.user).toEqual({ name: 'app', line: 5 });
    expect(outline.globals.map(({ name, value }) => [name, value])).toEqual([['TAG', '12-slim']]);
    // The indexes that an earlier stage fetched are there in those that are built on it.
    expect(finalStages(outline).flatMap(({ steps }) => steps.map(shown))).toEqual([
      '4: apt update!',
      '9: apk upgrade!',
      '14: apt install? curl',
    ]);
  });

  it('knows the places of variables', () => {
    const text =
      'FROM a\r\nARG A=1 B="x y" \\\r\n  C D=\r\nARG E=a\\\r\nb F=""\r\nENV G=1 H=2\r\nENV I j k=l\r\n';
    const { variables } = readDockerfile('Dockerfile', text).stages[0]!;
    expect(
      variables.map(({ name, value, span, nameEnd }) => [
        name,
        value,
        span === null ? null : text.slice(span.start - 1, span.end + 1),
        text.slice(nameEnd - name.length, nameEnd) === name,
      ]),
    ).toEqual([
      ['A', '1', '=1 ', true],
      ['B', 'x y', '"x y"', true],
      ['C', null, null, true],
      ['D', '', '=\r', true],
      ['E', 'ab', null, true],
      ['F', '', '""', true],
      ['G', null, null, true],
      ['H', null, null, true],
      ['I', null, null, true],
    ]);
  });

  it.each([
    ['RUN cat 3<<EOT\nRUN apt-get upgrade\nEOT\n', 2],
    ['RUN a \\\\\nRUN apt-get upgrade\n', 2],
    ['RUN <<EOT\nRUN x\n', 2],
  ])('tells nothing where builders and it may differ: %j', (text, line) => {
    const outline = readDockerfile('x/Dockerfile', `FROM a\n${text}`);
    expect(outline.stages).toEqual([]);
    expect(outline.unread?.message).toContain(`x/Dockerfile:${line}: `);
  });

  it.each(['', '# nothing', 'RUN x', 'FROM a\n'.repeat(101), `FROM a\n#${'x'.repeat(140_000)}`])(
    'refuses %#',
    (text) => {
      expect(readDockerfile('Dockerfile', text)).toMatchObject({
        stages: [],
        unread: { code: 'manifest-unreadable' },
      });
    },
  );

  it('reads whatever Dockerfiles there are', () => {
    fc.assert(
      fc.property(dockerfile(), (made) => {
        const outline = readDockerfile('Dockerfile', render(made, null));
        expect(outline.unread).toBe(null);
        expect(outline.stages.at(-1)?.leadsToFinal).toBe(true);
      }),
    );
  });

  it.each([
    ['RUN apt-get install ', 'a '],
    ['RUN ', '<<a '],
    ['RUN ', 'sh -c "sh -c '],
    ['ARG ', 'A=$A$A '],
    ['', 'RUN apt-get update\n'],
    ['', 'USER $A\nARG A=1\n'],
    ['COPY ', '.env '],
    ['RUN ', '\\\n#\n'],
  ])('takes no long time over %j and %j', (head, piece) => {
    const start = performance.now();
    readDockerfile('Dockerfile', `FROM a\n${head}${piece.repeat(Math.floor(120_000 / piece.length))}`);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

describe('secrets', () => {
  it('finds them by name, from the build context alone', () => {
    const outline = readDockerfile(
      'Dockerfile',
      'FROM a\nCOPY .env .env.example app/ /app/\nCOPY ["deploy/id_rsa", "/root/.ssh/"]\nCOPY --from=b .npmrc /\nADD https://x/key.pem /\nCOPY <<.env /x\n.env\n',
    );
    expect(outline.unread).toBe(null);
    expect(outline.stages[0]?.secrets).toEqual([
      { path: '.env', line: 2 },
      { path: 'deploy/id_rsa', line: 3 },
    ]);
  });

  it.each([
    '.env',
    '.env.prod',
    '.env*',
    'a/.netrc',
    '.npmrc',
    'server.pem',
    '*.key',
    '~/.aws/credentials',
    '.ssh/',
    'ID_RSA',
    'pip.conf',
    'secrets.yaml',
    '.docker/config.json',
    'id_ed25519',
  ])('%j is one', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  it.each([
    '.env.example',
    '.env.sample',
    '.env.local.dist',
    'id_rsa.pub',
    'rds-ca-bundle.pem',
    'docker.gpg.key',
    'app.py',
    'environment.yml',
    'env',
    '.',
    'keys.ts',
    'config.json',
    '.environment',
  ])('%j is none', (name) => {
    expect(looksSecret(name)).toBe(false);
  });
});
