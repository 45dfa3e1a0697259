import { expect, it } from 'vitest';
import { branchOfHead, isRepository, repositoryOfRemote } from '../../src/init/repository-name.ts';

it.each([
  ['https://github.com/acme/app.git\n', 'acme/app'],
  ['https://github.com/acme/app', 'acme/app'],
  ['https://user:token@github.com/acme/app.git', 'acme/app'],
  ['git@github.com:acme/my.app.git', 'acme/my.app'],
  ['ssh://git@github.com/acme/app.git', 'acme/app'],
  ['ssh://git@github.com:22/acme/app.git', 'acme/app'],
  ['https://gitlab.com/acme/app.git', null],
  ['https://github.com.example.org/acme/app.git', null],
  ['https://example.org/github.com/acme/app', null],
  ['https://github.com/acme/app/extra', null],
  ['https://github.com/acme/..', null],
  ['https://github.com/acme/a${{x}}', null],
  ['/srv/git/app.git', null],
  ['', null],
])('%j is of %j', (remote, repository) => {
  expect(repositoryOfRemote(remote)).toBe(repository);
});

it.each([
  ['acme/app', true],
  ['acme', false],
  ['acme/app/x', false],
  ['-a/b', false],
])('%j is a repository: %j', (text, is) => {
  expect(isRepository(text)).toBe(is);
});

it.each([
  ['refs/remotes/origin/main\n', 'main'],
  ['origin/release/1.x', 'release/1.x'],
  ['refs/remotes/origin/a*', null],
  ['refs/remotes/origin/a"b', null],
  ['', null],
])('the head %j is %j', (head, branch) => {
  expect(branchOfHead(head)).toBe(branch);
});
