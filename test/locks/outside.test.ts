import { describe, expect, it } from 'vitest';
import { outsideProblem } from '../../src/locks/outside.ts';
import type { Tree } from '../../src/model.ts';

function problem(path: string, text: string) {
  const tree: Tree = { paths: [path], files: new Map([[path, { kind: 'text', text }]]) };
  return outsideProblem(tree, { manifests: [path] });
}

describe('a manifest that names files of the machine', () => {
  it.each([
    ['pyproject.toml', '[project]\ndependencies = ["x @ file:///etc/x"]\n', 'pyproject.toml:2'],
    ['pyproject.toml', '[tool.uv.sources]\nx = { git = "file:///srv/x" }\n', 'pyproject.toml:2'],
    ['pyproject.toml', '[[tool.uv.index]]\nurl = "file:///srv"\n', 'pyproject.toml:2'],
    ['pyproject.toml', '[tool.poetry.dependencies]\nx = { git = "FILE:/srv/x" }\n', 'pyproject.toml:2'],
    ['pyproject.toml', '[dependency-groups]\ndev = ["x @ git+file:///srv/x"]\n', 'pyproject.toml:2'],
    ['a/uv.toml', 'find-links = ["file:../../wheels"]\n', 'a/uv.toml:1'],
    ['Pipfile', '[packages]\nx = { file = "file:///srv/x.whl" }\n', 'Pipfile:2'],
  ])('%s: %j is refused at %s', (path, text, place) => {
    expect(problem(path, text)).toMatchObject({ code: 'path-outside-repository' });
    expect(problem(path, text)?.message).toContain(place);
  });

  it.each([
    ['pyproject.toml', '[project]\ndependencies = ["x @ https://h/file:/x"]\nurls = { a = "file:///x" }\n'],
    ['pyproject.toml', '# file:///etc\n[tool.other]\nx = "file:///etc"\n'],
    ['pyproject.toml', '[project]\ndependencies = ["x @ file:lib/x"]\n'],
    ['pyproject.toml', 'broken = file:///\n'],
    ['requirements.in', 'x @ file:///etc/x\n'],
  ])('%s: %j is no business of this check', (path, text) => {
    expect(problem(path, text)).toBeNull();
  });
});
