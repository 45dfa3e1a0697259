import { describe, expect, it } from 'vitest';
import { pinnedEcosystem } from '../../../src/locks/pinned/ecosystem.ts';
import type { Facts } from '../../../src/locks/ecosystem.ts';
import { DOCKERFILE, play, UNSATISFIABLE } from './play.ts';
import type { Answer, Files } from './play.ts';
import { POLICY, factsOf, treeOf } from './tree.ts';

it('solves an opened copy, edits the file, and leaves nothing else', () => {
  const files = { Dockerfile: DOCKERFILE, 'requirements.txt': '\uFEFFA==1  # web\r\nb>=1\r\n' };
  const played = play('requirements.txt', files, ['a==2\nb==9\nc==1\n']);
  expect(played.end).toEqual({ do: 'done', solver: 'uv 0.13.9', notes: [] });
  expect(played.inputs).toEqual(['A>=1\nb>=1\n']);
  expect(Object.fromEntries(played.files)).toEqual({ 'requirements.txt': '\uFEFFA==2  # web\r\nb>=1\r\n' });
  const [command] = played.commands;
  expect(command).toMatchObject({ cwd: '.', env: {}, outputs: ['.relock-requirements.txt.out'] });
  expect(command?.argv.join(' ')).toBe(
    'uv pip compile --no-header --no-annotate --index-strategy unsafe-best-match --python-version 3.11.18 --quiet --no-config --python /py/3.11/bin/python --output-file .relock-requirements.txt.out .relock-requirements.txt.in',
  );
});

it('names its copies from where pip runs', () => {
  const files = { 'docs/requirements.txt': '-e .[dev]\na==1\n', 'pyproject.toml': '' };
  const played = play('docs/requirements.txt', files, ['a==2\n']);
  expect(played.inputs).toEqual(['-e .[dev]\na>=1\n']);
  expect(Object.fromEntries(played.files)).toEqual({ 'docs/requirements.txt': '-e .[dev]\na==2\n' });
  const [command] = played.commands;
  expect(command?.cwd).toBe('.');
  expect(command?.argv.slice(-3).join(' ')).toBe(
    '--output-file docs/.relock-requirements.txt.out docs/.relock-requirements.txt.in',
  );
});

describe('the command', () => {
  const argv = (files: Files, more: Partial<Facts> = {}): string => {
    const [command] = play('requirements.txt', files, ['a==1\n'], more).commands;
    return [
      ...Object.entries(command?.env ?? {}).map((pair) => pair.join('=')),
      ...(command?.argv ?? []),
    ].join(' ');
  };
  const image = (version: string): Files => ({
    Dockerfile: DOCKERFILE.replace('3.11', version),
    'requirements.txt': 'a==1\n',
  });

  it.each<[string, string, Files, Partial<Facts>]>([
    [
      'the newest Python when nothing says',
      '--python /py/3.13/bin/python',
      { 'requirements.txt': 'a==1\n' },
      {},
    ],
    [
      'the newest patch of a Python that is not there, and tells what it builds',
      'UV_PYTHON_DOWNLOADS=never RUST_LOG=uv_distribution::source=debug uv pip compile --no-header --no-annotate --index-strategy unsafe-best-match --python-version 3.8.20 --quiet --no-config --output-file',
      image('3.8'),
      { pythonDownloads: true },
    ],
    ['the very patch that the image has', '--python-version 3.8.3 --quiet', image('3.8.3'), {}],
    ['hashes', '--generate-hashes', { 'requirements.txt': 'a==1 --hash=sha256:aa\n' }, {}],
    ['pre-releases', '--prerelease allow', { 'requirements.txt': '--pre\na==1\n' }, {}],
    [
      'a mirror',
      'UV_DEFAULT_INDEX=https://mirror.test/simple',
      { 'requirements.txt': '-i https://pypi.org/simple\na==1\n' },
      { index: { url: 'https://mirror.test/simple', isMirror: true, hasVersionJson: false } },
    ],
  ])('has %s', (_, words, files, more) => {
    expect(argv(files, more)).toContain(words);
  });

  it('leaves the index to a file that names its own', () => {
    const index = { url: 'https://mirror.test/simple', isMirror: true, hasVersionJson: false };
    expect(argv({ 'requirements.txt': '-i https://private/simple\na==1\n' }, { index })).not.toContain(
      'mirror',
    );
  });
});

describe('when uv refuses', () => {
  it('solves without lower bounds, and says what moves back', () => {
    const files = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\nb==1\n' };
    const played = play('requirements.txt', files, [{ error: UNSATISFIABLE }, 'a==1\nb==3\n']);
    expect(played.inputs).toEqual(['a>=2\nb>=1\n', 'a\nb\n']);
    expect(played.files.get('requirements.txt')).toBe('a==1\nb==3\n');
    expect(played.end).toMatchObject({ do: 'done' });
    expect(played.end.do === 'done' && played.end.notes.join('\n')).toContain('a moves back from 2 to 1');
  });

  it('tries the release of a pre-release first', () => {
    const files = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2rc1\n' };
    const played = play('requirements.txt', files, [{ error: UNSATISFIABLE }, 'a==2rc2\n']);
    expect(played.inputs).toEqual(['a>=2\n', 'a>=2rc1\n']);
    expect(played.files.get('requirements.txt')).toBe('a==2rc2\n');
  });

  it('fails with the reason, the file as it was, and nothing left behind', () => {
    const files = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\n' };
    const played = play('requirements.txt', files, [{ error: UNSATISFIABLE }, { error: UNSATISFIABLE }]);
    expect(played.end).toMatchObject({ do: 'fail', reason: { code: 'unsatisfiable' } });
    expect([...played.files]).toEqual([]);
  });

  it('does not try again for another cause', () => {
    const error = 'error: Failed to fetch: `https://i/simple/a/`\n  cause: Connection refused (os error 111)';
    const played = play('requirements.txt', { 'requirements.txt': 'a==2\n' }, [{ error }]);
    expect(played.end).toMatchObject({ do: 'fail' });
    expect(played.commands).toHaveLength(1);
  });
});

describe('a package that is not there', () => {
  const MISSING =
    'error: No solution found when resolving dependencies\n  cause: Because a was not found in the package registry and you require a>=2, we can conclude that your requirements are unsatisfiable.';
  const HINT =
    '\n\nhint: An index URL (https://i.example/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)';
  const files = { Dockerfile: DOCKERFILE, 'requirements.txt': '-i https://i.example/simple\na==2\n' };

  it('is looked for index by index, which tells whether one refused access', () => {
    const played = play('requirements.txt', files, [{ error: MISSING }, { error: MISSING + HINT }]);
    const [first, second] = played.commands.map(({ argv }) => argv.join(' '));
    expect(second).toBe(first?.replace('--index-strategy unsafe-best-match ', ''));
    expect(first).not.toBe(second);
    expect(played.end).toMatchObject({
      do: 'fail',
      reason: { code: 'authentication-required', message: expect.stringContaining('i.example') },
    });
    expect([...played.files]).toEqual([]);
  });

  it.each([
    ['the same', { error: MISSING }],
    ['an answer', 'a==3\n'],
  ] as const)('stays the cause when that gives %s', (_what, answer) => {
    const played = play('requirements.txt', files, [{ error: MISSING }, answer]);
    expect(played.end).toMatchObject({ do: 'fail', reason: { code: 'package-not-found' } });
    expect([...played.files]).toEqual([]);
  });
});

describe('a Python that is not here', () => {
  const files = { Dockerfile: DOCKERFILE.replace('3.11', '3.8'), 'requirements.txt': 'a==2\n' };
  const BUILT = 'DEBUG Downloading source distribution: a==3\nDEBUG Preparing metadata for: a==3\n';
  const NO_DOWNLOAD =
    'error: Request failed after 3 retries\n  cause: Failed to download `https://github.com/astral-sh/python-build-standalone/releases/x`\n  cause: dns error';

  it('is not needed as long as nothing is built, and is not fetched then', () => {
    const {
      commands,
      end,
      files: written,
    } = play('requirements.txt', files, ['a==3\n'], { pythonDownloads: true });
    expect(commands).toHaveLength(1);
    expect(end).toMatchObject({ do: 'done' });
    expect(written.get('requirements.txt')).toBe('a==3\n');
  });

  it('is named when a build needs it and it may not be fetched', () => {
    const { end } = play('requirements.txt', files, [{ text: 'a==3\n', said: BUILT }]);
    expect(end).toMatchObject({ do: 'fail', reason: { code: 'python-missing' } });
    expect(end.do === 'fail' && end.reason.message).toContain('Python 3.8 (Dockerfile:1');
    expect(end.do === 'fail' && end.reason.message).toContain('a==3 must be built');
  });

  it('is fetched when a build needs it', () => {
    const answers = [{ text: 'a==9\n', said: BUILT }, 'a==3\n'];
    const { commands, files: written } = play('requirements.txt', files, answers, { pythonDownloads: true });
    expect(commands[1]?.argv.join(' ')).toContain('--python 3.8 ');
    expect(commands[1]?.env).toMatchObject({ UV_PYTHON_DOWNLOADS: 'automatic' });
    expect(written.get('requirements.txt')).toBe('a==3\n');
  });

  it('is named when it cannot be fetched', () => {
    const answers = [{ error: `${BUILT}error: Failed to build a==3` }, { error: NO_DOWNLOAD }];
    const { end, files: written } = play('requirements.txt', files, answers, { pythonDownloads: true });
    expect(end).toMatchObject({ do: 'fail', reason: { code: 'python-missing', detail: NO_DOWNLOAD } });
    expect(end.do === 'fail' && end.reason.message).toContain('a==3 must be built');
    expect([...written]).toEqual([]);
  });

  it('is not the cause of a conflict without builds', () => {
    const { commands, end } = play('requirements.txt', files, [
      { error: UNSATISFIABLE },
      { error: UNSATISFIABLE },
    ]);
    expect(commands).toHaveLength(2);
    expect(end).toMatchObject({ reason: { code: 'unsatisfiable' } });
  });
});

describe('other environments', () => {
  const files = {
    Dockerfile: DOCKERFILE,
    'requirements.txt': 'a==1\nb==1 ; sys_platform == "win32"\nc==1 ; os_name == "x"\n',
  };

  it('moves their pins by a second solve', () => {
    const played = play('requirements.txt', files, ['a==2\n', 'a==2\nb==3 ; sys_platform == "win32"\n']);
    expect(played.inputs[1]).toBe('a==2\nb>=1 ; sys_platform == "win32"\nc>=1 ; os_name == "x"\n');
    expect(played.commands.map(({ argv }) => argv.includes('--universal'))).toEqual([false, true]);
    expect(played.files.get('requirements.txt')).toBe(
      'a==2\nb==3 ; sys_platform == "win32"\nc==1 ; os_name == "x"\n',
    );
    expect(played.end).toMatchObject({ do: 'done', notes: [expect.stringContaining('c (line 3)')] });
  });

  it.each<[string, Answer]>([
    ['that solve fails', { error: UNSATISFIABLE }],
    ['it gives several versions', 'a==2\nb==3 ; x\nb==4 ; y\nc==2\nc==3\n'],
  ])('leaves them when %s', (_, answer) => {
    const played = play('requirements.txt', files, ['a==2\n', answer]);
    expect(played.files.get('requirements.txt')).toBe(files['requirements.txt'].replace('a==1', 'a==2'));
    expect(played.end).toMatchObject({
      do: 'done',
      notes: [expect.stringContaining('b (line 2), c (line 3)')],
    });
  });
});

it('keeps within the reach of the files above', () => {
  const files = {
    Dockerfile: DOCKERFILE,
    'requirements.txt': '-r base/requirements.txt\nb<3\nc==1\n',
    'base/requirements.txt': 'b==1\n',
  };
  const played = play('base/requirements.txt', files, ['b==2\n']);
  expect(played.inputs).toEqual(['b>=1\n-c .relock-requirements.txt.constraints\n']);
  expect(played.files.get('base/requirements.txt')).toBe('b==2\n');
  expect([...played.files.keys()]).toEqual(['base/requirements.txt']);
});

it('keeps within the reach of the constraints of the files above', () => {
  const files = {
    Dockerfile: DOCKERFILE,
    'requirements.txt': '-r base/requirements.txt\n-c limits.txt\nc==1\n',
    'limits.txt': '-c more.txt\nb<3\n',
    'more.txt': 'd<9\n',
    'base/requirements.txt': 'b==1\n-r deep.txt\n',
    'base/deep.txt': 'x>1\n',
  };
  const tree = treeOf(files);
  const lock = pinnedEcosystem
    .detect(tree, POLICY)
    .locks.find(({ target }) => target.path.startsWith('base/'));
  expect(lock?.next(factsOf(tree), [])).toMatchObject({
    do: 'write',
    files: { 'base/.relock-requirements.txt.constraints': 'b<3\nd<9\n' },
  });
});

it('writes to no path that is there', () => {
  const files: Files = { 'requirements.txt': 'a==1\n', '.relock-requirements.txt.in': { kind: 'symlink' } };
  const [command] = play('requirements.txt', files, ['a==1\n']).commands;
  expect(command?.argv.at(-1)).toBe('.relock-requirements.txt-1.in');
});
