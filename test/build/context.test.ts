import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBuildFiles } from '../../src/build/context.ts';
import { folder } from '../support/folder.ts';

describe('the files of a build', () => {
  it('are found in the checkout, also by links inside of it', async () => {
    const root = folder({
      'docker/Dockerfile': 'FROM x\n',
      'app/.dockerignore': { link: '../ignored' },
      ignored: 'a\n',
      link: { link: 'app' },
    });
    expect(await findBuildFiles(root, 'link', 'docker/Dockerfile')).toEqual({
      context: join(root, 'app'),
      dockerfile: join(root, 'docker/Dockerfile'),
      text: 'FROM x\n',
    });
    expect(await findBuildFiles(root, '.', 'docker/Dockerfile')).toMatchObject({ context: root });
  });

  it.each([
    ['..', 'Dockerfile', 'path-outside-repository'],
    ['a/../../x', 'Dockerfile', 'path-outside-repository'],
    ['/etc', 'Dockerfile', 'path-outside-repository'],
    ['.', '../Dockerfile', 'path-outside-repository'],
    ['etc', 'Dockerfile', 'symlink'],
    ['etc/ssl', 'Dockerfile', 'symlink'],
    ['.', 'passwd', 'symlink'],
    ['hostile', 'Dockerfile', 'symlink'],
    ['hostile2', 'Dockerfile', 'missing-input'],
    ['.', 'Linked', 'symlink'],
    ['https://github.com/a/b.git', 'Dockerfile', 'missing-input'],
    ['none', 'Dockerfile', 'missing-input'],
    ['.', '-', 'missing-input'],
    ['.', 'hostile', 'missing-input'],
    ['Dockerfile', 'Dockerfile', 'missing-input'],
    ['.', 'Large', 'too-large'],
    ['.', 'a\0b', 'path-outside-repository'],
  ])('%s, %s: %s', async (context, dockerfile, code) => {
    const root = folder({
      Dockerfile: 'FROM x\n',
      Large: 'x'.repeat(200_000),
      Linked: 'FROM x\n',
      'Linked.dockerignore': { link: '/etc/passwd' },
      etc: { link: '/etc' },
      passwd: { link: '/etc/passwd' },
      'hostile/.dockerignore': { link: '/etc/passwd' },
      'hostile2/.containerignore': { link: '../../no-such-file-4f1c9a' },
    });
    expect(await findBuildFiles(root, context, dockerfile)).toMatchObject({ code });
  });
});
