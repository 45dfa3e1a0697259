import { describe, expect, it } from 'vitest';
import { pinnedEcosystem } from '../../../src/locks/pinned/ecosystem.ts';
import type { Facts, Step, StepResult } from '../../../src/locks/ecosystem.ts';
import type { Command } from '../../../src/model.ts';
import { POLICY, factsOf, treeOf } from './tree.ts';

const UNSATISFIABLE = [
  'error: No solution found when resolving dependencies',
  '  cause: Because only a<=1 is available and you require a>=2, we can conclude that your requirements are unsatisfiable.',
].join('\n');

/** What uv says to one command: its output file, or its error. */
type Answer = string | { readonly error: string };

interface Played {
  readonly commands: readonly Command[];
  /** The input of each command. */
  readonly inputs: readonly string[];
  readonly end: Step;
  /** What the private copy holds at the end, beside the tree. */
  readonly files: ReadonlyMap<string, string>;
}

type Files = Parameters<typeof treeOf>[0];

function play(path: string, files: Files, answers: readonly Answer[], more: Partial<Facts> = {}): Played {
  const tree = treeOf(files);
  const lock = pinnedEcosystem.detect(tree, POLICY).locks.find(({ target }) => target.path === path);
  if (lock === undefined) throw new Error(`${path} is not claimed`);
  const facts = factsOf(tree, more);
  const history: StepResult[] = [];
  const commands: Command[] = [];
  const inputs: string[] = [];
  const written = new Map<string, string>();
  for (;;) {
    const step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') return { commands, inputs, end: step, files: written };
    if (step.do === 'write') {
      for (const [file, text] of Object.entries(step.files)) {
        if (text === null) written.delete(file);
        else written.set(file, text);
      }
      history.push({ step, result: null, files: {} });
      continue;
    }
    const { command } = step;
    const answer = answers[commands.length];
    if (answer === undefined) throw new Error(`one command too many: ${command.argv.join(' ')}`);
    commands.push(command);
    const folder = command.cwd === '.' ? '' : `${command.cwd}/`;
    inputs.push(written.get(folder + (command.argv.at(-1) ?? '')) ?? '');
    const [output = ''] = command.outputs;
    const isGood = typeof answer === 'string';
    if (isGood) written.set(output, answer);
    const said = isGood ? '' : answer.error;
    history.push({
      step,
      result: { exitCode: isGood ? 0 : 1, timedOut: false, stdout: '', stderr: said, seconds: 1 },
      files: { [output]: isGood ? answer : null },
    });
  }
}

const DOCKERFILE = 'FROM python:3.11-slim\nRUN pip install -r requirements.txt\n';

it('solves an opened copy, edits the file, and leaves nothing else', () => {
  const files = { Dockerfile: DOCKERFILE, 'requirements.txt': '\uFEFFA==1  # web\r\nb>=1\r\n' };
  const played = play('requirements.txt', files, ['a==2\nb==9\nc==1\n']);
  expect(played.end).toEqual({ do: 'done', solver: 'uv 0.13.9', notes: [] });
  expect(played.inputs).toEqual(['A>=1\nb>=1\n']);
  expect(Object.fromEntries(played.files)).toEqual({ 'requirements.txt': '\uFEFFA==2  # web\r\nb>=1\r\n' });
  const [command] = played.commands;
  expect(command).toMatchObject({ cwd: '.', env: {}, outputs: ['.relock-requirements.txt.out'] });
  expect(command?.argv.join(' ')).toBe(
    'uv pip compile --no-header --no-annotate --index-strategy unsafe-best-match --python-version 3.11 --quiet --no-config --python /py/3.11/bin/python --output-file .relock-requirements.txt.out .relock-requirements.txt.in',
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
      'no builds for a Python that is not there',
      '--python-version 3.8 --quiet --no-config --no-build',
      image('3.8'),
      {},
    ],
    ['a Python to download', '--python 3.8', image('3.8'), { pythonDownloads: true }],
    ['hashes', '--generate-hashes', { 'requirements.txt': 'a==1 --hash=sha256:aa\n' }, {}],
    ['pre-releases', '--prerelease allow', { 'requirements.txt': '--pre\na==1\n' }, {}],
    [
      'a mirror',
      'UV_DEFAULT_INDEX=https://mirror.test/simple',
      { 'requirements.txt': '-i https://pypi.org/simple\na==1\n' },
      { index: { url: 'https://mirror.test/simple', isMirror: true, hasVersionJson: false } },
    ],
    [
      'a cool-down',
      'UV_EXCLUDE_NEWER=2025-06-01T00:00:00Z',
      { 'requirements.txt': 'a==1\n' },
      { cooldown: { cutoff: '2025-06-01T00:00:00Z', indexUrl: 'http://127.0.0.1:1/simple' } },
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

  it('names the missing Python when a build needs it', () => {
    const files = { Dockerfile: DOCKERFILE.replace('3.11', '3.8'), 'requirements.txt': 'a==2\n' };
    const error = `${UNSATISFIABLE}\n\nhint: Wheels are required for \`a\` because building from source is disabled for all packages (i.e., with \`--no-build\`)`;
    const { commands, end } = play('requirements.txt', files, [{ error }, 'a==2\n']);
    expect(commands.map(({ argv }) => argv.includes('--no-build'))).toEqual([true, false]);
    expect(end).toMatchObject({ do: 'fail', reason: { code: 'python-missing' } });
    expect(end.do === 'fail' && end.reason.message).toContain('3.8 (Dockerfile:1');
  });
});

it('knows a conflict that builds would not solve', () => {
  const files = { Dockerfile: DOCKERFILE.replace('3.11', '3.8'), 'requirements.txt': 'a==2\n' };
  const noWheels = {
    error: `${UNSATISFIABLE}\nhint: building from source is disabled (with \`--no-build\`)`,
  };
  const answers = [noWheels, { error: UNSATISFIABLE }, noWheels, { error: UNSATISFIABLE }];
  expect(play('requirements.txt', files, answers).end).toMatchObject({ reason: { code: 'unsatisfiable' } });
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

describe('a cool-down', () => {
  const cooldown = { cutoff: '2025-06-01T00:00:00Z', indexUrl: 'http://127.0.0.1:1/simple' };
  const exempt = (command: Command | undefined): readonly string[] =>
    (command?.argv ?? [])
      .filter((_, at, all) => all[at - 1] === '--exclude-newer-package')
      .map((word) => word.split('=')[0] ?? '');

  it('does not undo a version that is younger than it', () => {
    const files = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\nb==1\n' };
    const answers = [{ error: UNSATISFIABLE }, 'a==1\nb==3\n', 'a==2\nb==3\n'];
    const played = play('requirements.txt', files, answers, { cooldown });
    expect(played.inputs[2]).toBe('a==2\nb>=1\n');
    expect(played.commands.map(exempt)).toEqual([[], [], ['a']]);
    expect(played.files.get('requirements.txt')).toBe('a==2\nb==3\n');
    expect(played.end).toMatchObject({
      notes: [expect.stringContaining('cool-down has nothing newer for it: a')],
    });
  });

  it('does not hold for pins that this lock does not move', () => {
    const files = {
      Dockerfile: DOCKERFILE,
      'requirements.txt': '-r base.txt\na==1\nb==9  # pinned\n',
      'base.txt': 'c==9\nd>=1\n',
    };
    const played = play('requirements.txt', files, [{ error: UNSATISFIABLE }, 'a==2\n'], { cooldown });
    expect(played.commands.map(exempt)).toEqual([[], ['b', 'c']]);
    expect(played.files.get('requirements.txt')).toBe('-r base.txt\na==2\nb==9  # pinned\n');
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

it('writes to no path that is there', () => {
  const files: Files = { 'requirements.txt': 'a==1\n', '.relock-requirements.txt.in': { kind: 'symlink' } };
  const [command] = play('requirements.txt', files, ['a==1\n']).commands;
  expect(command?.argv.at(-1)).toBe('.relock-requirements.txt-1.in');
});
