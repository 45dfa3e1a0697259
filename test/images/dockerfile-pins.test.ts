import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findInDockerfile } from '../../src/images/dockerfile-pins.ts';
import { A, B, misplaced, shown } from './pins.ts';

function found(file: string): readonly string[] {
  return findInDockerfile('Dockerfile', file).map((mention) => shown(file, mention));
}

const STAGE = (name: string): string => `left: \`${name}\` is a stage of this Dockerfile.`;

describe('finds', () => {
  it.each([
    ['FROM python:3.12', ['1 FROM python:3.12 Ipython:3.12 T3.12']],
    ['from python', ['1 FROM python Ipython']],
    ['FROM\tpython:3', ['1 FROM python:3 Ipython:3 T3']],
    [`FROM python:3@${A}`, ['1 FROM python:3@a Dtrue T3']],
    [`FROM ghcr.io/o/i@${A}`, ['1 FROM ghcr.io/o/i@a Dtrue']],
    [`FROM "python:3@${A}" AS 'x'`, ['1 FROM python:3@a Dtrue T3']],
    ['FROM --platform=linux/arm64/v8 a:1', ['1 FROM a:1 Ia:1 T1 linux/arm64/v8']],
    ['FROM --platform=$BUILDPLATFORM a:1', ['1 FROM a:1 Ia:1 T1']],
    ['FROM --platform=${BUILDPLATFORM:-linux/amd64} a:1', ['1 FROM a:1 Ia:1 T1']],
    ['ARG P=linux/amd64\nFROM --platform=$P a:1', ['2 FROM a:1 Ia:1 T1 linux/amd64']],
    ['FROM scratch', ['1 FROM scratch left: `scratch` is an empty image: there is nothing to move.']],
    [
      'FROM a:1 AS Base\nFROM base\nFROM a:1',
      ['1 FROM a:1 Ia:1 T1', `2 FROM base ${STAGE('base')}`, '3 FROM a:1 Ia:1 T1'],
    ],
    ['FROM base\nFROM a:1 AS base', ['1 FROM base Ibase', '2 FROM a:1 Ia:1 T1']],
    ['FROM a\nCOPY --from=b:2 /x /y', ['1 FROM a Ia', '2 COPY --from b:2 Ib:2 T2']],
    ['FROM a AS s\nCOPY --link --from=S /x /y', ['1 FROM a Ia', `2 COPY --from S ${STAGE('S')}`]],
    ['FROM a\nCOPY --from=0 x y', ['1 FROM a Ia', `2 COPY --from 0 ${STAGE('0')}`]],
    ['FROM a\nADD --from=b:2 x y', ['1 FROM a Ia', '2 COPY --from b:2 Ib:2 T2']],
    ['FROM a\nONBUILD COPY --from=b:2 x y', ['1 FROM a Ia', '2 COPY --from b:2 Ib:2 T2']],
    [
      'FROM a\nCOPY --from=b:$V x y',
      ['1 FROM a Ia', '2 COPY --from b:$V left: `b:$V` depends on `$V`, which has no value in this file.'],
    ],
    [
      'FROM a\nRUN --mount=type=bind,from=b:2,target=/x --mount=type=cache,target=/y true',
      ['1 FROM a Ia', '2 RUN --mount from b:2 Ib:2 T2'],
    ],
    ['FROM a\nRUN --mount="type=bind","from=b:2" true', ['1 FROM a Ia', '2 RUN --mount from b:2 Ib:2 T2']],
    [
      'FROM a\nRUN \\\n  # why\n\n  --mount=from=b:2,target=/x \\\n  --network=none echo --mount=from=c',
      ['1 FROM a Ia', '5 RUN --mount from b:2 Ib:2 T2'],
    ],
    ['FROM a\nRUN echo --from=b\nENV X="FROM c"\nLABEL x=docker://d', ['1 FROM a Ia']],
    [
      '# syntax=docker/dockerfile:1\nFROM a',
      ['1 # syntax docker/dockerfile:1 Idocker/dockerfile:1 T1', '2 FROM a Ia'],
    ],
    [
      `#Syntax = docker/dockerfile:1@${A}  \nFROM a`,
      ['1 # syntax docker/dockerfile:1@a Dtrue T1', '2 FROM a Ia'],
    ],
    ['# a comment\n# syntax=docker/dockerfile:1\nFROM a', ['3 FROM a Ia']],
    ['FROM {{ image }}', ['1 FROM {{ left: `{{` is not an image reference.']],
    ['FROM', []],
    ['', []],
  ])('%j', (file, mentions) => {
    expect(found(file)).toEqual(mentions);
  });
});

describe('follows lines as BuildKit does', () => {
  it.each([
    ['FROM \\\n  a:1', ['2 FROM a:1 Ia:1 T1']],
    ['FROM \\\n# c\n\n  # d\n  a:1 \\  \n  AS x', ['5 FROM a:1 Ia:1 T1']],
    ['FROM \\\r\n  a:1\r\nFROM b:2\r\n', ['2 FROM a:1 Ia:1 T1', '3 FROM b:2 Ib:2 T2']],
    ['\uFEFF# syntax=x/y:1\r\nFROM a:1', ['1 # syntax x/y:1 Ix/y:1 T1', '2 FROM a:1 Ia:1 T1']],
    ['# escape=`\nFROM `\n  a:1\nRUN dir \\\nFROM b:2', ['3 FROM a:1 Ia:1 T1', '5 FROM b:2 Ib:2 T2']],
    ['FROM a:1\nRUN <<EOT\nFROM evil:1\nEOT\nFROM b:2', ['1 FROM a:1 Ia:1 T1', '5 FROM b:2 Ib:2 T2']],
    [
      'FROM a:1\nCOPY --from=c:3 <<-"X" <<Y /d/\n\tFROM evil\n\tX\nFROM evil\nY\nFROM b:2',
      ['1 FROM a:1 Ia:1 T1', '2 COPY --from c:3 Ic:3 T3', '7 FROM b:2 Ib:2 T2'],
    ],
    ['FROM py\\\nthon:3', ['1 FROM python:3 Ithon:3 T3']],
    [
      `FROM a:1@sha256:${'a'.repeat(32)}\\\n${'a'.repeat(32)}`,
      [expect.stringContaining('does not stand in one piece')],
    ],
    ['FROM a:1 \\', ['1 FROM a:1 Ia:1 T1']],
    ['FROM a:1\rFROM b:2', ['1 FROM a:1 Ia:1 T1']],
  ])('%j', (file, mentions) => {
    expect(found(file)).toEqual(mentions);
  });
});

describe('replaces variables above the first FROM', () => {
  it.each([
    ['ARG B=python:3\nFROM $B', ['2 FROM python:3 Ipython:3 T3']],
    [
      `ARG B="python:3@${A}"\nFROM \${B}\nFROM $B AS x`,
      ['2 FROM python:3@a Dtrue T3', '3 FROM python:3@a Dtrue T3'],
    ],
    ['ARG T=3.12-slim\nFROM python:${T}', ['2 FROM python:3.12-slim I3.12-slim T3.12-slim']],
    [`ARG T=3\nFROM python:$T@${A}`, ['2 FROM python:3@a Dtrue T3']],
    [`ARG T=3 D=${A}\nFROM python:$T@$D`, ['2 FROM python:3@a Dtrue T3']],
    ['ARG T=3\nFROM python:${T}-slim', ['2 FROM python:3-slim']],
    ['ARG R=ghcr.io\nFROM $R/a/b:1', ['2 FROM ghcr.io/a/b:1 T1']],
    ['ARG T=3\nFROM python:$T\nFROM node:$T', ['2 FROM python:3', '3 FROM node:3']],
    ['ARG T=3\nFROM python:$T\nARG T\nRUN echo', ['2 FROM python:3']],
    ['ARG T=3\nFROM python:$T\nRUN echo $T', ['2 FROM python:3']],
    ['ARG V=3\nARG T=$V-slim\nFROM python:$T', ['3 FROM python:3-slim']],
    ['ARG T=2\nARG T=3\nFROM python:$T', ['3 FROM python:3 I3 T3']],
    ['FROM python:${T:-3}', ['1 FROM python:3 IT:-3 T3']],
    ['FROM python:${T-3}', ['1 FROM python:3 IT-3 T3']],
    ['ARG T=\nFROM python:${T:-3}', ['2 FROM python:3 IT:-3 T3']],
    ['ARG S=1\nFROM python:3${S:+-slim}', ['2 FROM python:3-slim IS:+-slim']],
    ['FROM ${A:-${B:-python:3}}', ['1 FROM python:3 IB:-python:3 T3']],
    [
      'ARG T\nFROM python:$T',
      ['2 FROM python:$T left: `python:$T` depends on `$T`, which has no value in this file.'],
    ],
    ['FROM a:1\nARG T=3\nFROM python:$T', ['1 FROM a:1 Ia:1 T1', expect.stringContaining('has no value')]],
    ['ARG X=${TARGETPLATFORM#linux/}\nARG X=${X:-y}\nFROM a:${X}', [expect.stringContaining('has no value')]],
    ['FROM a:${T%x}', [expect.stringContaining('`${T%x}`')]],
    ['FROM a:${T', [expect.stringContaining('`${T`')]],
    [
      `ARG D=${A}\nFROM a@$D\nFROM b@$D`,
      [
        expect.stringContaining('shared with another image'),
        expect.stringContaining('shared with another image'),
      ],
    ],
    ['ARG A=$A$A\nFROM $A', [expect.stringContaining('left:')]],
  ])('%j', (file, mentions) => {
    expect(found(file)).toEqual(mentions);
  });

  it('ends with variables that double at every line', () => {
    const lines = Array.from({ length: 60 }, (_, index) => `ARG V${index + 1}=$V${index}$V${index}`);
    expect(found(`ARG V0=xxxxxxxx\n${lines.join('\n')}\nFROM $V60`)).toEqual([
      expect.stringContaining('left:'),
    ]);
  });
});

describe('reads the tag that a comment names', () => {
  it.each([
    ['# 3.12-slim', '#3.12-slim'],
    ['#3.12', '#3.12'],
    ['# tag: 3.12-slim', '#3.12-slim'],
    ['# tag=bookworm', '#bookworm'],
    ['# python:3.12', '#3.12'],
    ['# docker.io/library/python:3.12', '#3.12'],
    ['# latest', '#latest'],
    ['# 3.12\n# hadolint ignore=DL3006', '#3.12'],
    ['# node:20', ''],
    ['# the base', ''],
    ['# builder', ''],
    ['# renovate: datasource=docker', ''],
    ['# 3.12\n\n', ''],
  ])('%j', (comment, tag) => {
    const file = `${comment}\nFROM python@${A}`;
    expect(found(file)[0]?.replace(/^\d+ FROM python@a Dtrue ?/u, '')).toBe(tag);
  });

  it('does not when the tag is written', () => {
    expect(found(`# 3.11\nFROM python:3.12@${B}`)).toEqual(['2 FROM python:3.12@b Dtrue T3.12']);
  });
});

it('never throws, and every place that it gives is what it says', () => {
  const word = fc.constantFrom(
    'FROM ',
    'COPY --from=',
    'ARG A=',
    '$A',
    '${A:-',
    '}',
    'a:1',
    `@${A}`,
    '\\',
    '\n',
    '\r\n',
    '# ',
    '"',
    "'",
    '<<E',
    ' ',
    'AS x',
    '--mount=from=',
    'RUN ',
    '\uFEFF',
    '`',
    '\r',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 40 }), (words) => {
      const file = words.join('');
      expect(misplaced(file, findInDockerfile('Dockerfile', file))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

it('is quick with a file of 100 kB', () => {
  const start = performance.now();
  found(`${'ARG A=x\n'.repeat(4000)}${'FROM a:$A\n'.repeat(6000)}`);
  found(`FROM a\n${'RUN x \\\n'.repeat(12_000)}`);
  found(`FROM ${'${A:-'.repeat(20_000)}`);
  found(`FROM a\n${'#'.repeat(100_000)}`);
  expect(performance.now() - start).toBeLessThan(5000);
});
