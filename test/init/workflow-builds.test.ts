import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FoundBuild, Surroundings } from '../../src/init/model.ts';
import { readWorkflow } from '../../src/init/workflow-builds.ts';

const PATH = '.github/workflows/ci.yml';
const NOWHERE: Surroundings = { repository: null, defaultBranch: null };
const ACME: Surroundings = { repository: 'acme/app', defaultBranch: 'main' };

function stepsOf(steps: string, head = ''): string {
  const lines = steps.split('\n').map((line) => `      ${line}\n`);
  return `${head}jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${lines.join('')}`;
}

function only(text: string, around = NOWHERE): FoundBuild | undefined {
  return readWorkflow(PATH, text, around)?.builds[0];
}

const USES = '- uses: docker/build-push-action@v7\n  with:\n';

describe('docker/build-push-action', () => {
  it.each<[string, Surroundings, Partial<FoundBuild>]>([
    [
      `${USES}    push: true\n    tags: ghcr.io/acme/app:latest`,
      NOWHERE,
      { ref: 'ghcr.io/acme/app:latest', certain: true, dockerfile: 'Dockerfile', context: '.', line: 5 },
    ],
    [
      `${USES}    push: true\n    tags: ghcr.io/acme/app`,
      NOWHERE,
      { ref: 'ghcr.io/acme/app:latest', certain: true },
    ],
    [
      `${USES}    push: \${{ github.event_name != 'pull_request' }}\n    tags: |\n      ghcr.io/acme/app:1.2\n      ghcr.io/acme/app:latest`,
      NOWHERE,
      { ref: 'ghcr.io/acme/app:latest', certain: true, pushes: true },
    ],
    [`${USES}    tags: ghcr.io/acme/app:latest`, NOWHERE, { certain: false, pushes: false }],
    [`${USES}    push: false\n    tags: ghcr.io/acme/app:latest`, NOWHERE, { certain: false, pushes: false }],
    [`${USES}    push: true\n    tags: app:latest`, NOWHERE, { ref: 'app:latest', certain: false }],
    [
      `${USES}    push: true\n    tags: ghcr.io/\${{ github.repository }}:latest`,
      ACME,
      { ref: 'ghcr.io/acme/app:latest', certain: true },
    ],
    [
      `${USES}    push: true\n    tags: ghcr.io/\${{ github.repository }}:latest`,
      NOWHERE,
      { ref: null, certain: false },
    ],
    [
      `${USES}    push: true\n    tags: ghcr.io/\${{ github.repository }}:latest`,
      { repository: 'Acme/App', defaultBranch: null },
      { ref: null, certain: false },
    ],
    [
      `${USES}    push: true\n    tags: ghcr.io/a/b:\${{ github.sha }},ghcr.io/a/b:edge`,
      NOWHERE,
      { ref: 'ghcr.io/a/b:edge', certain: false },
    ],
    [
      `${USES}    push: true\n    tags: a/b:latest\n    context: services/app\n    platforms: linux/amd64,linux/arm64`,
      NOWHERE,
      {
        context: 'services/app',
        dockerfile: 'services/app/Dockerfile',
        platforms: ['linux/amd64', 'linux/arm64'],
      },
    ],
    [
      `${USES}    push: true\n    tags: a/b:latest\n    context: "{{defaultContext}}:app"\n    file: ./docker/app.Dockerfile`,
      NOWHERE,
      { context: 'app', dockerfile: 'docker/app.Dockerfile' },
    ],
    [`${USES}    tags: a/b\n    context: ../x`, NOWHERE, { context: null, dockerfile: null }],
    [`${USES}    tags: a/b\n    file: \${{ matrix.file }}`, NOWHERE, { dockerfile: null, context: '.' }],
    [
      `${USES}    outputs: type=image,name=a/b,push-by-digest=true,push=true`,
      NOWHERE,
      { ref: null, certain: false, pushes: true },
    ],
  ])('%j in %j', (steps, around, expected) => {
    expect(only(stepsOf(steps), around)).toMatchObject(expected);
  });

  it('with names of the environment, the innermost first', () => {
    const head = 'env:\n  REGISTRY: ghcr.io\n  IMAGE: ${{ env.NOTHING }}\n';
    const steps = `- uses: docker/build-push-action@v7\n  env:\n    IMAGE: acme/app\n  with:\n    push: true\n    tags: \${{ env.REGISTRY }}/\${{ env.IMAGE }}:latest`;
    expect(only(stepsOf(steps, head))).toMatchObject({ ref: 'ghcr.io/acme/app:latest', certain: true });
    expect(only(stepsOf(steps.replace('IMAGE: acme/app', 'OTHER: x'), head))).toMatchObject({ ref: null });
  });
});

describe('docker/metadata-action', () => {
  const build = `${USES}    push: true\n    tags: \${{ steps.meta.outputs.tags }}`;
  const meta = (inputs: string) =>
    stepsOf(`- uses: docker/metadata-action@v6\n  id: meta\n  with:\n${inputs}\n${build}`);

  it.each<[string, Surroundings, string | null, boolean]>([
    [
      '    images: GHCR.io/Acme/App\n    tags: type=raw,value=latest',
      NOWHERE,
      'ghcr.io/acme/app:latest',
      true,
    ],
    [
      "    images: a/b\n    tags: |\n      # a comment\n      type=sha\n      type=semver,pattern={{version}}\n      type=raw,value=latest,enable=${{ github.ref == format('refs/heads/{0}', 'main') }}",
      NOWHERE,
      'a/b:latest',
      true,
    ],
    ['    images: a/b\n    tags: latest', NOWHERE, 'a/b:latest', true],
    ['    images: a/b\n    tags: type=edge', NOWHERE, 'a/b:edge', true],
    ['    images: a/b\n    tags: type=ref,event=branch', ACME, 'a/b:main', true],
    ['    images: a/b', ACME, 'a/b:main', true],
    ['    images: a/b', NOWHERE, 'a/b:latest', false],
    ['    images: a/b,ghcr.io/a/b\n    tags: type=raw,value=latest', NOWHERE, 'a/b:latest', true],
    ['    images: name=a/b,enable=true\n    tags: type=raw,value=latest', NOWHERE, 'a/b:latest', true],
    ['    images: a/b\n    tags: type=schedule,pattern=nightly', NOWHERE, 'a/b:latest', false],
    ['    images: a/b\n    tags: "type=raw,value={{date \'YYYYMMDD\'}}"', NOWHERE, 'a/b:latest', false],
    ['    images: a/b\n    tags: type=raw,value=x,prefix=y-', NOWHERE, 'a/b:latest', false],
    ['    images: ${{ secrets.IMAGE }}\n    tags: type=raw,value=latest', NOWHERE, null, false],
  ])('%j in %j gives %j', (inputs, around, ref, certain) => {
    expect(only(meta(inputs), around)).toMatchObject({ ref, certain });
  });

  it('of which one is chosen at run time is not certain', () => {
    const steps = `- uses: docker/metadata-action@v6\n  id: one\n  with:\n    images: a/b\n    tags: type=raw,value=latest\n${USES}    push: true\n    tags: \${{ github.ref == 'x' && steps.one.outputs.tags || steps.two.outputs.tags }}`;
    expect(only(stepsOf(steps))).toMatchObject({ ref: 'a/b:latest', certain: false });
  });
});

describe('scripts', () => {
  it.each<[string, Partial<FoundBuild>]>([
    [
      '- run: docker build -t ghcr.io/acme/app:latest . && docker push ghcr.io/acme/app:latest',
      { ref: 'ghcr.io/acme/app:latest', certain: true, dockerfile: 'Dockerfile', context: '.' },
    ],
    ['- run: docker build -t ghcr.io/acme/app:latest .', { certain: false, pushes: false }],
    [
      '- run: docker buildx build --push --platform linux/arm64 --tag=ghcr.io/acme/app -f docker/Dockerfile docker',
      {
        ref: 'ghcr.io/acme/app:latest',
        certain: true,
        platforms: ['linux/arm64'],
        dockerfile: 'docker/Dockerfile',
        context: 'docker',
      },
    ],
    [
      "- run: |\n    # don't\n    docker build \\\n      --no-cache --build-arg A=1 \\\n      -t ghcr.io/${{ github.repository }}:latest \\\n      .\n- run: docker push ghcr.io/$GITHUB_REPOSITORY:latest",
      { ref: 'ghcr.io/acme/app:latest', certain: true },
    ],
    [
      '- working-directory: app\n  run: sudo buildah bud -t a/b:latest -f Containerfile .',
      { dockerfile: 'app/Containerfile', context: 'app' },
    ],
    ['- run: docker build -t "ghcr.io/acme/app:$(git describe)" . --push', { ref: null, certain: false }],
    ['- run: docker build -t ghcr.io/acme/app:${{ inputs.x }} . --push', { ref: null, certain: false }],
    [
      '- run: docker build -t a/b:latest --push https://example.org/x.git',
      { context: null, dockerfile: null },
    ],
    ['- run: docker build -t a/b:latest --push - < Dockerfile', { context: null }],
    ['- run: docker build -t a/b:latest --push ../..', { context: null, dockerfile: null }],
  ])('%j', (steps, expected) => {
    expect(only(stepsOf(steps), ACME)).toMatchObject(expected);
  });
});

describe('a workflow', () => {
  it.each<[string, string[] | null]>([
    ['on: push\n', null],
    ['on: workflow_dispatch\n', []],
    ['on: [push, workflow_dispatch]\n', []],
    ['on:\n  workflow_dispatch:\n', []],
    [
      'on:\n  workflow_dispatch:\n    inputs:\n      no-cache: {type: boolean}\n      pull: {}\n',
      ['no-cache', 'pull'],
    ],
  ])('%j can be started with %j', (head, inputs) => {
    expect(readWorkflow(PATH, stepsOf('- run: docker build .', head), NOWHERE)?.inputs).toEqual(inputs);
  });

  it.each([
    [stepsOf('- run: pytest'), false],
    [stepsOf('- run: docker compose -f ci.yml build'), true],
    [stepsOf('- uses: redhat-actions/buildah-build@v2'), true],
    ['jobs:\n  image:\n    uses: acme/.github/.github/workflows/docker.yml@main\n', true],
    ['jobs:\n  test:\n    uses: acme/.github/.github/workflows/test.yml@main\n', false],
    ['jobs: [\n  # docker build .', true],
    ['', false],
  ])('%j builds images: %j', (text, builds) => {
    expect(readWorkflow(PATH, text, NOWHERE) !== null).toBe(builds);
  });

  it('is read without a fault, whatever its words', () => {
    const word = fc.constantFrom(
      'docker',
      'build',
      '-t',
      '--push',
      '${{',
      '}}',
      "'",
      '"',
      '$(',
      'a/b:c',
      '|',
      '-',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const text = stepsOf(`- run: |\n    ${words.join(' ').replaceAll('\n', '\n          ')}`);
        for (const { ref } of readWorkflow(PATH, text, ACME)?.builds ?? [])
          expect([null, 'a/b:c']).toContain(ref);
      }),
    );
  });

  it('takes no time over what repeats', () => {
    const start = performance.now();
    readWorkflow(PATH, stepsOf(`- run: |\n    docker ${'build '.repeat(5000)}${'${{ '.repeat(5000)}`), ACME);
    readWorkflow(PATH, `#${'docker compose '.repeat(20_000)}`, ACME);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
