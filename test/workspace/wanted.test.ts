import { describe, expect, it } from 'vitest';
import { namesImages } from '../../src/images/find-images.ts';
import { wanted } from '../../src/workspace/wanted.ts';

const NAMES = [
  'Dockerfile',
  'a/Dockerfile.prod',
  'a/prod.Dockerfile',
  'Containerfile',
  'dockerfile',
  'docker-compose.yml',
  'compose.yaml',
  'deploy/docker-compose.override.yml',
  'compose.prod.yaml',
  'dev-compose.yml',
  'Compose.yml',
  'action.yml',
  '.github/actions/x/action.yaml',
  '.github/workflows/x.yaml',
];

describe('wanted', () => {
  it.each(['.trivyignore', '.trivyignore.yaml', 'osv-scanner.toml', 'services/a/osv-scanner.toml'])(
    'reads %s, which says what is not to be told',
    (path) => {
      expect(wanted(path)).toBe('whole');
    },
  );

  it.each(NAMES)('reads %s, which can name images', (path) => {
    expect(namesImages(path)).toBe(true);
    expect(wanted(path)).toBe('whole');
  });

  it.each(['README.md', 'k8s/app.yaml', 'composer.yml', 'reaction.yml', '.github/workflows/x/y.yml'])(
    'reads no %s',
    (path) => {
      expect(namesImages(path)).toBe(false);
      expect(wanted(path)).toBe('no');
    },
  );
});
