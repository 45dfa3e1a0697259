import { describe, expect, it } from 'vitest';
import { detect, lockAt, pipCompiled, skipAt, summary, uvCompiled } from './detection-support.ts';

const IN = 'attrs\n';

describe('the working folder is the one from which the inputs exist', () => {
  it.each([
    {
      name: 'the root',
      lock: 'requirements/base.txt',
      command: 'pip-compile --output-file=requirements/base.txt requirements/base.in',
      inputs: ['requirements/base.in'],
      expected: '.: requirements/base.in',
    },
    {
      name: "the lock's folder",
      lock: 'services/web/requirements.txt',
      command: 'pip-compile --output-file=requirements.txt requirements.in',
      inputs: ['services/web/requirements.in'],
      expected: 'services/web: requirements.in',
    },
    {
      name: 'between both',
      lock: 'services/web/requirements/base.txt',
      command: 'pip-compile requirements/base.in',
      inputs: ['services/web/requirements/base.in'],
      expected: 'services/web: requirements/base.in',
    },
    {
      name: 'where the output is this lock, when both have inputs',
      lock: 'web/requirements.txt',
      command: 'pip-compile requirements.in',
      inputs: ['requirements.in', 'web/requirements.in'],
      expected: 'web: requirements.in',
    },
    {
      name: 'a folder beside the lock',
      lock: 'requirements.txt',
      command: 'pip-compile --output-file=../requirements.txt base.in',
      inputs: ['reqs/base.in'],
      expected: 'reqs: base.in',
    },
    {
      name: 'a `cd` before it',
      lock: 'reqs/base.txt',
      command: 'cd reqs && pip-compile base.in',
      inputs: ['reqs/base.in', 'base.in'],
      expected: 'reqs: base.in',
    },
    {
      name: 'a path of Windows',
      lock: 'requirements/base.txt',
      command: "pip-compile '--output-file=requirements\\base.txt' 'requirements\\base.in'",
      inputs: ['requirements/base.in'],
      expected: '.: requirements/base.in',
    },
    {
      name: 'a path of a container',
      lock: 'app/requirements.txt',
      command: 'pip-compile --output-file=/code/app/requirements.txt /code/app/requirements.in',
      inputs: ['app/requirements.in', 'requirements.in'],
      expected: '.: app/requirements.in',
    },
  ])('$name', ({ lock, command, inputs, expected }) => {
    const files = Object.fromEntries(inputs.map((path) => [path, IN]));
    const found = detect({ ...files, [lock]: pipCompiled(command, 'attrs==22.1.0\n') });
    expect(summary(lockAt(found, lock))).toBe(expected);
  });
});

describe('a command without inputs', () => {
  it.each(['requirements.in', 'setup.py', 'pyproject.toml', 'setup.cfg'])('takes %s', (input) => {
    const found = detect({ [input]: '', 'requirements.txt': pipCompiled('pip-compile', 'attrs==22.1.0\n') });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe(`.: ${input}`);
  });

  it('takes what the annotations name when it writes another file', () => {
    const found = detect({
      'requirements.in': IN,
      'requirements-dev.in': 'black\n',
      'requirements-dev.txt': pipCompiled(
        'pip-compile --output-file=requirements-dev.txt',
        'black==1.0\n    # via -r requirements-dev.in\n',
      ),
    });
    expect(summary(lockAt(found, 'requirements-dev.txt'))).toBe('.: requirements-dev.in');
  });

  it('is a lock without its manifest when there is nothing', () => {
    const found = detect({ 'requirements.txt': pipCompiled('pip-compile', 'attrs==22.1.0\n') });
    expect(skipAt(found, 'requirements.txt')).toMatchObject({
      kind: 'pip-compile',
      reason: { code: 'manifest-missing' },
    });
  });
});

describe('inputs that are not there', () => {
  it('names them', () => {
    const found = detect({
      'base.in': IN,
      'all.txt': pipCompiled('pip-compile --output-file=all.txt base.in gone.in', 'attrs==22.1.0\n'),
      'solo.txt': pipCompiled('pip-compile --output-file=solo.txt solo.in', 'attrs==22.1.0\n'),
    });
    expect(skipAt(found, 'all.txt').reason).toMatchObject({ code: 'missing-input' });
    expect(skipAt(found, 'all.txt').reason.message).toContain('gone.in');
    expect(skipAt(found, 'solo.txt').reason).toMatchObject({ code: 'manifest-missing' });
  });

  it.each([
    ['-r ../../secret.in\n', 'path-outside-repository'],
    ['-c /etc/passwd\n', 'path-outside-repository'],
    ['-e ../../other\n', 'path-outside-repository'],
    ['x @ file:///etc/x.whl\n', 'path-outside-repository'],
    ['--find-links /srv/wheels\n', 'path-outside-repository'],
    ['-r file:///etc/passwd\n', 'path-outside-repository'],
    ['--index-url file:///etc\n', 'path-outside-repository'],
    ['--extra-index-url ../../other\n', 'path-outside-repository'],
    ['-e git+file:///etc/x#egg=x\n', 'path-outside-repository'],
    ['-r gone.in\n', 'missing-input'],
    ['-e ./gone\n', 'missing-input'],
    ['-r link.in\n', 'symlink'],
    ['-r latin.in\n', 'not-utf8'],
  ])('stops at %j in an input', (text, code) => {
    const found = detect({
      'requirements.in': text,
      'requirements.txt': pipCompiled('pip-compile'),
      'link.in': { kind: 'symlink' },
      'latin.in': { kind: 'not-utf8' },
    });
    const { reason } = skipAt(found, 'requirements.txt');
    expect(reason.code).toBe(code);
    expect(reason.message).toContain('requirements.in:1');
  });

  it.each([
    ['pip-compile ../../evil.in', 'path-outside-repository'],
    ['pip-compile -c ../evil.txt requirements.in', 'path-outside-repository'],
    ['pip-compile --config=/etc/x.toml requirements.in', 'path-outside-repository'],
    ['pip-compile --find-links=/etc requirements.in', 'path-outside-repository'],
    ['pip-compile --index-url=file:///etc requirements.in', 'path-outside-repository'],
    ['uv pip compile --index mine=file:///etc requirements.in', 'path-outside-repository'],
    ["pip-compile --pip-args='--extra-index-url /etc' requirements.in", 'option-refused'],
    ['uv pip compile requirements.in --config-file /etc/uv.toml', 'option-refused'],
    ['uv pip compile requirements.in --project ../x', 'option-refused'],
    ['pip-compile --client-cert=x requirements.in', 'option-refused'],
    ['pip-compile --what requirements.in', 'header-not-understood'],
  ])('stops at %s', (command, code) => {
    const found = detect({ 'requirements.in': IN, 'requirements.txt': pipCompiled(command) });
    expect(skipAt(found, 'requirements.txt').reason.code).toBe(code);
  });
});

describe('a header that hides the command', () => {
  it('takes annotations and neighbours', () => {
    const found = detect({
      'requirements/base.in': '-c constraints.txt\ndjango\n',
      'requirements/constraints.txt': 'django<6\n',
      'requirements/testing.in': 'pytest\n',
      'requirements/dev.in': 'black\n',
      'requirements/base.txt': pipCompiled('make upgrade', 'django==5\n    # via -r requirements/base.in\n'),
      'requirements/dev.txt': pipCompiled(
        'make upgrade',
        'black==1\n    # via -r requirements/dev.in\ndjango==5\n    # via -r requirements/base.txt\npytest==8\n    # via -r requirements/testing.in\n',
      ),
    });
    expect(summary(lockAt(found, 'requirements/base.txt'))).toBe('.: requirements/base.in');
    const dev = lockAt(found, 'requirements/dev.txt');
    expect(summary(dev)).toBe('.: requirements/base.txt requirements/dev.in requirements/testing.in');
    expect(dev.spec.layers).toEqual(['requirements/base.txt']);
    expect(dev.inputs).toEqual(['requirements/base.txt', 'requirements/dev.in', 'requirements/testing.in']);
    expect(dev.notes.join(' ')).toContain('`make upgrade`, which is never run');
  });

  it('takes an input of another name when the annotations say so', () => {
    const found = detect({
      'requirements/base.in': IN,
      'requirements.txt': pipCompiled('make upgrade', 'attrs==22.1.0\n    # via -r requirements/base.in\n'),
    });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: requirements/base.in');
  });

  it('takes the outermost of inputs that include each other', () => {
    const found = detect({
      'base.in': IN,
      'dev.in': '-r base.in\nblack\n',
      'dev.txt': pipCompiled('make', 'attrs==22.1.0\n    # via -r base.in\nblack==1\n    # via -r dev.in\n'),
    });
    expect(summary(lockAt(found, 'dev.txt'))).toBe('.: dev.in');
  });

  it('finds a constraint that only the command named', () => {
    const found = detect({
      'requirements.in': IN,
      'limits.txt': 'attrs<23\n',
      'requirements.txt': pipCompiled(
        './compile.sh',
        'attrs==22.1.0\n    # via\n    #   -c limits.txt\n    #   -r requirements.in\n',
      ),
    });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: requirements.in --constraint=limits.txt');
  });

  it('finds the extras of a project', () => {
    const found = detect({
      'pyproject.toml':
        '[project]\nname = "x"\ndependencies = ["attrs"]\n[project.optional-dependencies]\ndev = ["black"]\ndocs = ["sphinx"]\n',
      'requirements.txt': pipCompiled(
        'nox -s lock',
        'attrs==22.1.0\n    # via x (pyproject.toml)\nblack==1\n    # via x (pyproject.toml)\n',
      ),
    });
    expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: pyproject.toml --extra=dev');
  });

  it('reads options off the text', () => {
    const body = [
      '--index-url https://h.test/simple',
      '--trusted-host h.test',
      '',
      'attrs[x]==22.1.0 --hash=sha256:aa    # via -r requirements.in',
      'setuptools==70 --hash=sha256:bb      # via attrs',
      '',
    ].join('\n');
    const found = detect({ 'requirements.in': IN, 'requirements.txt': pipCompiled('make', body) });
    const lock = lockAt(found, 'requirements.txt');
    expect(summary(lock)).toBe(
      '.: requirements.in --generate-hashes --annotation-style=line --index-url=https://h.test/simple --trusted-host=h.test --allow-unsafe',
    );
    expect(lock.spec.annotations).toBe('line');
    expect(lock.remotes).toEqual([
      { url: 'https://h.test/simple', purpose: 'index', namedIn: 'requirements.txt:7' },
    ]);
  });

  it('says what to set when nothing tells', () => {
    const found = detect({ 'lock.txt': pipCompiled('make upgrade', 'attrs==22.1.0\n    # via foo\n') });
    const { reason } = skipAt(found, 'lock.txt');
    expect(reason.code).toBe('header-not-understood');
    expect(reason.fix).toContain('inputs');
    expect(reason.message).toContain('`make upgrade`');
  });

  it('does not guess when an annotated input is gone, or was piped in', () => {
    const found = detect({
      'a.in': IN,
      'a.txt': pipCompiled('make', 'attrs==1\n    # via -r gone.in\n'),
      'b.in': IN,
      'b.txt': pipCompiled('pip-compile --output-file=b.txt -', 'attrs==1\n    # via -r -\n'),
    });
    expect(skipAt(found, 'a.txt').reason.code).toBe('missing-input');
    expect(skipAt(found, 'b.txt').reason.code).toBe('header-not-understood');
  });

  it('obeys policy', () => {
    const found = detect(
      { 'deps/x.in': IN, 'lock.txt': pipCompiled('make', 'attrs==22.1.0\n') },
      {
        locks: [
          {
            path: 'lock.txt',
            inputs: ['deps/x.in'],
            options: ['--extra dev', '--strip-extras'],
            solver: 'pip-compile',
            toolVersion: '7.4.1',
          },
        ],
      },
    );
    const lock = lockAt(found, 'lock.txt');
    expect(summary(lock)).toBe('.: deps/x.in --extra=dev --strip-extras --no-annotate');
    expect(lock.spec).toMatchObject({ solver: 'pip-compile', toolVersion: '7.4.1' });
    expect(lock.tool).toMatchObject({ name: 'pip-tools', version: '7.4.1' });
  });
});

describe('copies and neighbours', () => {
  it('keeps the path of the file over what a copied header says', () => {
    const found = detect({
      'a/requirements.in': IN,
      'a/requirements.txt': pipCompiled(
        'pip-compile --output-file=a/requirements.txt a/requirements.in',
        'attrs==1\n    # via -r a/requirements.in\n',
      ),
      'b/requirements.in': 'black\n',
      'b/requirements.txt': pipCompiled(
        'pip-compile --output-file=a/requirements.txt a/requirements.in',
        'black==1\n    # via -r b/requirements.in\n',
      ),
    });
    expect(summary(lockAt(found, 'b/requirements.txt'))).toBe('.: b/requirements.in');
    expect(lockAt(found, 'b/requirements.txt').notes.join()).toContain('a/requirements.txt');
  });

  it('makes two locks from one manifest', () => {
    const found = detect({
      'requirements.in': IN,
      'requirements-py38.txt': uvCompiled('uv pip compile requirements.in -o requirements-py38.txt -p 3.8'),
      'requirements.txt': uvCompiled('uv pip compile requirements.in -o requirements.txt -p 3.12'),
    });
    expect(found.locks.map(({ spec }) => [spec.lock, spec.python.version])).toEqual([
      ['requirements-py38.txt', '3.8'],
      ['requirements.txt', '3.12'],
    ]);
  });

  it('takes the one of several commands that writes the lock', () => {
    const both = 'pip-compile a.in\n#    pip-compile b.in';
    const found = detect({ 'a.in': IN, 'b.in': IN, 'a.txt': pipCompiled(both), 'b.txt': pipCompiled(both) });
    expect(summary(lockAt(found, 'b.txt'))).toBe('.: b.in');
  });
});

describe('a lock without header', () => {
  it('is known by annotations and its neighbour', () => {
    const found = detect({
      'requirements.in': IN,
      'requirements.txt': 'attrs==22.1.0\n    # via -r requirements.in\n',
      'old.in': IN,
      'old.txt': 'attrs==22.1.0             # via foo\nfoo==1\n',
      'pinned.in': IN,
      'pinned.txt': 'attrs==22.1.0\n',
      'other.txt': 'attrs==22.1.0\n    # via foo\n',
    });
    expect(found.locks.map(({ spec }) => spec.lock)).toEqual(['requirements.txt', 'old.txt']);
    expect(summary(lockAt(found, 'requirements.txt'))).toBe('.: requirements.in --no-header');
    expect(lockAt(found, 'requirements.txt').spec.header).toBe('');
  });

  it('is of uv where the other locks are', () => {
    const found = detect({
      'a.in': IN,
      'a.txt': 'attrs[x]==22.1.0 ; python_version > "3"\n    # via -r a.in\n',
      'b.in': IN,
      'b.txt': uvCompiled('uv pip compile b.in -o b.txt'),
    });
    expect(lockAt(found, 'a.txt').spec.kind).toBe('uv-pip-compile');
    expect(summary(lockAt(found, 'a.txt'))).toBe('.: a.in --no-header --no-strip-extras --universal');
  });
});

describe('the rest of the tree', () => {
  it('leaves exports and locks of other tools alone', () => {
    const found = detect({
      'requirements.txt': uvCompiled('uv export -o requirements.txt'),
      'dev.txt': '#\n# This file is autogenerated by hatch-pip-compile with Python 3.11\n#\nattrs==1\n',
      'pylock.toml': uvCompiled('uv export -o pylock.toml'),
      'README.md': pipCompiled('pip-compile'),
    });
    expect(found.locks).toEqual([]);
    expect(found.skips.map(({ path, reason }) => [path, reason.code])).toEqual([
      ['requirements.txt', 'unsupported-kind'],
      ['dev.txt', 'unsupported-kind'],
    ]);
  });

  it('names inputs without a lock, unless another input includes them', () => {
    const found = detect({
      'requirements/base.in': IN,
      'requirements/common.in': IN,
      'requirements/lonely.in': '-r common.in\nblack\n',
      'requirements/base.txt': pipCompiled('pip-compile requirements/base.in'),
      'MANIFEST.in': 'include x\n',
      'requirements/config.h.in': '#define X @X@\n',
    });
    expect(found.skips).toMatchObject([{ path: 'requirements/lonely.in', reason: { code: 'lock-missing' } }]);
  });

  it('keeps bytes of the file: BOM, Windows line ends, header', () => {
    const text = pipCompiled('pip-compile').replaceAll('\n', '\r\n');
    const found = detect({ 'requirements.in': '\uFEFFattrs\r\n', 'requirements.txt': `\uFEFF${text}` });
    expect(lockAt(found, 'requirements.txt').spec).toMatchObject({
      bom: true,
      newline: '\r\n',
      header: pipCompiled('pip-compile', ''),
    });
  });

  it('does not put a lock in place of lines above its header', () => {
    const found = detect({
      'requirements.in': IN,
      'requirements.txt': `-i https://h\n${pipCompiled('pip-compile')}`,
    });
    expect(skipAt(found, 'requirements.txt').reason.code).toBe('header-not-understood');
  });

  it('finds nothing in an empty tree', () => {
    expect(detect({})).toEqual({ locks: [], skips: [] });
  });
});
