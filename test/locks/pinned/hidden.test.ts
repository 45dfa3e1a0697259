import { describe, expect, it } from 'vitest';
import { DOCKERFILE, play, UNSATISFIABLE } from './play.ts';
import type { Answer } from './play.ts';

describe('a cool-down that hides pins from uv', () => {
  const cutoff = '2025-06-01T00:00:00Z';
  const files = {
    Dockerfile: DOCKERFILE,
    'requirements.txt': '-r base.txt\na==1\nb==9  # pinned\n',
    'base.txt': '-c limits.txt\nc==9 --hash=sha256:aa\nd>=1\n',
    'limits.txt': '# ours\r\ne==9\r\nf==1\r\n',
  };

  it('does not undo a version, and solves with what is below it', () => {
    const own = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\nb==1\n' };
    const answers = [{ error: UNSATISFIABLE }, 'a==1\nb==1\n', 'a==1\nb==3\n'];
    const played = play('requirements.txt', own, answers, { cutoff });
    expect(played.inputs).toEqual(['a>=2\nb>=1\n', 'a<=2\nb<=1\n', 'a<2\nb>=1\n']);
    expect(Object.fromEntries(played.files)).toEqual({ 'requirements.txt': 'a==2\nb==3\n' });
    expect(played.end).toMatchObject({
      notes: ['Left as it is, since the cool-down has nothing newer for it: a.'],
    });
  });

  it('solves for other environments with what is below it, too', () => {
    const own = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\nb==1 ; os_name == "nt"\n' };
    const answers = [{ error: UNSATISFIABLE }, 'a==1\n', 'a==1\n', 'a==1\nb==2\n'];
    const played = play('requirements.txt', own, answers, { cutoff });
    expect(played.inputs[3]).toBe('a<2\nb>=1 ; os_name == "nt"\n');
    expect(played.files.get('requirements.txt')).toBe('a==2\nb==2 ; os_name == "nt"\n');
  });

  it('is not in the way of pins that stay, wherever they are', () => {
    const answers = [{ error: UNSATISFIABLE }, 'a==1\nb==8\nc==8\ne==8\nf==1\n', 'a==2\nb==8\nc==8\n'];
    const played = play('requirements.txt', files, answers, { cutoff });
    expect(played.inputs.slice(1)).toEqual(['-r base.txt\na<=1\nb<=9\n', '-r base.txt\na>=1\nb<9\n']);
    const read = (at: number) => ['base.txt', 'limits.txt'].map((path) => played.copies[at]?.get(path));
    expect(read(0)).toEqual([undefined, undefined]);
    expect(read(1)).toEqual(['-c limits.txt\nc<=9\nd>=1\n', 'e<=9\nf<=1\n']);
    expect(read(2)).toEqual(['-c limits.txt\nc<9\nd>=1\n', 'e<9\nf==1\n']);
    expect(Object.fromEntries(played.files)).toEqual({
      'requirements.txt': '-r base.txt\na==2\nb==9  # pinned\n',
      'base.txt': files['base.txt'],
      'limits.txt': files['limits.txt'],
    });
  });

  it('leaves out a package of which nothing can be seen', () => {
    const unseen = (name: string): Answer => ({
      error: `error: No solution found when resolving dependencies\n  cause: Because there are no versions of ${name} and you require ${name}<=9, we can conclude that your requirements are unsatisfiable.`,
    });
    const answers = [{ error: UNSATISFIABLE }, unseen('e'), unseen('b'), 'a==1\nc==9\nf==1\n', 'a==2\n'];
    const played = play('requirements.txt', files, answers, { cutoff });
    expect(played.inputs.at(-1)).toBe('-r base.txt\na>=1\n');
    expect(played.copies.at(-1)?.get('limits.txt')).toBe('f==1\n');
    expect(played.files.get('requirements.txt')).toBe('-r base.txt\na==2\nb==9  # pinned\n');
    expect(played.end).toMatchObject({ do: 'done' });
  });

  it('gives way in what files above demand', () => {
    const layers = {
      Dockerfile: DOCKERFILE,
      'requirements.txt': '-r base/requirements.txt\nb==9  # pinned\nc<3\n',
      'base/requirements.txt': 'a==1\n',
    };
    const path = 'base/requirements.txt';
    const answers = [{ error: UNSATISFIABLE }, 'a==1\nb==8\n', 'a==2\nb==8\n'];
    const played = play(path, layers, answers, { cutoff });
    const demands = played.copies.map((copy) => copy.get('base/.relock-requirements.txt.constraints'));
    expect(demands).toEqual(['b==9\nc<3\n', 'b<=9\nc<3\n', 'b<9\nc<3\n']);
    expect(Object.fromEntries(played.files)).toEqual({ [path]: 'a==2\n' });
  });

  it.each<[string, Answer]>([
    ['every pin can be seen', 'a==2\nb==1\n'],
    ['nothing can be learned', { error: UNSATISFIABLE }],
  ])('goes on as without it when %s', (_, answer) => {
    const own = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2\nb==1\n' };
    const played = play('requirements.txt', own, [{ error: UNSATISFIABLE }, answer, 'a==1\nb==3\n'], {
      cutoff,
    });
    expect(played.inputs[2]).toBe('a\nb\n');
    expect(played.files.get('requirements.txt')).toBe('a==1\nb==3\n');
  });

  it('may be why there is no solution', () => {
    const own = { Dockerfile: DOCKERFILE, 'requirements.txt': 'a==2+local\nb==1\n' };
    const played = play(
      'requirements.txt',
      own,
      Array.from({ length: 3 }, () => ({ error: UNSATISFIABLE })),
      {
        cutoff,
      },
    );
    // No local version can be compared.
    expect(played.inputs[1]).toBe('a==2+local\nb<=1\n');
    expect(played.end).toMatchObject({
      reason: {
        code: 'unsatisfiable',
        message: expect.stringContaining(`The cool-down hides releases since ${cutoff}.`),
      },
    });
  });
});
