import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BuilderKind } from '../../src/build/model.ts';
import { stepFailure } from '../../src/build/step-failure.ts';

const text = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;

describe('which step failed', () => {
  it.each<[string, BuilderKind, Partial<Record<'stdout' | 'stderr' | 'log', string>>, object]>([
    [
      'Buildah, from its log',
      'buildah',
      {
        log: text(
          '[1/2] STEP 1/2: FROM base AS one',
          'Trying to pull base…',
          "[1/2] STEP 2/2: RUN echo a; sh -c 'exit 3'",
          'a',
          'subprocess exited with status 3',
          'subprocess exited with status 3',
        ),
        stderr: text(`Error: building at STEP "RUN echo a; sh -c 'exit 3'": exit status 3`),
      },
      { step: "RUN echo a; sh -c 'exit 3'", lines: 'a', error: 'exit status 3' },
    ],
    [
      'a COPY of nothing, without its request',
      'buildah',
      {
        log: text('STEP 2/2: COPY "no" /x'),
        stderr: text(
          'Error: building at STEP "COPY \\"no\\" /x": reading: copier.request{Root:"/", X:copier.Y{Z:1}}: copier: get: none',
        ),
      },
      { step: 'COPY "no" /x', lines: '', error: 'reading: copier: get: none' },
    ],
    [
      'a base image that is not there',
      'buildah',
      {
        log: text('STEP 1/2: FROM no', 'Trying to pull no…'),
        stderr: text('Error: creating build container: manifest unknown'),
      },
      { step: 'FROM no', lines: 'Trying to pull no…', error: 'creating build container: manifest unknown' },
    ],
    [
      'Podman, without a log',
      'podman',
      {
        stdout: text('STEP 1/2: FROM x', 'STEP 2/2: RUN make', 'cc -c a.c'),
        stderr: text('Error: building at STEP "RUN make": while running runtime: exit status 2'),
      },
      { step: 'RUN make', lines: 'cc -c a.c', error: 'while running runtime: exit status 2' },
    ],
    [
      'BuildKit',
      'buildctl',
      {
        stderr: text(
          '#5 [1/3] FROM docker.io/library/debian@sha256:1',
          '#5 CACHED',
          '#6 [stage-1 2/3] RUN apt-get install -y gone',
          '#7 [other 2/2] RUN sleep 9',
          '#6 0.412 Reading package lists...',
          '#7 0.500 not this',
          '#6 1.250 E: Unable to locate package gone',
          '#6 ERROR: process "/bin/sh -c apt-get install -y gone" did not complete successfully: exit code: 100',
          '#7 CANCELED',
          '------',
          ' > [stage-1 2/3] RUN apt-get install -y gone:',
          'error: failed to solve: process did not complete',
        ),
      },
      {
        step: 'RUN apt-get install -y gone',
        lines: 'Reading package lists...\nE: Unable to locate package gone',
        error: 'process "/bin/sh -c apt-get install -y gone" did not complete successfully: exit code: 100',
      },
    ],
    [
      'BuildKit, at its time',
      'buildctl',
      {
        stderr: text(
          '#5 [2/3] RUN sleep 60',
          '#5 0.100 asleep',
          '#5 CANCELED',
          'error: failed to solve: Canceled',
        ),
      },
      { step: 'RUN sleep 60', lines: 'asleep', error: 'it was cancelled' },
    ],
    [
      'BuildKit, before any step',
      'docker',
      {
        stderr: text(
          '#1 [internal] load build definition',
          'ERROR: failed to solve: dockerfile parse error on line 2',
        ),
      },
      { step: '', lines: '', error: 'failed to solve: dockerfile parse error on line 2' },
    ],
    [
      'classic Docker',
      'docker',
      {
        stdout: text(
          'Step 1/2 : FROM x',
          ' ---> 0123456789ab',
          'Step 2/2 : RUN make',
          ' ---> Running in ba9876543210',
          'cc -c a.c',
        ),
        stderr: text(
          'DEPRECATED: The legacy builder is deprecated and will be removed in a future release.',
          '            Install the buildx component to build images with BuildKit:',
          'a.c: no such file',
          "The command '/bin/sh -c make' returned a non-zero code: 2",
        ),
      },
      {
        step: 'RUN make',
        lines: 'cc -c a.c\na.c: no such file',
        error: "The command '/bin/sh -c make' returned a non-zero code: 2",
      },
    ],
  ])('%s', (_name, kind, words, expected) => {
    expect(stepFailure(kind, { stdout: '', stderr: '', log: '', ...words })).toEqual(expected);
  });

  it('is told in at most 40 lines and 6000 characters', () => {
    const many = Array.from({ length: 300 }, (_, index) => `line ${index}`);
    const log = text('STEP 1/1: RUN x', ...many);
    const found = stepFailure('buildah', { stdout: '', stderr: '', log });
    expect(found.lines.split('\n')).toHaveLength(40);
    expect(found.lines).toMatch(/^line 260\n[^]*line 299$/u);
    const long = stepFailure('buildah', {
      stdout: '',
      stderr: '',
      log: text('STEP 1/1: RUN x', 'y'.repeat(99_999)),
    });
    expect(long.lines.length).toBeLessThan(6100);
  });

  it('is found in any output, soon', () => {
    const word = constantFrom(
      '#7 ',
      'ERROR: ',
      'STEP 1/2: ',
      '\n',
      'Step 1/1 : ',
      '"',
      '\\',
      'Error: building at STEP "',
      '0.1 ',
      '[a] ',
    );
    assert(
      property(
        array(oneof(word, string()), { maxLength: 200 }),
        constantFrom('buildah', 'docker'),
        (parts, kind) => {
          const all = parts.join('');
          const found = stepFailure(kind, { stdout: all, stderr: all, log: '' });
          expect(found.step.length).toBeLessThanOrEqual(300);
        },
      ),
    );
    const started = performance.now();
    stepFailure('buildah', {
      stdout: '',
      stderr: `Error: building at STEP "${'\\"'.repeat(100_000)}`,
      log: '',
    });
    stepFailure('docker', { stdout: '#1 '.repeat(100_000), stderr: '', log: '' });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
