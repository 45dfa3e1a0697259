import { array, assert, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detect, lockAt, pipCompiled, skipAt, summary, uvCompiled } from './detection-support.ts';

describe('layers and everything that is read', () => {
  it('follows -r and -c through inputs and other locks', () => {
    const found = detect({
      'requirements.in': 'attrs\n',
      'requirements.txt': pipCompiled('pip-compile'),
      'requirements/test.in': '-c limits.txt\n-r ../requirements.txt\npytest\n',
      'requirements/limits.txt': 'pytest<9\n-c more.txt\n',
      'requirements/more.txt': '-c limits.txt\n',
      'requirements/test.txt': pipCompiled('pip-compile requirements/test.in'),
      'requirements/dev.in': 'black\n',
      'requirements/dev.txt': pipCompiled(
        'pip-compile -c requirements/test.txt requirements/dev.in -o requirements/dev.txt',
      ),
    });
    const test = lockAt(found, 'requirements/test.txt');
    expect(test.spec.layers).toEqual(['requirements.txt']);
    expect(test.inputs).toEqual([
      'requirements.txt',
      'requirements/limits.txt',
      'requirements/more.txt',
      'requirements/test.in',
    ]);
    const dev = lockAt(found, 'requirements/dev.txt');
    expect(summary(dev)).toBe('.: requirements/dev.in --constraint=requirements/test.txt');
    expect(dev.spec.layers).toEqual(['requirements/test.txt']);
  });

  it('bears cycles, and a lock that is its own constraint', () => {
    const found = detect({
      'a.in': '-c b.txt\n-c a.txt\nattrs\n',
      'b.in': '-c a.txt\nblack\n',
      'a.txt': pipCompiled('pip-compile a.in'),
      'b.txt': pipCompiled('pip-compile b.in'),
    });
    expect(lockAt(found, 'a.txt').spec.layers).toEqual(['b.txt']);
    expect(lockAt(found, 'b.txt').spec.layers).toEqual(['a.txt']);
    expect(lockAt(found, 'a.txt').notes.join()).toContain('a.in:2 reads a.txt itself');
  });

  it('lists the manifest of a local package, and of a project what it reads', () => {
    const found = detect({
      'requirements.in': '-e ./lib\n',
      'lib/pyproject.toml': '',
      'requirements.txt': pipCompiled('pip-compile'),
      'app/pyproject.toml': '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.in"]}\n',
      'app/deps.in': 'attrs\n',
      'app/requirements.txt': uvCompiled('uv pip compile app/pyproject.toml -o app/requirements.txt'),
    });
    expect(lockAt(found, 'requirements.txt').inputs).toEqual(['lib/pyproject.toml', 'requirements.in']);
    expect(lockAt(found, 'app/requirements.txt').inputs).toEqual(['app/deps.in', 'app/pyproject.toml']);
  });

  it('names hosts, without secrets, and never the public index', () => {
    const found = detect({
      'requirements.in': [
        '--extra-index-url https://bob:secret@private.test/simple',
        '-i https://pypi.org/simple',
        'a @ git+https://git.test/x/a.git@abc#egg=a',
        'git+ssh://git@git.test/x/b.git@v1',
        'c @ https://files.test/c-1.0.tar.gz#sha256=aa',
        '-c https://limits.test/c.txt',
        'd @ https://files.pythonhosted.org/d.whl',
        '',
      ].join('\n'),
      'requirements.txt': pipCompiled('pip-compile --find-links=https://links.test/x requirements.in'),
    });
    const { remotes } = lockAt(found, 'requirements.txt');
    expect(remotes.map(({ url, purpose, namedIn }) => `${purpose} ${url} ${namedIn}`)).toEqual([
      'url https://links.test/x requirements.txt:5',
      'extra-index https://private.test/simple requirements.in:1',
      'git https://git.test/x/a.git requirements.in:3',
      'git ssh://git.test/x/b.git requirements.in:4',
      'url https://files.test/c-1.0.tar.gz requirements.in:5',
      'url https://limits.test/c.txt requirements.in:6',
    ]);
  });
});

describe('configuration', () => {
  it('merges that of pip-tools under the header', () => {
    const found = detect({
      'pyproject.toml':
        '[tool.pip-tools]\ngenerate-hashes = true\n[tool.pip-tools.compile]\nstrip-extras = true\nannotate = false\nextra = ["a", "b"]\nallow_unsafe = true\nquiet = true\n',
      'requirements.in': 'attrs\n',
      'requirements.txt': pipCompiled('pip-compile --no-strip-extras', 'attrs==1\n'),
    });
    const lock = lockAt(found, 'requirements.txt');
    expect(summary(lock)).toBe(
      '.: requirements.in --generate-hashes --no-annotate --extra=a --extra=b --allow-unsafe --no-strip-extras',
    );
    expect(lock.inputs).toEqual(['pyproject.toml', 'requirements.in']);
    expect(lock.notes.join()).toContain('[tool.pip-tools] of pyproject.toml');
  });

  it('looks beside the input, .pip-tools.toml first', () => {
    const found = detect({
      '.pip-tools.toml': '[tool.pip-tools]\npre = true\n',
      'web/.pip-tools.toml': '[tool.pip-tools]\nresolver = "legacy"\n',
      'web/pyproject.toml': '[tool.pip-tools]\nall-extras = true\n',
      'web/requirements.in': 'attrs\n',
      'web/requirements.txt': pipCompiled('pip-compile web/requirements.in'),
    });
    expect(summary(lockAt(found, 'web/requirements.txt'))).toBe('.: web/requirements.in --resolver=legacy');
  });

  it.each([
    ['[tool.pip-tools]\nclient-cert = "x"\n', 'option-refused'],
    ['[tool.pip-tools]\npip-args = "--log=/etc/passwd"\n', 'option-refused'],
    ['[tool.pip-tools]\nno-such = 1\n', 'header-not-understood'],
  ])('refuses %j', (text, code) => {
    const found = detect({
      'pyproject.toml': text,
      'requirements.in': 'attrs\n',
      'requirements.txt': pipCompiled('pip-compile'),
    });
    expect(skipAt(found, 'requirements.txt').reason.code).toBe(code);
  });

  it('takes inputs from it', () => {
    const found = detect({
      'pyproject.toml': '[tool.pip-tools]\nsrc-files = ["deps/main.in"]\noutput-file = "lock.txt"\n',
      'deps/main.in': 'attrs\n',
      'lock.txt': pipCompiled('pip-compile', 'attrs==1\n'),
    });
    expect(summary(lockAt(found, 'lock.txt'))).toBe('.: deps/main.in');
  });

  it('bears broken TOML', () => {
    const found = detect({
      'pyproject.toml': '[tool.pip-tools\n',
      'requirements.in': 'attrs\n',
      'requirements.txt': pipCompiled('pip-compile'),
    });
    expect(found.locks).toHaveLength(1);
  });

  it('knows what uv reads itself', () => {
    const found = detect({
      'pyproject.toml':
        '[tool.uv]\nrequired-version = "==0.5.1"\n[tool.uv.pip]\npython-version = "3.10"\nuniversal = true\n[[tool.uv.index]]\nurl = "https://u:p@h.test/simple"\n',
      'web/requirements.in': 'attrs\n',
      'web/requirements.txt': uvCompiled('uv pip compile requirements.in -o requirements.txt'),
    });
    const lock = lockAt(found, 'web/requirements.txt');
    expect(lock.spec).toMatchObject({ cwd: 'web', options: [], toolVersion: '0.5.1' });
    expect(lock.spec.python).toEqual({
      version: '3.10',
      from: '[tool.uv.pip] python-version of pyproject.toml',
    });
    expect(lock.remotes).toMatchObject([{ url: 'https://h.test/simple', purpose: 'extra-index' }]);
    expect(lock.inputs).toContain('pyproject.toml');
  });

  it('compiles a dependency group', () => {
    const found = detect({
      'pyproject.toml': '[dependency-groups]\ndev = ["black"]\n',
      'dev.txt': uvCompiled(
        'uv pip compile --group dev -o dev.txt',
        'black==1\n    # via x (pyproject.toml:dev)\n',
      ),
    });
    expect(summary(lockAt(found, 'dev.txt'))).toBe('.: --group=dev');
    expect(lockAt(found, 'dev.txt').inputs).toEqual(['pyproject.toml']);
  });
});

it('finds hosts in --pip-args', () => {
  const found = detect({
    'requirements.in': 'attrs\n',
    'requirements.txt': pipCompiled(
      "pip-compile --pip-args='--extra-index-url https://x:y@h.test/simple --retries 9'",
    ),
  });
  const lock = lockAt(found, 'requirements.txt');
  expect(lock.remotes).toEqual([
    { url: 'https://h.test/simple', purpose: 'extra-index', namedIn: 'requirements.txt:5' },
  ]);
});

it('finds the group of a hidden command', () => {
  const found = detect({
    'pyproject.toml': '[dependency-groups]\nlint = ["black"]\n',
    'lint.txt': uvCompiled('make lint', 'black==1\n    # via x (pyproject.toml:lint)\n'),
  });
  expect(summary(lockAt(found, 'lint.txt'))).toBe('.: --group=lint');
});

it.each([
  ['pip-compile --no-annotate', 'attrs==1\n', 'none'],
  ['pip-compile --annotation-style=line', 'attrs==1\n', 'line'],
  ['pip-compile', 'attrs==1    # via -r requirements.in\n', 'line'],
  ['pip-compile', 'attrs==1\n    # via -r requirements.in\n', 'split'],
  ['pip-compile', '', 'split'],
])('knows how %s annotates %j', (command, body, style) => {
  const found = detect({ 'requirements.in': 'attrs\n', 'requirements.txt': pipCompiled(command, body) });
  expect(lockAt(found, 'requirements.txt').spec.annotations).toBe(style);
});

describe('old headers', () => {
  it('takes --no-index for what it meant then', () => {
    const text =
      '#\n# This file is autogenerated by pip-compile\n# To update, run:\n#\n#    pip-compile --no-index --output-file requirements.txt requirements.in\n#\nattrs==1\nfoo==1                    # via attrs\n';
    const found = detect({ 'requirements.in': 'attrs\n', 'requirements.txt': text });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe(
      '.: requirements.in --no-emit-index-url --annotation-style=line',
    );
    expect(lockAt(found, 'requirements.txt').spec.python.version).toBeNull();
  });

  it('keeps it beside find-links', () => {
    const found = detect({
      'requirements.in': '--find-links ./wheels\nattrs\n',
      'wheels/a.whl': '',
      'requirements.txt': pipCompiled('pip-compile --no-index'),
    });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: requirements.in --no-index');
  });
});

it('never throws, whatever the files hold', () => {
  const line = oneof(
    constantFrom(
      '# This file is autogenerated by pip-compile with Python 3.11',
      '# This file was autogenerated by uv via the following command:',
      '# SHA1:a1446a14c8a3b49e9134d1987b898b262b7112c8',
      '#    pip-compile -c b.txt a.in --pip-args=x',
      '#    uv pip compile --group __proto__ a.in -o ../a.txt',
      '#    make',
      '-r a.in',
      '-c ../../x',
      '-e .',
      'attrs==1',
      '    # via -r a.in',
      '[tool.pip-tools]',
      'extra = [1, {}]',
      '__proto__ = {"a" = 1}',
    ),
    string({ unit: 'binary', maxLength: 30 }),
  );
  const file = array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
  const names = ['a.in', 'a.txt', 'b.txt', 'pyproject.toml', 'setup.cfg', 'x/requirements.txt'];
  assert(
    property(tuple(...names.map(() => file)), (texts) => {
      const found = detect(Object.fromEntries(names.map((name, at) => [name, texts[at] ?? ''])));
      const paths = [...found.locks.map(({ spec }) => spec.lock), ...found.skips.map(({ path }) => path)];
      expect(new Set(paths).size).toBe(paths.length);
    }),
    { numRuns: 300 },
  );
});

describe('pip-compile-multi', () => {
  const header = (body: string): string =>
    `# SHA1:a1446a14c8a3b49e9134d1987b898b262b7112c8\n#\n# This file is autogenerated by pip-compile-multi\n# To update, run:\n#\n#    pip-compile-multi\n#\n${body}`;

  it('makes one lock of each input, with the layers of their references', () => {
    const found = detect({
      'agent/requirements/base.in': 'attrs\n',
      'agent/requirements/base.txt': header('attrs==1 --hash=sha256:aa\n'),
      'agent/requirements/test.in': '-r base.in\npytest\n',
      'agent/requirements/test.txt': header(
        '-r base.txt\npytest==8 --hash=sha256:aa\nsetuptools==70 --hash=sha256:bb\n',
      ),
    });
    const test = lockAt(found, 'agent/requirements/test.txt');
    expect(test.spec.kind).toBe('pip-compile-multi');
    expect(summary(test)).toBe(
      'agent: requirements/test.in --generate-hashes=requirements/test.in --allow-unsafe',
    );
    expect(test.spec.layers).toEqual(['agent/requirements/base.txt']);
    expect(test.inputs).toContain('agent/requirements/base.txt');
    expect(found.skips).toEqual([]);
  });

  it.each([
    ['setup.cfg', '[requirements]\ndirectory = deps\nallow_unsafe = true\nuse_cache = off\n[other]\nx = 1\n'],
    ['tox.ini', '[requirements:all]\ndirectory: deps\nallow_unsafe = True\n'],
    ['pyproject.toml', '[tool.requirements]\ndirectory = "deps"\nallow_unsafe = true\n'],
  ])('reads %s', (path, text) => {
    const found = detect({ [path]: text, 'deps/base.in': 'attrs\n', 'deps/base.txt': header('attrs==1\n') });
    expect(summary(lockAt(found, 'deps/base.txt'))).toBe('.: deps/base.in --directory=deps --allow-unsafe');
    expect(lockAt(found, 'deps/base.txt').inputs).toContain(path);
  });

  it('hashes only what has hashes', () => {
    const found = detect({
      'setup.cfg':
        '[requirements]\ngenerate_hashes = requirements/base.in, requirements/x.in\nskip_constraints = no\n',
      'requirements/base.in': 'attrs\n',
      'requirements/base.txt': header('attrs==1 --hash=sha256:aa\n'),
      'requirements/dev.in': 'black\n',
      'requirements/dev.txt': header('black==1\n'),
    });
    expect(summary(lockAt(found, 'requirements/dev.txt'))).toBe(
      '.: requirements/dev.in --no-skip-constraints',
    );
    expect(summary(lockAt(found, 'requirements/base.txt'))).toContain(
      '--generate-hashes=requirements/base.in',
    );
  });

  it('names the manifest that is missing', () => {
    const found = detect({ 'requirements/base.txt': header('attrs==1\n') });
    expect(skipAt(found, 'requirements/base.txt')).toMatchObject({
      kind: 'pip-compile-multi',
      reason: { code: 'manifest-missing' },
    });
  });
});

it('takes the nearest of several files that an annotation can mean', () => {
  const lock = pipCompiled('see README.md', 'attrs==22.1.0\n    # via -r requirements.in\n');
  const found = detect({
    'requirements.in': 'attrs\n',
    'requirements.txt': lock,
    'images/a/requirements.in': 'attrs\n',
    'images/a/requirements.txt': lock,
  });
  expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: requirements.in');
  expect(summary(lockAt(found, 'images/a/requirements.txt'))).toBe('images/a: requirements.in');
});

describe('a lock of which nothing says the Python', () => {
  const old =
    '#\n# This file is autogenerated by pip-compile\n# To update, run:\n#\n#    pip-compile a.in\n#\nattrs==22.1.0\n';
  const files = {
    'a.in': 'attrs\n',
    'a.txt': old,
    'b.in': 'attrs\n',
    'b.txt': pipCompiled('pip-compile b.in'),
  };
  it('is for that of the other locks', () => {
    const { python } = lockAt(detect(files), 'a.txt').spec;
    expect(python.version).toBe('3.11');
    expect(python.from).toContain('b.txt is for it: header of b.txt:2');
  });
  it('has none when the others do not agree', () => {
    const other = pipCompiled('pip-compile c.in').replace('3.11', '3.12');
    const found = detect({ ...files, 'c.in': 'attrs\n', 'c.txt': other });
    expect(lockAt(found, 'a.txt').spec.python.version).toBeNull();
  });
  it('is for what the nearest project asks for, when there are no others', () => {
    const project = '[project]\nrequires-python = ">=3.10,<3.13"\n';
    const found = detect({ 'pyproject.toml': project, 'reqs/a.in': 'attrs\n', 'reqs/a.txt': old });
    expect(lockAt(found, 'reqs/a.txt').spec.python.version).toBe('3.10');
  });
});
