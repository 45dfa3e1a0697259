import { describe, expect, it } from 'vitest';
import { pipenvEcosystem } from '../../../src/locks/pipenv/ecosystem.ts';
import { factsOf, resultOf, treeOf } from '../../support/drive-lock.ts';
import { commandOf, detectorOf } from '../../support/one-lock.ts';

const LOCK = '{"_meta": {"sources": []}, "default": {}, "develop": {}}\n';
const PIPFILE = `[[source]]
name = "pypi"
url = "https://pypi.org/simple"
verify_ssl = true

[packages]
six = "*"
`;

const { detect, only } = detectorOf(pipenvEcosystem, { Pipfile: PIPFILE, 'Pipfile.lock': LOCK });

function facts(files: Readonly<Record<string, string>> = {}) {
  return factsOf(treeOf({ Pipfile: PIPFILE, 'Pipfile.lock': LOCK, ...files }), {
    pythons: [{ version: '3.13.0', path: '/p/bin/python' }],
    newestTool: () => '2026.10.3',
  });
}

describe('a package of the repository', () => {
  it('may be wanted with extras in its path', () => {
    const Pipfile = `${PIPFILE}own = {path = "./lib[test,docs]", editable = true}\n`;
    expect(only({ Pipfile, 'lib/setup.py': '' }).target.inputs).toEqual(['Pipfile', 'lib/setup.py']);
  });

  it('may lie in a folder that really has such a name', () => {
    const Pipfile = `${PIPFILE}own = {path = "./lib[a]"}\n`;
    expect(only({ Pipfile, 'lib[a]/setup.py': '' }).target.inputs).toEqual(['Pipfile', 'lib[a]/setup.py']);
  });

  it('is missed under its whole name', () => {
    const { skips } = detect({ Pipfile: `${PIPFILE}own = {path = "./lib[test]"}\n` });
    expect(skips).toMatchObject([{ reason: { code: 'missing-workspace-members' } }]);
    expect(skips[0]?.reason.message).toContain('./lib[test]');
  });
});

it('notes that the Pipfile has changed since the lock was made', () => {
  const lock = JSON.stringify({ _meta: { hash: { sha256: 'f'.repeat(64) } } });
  expect(only({ 'Pipfile.lock': lock }).target.notes).toEqual([
    'Pipfile has changed since Pipfile.lock was made (the hash in the lock shows it): what moves may come from that in part.',
  ]);
});

it('says in a failure that the Python was a guess', () => {
  const lock = only({});
  const step = lock.next(facts(), []);
  expect(commandOf(step).tool.python).toBe('3.13.0');
  expect(lock.next(facts(), [resultOf(step, {}, 1)])).toMatchObject({
    do: 'fail',
    reason: {
      fix: expect.stringMatching(
        /\. Nothing says which Python Pipfile\.lock is for, and 3\.13 was taken: say so in `\[requires\]` of the Pipfile\.$/u,
      ),
    },
  });
});

describe('a lower bound of the project', () => {
  const marked = (...markers: readonly string[]): string =>
    JSON.stringify(
      { _meta: {}, default: Object.fromEntries(markers.map((one, at) => [`p${at}`, { markers: one }])) },
      null,
      4,
    );

  it.each([
    ['3.8', "python_version >= '3.7'", "python_version >= '3.8' and python_version < '4.0'"],
    ['3.10', "('dev' in dependency_groups) and (python_version >= '3.10')", "python_version >= '3.9'"],
    ['3.9', "python_full_version >= '3.9.1'"],
    ['3.9', '(python_version >= "3.9")'],
    ['3.6', "python_version >= '3.9' or sys_platform == 'win32'", "python_version < '3.11'"],
    ['3.6', "python_version >= '2.7' and python_version not in '3.0, 3.1'"],
  ])('is raised to %s by the markers of the lock', (version, ...markers) => {
    const files = { 'setup.py': "setup(python_requires='>=3.6')", 'Pipfile.lock': marked(...markers) };
    expect(only(files).target.python.version).toBe(version);
  });

  it('says so, and leaves what is no lower bound', () => {
    const files = {
      'setup.py': "setup(python_requires='>=3.6')",
      'Pipfile.lock': marked("python_version >= '3.8'"),
    };
    expect(only(files).target.python.from).toBe(
      'markers of Pipfile.lock; setup.py:1 python_requires = ">=3.6" is older',
    );
    const asked = `${PIPFILE}[requires]\npython_version = "3.7"\n`;
    expect(only({ ...files, Pipfile: asked }).target.python.version).toBe('3.7');
    const image = 'FROM python:3.7\nCOPY Pipfile.lock .\nRUN pipenv sync\n';
    expect(only({ ...files, Dockerfile: image }).target.python.version).toBe('3.7');
  });
});

describe('a source whose address is in variables', () => {
  it.each(['${PYPI_URL}', 'https://$HOST/simple', 'https://${U}:${P}@${HOST:-pypi.org}/simple'])(
    'is told as the cause of a failure: %s',
    (url) => {
      const Pipfile = `${PIPFILE}\n[[source]]\nname = "inside"\nurl = "${url}"\n`;
      const lock = only({ Pipfile });
      expect(lock.target.notes).toEqual([]);
      const step = lock.next(facts({ Pipfile }), []);
      const failed = resultOf(step, {}, 1);
      expect(lock.next(facts({ Pipfile }), [failed])).toMatchObject({
        do: 'fail',
        reason: {
          code: 'extra-index-unreachable',
          message:
            'The source inside of Pipfile takes its address from environment variables, which a locker does not get, and Pipenv failed.',
        },
      });
    },
  );

  it('is not told when only its credentials are', () => {
    const Pipfile = `${PIPFILE}\n[[source]]\nname = "inside"\nurl = "https://$U:$P@pypi.example.com/simple"\n`;
    const lock = only({ Pipfile });
    expect(lock.target.notes).toHaveLength(1);
    const failed = resultOf(lock.next(facts({ Pipfile }), []), {}, 1);
    expect(lock.next(facts({ Pipfile }), [failed])).toMatchObject({ reason: { code: 'tool-failed' } });
  });
});

it('keeps the notice about its own environment out of the output', () => {
  expect(commandOf(only({}).next(facts(), [])).env).toHaveProperty('PIPENV_VERBOSITY', '-1');
});

describe('the pylock.toml that Pipenv writes beside its lock', () => {
  const Pipfile = `${PIPFILE}\n[pipenv]\nuse_pylock = true\n`;
  const pylock = (date: string, version: string): string =>
    `lock-version = "1.0"\ncreated-by = "pipenv"\n\n[[packages]]\nname = "six"\nversion = "${version}"\n\n[tool.pipenv]\ngeneration_date = "${date}"\n`;
  const old = pylock('2026-01-01T00:00:00+00:00', '1.16.0');

  it('is published with it', () => {
    const lock = only({ Pipfile, 'pylock.toml': old });
    expect(lock.target.writes).toEqual(['Pipfile.lock', 'pylock.toml']);
    const step = lock.next(facts(), []);
    expect(commandOf(step).outputs).toEqual(['Pipfile.lock', 'pylock.toml']);
    const files = { 'Pipfile.lock': LOCK, 'pylock.toml': pylock('2026-02-01T00:00:00+00:00', '1.17.0') };
    expect(lock.next(facts(), [resultOf(step, files)])).toMatchObject({ do: 'done' });
  });

  it('stays as it is when only its date would change', () => {
    const lock = only({ Pipfile, 'pylock.toml': old });
    const step = lock.next(facts(), []);
    const files = { 'Pipfile.lock': LOCK, 'pylock.toml': pylock('2026-02-01T00:00:00+00:00', '1.16.0') };
    const ran = resultOf(step, files);
    const write = lock.next(facts(), [ran]);
    expect(write).toEqual({ do: 'write', files: { 'pylock.toml': old } });
    expect(lock.next(facts(), [ran, resultOf(write)])).toMatchObject({ do: 'done' });
  });

  it('must not name the index that Pipenv was given', () => {
    const lock = only({ Pipfile, 'pylock.toml': old });
    const given = {
      ...facts(),
      index: { url: 'https://mirror.example.com/simple', isMirror: true, hasVersionJson: false },
    };
    const step = lock.next(given, []);
    const now = `${old}index = "https://mirror.example.com/simple/"\n`;
    const files = { 'Pipfile.lock': LOCK, 'pylock.toml': now };
    expect(lock.next(given, [resultOf(step, files)])).toMatchObject({
      do: 'fail',
      reason: { code: 'unexpected-write' },
    });
  });

  it.each([
    ['Pipenv is not asked for it', { 'pylock.toml': old }],
    ['it is not committed', { Pipfile }],
    ['another tool made it', { Pipfile, 'pylock.toml': old.replace('"pipenv"', '"uv"') }],
  ])('is left alone when %s', (_what, files) => {
    expect(only(files).target.writes).toEqual(['Pipfile.lock']);
  });
});

it.each([
  ['broken JSON', '{\n  "_meta": {},\n  "default": {,\n', 'Pipfile.lock:3: not valid JSON'],
  ['a lock cut off', '{\n  "_meta": {},\n', 'Pipfile.lock:3: not valid JSON'],
  ['an empty lock', '', 'Pipfile.lock:1: not valid JSON'],
  ['JSON of something else', '{"default": {}}', 'Pipfile.lock: it has no `_meta`'],
  ['a category that is a list', '{"_meta": {}, "default": []}', '`default` is no table of packages'],
])('leaves %s alone, with the line', (_what, lock, message) => {
  expect(detect({ 'Pipfile.lock': lock })).toMatchObject({
    locks: [],
    skips: [{ reason: { code: 'lock-unreadable', message: expect.stringContaining(message) } }],
  });
});
