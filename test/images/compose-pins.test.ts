import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findInCompose } from '../../src/images/compose-pins.ts';
import { A, B, misplaced, shown } from './pins.ts';

function found(file: string): readonly string[] {
  return findInCompose('compose.yaml', file).map((mention) => shown(file, mention));
}

function service(...lines: readonly string[]): string {
  return `services:\n  app:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

describe('image', () => {
  it.each([
    ['image: a:1', '3 compose image a:1 Ia:1 T1'],
    ['image: "a:1"', '3 compose image a:1 Ia:1 T1'],
    ["image:   'a:1'  # why", '3 compose image a:1 Ia:1 T1'],
    [`image: a:1@${A}`, '3 compose image a:1@a Dtrue T1'],
    [`image: a@${A} # 1.2-slim`, '3 compose image a@a Dtrue #1.2-slim'],
    [`image: "a@${A}"   # tag: 1.2`, '3 compose image a@a Dtrue #1.2'],
    ['image: |\n      a:1', '3 compose image a:1\n left: `a:1` is not an image reference.'],
    ['image: |-\n      a:1', '3 compose image a:1 Ia:1 T1'],
    ['image: >-\n      a:1', '3 compose image a:1'],
    ['image: "a:\\x31"', '3 compose image a:1'],
    [`image: "a\\u003a1@${A}"`, expect.stringContaining('left: The digest')],
    ['image: ${I:-a:1}', '3 compose image a:1 II:-a:1 T1'],
    ['image: ${I-a:1}', '3 compose image a:1 II-a:1 T1'],
    ['image: a:${T:-1}', '3 compose image a:1 IT:-1 T1'],
    ['image: a:${T:-1}-slim', '3 compose image a:1-slim'],
    ['image: ${R:-ghcr.io}/a/b:1', '3 compose image ghcr.io/a/b:1 T1'],
    [`image: \${I:-a:1@${A}}`, '3 compose image a:1@a Dtrue T1'],
    [
      'image: a:${T}',
      '3 compose image a:${T} left: `a:${T}` depends on `${T}`, which has no value in this file.',
    ],
    ['image: a:${T:?no}', expect.stringContaining('depends on `${T:?no}`')],
    ['image: a:$$T', '3 compose image a:$$T left: `a:$$T` is not an image reference.'],
    ['image: 12', '3 compose image 12 I12'],
  ])('%s', (line, mention) => {
    const [only, ...more] = found(service(line));
    expect(only?.replace('|', '')).toEqual(mention);
    expect(more).toEqual([]);
  });

  it('takes the platform', () => {
    expect(found(service('image: a:1', 'platform: linux/arm64'))).toEqual([
      '3 compose image a:1 Ia:1 T1 linux/arm64',
    ]);
    expect(found(service('image: a:1', 'platform: $P'))).toEqual(['3 compose image a:1 Ia:1 T1']);
  });

  it('leaves what the service builds itself', () => {
    expect(found(service('build: .', 'image: a:1'))).toEqual([
      '4 compose image a:1 left: The service `app` builds this image itself; the name is what it is given.',
    ]);
  });

  it('keeps BOM and CRLF', () => {
    expect(found(`\uFEFFservices:\r\n  a:\r\n    image: a:1@${A} # x\r\n  b: {image: "b:2"}\r\n`)).toEqual([
      '3 compose image a:1@a Dtrue T1',
      '4 compose image b:2 Ib:2 T2',
    ]);
  });
});

describe('anchors, aliases and merges', () => {
  it('finds a shared text once, where it stands', () => {
    const file = `
x-base: &base
  image: &img a:1@${A}
  platform: linux/amd64
x-list: [&other {platform: linux/arm64}]
services:
  one:
    <<: *base
  two:
    image: *img
  three:
    <<: [*other, *base]
    image: b:2
  four: *base
`;
    expect(found(file)).toEqual([
      '3 compose image a:1@a Dtrue T1',
      '13 compose image b:2 Ib:2 T2 linux/arm64',
    ]);
  });

  it('takes the last anchor of a name before its alias', () => {
    const file = `services:\n  a:\n    image: &i a:1\n  b:\n    image: *i\n  c:\n    image: &i c:1\n  d:\n    image: *i\n`;
    expect(found(file)).toEqual(['3 compose image a:1 Ia:1 T1', '7 compose image c:1 Ic:1 T1']);
  });

  it('reads a Dockerfile that many services share once', () => {
    const services = Array.from({ length: 400 }, (_, index) => `  s${index}:\n    build: *x\n`).join('');
    const file = `x: &x\n  dockerfile_inline: |\n${'    FROM a:1\n'.repeat(5000)}services:\n${services}`;
    const start = performance.now();
    expect(found(file)).toHaveLength(1000);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('reads merges within merges without end in time', () => {
    const levels = Array.from(
      { length: 60 },
      (_, index) => `x${index + 1}: &x${index + 1}\n  <<: [*x${index}, *x${index}, *x${index}]\n`,
    );
    const file = `x0: &x0 {image: "a:1"}\n${levels.join('')}services:\n  s:\n    <<: *x60\n`;
    expect(found(file)).toEqual(['1 compose image a:1 Ia:1 T1']);
    expect(found('services: &s\n  a: &a\n    <<: *a\n    image: b:1\n  <<: *s\n')).toEqual([
      '4 compose image b:1 Ib:1 T1',
    ]);
  });
});

describe('build.dockerfile_inline', () => {
  it.each(['\n', '\r\n'])('is a Dockerfile in a block, with line ends %j', (end) => {
    const lines = [
      'services:',
      '  app:',
      '    build:',
      '      dockerfile_inline: |',
      '        ARG T=3',
      '',
      `        FROM python:$T@${A} AS base`,
      '          # more',
      '        COPY --from=b:2 \\',
      '          /x /y',
      '        FROM base',
      '  other:',
      '    image: c:3',
      '',
    ];
    expect(found(lines.join(end))).toEqual([
      '7 FROM python:3@a Dtrue T3',
      '9 COPY --from b:2 Ib:2 T2',
      '11 FROM base left: `base` is a stage of this Dockerfile.',
      '13 compose image c:3 Ic:3 T3',
    ]);
  });

  it.each([
    ['|2-\n          FROM a:1', '5 FROM a:1 Ia:1 T1'],
    ['|+\n        FROM a:1\n\n', '5 FROM a:1 Ia:1 T1'],
    ['| # why\n        FROM a:1', '5 FROM a:1 Ia:1 T1'],
    ['FROM a:1', '4 FROM a:1 Ia:1 T1'],
    ['"FROM a:1\\nRUN x"', '4 FROM a:1'],
    [`"FROM a:1@${B}\\nRUN x"`, expect.stringContaining('left: The digest of `a:1`')],
    [`>\n        FROM a:1@${B}\n\n        RUN x`, expect.stringContaining('left: The digest of `a:1`')],
  ])('%j', (text, mention) => {
    const file = `services:\n  app:\n    build:\n      dockerfile_inline: ${text}`;
    expect(found(file)).toEqual([mention]);
  });
});

it.each([
  '',
  'services:',
  'services: []',
  'services:\n  a: b',
  'image: a:1',
  'services:\n  a:\n    image: [a]',
  'services:\n  a:\n\timage: a:1',
  'a: 1\n---\nservices:\n  a:\n    image: a:1',
  'services:\n  a:\n    image: *nothing',
  '['.repeat(20_000),
])('has nothing: %j', (file) => {
  expect(found(file.slice(0, 100_000))).toEqual([]);
});

it('never throws, and every place that it gives is what it says', () => {
  const word = fc.constantFrom(
    'services:\n',
    '  a:\n',
    '    image: ',
    'a:1',
    `@${A}`,
    '${I:-',
    '}',
    '\n',
    '\r\n',
    ' # ',
    '"',
    "'",
    '|\n',
    '>-\n',
    '&x ',
    '*x',
    '<<: ',
    '    build:\n      dockerfile_inline: |\n',
    '        FROM b:1\n',
    '{',
    ', ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 2 })), { maxLength: 30 }), (words) => {
      const file = `services:\n  s:\n    image: ${words.join('')}`;
      expect(misplaced(file, findInCompose('compose.yaml', file))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
