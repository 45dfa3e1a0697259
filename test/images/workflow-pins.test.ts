import { describe, expect, it } from 'vitest';
import { findImages, namesImages } from '../../src/images/find-images.ts';
import { A, shown } from './pins.ts';

function found(path: string, file: string): readonly string[] {
  return findImages(path, file).map((mention) => shown(file, mention));
}

const WORKFLOW = '.github/workflows/ci.yml';

describe('workflows', () => {
  it('finds container, services and docker:// steps', () => {
    const file = `on: push
jobs:
  one:
    runs-on: ubuntu-24.04
    container: a:1@${A}
    services:
      db:
        image: postgres:16 # the database
      cache: {image: 'redis@${A}'} # 8.0-alpine
    steps:
      - uses: actions/checkout@v4
      - uses: docker://ghcr.io/o/lint:2
      - run: docker run image:3
  two:
    container:
      image: "b:2"
      options: --user root
  three:
    container: \${{ matrix.image }}
    strategy:
      matrix:
        image: ['c:3']
    services:
      db:
        image: postgres:\${{ matrix.pg }}
  four:
    uses: ./.github/workflows/other.yml
`;
    expect(found(WORKFLOW, file)).toEqual([
      '5 workflow container a:1@a Dtrue T1',
      '8 workflow service postgres:16 Ipostgres:16 T16',
      '9 workflow service redis@a Dtrue',
      '12 docker:// step ghcr.io/o/lint:2 Idocker://ghcr.io/o/lint:2 T2',
      '16 workflow container b:2 Ib:2 T2',
      '19 workflow container ${{ matrix.image }} left: `${{ matrix.image }}` is computed when the workflow runs.',
      '25 workflow service postgres:${{ matrix.pg }} left: `postgres:${{ matrix.pg }}` is computed when the workflow runs.',
    ]);
  });

  it.each([
    ['', []],
    ['jobs:\n  a:\n    container: ""\n', []],
    ['jobs:\n  a:\n    container: docker://a:1\n', ['3 workflow container a:1 Idocker://a:1 T1']],
    ['jobs:\n  a: &a\n    container: a:1\n  b: *a\n', ['3 workflow container a:1 Ia:1 T1']],
    [`jobs:\n  a:\n    # 1.2\n    container: a@${A}\n`, ['4 workflow container a@a Dtrue #1.2']],
    ['jobs:\n  a:\n    steps:\n      - uses: docker://\n', []],
  ])('%j', (file, mentions) => {
    expect(found(WORKFLOW, file)).toEqual(mentions);
  });
});

describe('actions', () => {
  it.each([
    [`runs:\n  using: docker\n  image: docker://a:1@${A}\n`, ['3 action runs.image a:1@a Dtrue T1']],
    ['runs:\n  using: docker\n  image: Dockerfile\n', []],
    [
      "runs:\n  using: composite\n  steps:\n    - uses: 'docker://a:1'\n",
      ['4 docker:// step a:1 Idocker://a:1 T1'],
    ],
    ['runs:\n  using: node24\n  main: x.js\n', []],
  ])('%j', (file, mentions) => {
    expect(found('.github/actions/x/action.yml', file)).toEqual(mentions);
    expect(found('action.yaml', file)).toEqual(mentions);
  });
});

describe('files', () => {
  it.each([
    'Dockerfile',
    'a/Dockerfile.prod',
    'a/prod.Dockerfile',
    'Containerfile',
    'docker-compose.yml',
    'compose.yaml',
    'deploy/docker-compose.override.yml',
    'compose.prod.yaml',
    'dev-compose.yml',
    'action.yml',
    '.github/workflows/x.yaml',
  ])('%s can name images', (path) => {
    expect(namesImages(path)).toBe(true);
  });

  it.each([
    'README.md',
    'a.yml',
    '.github/workflows/a/b.yml',
    'composer.yml',
    'compose.txt',
    'reaction.yml',
    'Dockerfiles/x',
  ])('%s cannot', (path) => {
    expect(namesImages(path)).toBe(false);
    expect(findImages(path, 'FROM a')).toEqual([]);
  });
});
