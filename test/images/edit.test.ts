import { DockerfileParser } from 'dockerfile-ast';
import type { From } from 'dockerfile-ast';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editImages, type ImageEdit } from '../../src/images/edit.ts';
import { findImages } from '../../src/images/find-images.ts';
import { A, B, C, short } from './pins.ts';
import { composeFile, dockerfile, render, type Made } from './made-files.ts';

function edit(path: string, file: string, change: Partial<ImageEdit> = {}): string {
  const edits = findImages(path, file)
    .filter((mention) => mention.left === null)
    .map((mention): ImageEdit => ({ mention, digest: B, tag: null, ...change }));
  const edited = editImages(path, file, edits);
  return 'text' in edited ? short(edited.text) : edited.problem.message;
}

describe('Dockerfiles', () => {
  it.each([
    [`FROM a:1@${A}`, 'FROM a:1@b'],
    ['FROM a:1 AS x', 'FROM a:1@b AS x'],
    ['FROM a', 'FROM a@b'],
    [`ARG X=a:1@${A}\nFROM $X\nFROM \${X}`, 'ARG X=a:1@b\nFROM $X\nFROM ${X}'],
    [`ARG D=${A}\nFROM a@$D`, 'ARG D=b\nFROM a@$D'],
    ['ARG T="1-slim"\nFROM a:$T\n', 'ARG T="1-slim@b"\nFROM a:$T\n'],
    ['FROM ${I:-a:1}', 'FROM ${I:-a:1@b}'],
    [
      `# syntax=d/f:1\r\nFROM a:1@${A}\r\nCOPY --from=b:2 x y\r\nRUN --mount=from=c,target=/x y`,
      '# syntax=d/f:1@b\r\nFROM a:1@b\r\nCOPY --from=b:2@b x y\r\nRUN --mount=from=c@b,target=/x y',
    ],
    [`\uFEFFFROM \\\n# c\n  a@${A}\n`, '\uFEFFFROM \\\n# c\n  a@b\n'],
    ['ARG T=1\nFROM a:$T-x', 'Dockerfile:2: `a:1-x` was not moved, since there is no place for a digest.'],
  ])('%j', (file, edited) => {
    expect(edit('Dockerfile', file)).toBe(edited);
  });

  it.each([
    [`FROM a:1@${A}`, 'FROM a:2@b'],
    ['FROM a:1', 'FROM a:2@b'],
    [`ARG T=1\nFROM a:$T@${A}`, 'ARG T=2\nFROM a:$T@b'],
    ['ARG T=1\nFROM a:$T', 'ARG T=2@b\nFROM a:$T'],
    [
      `ARG T=1\nFROM a:$T-x@${A}`,
      'Dockerfile:2: `a:1-x` was not moved, since its tag does not stand in one place of its own.',
    ],
    [
      `ARG T=1\nFROM a:$T@${A}\nFROM b:$T`,
      'Dockerfile:2: `a:1` was not moved, since its tag does not stand in one place of its own.',
    ],
  ])('moves the tag too: %j', (file, edited) => {
    expect(edit('Dockerfile', file, { tag: '2' })).toBe(edited);
  });

  it('moves a tag alone where there is no digest, and only there', () => {
    expect(edit('Dockerfile', 'FROM a:1', { digest: null, tag: '2' })).toBe('FROM a:2');
    expect(edit('Dockerfile', `FROM a:1@${A}`, { digest: null, tag: '2' })).toContain('was not moved');
  });

  it.each(['latest', 'sha256:abc', `${B}\nRUN evil`, ''])('takes no digest like %j', (digest) => {
    expect(edit('Dockerfile', `FROM a:1@${A}`, { digest })).toContain('the new digest is none');
  });

  it.each(['a b', '2\nRUN evil', '${X}', ''])('takes no tag like %j', (tag) => {
    expect(edit('Dockerfile', `FROM a:1@${A}`, { tag })).toContain('the new tag is none');
  });

  it('edits some and leaves the others', () => {
    const file = `FROM a:1@${A}\nFROM b:1@${A}\n`;
    const [mention] = findImages('Dockerfile', file);
    if (mention === undefined) throw new Error('nothing found');
    const edited = editImages('Dockerfile', file, [{ mention, digest: B, tag: null }]);
    expect(edited).toEqual({ text: `FROM a:1@${B}\nFROM b:1@${A}\n` });
    expect(editImages('Dockerfile', file, [])).toEqual({ text: file });
  });

  it('edits nothing when one variable would be two things', () => {
    const file = `ARG X=a:1@${A}\nFROM $X\nFROM $X\n`;
    const [one, two] = findImages('Dockerfile', file);
    if (one === undefined || two === undefined) throw new Error('nothing found');
    const both = [
      { mention: one, digest: B, tag: null },
      { mention: two, digest: C, tag: null },
    ];
    expect(editImages('Dockerfile', file, both)).toHaveProperty('problem.code', 'internal');
  });

  it('moves what shares a variable together or not at all', () => {
    const file = `ARG X=a:1@${A}\nFROM $X\nFROM $X\n`;
    const [mention] = findImages('Dockerfile', file);
    if (mention === undefined) throw new Error('nothing found');
    expect(editImages('Dockerfile', file, [{ mention, digest: B, tag: null }])).toHaveProperty(
      'problem.message',
      'Dockerfile:3: `a:1` was not moved, since what came out names other images.',
    );
    expect(edit('Dockerfile', file)).toBe('ARG X=a:1@b\nFROM $X\nFROM $X\n');
  });

  it('edits nothing when the mention is of another text', () => {
    const [mention] = findImages('Dockerfile', `FROM aaaa:1@${A}`);
    if (mention === undefined) throw new Error('nothing found');
    const other = `FROM a:1@${A}\nRUN x x x x x\n`;
    expect(editImages('Dockerfile', other, [{ mention, digest: B, tag: null }])).toHaveProperty('problem');
  });
});

describe('YAML', () => {
  it.each([
    [`services: {a: {image: "a:1@${A}"}} # x`, 'services: {a: {image: "a:1@b"}} # x'],
    ['services:\r\n  a:\r\n    image: a:1 # x\r\n', 'services:\r\n  a:\r\n    image: a:1@b # x\r\n'],
    ['services: {a: {image: a:1, x: y}}', 'services: {a: {image: a:1@b, x: y}}'],
    [
      `x: &x a:1@${A}\nservices:\n  a:\n    image: *x\n  b:\n    image: *x\n`,
      'x: &x a:1@b\nservices:\n  a:\n    image: *x\n  b:\n    image: *x\n',
    ],
    [
      `services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1@${A}\n\n        COPY --from=b:2 x y\n`,
      'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1@b\n\n        COPY --from=b:2@b x y\n',
    ],
  ])('%j', (file, edited) => {
    expect(edit('compose.yaml', file)).toBe(edited);
  });

  it('workflows', () => {
    const file = `jobs:\n  a:\n    container: a:1@${A}\n    steps:\n      - uses: docker://b:2\n`;
    expect(edit('.github/workflows/x.yml', file)).toBe(
      'jobs:\n  a:\n    container: a:1@b\n    steps:\n      - uses: docker://b:2@b\n',
    );
  });
});

/** Edits all of a made file to digest C, and gives what should have come out. */
function movesDigestsAlone(path: string, made: Made): string {
  const file = render(made, null);
  const mentions = findImages(path, file).filter((mention) => mention.left === null);
  expect(mentions).toHaveLength(made.count);
  const edits = mentions.map((mention): ImageEdit => ({ mention, digest: C, tag: null }));
  const edited = editImages(path, file, edits);
  expect(edited).toEqual({ text: render(made, C) });
  const text = 'text' in edited ? edited.text : '';
  const again = findImages(path, text).filter((mention) => mention.left === null);
  expect(again.map(({ reference }) => reference.digest)).toEqual(again.map(() => C));
  const twice = editImages(
    path,
    text,
    again.map((mention): ImageEdit => ({ mention, digest: C, tag: null })),
  );
  expect(twice).toEqual({ text });
  return text;
}

describe('whatever the file', () => {
  it('a Dockerfile keeps every byte but its digests, twice is once, and another parser reads what was meant', () => {
    fc.assert(
      fc.property(dockerfile(), (made) => {
        const text = movesDigestsAlone('Dockerfile', made);
        const images = DockerfileParser.parse(text.replace(/^\uFEFF/u, ''))
          .getInstructions()
          .map((instruction) => ('getImage' in instruction ? (instruction as From).getImage() : null))
          .filter(
            (image) => image !== null && /^[\w./:@-]+$/u.test(image) && !/^(?:scratch|stage\d)$/u.test(image),
          );
        expect(images.filter((image) => image?.includes(`@${C}`) === false)).toEqual([]);
        expect(images).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('a Compose file keeps every byte but its digests, twice is once, and another parser reads what was meant', () => {
    fc.assert(
      fc.property(composeFile(), (made) => {
        const { services } = parse(movesDigestsAlone('compose.yaml', made), { merge: true }) as {
          readonly services: Readonly<Record<string, { readonly image: string; readonly build?: unknown }>>;
        };
        const images = Object.values(services).flatMap(({ image, build }) =>
          build === undefined ? [image] : [],
        );
        expect(images.filter((image) => !image.includes(`@${C}`))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
