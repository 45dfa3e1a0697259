import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/config/defaults.ts';
import type { Facts, PlannedLock, StepResult } from '../../../src/locks/ecosystem.ts';
import { uvEcosystem } from '../../../src/locks/uv/ecosystem.ts';
import type { Tree } from '../../../src/model.ts';
import { factsOf, resultOf, treeOf } from '../../support/drive-lock.ts';

const LOCK = 'version = 1\nrequires-python = ">=3.9"\n';
const PROJECT = '[project]\nname = "root"\nrequires-python = ">=3.9"\n';
const PYTHONS = [{ version: '3.12.1', path: '/py/3.12' }];

function one(files: Readonly<Record<string, string>>, path = 'uv.lock'): PlannedLock {
  const { locks, skips } = uvEcosystem.detect(treeOf(files), NO_POLICY);
  const lock = locks.find(({ target }) => target.path === path);
  if (lock === undefined) throw new Error(JSON.stringify(skips));
  return lock;
}

function skipOf(tree: Tree): unknown[] {
  return uvEcosystem.detect(tree, NO_POLICY).skips.map(({ path, reason }) => [path, reason.code]);
}

describe('detect', () => {
  it('plans a workspace with its members, settings and hosts', () => {
    const { target } = one(
      {
        'app/uv.lock': `${LOCK}[[package]]\nname = "deep"\nsource = { git = "https://git.example/deep?rev=x#1" }\n`,
        'app/uv.toml': 'required-version = "==0.8.3"\n',
        'app/pyproject.toml': `${PROJECT}dependencies = ["x @ git+https://git.example/x@main"]
[tool.uv]
required-version = ">=99"
[[tool.uv.index]]
url = "https://index.example/simple"
[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/old"]
[tool.uv.sources]
a = { workspace = true }
`,
        'app/libs/a/pyproject.toml': '[project]\nname = "A"\n',
        'app/libs/old/pyproject.toml': 'broken = [',
        'app/libs/a/deep/pyproject.toml': 'broken = [',
        Dockerfile: 'FROM python:3.12\nCOPY app /app\nRUN uv sync --frozen\n',
      },
      'app/uv.lock',
    );
    expect(target).toMatchObject({
      kind: 'uv',
      manifests: ['app/pyproject.toml', 'app/libs/a/pyproject.toml'],
      inputs: ['app/pyproject.toml', 'app/libs/a/pyproject.toml', 'app/uv.toml'],
      writes: ['app/uv.lock'],
      cwd: 'app',
      command: ['uv', 'lock', '--upgrade'],
      python: { version: '3.12', from: 'Dockerfile:1 FROM python:3.12' },
      tool: { name: 'uv', version: '0.8.3', from: 'required-version "==0.8.3" in app/uv.toml:1' },
    });
    expect(target.remotes.map(({ url, purpose, namedIn }) => [url, purpose, namedIn])).toEqual([
      ['https://index.example/simple', 'extra-index', 'app/pyproject.toml:8'],
      ['https://git.example/x', 'git', 'app/pyproject.toml:4'],
      ['https://git.example/deep', 'git', 'app/uv.lock, package deep'],
    ]);
  });

  it.each<[string, Readonly<Record<string, string>>, [string, string][]]>([
    ['no manifest', { 'uv.lock': LOCK }, [['uv.lock', 'manifest-missing']]],
    ['broken manifest', { 'uv.lock': LOCK, 'pyproject.toml': 'x = [' }, [['uv.lock', 'manifest-unreadable']]],
    ['broken lock', { 'uv.lock': 'x', 'pyproject.toml': PROJECT }, [['uv.lock', 'lock-unreadable']]],
    [
      'a member named as source is not there',
      {
        'uv.lock': LOCK,
        'pyproject.toml': `${PROJECT}[tool.uv.workspace]\nmembers = ["libs/*"]\n[tool.uv.sources]\na = { workspace = true }\n`,
      },
      [['uv.lock', 'missing-workspace-members']],
    ],
    [
      'the members of the lock are not there',
      {
        'uv.lock': `${LOCK}[manifest]\nmembers = ["root", "a"]\n`,
        'pyproject.toml': `${PROJECT}[tool.uv.workspace]\nmembers = ["libs/*"]\n`,
      },
      [['uv.lock', 'missing-workspace-members']],
    ],
    [
      'the lock of a member',
      {
        'a/uv.lock': LOCK,
        'a/pyproject.toml': PROJECT,
        'pyproject.toml': '[tool.uv.workspace]\nmembers = ["*"]\n',
      },
      [['a/uv.lock', 'ambiguous-manifest']],
    ],
    ['a lock without its script', { 'x.py.lock': LOCK }, [['x.py.lock', 'manifest-missing']]],
  ])('skips: %s', (_name, files, expected) => {
    expect(skipOf(treeOf(files))).toEqual(expected);
  });

  it('skips links, and what is no text', () => {
    const files: Tree['files'] = new Map([
      ['a/uv.lock', { kind: 'symlink' }],
      ['b/uv.lock', { kind: 'text', text: LOCK }],
      ['b/pyproject.toml', { kind: 'symlink' }],
      ['c/uv.lock', { kind: 'not-utf8' }],
    ]);
    expect(skipOf({ paths: [...files.keys()], files })).toEqual([
      ['a/uv.lock', 'symlink'],
      ['b/uv.lock', 'symlink'],
      ['c/uv.lock', 'not-utf8'],
    ]);
  });

  it('plans the lock of a script, whose text is not read', () => {
    const tree = treeOf({ 'tools/x.py.lock': LOCK });
    const { locks } = uvEcosystem.detect({ ...tree, paths: ['tools/x.py', ...tree.paths] }, NO_POLICY);
    expect(locks[0]?.target).toMatchObject({
      path: 'tools/x.py.lock',
      manifests: ['tools/x.py'],
      cwd: 'tools',
      command: ['uv', 'lock', '--script', 'x.py', '--upgrade'],
    });
  });
});

describe('steps', () => {
  const files = { 'uv.lock': LOCK, 'pyproject.toml': PROJECT };
  /** Every command and write, the lock's text after each run being the next of `texts`. */
  function walk(lock: PlannedLock, facts: Facts, texts: readonly string[]): unknown[] {
    const history: StepResult[] = [];
    const seen: unknown[] = [];
    for (let runs = 0; ;) {
      const step = lock.next(facts, history);
      seen.push(
        step.do === 'run'
          ? step.command.argv.slice(1).join(' ')
          : step.do === 'fail'
            ? step.reason.code
            : step.do,
      );
      if (step.do === 'done' || step.do === 'fail') return seen;
      history.push(resultOf(step, { 'uv.lock': texts[Math.min(runs, texts.length - 1)] ?? null }));
      if (step.do === 'run') runs += 1;
    }
  }

  it.each([null, '2024-06-01T00:00:00Z'])('one run, whatever the cut-off: %s', (cutoff) => {
    const facts = factsOf(treeOf(files), { pythons: PYTHONS, cutoff });
    expect(walk(one(files), facts, [LOCK])).toEqual(['lock --python /py/3.12 --upgrade', 'done']);
  });

  it('asks a mirror only where the repository has no index of its own in its place', () => {
    const index = { url: 'https://mirror.example/simple', isMirror: true, hasVersionJson: false };
    const facts = factsOf(treeOf(files), { pythons: PYTHONS, index });
    const step = one(files).next(facts, []);
    expect(step).toMatchObject({ command: { env: { UV_DEFAULT_INDEX: index.url } } });
    const own = {
      ...files,
      'pyproject.toml': `${PROJECT}[[tool.uv.index]]\nurl = "https://own.example"\ndefault = true\n`,
    };
    expect(one(own).next(factsOf(treeOf(own), { pythons: PYTHONS, index }), [])).toMatchObject({
      command: { env: {} },
    });
  });

  it('explains a failed run and goes no further', () => {
    const facts = factsOf(treeOf(files), { pythons: PYTHONS });
    const lock = one(files);
    const first = lock.next(facts, []);
    expect(lock.next(facts, [resultOf(first, { 'uv.lock': LOCK }, 2)])).toMatchObject({
      do: 'fail',
      reason: { message: expect.stringContaining('uv') },
    });
    expect(lock.next(facts, [resultOf(first, { 'uv.lock': null })])).toMatchObject({
      do: 'fail',
      reason: { code: 'tool-failed' },
    });
  });

  it('fails before it runs when no Python fits', () => {
    expect(walk(one(files), factsOf(treeOf(files)), [])).toEqual(['python-missing']);
  });
});

describe('a Python that is not here', () => {
  const BUILD =
    'error: Failed to build `old==1.0`\n  cause: The build backend returned an error\n  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)\n';
  const NO_DOWNLOAD =
    'error: Failed to download `https://github.com/astral-sh/python-build-standalone/releases/x`\n  cause: dns error\n';
  const run = (project: string, answers: readonly string[]) => {
    const lock = one({ 'uv.lock': LOCK, 'pyproject.toml': project, '.python-version': '3.10\n' });
    const facts = factsOf(treeOf({}), { pythons: PYTHONS, pythonDownloads: true });
    const history: StepResult[] = [];
    for (const stderr of answers) {
      const before = resultOf(lock.next(facts, history));
      const result = { exitCode: stderr === '' ? 0 : 2, timedOut: false, stdout: '', stderr, seconds: 1 };
      history.push({ ...before, result, files: { 'uv.lock': stderr === '' ? LOCK : null } });
    }
    const pythons = history.map(({ step }) =>
      step.do === 'run' ? step.command.argv[step.command.argv.indexOf('--python') + 1] : '',
    );
    return { pythons, end: lock.next(facts, history) };
  };

  it('is not fetched as long as another one does', () => {
    expect(run(PROJECT, [''])).toMatchObject({ pythons: ['/py/3.12'], end: { do: 'done' } });
  });

  it('is fetched when a build fails on another one', () => {
    expect(run(PROJECT, [BUILD, ''])).toMatchObject({ pythons: ['/py/3.12', '3.10'], end: { do: 'done' } });
  });

  it('does not hide the failed build when it cannot be fetched', () => {
    const { end } = run(PROJECT, [BUILD, NO_DOWNLOAD]);
    expect(end).toMatchObject({ do: 'fail', reason: { message: expect.stringContaining('old') } });
    expect(end.do === 'fail' && end.reason.code).toMatch(/^sdist-build/u);
  });

  it('is named when the project allows no other', () => {
    const { end } = run(PROJECT.replace('3.9', '3.14'), [NO_DOWNLOAD]);
    expect(end).toMatchObject({
      do: 'fail',
      reason: {
        code: 'python-missing',
        message: expect.stringContaining('needs a Python >=3.14 (pyproject.toml:3)'),
      },
    });
  });
});

it('gives a version to projects that read theirs from a git history that is not there', () => {
  const lock = one({
    'uv.lock': `${LOCK}[[package]]\nname = "lib-b"\nsource = { directory = "lib" }\n`,
    'pyproject.toml': PROJECT,
  });
  const facts = factsOf(treeOf({}), { pythons: PYTHONS });
  const first = lock.next(facts, []);
  const stderr =
    'error: Failed to build `root @ file:///x`\n  cause: Call to `setuptools.build_meta.build_editable` failed (exit status: 1)\n\n[stderr]\nLookupError: setuptools-scm was unable to detect version for /x.\n';
  const result = { exitCode: 2, timedOut: false, stdout: '', stderr, seconds: 1 };
  const second = lock.next(facts, [{ ...resultOf(first), result, files: { 'uv.lock': null } }]);
  expect(second).toMatchObject({
    do: 'run',
    command: {
      env: {
        SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ROOT: '0.1.dev0',
        SETUPTOOLS_SCM_PRETEND_VERSION_FOR_LIB_B: '0.1.dev0',
      },
    },
  });
});
