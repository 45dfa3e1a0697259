import { describe, expect, it } from 'vitest';
import { NO_GRANTS } from '../../src/build/model.ts';
import { refusedIn } from '../../src/build/refused.ts';

const grants = { secrets: [{ id: 'pip', file: '/f' }], ssh: '/agent' };
const dockerfile = (line: string): string => `FROM x\n# a comment\n${line}\n`;

describe('what a Dockerfile may not ask for', () => {
  it.each([
    ['RUN --mount=type=secret,id=pip pip install x', 'line 3 wants the build secret "pip"'],
    ['RUN --mount=type=cache,target=/c --mount=id=pip,type=secret,required x', 'build secret "pip"'],
    ['RUN --mount=type=secret,target=/run/secrets/other,mode=0400 x', 'build secret "other"'],
    ['RUN --mount=type=SECRET,dst=/etc/pip.conf x', 'build secret "pip.conf"'],
    ['run --mount="type=secret,id=pip" x', 'build secret "pip"'],
    ['RUN --mount=type=ssh git clone x', 'line 3 wants an SSH agent'],
    ['RUN \\\n  --mount=type=ssh \\\n git clone x', 'line 3 wants an SSH agent'],
    ['RUN --security=insecure x', 'line 3 asks for `--security=insecure`'],
    ['RUN --network=host x', 'line 3 asks for `--network=host`'],
  ])('%s', (line, words) => {
    const reason = refusedIn(dockerfile(line), 'docker/Dockerfile', NO_GRANTS);
    expect(reason).toMatchObject({ code: 'option-refused' });
    expect(reason?.message).toContain('docker/Dockerfile was not built: ');
    expect(reason?.message).toContain(words);
    expect(reason?.fix).not.toBe('');
  });

  it.each([
    'RUN echo --mount=type=secret',
    'RUN --mount=type=cache,target=/root/.cache pip install x',
    'RUN --network=none --security=sandbox x',
    'ONBUILD RUN --mount=type=ssh x',
    '# RUN --mount=type=ssh',
  ])('builds %s', (line) => {
    expect(refusedIn(dockerfile(line), 'Dockerfile', NO_GRANTS)).toBeNull();
  });

  it('gives what was configured, and nothing else', () => {
    expect(refusedIn(dockerfile('RUN --mount=type=secret,id=pip x'), 'D', grants)).toBeNull();
    expect(refusedIn(dockerfile('RUN --mount=type=ssh x'), 'D', grants)).toBeNull();
    expect(refusedIn(dockerfile('RUN --mount=type=secret,id=npm x'), 'D', grants)).not.toBeNull();
    expect(refusedIn(dockerfile('RUN --security=insecure x'), 'D', grants)).not.toBeNull();
  });
});
