import { describe, expect, it } from 'vitest';
import { heldByName, pythonOfName } from '../../../src/locks/compile/name-hints.ts';
import { parseRequirements } from '../../../src/locks/requirements/parse.ts';
import { detect, lockAt, pipCompiled, summary, uvCompiled } from './detection-support.ts';

it.each([
  ['constraints-python310.txt', '3.10'],
  ['requirements/py3.11.txt', '3.11'],
  ['reqs/base_py39.lock', '3.9'],
  ['requirements-py27.txt', '2.7'],
  ['py312-django52.txt', '3.12'],
  ['requirements-py3.txt', null],
  ['python3/requirements.txt', null],
  ['happy310.txt', null],
  ['requirements.txt', null],
])('%s is for Python %s', (lock, version) => {
  expect(pythonOfName(lock)?.version ?? null).toBe(version);
});

describe('a series in the name of a lock', () => {
  const pins = parseRequirements(
    'django==4.2.30\ndjango-filter==26.1\npy==1.11.0\nsix==1.17\n',
  ).entries.filter((entry) => entry.kind === 'requirement');
  it.each([
    ['py310-django42.txt', ['django==4.2.*']],
    ['django4.2.txt', ['django==4.2.*']],
    ['requirements_django_4.txt', ['django==4.*']],
    ['django-4.2.x.txt', ['django==4.2.*']],
    // Not the series that it pins.
    ['django52.txt', []],
    ['django.txt', []],
    ['mydjango42.txt', []],
    ['django-filter26.txt', ['django-filter==26.*']],
    ['py1.txt', []],
  ])('%s holds %j', (lock, expected) => {
    const held = heldByName(lock, pins, new Set(['django', 'django-filter', 'six']));
    expect(held.map(({ value }) => value)).toEqual(expected);
  });

  it('is an option of its command', () => {
    const text = pipCompiled(
      'pip-compile --output-file=reqs/django42.txt requirements.in',
      'attrs==22.1.0\n    # via -r requirements.in\ndjango==4.2.1\n    # via -r requirements.in\n',
    );
    const found = detect({ 'requirements.in': 'attrs\nDjango\n', 'reqs/django42.txt': text });
    const lock = lockAt(found, 'reqs/django42.txt');
    expect(summary(lock)).toBe('.: requirements.in --upgrade-package=django==4.2.*');
    expect(lock.notes.join()).toContain('taken from its name');
  });
});

it('takes the Python of a name when the lock says none', () => {
  const files = {
    'c.in': 'attrs\n',
    Dockerfile: 'FROM python:3.13\n',
    'c-python310.txt': uvCompiled('nox -s update', 'attrs==1\n    # via -r c.in\n'),
    'c-py39.txt': pipCompiled('nox', 'attrs==1\n    # via -r c.in\n'),
  };
  const versions = ['c-python310.txt', 'c-py39.txt'].map(
    (path) => lockAt(detect(files), path).spec.python.version,
  );
  expect(versions).toEqual(['3.10', '3.11']);
});

it('asks for no extra that a larger one holds', () => {
  const toml =
    '[project]\nname = "x"\n[project.optional-dependencies]\nsmall = ["six"]\ndev = ["six", "attrs"]\n';
  const body = 'attrs==1\n    # via x (pyproject.toml)\nsix==1\n    # via x (pyproject.toml)\n';
  const found = detect({ 'pyproject.toml': toml, 'dev.txt': pipCompiled('make pin', body) });
  expect(summary(lockAt(found, 'dev.txt'))).toBe('.: pyproject.toml --extra=dev');
});
