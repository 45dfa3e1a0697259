import { expect, it } from 'vitest';
import { compileEcosystem } from '../../../src/locks/compile/ecosystem.ts';
import { NO_POLICY, pipCompiled, treeOf, uvCompiled } from './detection-support.ts';

const tree = treeOf({
  'requirements.in': 'attrs\n',
  'requirements.txt': pipCompiled('pip-compile --allow-unsafe requirements.in'),
  'web/dev.in': '-c ../requirements.txt\nattrs\n',
  'web/dev.txt': uvCompiled(
    'uv pip compile dev.in -o dev.txt --python-version 3.12 --universal',
    'attrs==22.1.0\n    # via -r dev.in\n',
  ),
});

it('makes a target of each lock', () => {
  const { locks, skips } = compileEcosystem.detect(tree, NO_POLICY);
  expect(skips).toEqual([]);
  expect(locks.map(({ target }) => target)).toMatchObject([
    {
      path: 'requirements.txt',
      kind: 'pip-compile',
      manifests: ['requirements.in'],
      inputs: ['requirements.in'],
      writes: ['requirements.txt'],
      tool: { name: 'pip-tools', version: null },
      python: { version: '3.11', from: 'header of requirements.txt:2' },
      cwd: '.',
    },
    {
      path: 'web/dev.txt',
      kind: 'uv-pip-compile',
      manifests: ['web/dev.in'],
      inputs: ['requirements.txt', 'web/dev.in'],
      writes: ['web/dev.txt'],
      tool: { name: 'uv' },
      python: { version: '3.12' },
      cwd: 'web',
    },
  ]);
  const commands = locks.map(({ target }) => target.command.join(' '));
  expect(commands[0]).toContain('--allow-unsafe');
  expect(commands[1]).toContain('--universal');
  expect(commands[1]).toContain('dev.in');
});

it('reads its locks', () => {
  const [lock] = compileEcosystem.detect(tree, NO_POLICY).locks;
  const content = lock?.parse('attrs==23.1.0\n    # via -r requirements.in\n', () => null);
  expect(content?.packages).toMatchObject([{ name: 'attrs', version: '23.1.0', direct: true }]);
});
