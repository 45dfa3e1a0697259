import { DockerfileParser } from 'dockerfile-ast';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bustCache, bustDate } from '../../src/rebuild/cache-bust.ts';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import { packageDockerfile } from './made-dockerfiles.ts';

const DAY = '2026-11-24';
const COMMENT =
  '# Relock moves this date, so that the packages below are fetched anew and not taken from the build cache.';
const LINES = `${COMMENT}\nARG RELOCK_REBUILD=${DAY}\n`;

function bust(text: string, date = DAY): string {
  const edited = bustCache('Dockerfile', text, date, readDockerfile('Dockerfile', text));
  return 'text' in edited ? edited.text : edited.problem.message;
}

describe('a date that is not there yet', () => {
  it.each([
    ['FROM a\nRUN apk upgrade\n', `FROM a\n${LINES}RUN apk upgrade\n`],
    [
      'FROM a\nCOPY x y\nRUN apk update\nRUN apk upgrade',
      `FROM a\nCOPY x y\n${LINES}RUN apk update\nRUN apk upgrade`,
    ],
    [
      '\uFEFFFROM a\r\n\r\n  # why\r\n  RUN apk upgrade\r\n',
      `\uFEFFFROM a\r\n\r\n${LINES.replaceAll(/^(?=.)/gmu, '  ').replaceAll('\n', '\r\n')}  # why\r\n  RUN apk upgrade\r\n`,
    ],
    [
      'FROM a AS base\nRUN apt-get update\nFROM base AS build\nRUN apt-get install gcc\nFROM base\nCOPY --from=build x y\nRUN apt-get install y\n',
      `FROM a AS base\n${LINES}RUN apt-get update\nFROM base AS build\nRUN apt-get install gcc\nFROM base\nCOPY --from=build x y\n${LINES}RUN apt-get install y\n`,
    ],
    ['# escape=`\nFROM a\nRUN apk `\n  upgrade\n', `# escape=\`\nFROM a\n${LINES}RUN apk \`\n  upgrade\n`],
    [
      'FROM a\nRUN ./a.sh\nRUN apk add b\nFROM c\nRUN ./a.sh\nRUN ./b.sh\n',
      `FROM a\nRUN ./a.sh\nRUN apk add b\nFROM c\n${LINES}RUN ./a.sh\nRUN ./b.sh\n`,
    ],
    [
      'FROM a\nRUN apk upgrade\nARG RELOCK_REBUILD=2026-01-01\n',
      `FROM a\n${LINES}RUN apk upgrade\nARG RELOCK_REBUILD=${DAY}\n`,
    ],
    [
      'ARG RELOCK_REBUILD=2026-01-01\nFROM a\nRUN apk upgrade\n',
      `ARG RELOCK_REBUILD=${DAY}\nFROM a\n${LINES}RUN apk upgrade\n`,
    ],
  ])('%j', (text, edited) => {
    expect(bust(text)).toBe(edited);
    expect(bust(edited)).toBe(edited);
    expect(bust(edited, '2027-01-01')).toBe(edited.replaceAll(DAY, '2027-01-01'));
  });
});

describe('a date that is there', () => {
  it.each([
    [
      'FROM a\nARG RELOCK_REBUILD=2026-01-01\nRUN apk upgrade\n',
      `FROM a\nARG RELOCK_REBUILD=${DAY}\nRUN apk upgrade\n`,
    ],
    [
      "FROM a\narg A B='x' RELOCK_REBUILD='x' # C\nRUN apk upgrade",
      `FROM a\narg A B='x' RELOCK_REBUILD='${DAY}' # C\nRUN apk upgrade`,
    ],
    [
      'FROM a\nARG RELOCK_REBUILD=""\nRUN apk upgrade',
      `FROM a\nARG RELOCK_REBUILD="${DAY}"\nRUN apk upgrade`,
    ],
    ['FROM a\nARG RELOCK_REBUILD=\nRUN apk upgrade', `FROM a\nARG RELOCK_REBUILD=${DAY}\nRUN apk upgrade`],
    ['FROM a\nARG RELOCK_REBUILD\nRUN apk upgrade', `FROM a\nARG RELOCK_REBUILD=${DAY}\nRUN apk upgrade`],
    [
      'ARG RELOCK_REBUILD=2026-01-01\nFROM a\nARG RELOCK_REBUILD\nRUN apk upgrade',
      `ARG RELOCK_REBUILD=${DAY}\nFROM a\nARG RELOCK_REBUILD\nRUN apk upgrade`,
    ],
  ])('%j', (text, edited) => {
    expect(bust(text)).toBe(edited);
  });

  it('can be moved twice a day', () => {
    const text = bust('FROM a\nRUN apk upgrade\n');
    expect(bustDate(bust(text, '2026-11-24T08:30Z'))).toBe('2026-11-24T08:30Z');
  });

  it('is told: the oldest one', () => {
    expect(bustDate('FROM a\nRUN apk upgrade')).toBe(null);
    expect(bustDate('FROM a\nENV RELOCK_REBUILD=2020-01-01\nARG RELOCK_REBUILD=x\nRUN apk upgrade')).toBe(
      null,
    );
    expect(
      bustDate(
        'FROM a AS b\nARG RELOCK_REBUILD=2026-03-01\nRUN apk upgrade\nFROM b\nARG RELOCK_REBUILD="2026-02-01"\nRUN x',
      ),
    ).toBe('2026-02-01');
  });
});

describe('refusals', () => {
  it.each([
    [
      'FROM a\nCOPY x y\nRUN pip install z',
      'no RUN on the way to its last stage installs or upgrades packages',
    ],
    ['FROM a AS b\nRUN apk upgrade\nFROM c\nCOPY --from=b x y', 'no RUN on the way'],
    [
      'FROM a\nARG RELOCK_REBUILD=2026\\\n-01-01\nRUN apk upgrade',
      'Dockerfile:2: the date of `ARG RELOCK_REBUILD` was not moved, since its value is not in one piece.',
    ],
    ['RUN apk upgrade', 'could not be read'],
  ])('%j', (text, message) => {
    expect(bust(text)).toContain(message);
  });

  it.each(['', '2026-1-1', '2026-11-24\nRUN evil', '$(x)', '2026-11-24 '])(
    'takes no date like %j',
    (date) => {
      expect(bust('FROM a\nRUN apk upgrade', date)).toContain('the new date is none');
    },
  );
});

describe('any Dockerfile', () => {
  it('holds the old text when what was inserted is taken out', () => {
    fc.assert(
      fc.property(packageDockerfile(false), (text) => {
        const edited = bust(text);
        expect(
          edited.replaceAll(/^[ \t]*# Relock moves .*\r?\n[ \t]*ARG RELOCK_REBUILD=2026-11-24\r?\n/gmu, ''),
        ).toBe(text);
        expect(edited).not.toBe(text);
      }),
    );
  });

  it('is edited once, parses to the same, and has the date above each package step', () => {
    fc.assert(
      fc.property(packageDockerfile(), (text) => {
        const outline = readDockerfile('Dockerfile', text);
        const edited = bustCache('Dockerfile', text, DAY, outline);
        if (!('text' in edited)) throw new Error(edited.problem.message);
        expect(bust(edited.text)).toBe(edited.text);
        expect(bust(bust(text, '2025-01-01'))).toBe(edited.text);
        expect(bustDate(edited.text)).toBe(DAY);
        expect(others(edited.text)).toEqual(others(text));
        const after = readDockerfile('Dockerfile', edited.text);
        for (const [index, stage] of after.stages.entries()) {
          expect(stage.steps.map(({ commands, calls }) => [commands, calls])).toEqual(
            outline.stages[index]?.steps.map(({ commands, calls }) => [commands, calls]),
          );
          const first = stage.steps.find(({ commands }) => commands.length > 0) ?? stage.steps[0];
          if (!stage.leadsToFinal || first === undefined) continue;
          const dated = stage.variables.filter(
            ({ name, start }) => name === 'RELOCK_REBUILD' && start < first.start,
          );
          expect(dated.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

/** Instructions besides ours by another reading. */
function others(text: string): readonly string[] {
  return DockerfileParser.parse(text.replace(/^\uFEFF/u, ''))
    .getInstructions()
    .map((instruction) => instruction.toString().replaceAll(/ ?RELOCK_REBUILD(?:=\S*)?/gu, ''))
    .filter((line) => !/^(?:ARG|arg) *$/u.test(line));
}
