import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/config/defaults.ts';
import { condaEcosystem } from '../../../src/locks/conda/ecosystem.ts';
import { readExplicitHead } from '../../../src/locks/conda/explicit-file.ts';
import { explainCondaFailure } from '../../../src/locks/conda/failure.ts';
import { parseExplicit, parseUnified } from '../../../src/locks/conda/parse.ts';
import { readSource } from '../../../src/locks/conda/read-source.ts';
import { LockSyntaxError } from '../../../src/locks/ecosystem.ts';
import { resolveInside } from '../../../src/locks/tree.ts';
import { factsOf, treeOf } from '../../support/drive-lock.ts';
import { ENVIRONMENT, explicitOf, lockOf } from './fixtures.ts';

const NOTHING = { conda: new Set<string>(), pip: new Set<string>() };
const LOCK = lockOf({
  entries: [
    { name: 'a', needs: { b: '>=1' } },
    { name: 'b', manager: 'pip' },
  ],
  metadata: '  custom_metadata:\n    a: b\n',
});

/** A text with some characters changed, cut or put in. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(text.length),
    fc.nat(12),
    fc.oneof(
      fc.stringMatching(/^[-a-z \n:'"#[\]{}&*!|>%@`?,]{0,6}$/u),
      fc.constantFrom('__proto__: ', '\u2028', '\0', '../'),
    ),
  );
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let now = text;
    for (const [at, length, put] of edits) now = now.slice(0, at) + put + now.slice(at + length);
    return now;
  });
}

/** What a reader throws that it must not; null: nothing. */
function wrongError(read: () => unknown): unknown {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof LockSyntaxError ? null : error;
  }
}

describe('whatever is in the files', () => {
  it('a lock is read, or is none', () => {
    fc.assert(
      fc.property(mutated(LOCK), (text) => {
        expect(wrongError(() => parseUnified('l', text, NOTHING))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('an explicit lock is read, or is none', () => {
    fc.assert(
      fc.property(mutated(explicitOf()), (text) => {
        const wrong = wrongError(() => {
          const head = readExplicitHead(text);
          if (head !== null) parseExplicit('l', text, head, NOTHING);
        });
        expect(wrong).toBeNull();
      }),
    );
  });

  it('a source is read, or a reason is given', () => {
    const texts = fc.oneof(
      mutated(ENVIRONMENT).map((text) => ['environment.yml', text] as const),
      mutated(`{% set x = 1 %}\nrequirements:\n  run: [a, {{ x }}]\n`).map(
        (text) => ['meta.yaml', text] as const,
      ),
      mutated('[tool.conda-lock]\nchannels = ["a"]\n[project]\ndependencies = ["b"]\n').map(
        (text) => ['pyproject.toml', text] as const,
      ),
    );
    fc.assert(
      fc.property(texts, ([path, text]) => {
        expect(readSource(path, text, '.')).toMatchObject({});
      }),
      { numRuns: 500 },
    );
  });

  it('no step names a file outside the repository, and no value is an option', () => {
    const odd = fc.constantFrom(
      '../x.yml',
      '/etc/passwd',
      '-x',
      '--conda',
      'a b',
      '{x}',
      '../../../a',
      'C:\\x',
      'environment.yml',
      './environment.yml',
    );
    const files = fc.record({
      lock: fc.constantFrom('conda-lock.yml', 'a/-x.conda-lock.yml', 'a/b/{y}.lock.yml'),
      sources: fc.array(odd, { maxLength: 2 }),
      platforms: fc.array(fc.constantFrom('linux-64', '--help', 'osx-arm64'), { maxLength: 2 }),
      channels: fc.array(fc.constantFrom('conda-forge', '-c', 'file:///etc'), { maxLength: 2 }),
      explicit: fc.constantFrom('a/conda-linux-64.lock', '-y.lock', 'a/{z}.lock'),
    });
    fc.assert(
      fc.property(files, ({ lock, explicit, ...of }) => {
        const tree = treeOf({
          [lock]: lockOf(of),
          [explicit]: explicitOf(),
          'environment.yml': ENVIRONMENT,
          'a/environment.yml': ENVIRONMENT,
          '-x': ENVIRONMENT,
        });
        for (const planned of condaEcosystem.detect(tree, NO_POLICY).locks) {
          const { target } = planned;
          for (const path of [...target.writes, ...target.inputs]) expect(tree.paths).toContain(path);
          const first = planned.next(factsOf(tree), []);
          if (first.do !== 'write') throw new Error(first.do);
          for (const path of Object.keys(first.files)) expect(resolveInside('.', path)).toBe(path);
          const step = planned.next(factsOf(tree), [{ step: first, result: null, files: {} }]);
          if (step.do !== 'run') throw new Error(step.do);
          const { argv, cwd } = step.command;
          const after = (...options: readonly string[]): readonly string[] =>
            argv.filter((_word, at) => options.includes(argv[at - 1] ?? ''));
          for (const path of after('-f', '--lockfile', '--filename-template')) {
            expect(path).not.toMatch(/^-/u);
            expect(resolveInside(cwd, path)).not.toBeNull();
          }
          for (const value of after('-p', '-c')) expect(value).toMatch(/^[a-z]/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a failure is explained', () => {
    const words = fc.array(
      fc.constantFrom(
        'Could not lock the environment for platform x',
        'relock-conda: unsatisfiable: x',
        'relock-conda: : ',
        '├─ a * can be installed',
        '│  └─ ',
        '└─ c, for which no candidates were found.',
        'No candidates were found for ',
        "INFO:x using specs ['",
        '    Command: [',
        '- nothing provides requested ',
        'PackagesNotFoundError: not available from current channels: - ',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(words, (lines) => {
        const reason = explainCondaFailure({
          target: { remotes: [], path: 'l', python: { version: null } } as never,
          command: { tool: { name: 'conda-lock', version: null }, argv: ['conda-lock'], env: {} } as never,
          result: { exitCode: 1, timedOut: false, stdout: '', stderr: lines.join('\n'), seconds: 0 },
          cutoff: null,
        });
        expect(reason.message).not.toBe('');
      }),
    );
  });

  it('takes no time that grows with the square', () => {
    const start = performance.now();
    for (const text of [
      ' '.repeat(300_000),
      '- '.repeat(150_000),
      `a: ${"'".repeat(300_000)}`,
      `{%${' '.repeat(300_000)}`,
    ]) {
      expect(wrongError(() => parseUnified('l', text, NOTHING))).toBeNull();
      readSource('meta.yaml', text, '.');
      readSource('environment.yml', `dependencies: ["${text.replaceAll(/['"%{]/gu, 'x')}"]`, '.');
      readSource(
        'environment.yml',
        `dependencies:\n- pip:\n  - "${text.replaceAll(/['"%{]/gu, '@')}"\n`,
        '.',
      );
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
