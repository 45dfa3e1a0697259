import { describe, expect, it } from 'vitest';
import { pipCompileText } from '../../../src/locks/compile/pip-compile-text.ts';
import type { CompileSpec } from '../../../src/locks/compile/spec.ts';
import { readPins } from '../../../src/locks/compile/uv-body.ts';
import { readWishes } from '../../../src/locks/compile/wishes.ts';
import { optionsOf, specOf } from '../../support/compile-spec.ts';
import { treeOf } from '../../support/drive-lock.ts';

/** What becomes of uv's text. */
function written(
  files: Readonly<Record<string, string>>,
  uvText: string,
  options = '',
  more: Partial<CompileSpec> = {},
): string {
  const spec = specOf({ options: optionsOf(options), ...more });
  const tree = treeOf(files);
  return pipCompileText(spec, tree, readWishes(spec, tree), readPins(uvText), '3.11.7');
}

const IN = { 'requirements.in': 'six\n' };

describe('annotations', () => {
  const uv = 'six==1\n    # via\n    #   attrs\n    #   -c c.txt\n    #   -r requirements.in\n';
  it('are sorted as Python sorts', () => {
    expect(written(IN, uv)).toBe(
      'six==1\n    # via\n    #   -c c.txt\n    #   -r requirements.in\n    #   attrs\n',
    );
  });
  it('stand at the line’s end, from column 24, in the old style', () => {
    expect(written(IN, uv, '', { annotations: 'line' })).toBe(
      'six==1                    # via -c c.txt, -r requirements.in, attrs\n',
    );
  });
  it('go below the hashes in the old style', () => {
    const hashed = 'six==1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n    # via -r requirements.in\n';
    expect(written(IN, hashed, '--generate-hashes', { annotations: 'line' })).toBe(
      'six==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r requirements.in\n',
    );
  });
  it('can be absent', () => {
    expect(written(IN, 'six==1\n', '', { annotations: 'none' })).toBe('six==1\n');
  });
  it('name a project as its author does', () => {
    const files = { 'pyproject.toml': '[project]\nname = "My.Proj"\ndependencies = ["six"]\n' };
    expect(
      written(files, 'six==1\n    # via my-proj (pyproject.toml)\n', '', { inputs: ['pyproject.toml'] }),
    ).toBe('six==1\n    # via My.Proj (pyproject.toml)\n');
  });
  it('name a project of setup.py as the lock did', () => {
    const files = { 'setup.py': '', 'requirements.txt': 'six==0\n    # via My_Proj (setup.py)\n' };
    const uvText = 'attrs==1\n    # via my-proj (setup.py)\nsix==1\n    # via my-proj (setup.py)\n';
    expect(written(files, uvText, '', { inputs: ['setup.py'] })).toBe(
      'attrs==1\n    # via My_Proj (setup.py)\nsix==1\n    # via My_Proj (setup.py)\n',
    );
  });
  it('name files by their shortest path, unless the lock does not', () => {
    const uvText = 'six==1\n    # via -r reqs/../base.in\n';
    expect(written(IN, uvText)).toContain('# via -r base.in\n');
    expect(
      written({ ...IN, 'requirements.txt': 'six==0\n    # via -r reqs/../base.in\n' }, uvText),
    ).toContain('# via -r reqs/../base.in\n');
  });
  it.each([
    ['/code/reqs/base.in', 'reqs/base.in'],
    ['/code/scripts/../reqs/base.in', 'reqs/base.in'],
    ['/code/base.in', '../base.in'],
    ['reqs\\base.in', 'reqs/base.in'],
    ['C:\\work\\reqs\\base.in', 'reqs/base.in'],
  ])('name %s, a file of another machine, as the lock did', (there, here) => {
    const lock = `six==0\n    # via -r ${there}\n`;
    expect(
      written(
        { ...IN, 'requirements.txt': lock },
        `six==1\n    # via\n    #   -c ${here}\n    #   -r ${here}\n`,
      ),
    ).toBe(`six==1\n    # via\n    #   -c ${here}\n    #   -r ${there}\n`);
  });
  it.each([
    ['Flask[async]>=2', true],
    ['Flask[async]', false],
    ['flask[async]>=2', false],
    ['Flask>=2', false],
  ])('of %s name the package itself: %s', (line, itself) => {
    const text = written(
      { 'requirements.in': `${line}\n` },
      'flask[async]==3\n    # via -r requirements.in\n',
    );
    expect(text.includes('#   flask\n')).toBe(itself);
  });
});

describe('markers', () => {
  it('of direct requirements stay, of the line that holds', () => {
    const files = {
      'requirements.in': "six==1 ; python_version<'3.8'\nsix ; python_version>='3.8'\nattrs\n-c c.txt\n",
      'c.txt': "idna<3 ; sys_platform == 'linux'\nattrs>9 ; sys_platform == 'win32'\n",
    };
    expect(written(files, 'attrs==9\nidna==2\nsix==1\n', '', { annotations: 'none' })).toBe(
      'attrs==9\nidna==2 ; sys_platform == "linux"\nsix==1 ; python_version >= "3.8"\n',
    );
  });
  it.each([
    ['are lost where pip-compile reads the project itself', '', 'six==1\n'],
    [
      'lose the extra where a backend is asked',
      'dynamic = ["dependencies"]\n',
      'six==1 ; python_version > "3"\n',
    ],
  ])('of extras %s', (_, dynamic, expected) => {
    const files = {
      'pyproject.toml': `[project]\nname = "p"\n${dynamic}optional-dependencies = {dev = ["six; python_version>'3'"], docs = ["attrs; os_name!=''"]}\n`,
    };
    const more = { inputs: ['pyproject.toml'], annotations: 'none' } as const;
    expect(written(files, 'attrs==1\nsix==1\n', '--extra=dev', more)).toBe(`attrs==1\n${expected}`);
  });
  it('of what only a build backend knows are taken from the lock', () => {
    const files = {
      'setup.py': '',
      'requirements.txt':
        'six==0 ; python_version > "3"\n    # via p (setup.py)\nattrs==0 ; os_name == "nt"\n    # via six\n',
    };
    const uv = 'attrs==1\n    # via six\nsix==1\n    # via p (setup.py)\n';
    expect(written(files, uv, '', { inputs: ['setup.py'] })).toBe(
      'attrs==1\n    # via six\nsix==1 ; python_version > "3"\n    # via p (setup.py)\n',
    );
  });
});

describe('unsafe packages', () => {
  const uv = 'pip==26\n    # via -r requirements.in\nsetuptools==80\n    # via a\nsix==1\n';
  it('are named but not pinned', () => {
    expect(written(IN, uv)).toBe(
      'six==1\n\n# The following packages are considered to be unsafe in a requirements file:\n# pip\n# setuptools\n',
    );
  });
  it('are pinned at the end with --allow-unsafe', () => {
    expect(written(IN, uv, '--allow-unsafe')).toBe(
      'six==1\n\n# The following packages are considered to be unsafe in a requirements file:\npip==26\n    # via -r requirements.in\nsetuptools==80\n    # via a\n',
    );
  });
  it('get a warning in a lock with hashes', () => {
    const text = written(
      IN,
      'setuptools==80 \\\n    --hash=sha256:aa\nsix==1 \\\n    --hash=sha256:bb\n',
      '--generate-hashes',
    );
    expect(text).toContain(
      '\n\n# WARNING: The following packages were not pinned, but pip requires them to be\n',
    );
    expect(text).toMatch(/--allow-unsafe flag\.\n# setuptools\n$/u);
  });
  it('are those that --unsafe-package names', () => {
    expect(written(IN, uv, '--unsafe-package=Six')).toBe(
      'pip==26\n    # via -r requirements.in\nsetuptools==80\n    # via a\n\n# The following packages are considered to be unsafe in a requirements file:\n# six\n',
    );
  });
});

describe('requirements', () => {
  it('keep or lose their extras', () => {
    expect(written(IN, 'a-b[x, y]==1\n', '', { annotations: 'none' })).toBe('a-b[x,y]==1\n');
    expect(written(IN, 'a-b[x, y]==1\n', '--strip-extras', { annotations: 'none' })).toBe('a-b==1\n');
  });
  it.each([
    ['a==1\nb==1\n', true, 'a==2\nb==2\n'],
    // The command is known, and does not strip.
    ['a==1\nb==1\n', false, 'a[x]==2\nb==2\n'],
    ['a==1\nb[y]==1\n', true, 'a[x]==2\nb==2\n'],
    ['b==1\n', true, 'a[x]==2\nb==2\n'],
  ])('lose their extras as those of the lock did: %j %s', (lock, optionsHidden, expected) => {
    const files = { ...IN, 'requirements.txt': lock };
    expect(written(files, 'a[x]==2\nb==2\n', '', { annotations: 'none', optionsHidden })).toBe(expected);
  });
  it('stay among their own parents when they have extras', () => {
    const lock = 'a[x]==1\n    # via\n    #   a\n    #   b\nc==1  # via c, d\n';
    const uv = 'a[x]==2\n    # via b\nc==2\n    # via d\n';
    expect(written({ ...IN, 'requirements.txt': lock }, uv)).toBe(
      'a[x]==2\n    # via\n    #   a\n    #   b\nc==2\n    # via d\n',
    );
  });
  it.each([
    ['git+https://example.test/x.git@v1#egg=X', 'x @ git+https://example.test/x.git@v1'],
    ['X[b,a] @ git+https://example.test/x.git@v1', 'x[a,b] @ git+https://example.test/x.git@v1'],
    [
      'git+https://example.test/x.git@v1#egg=x&subdirectory=py',
      'x @ git+https://example.test/x.git@v1#subdirectory=py',
    ],
    ['x @ https://example.test/x-1.zip#sha256=aa', 'x @ https://example.test/x-1.zip#sha256=aa'],
  ])('%s stay as the input has them', (line, expected) => {
    const uv = 'x @ git+https://example.test/x.git@0123456789012345678901234567890123456789\n';
    expect(written({ 'requirements.in': `${line}\n` }, uv)).toBe(`${expected}\n`);
  });
  it('without hashes are warned of in a lock with hashes', () => {
    const uv = './lib\n    # via -r requirements.in\nsix==1 \\\n    --hash=sha256:aa\n';
    expect(written({ 'requirements.in': './lib\nsix\n' }, uv, '--generate-hashes')).toMatch(
      /^# WARNING: pip install will require the following package to be hashed\.\n# Consider .*\n\.\/lib\n/u,
    );
  });
  it('can be none', () => {
    expect(written(IN, '')).toBe('');
    expect(written(IN, '', '', { header: '' })).toBe('\n');
  });
});
