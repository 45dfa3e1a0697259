import * as fc from 'fast-check';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { readPolicy } from '../../src/config/read-policy.ts';
import { findImages } from '../../src/images/find-images.ts';
import { planImages } from '../../src/images/plan-images.ts';
import type { InitProposal, Surroundings } from '../../src/init/model.ts';
import { proposeInit } from '../../src/init/propose.ts';
import { readWorkflow } from '../../src/init/workflow-builds.ts';
import type { Tree } from '../../src/model.ts';

const POLICY = '.github/relock.toml';
const WORKFLOW = '.github/workflows/build.yml';
const ACME: Surroundings = { repository: 'Acme/App', defaultBranch: 'trunk' };
const NOWHERE: Surroundings = { repository: null, defaultBranch: null };
const UPGRADED = 'FROM python:3.12-slim\nRUN apt-get update && apt-get -y upgrade\n';

function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files).sort();
  return { paths, files: new Map(paths.map((path) => [path, { kind: 'text', text: files[path] ?? '' }])) };
}

function propose(files: Readonly<Record<string, string>>, around = ACME): InitProposal {
  const tree = treeOf(files);
  const read = readPolicy(files[POLICY] ?? '', POLICY);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: null } as const;
  const images = planImages(tree, read.policy, job);
  return proposeInit({ tree, policy: read.policy, locks: 2, images, around });
}

function textOf(proposal: InitProposal, path: string): string {
  return proposal.files.find((file) => file.path === path)?.text ?? '';
}

/** What the proposed policy says when it is read. */
function imagesOf(proposal: InitProposal) {
  const read = readPolicy(textOf(proposal, POLICY), POLICY);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.policy.builtImages;
}

const PUSHES = (ref: string, more = '') =>
  `on:\n  workflow_dispatch:\n    inputs: {no-cache: {type: boolean}, pull: {type: boolean}}\njobs:\n  b:\n    steps:\n      - uses: docker/build-push-action@v7\n        with:\n          push: true\n          tags: ${ref}\n${more}`;

describe('a repository without anything', () => {
  const proposal = propose({ Dockerfile: UPGRADED });

  it('gets a policy that is right, and names the image that the workflow will publish', () => {
    expect(proposal.files.map(({ path }) => path)).toEqual([POLICY, WORKFLOW]);
    expect(imagesOf(proposal)).toMatchObject([
      {
        ref: 'ghcr.io/acme/app:latest',
        dockerfile: 'Dockerfile',
        via: ['workflow'],
        workflow: 'build.yml',
      },
    ]);
    const text = textOf(proposal, POLICY);
    expect(text).toContain('which found 2 locks and 1 Dockerfile here');
    expect(text).toContain('# 1 image without a digest: python:3.12-slim (Dockerfile:1).');
    expect(proposal.suggestions).toEqual([]);
  });

  it('has the image as a comment where the repository is not known', () => {
    const unknown = propose({ Dockerfile: UPGRADED }, NOWHERE);
    expect(imagesOf(unknown)).toEqual([]);
    expect(textOf(unknown, POLICY)).toContain('# ref = "ghcr.io/OWNER/NAME:latest"');
  });

  it('and with no Dockerfile a policy alone', () => {
    const plain = propose({ 'requirements.txt': '' });
    expect(plain.files.map(({ path }) => path)).toEqual([POLICY]);
    expect(imagesOf(plain)).toEqual([]);
  });
});

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | boolean>>;
}

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | boolean>>;
}

describe('the workflow', () => {
  const text = textOf(propose({ Dockerfile: UPGRADED }), WORKFLOW);
  const workflow = parse(text);
  const steps: readonly Step[] = workflow.jobs.image.steps;
  const named = (name: string) => steps.find((step) => step.name === name)?.with ?? {};

  it('can be started by Relock, and is known as a build when it is there', () => {
    expect(readWorkflow(WORKFLOW, text, ACME)?.inputs).toEqual(['no-cache', 'pull']);
    expect(workflow.on.workflow_dispatch.inputs['no-cache']).toMatchObject({
      type: 'boolean',
      default: false,
    });
    expect(workflow.on.push.branches).toEqual(['trunk']);
  });

  it('has no more permissions than it needs', () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs.image.permissions).toEqual({ contents: 'read', packages: 'write' });
    expect(steps[0]).toMatchObject({ with: { 'persist-credentials': false } });
  });

  it('puts no expression into a script', () => {
    const scripts = steps.flatMap((step) => (step.run === undefined ? [] : [step.run]));
    expect(scripts).toHaveLength(2);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  it('publishes what it tested: no cache of the registry behind the build', () => {
    expect(named('Build')).toMatchObject({
      'no-cache': '${{ inputs.no-cache || false }}',
      pull: '${{ inputs.pull || false }}',
      load: true,
      'cache-from': 'type=registry,ref=${{ steps.facts.outputs.image }}:cache',
    });
    expect(named('Publish')).toMatchObject({ push: true, provenance: true });
    expect(named('Publish')['cache-from']).toBeUndefined();
    expect(named('Publish')['cache-to']).toContain(':cache,mode=max');
    for (const label of ['revision', 'created', 'source'])
      expect(named('Publish')['labels']).toContain(`org.opencontainers.image.${label}=`);
    const order = steps.map((step) => step.name).filter((name) => name !== undefined);
    expect(order).toEqual(['Name and date', 'Build', 'Smoke test', 'Scan', 'Publish']);
  });

  it('names its scanner where Relock can pin it', () => {
    expect(findImages(WORKFLOW, text).map(({ reference }) => reference.text)).toEqual([
      'aquasec/trivy:0.74.0',
    ]);
  });

  it('guesses the branch where it is not known, and publishes from the default branch alone', () => {
    const unknown = parse(textOf(propose({ Dockerfile: UPGRADED }, NOWHERE), WORKFLOW));
    expect(unknown.on.push.branches).toEqual(['main', 'master']);
    expect(unknown.jobs.image.if).toContain('github.event.repository.default_branch');
  });

  it('builds several Dockerfiles, each under a name of its own', () => {
    const proposal = propose({
      Dockerfile: UPGRADED,
      'services/worker/Dockerfile': `${UPGRADED}COPY run.py .\n`,
      'services/worker/run.py': '',
      'other/worker/Dockerfile': UPGRADED,
      'docker/api.Dockerfile': `${UPGRADED}COPY services .\n`,
    });
    const { matrix } = parse(textOf(proposal, WORKFLOW)).jobs.image.strategy;
    expect(matrix.include).toEqual([
      { dockerfile: 'Dockerfile', context: '.', suffix: '' },
      { dockerfile: 'docker/api.Dockerfile', context: '.', suffix: '/api' },
      { dockerfile: 'other/worker/Dockerfile', context: 'other/worker', suffix: '/worker' },
      { dockerfile: 'services/worker/Dockerfile', context: 'services/worker', suffix: '/worker-2' },
    ]);
    expect(imagesOf(proposal).map(({ ref }) => ref)).toEqual([
      'ghcr.io/acme/app:latest',
      'ghcr.io/acme/app/api:latest',
      'ghcr.io/acme/app/worker:latest',
      'ghcr.io/acme/app/worker-2:latest',
    ]);
  });

  it('takes another name where there is one of its own', () => {
    const files = { Dockerfile: UPGRADED, [WORKFLOW]: 'on: push\njobs: {}\n' };
    const proposal = propose(files);
    expect(proposal.files.map(({ path }) => path)).toEqual([POLICY, '.github/workflows/image.yml']);
    expect(imagesOf(proposal)).toMatchObject([{ workflow: 'image.yml' }]);
  });

  it.each(['.gitlab-ci.yml', 'Jenkinsfile', '.circleci/config.yml'])(
    'is not proposed beside %s, which may build',
    (path) => {
      const proposal = propose({ Dockerfile: UPGRADED, [path]: '' });
      expect(proposal.files.map((file) => file.path)).toEqual([POLICY]);
      expect(proposal.suggestions).toMatchObject([{ path, snippet: '' }]);
      expect(imagesOf(proposal)).toEqual([]);
    },
  );

  it('is not for what is for tests, examples or development', () => {
    const proposal = propose({
      'tests/Dockerfile': UPGRADED,
      '.devcontainer/Dockerfile': UPGRADED,
      'Dockerfile.dev': UPGRADED,
    });
    expect(proposal.files.map(({ path }) => path)).toEqual([POLICY]);
    expect(proposal.suggestions).toEqual([]);
  });
});

describe('a repository with a workflow that builds', () => {
  it('has what is certain in force, and started where it has the inputs', () => {
    const proposal = propose({
      Dockerfile: UPGRADED,
      '.github/workflows/ci.yml': PUSHES('ghcr.io/acme/app:latest'),
    });
    expect(proposal.files.map(({ path }) => path)).toEqual([POLICY]);
    expect(imagesOf(proposal)).toMatchObject([
      { ref: 'ghcr.io/acme/app:latest', via: ['workflow'], workflow: 'ci.yml' },
    ]);
    expect(proposal.there).toEqual([
      { path: '.github/workflows/ci.yml', what: 'a workflow that builds images' },
    ]);
  });

  it('is told which inputs lack, and rebuilt by commit till then', () => {
    const text = PUSHES('ghcr.io/acme/app:latest').replace('no-cache: {type: boolean}, ', '');
    const proposal = propose({ Dockerfile: UPGRADED, '.github/workflows/ci.yml': text });
    expect(imagesOf(proposal)).toMatchObject([{ via: ['commit'], workflow: null }]);
    expect(proposal.suggestions).toMatchObject([{ path: '.github/workflows/ci.yml' }]);
    expect(proposal.suggestions[0]?.message).toContain('has no input `no-cache`');
  });

  it('has what is not certain as a comment', () => {
    const proposal = propose({
      Dockerfile: UPGRADED,
      '.github/workflows/ci.yml': PUSHES('ghcr.io/acme/app:${{ github.sha }}'),
      'compose.yaml': 'services:\n  app:\n    build: .\n    image: ghcr.io/acme/composed:1\n',
    });
    expect(imagesOf(proposal)).toEqual([]);
    expect(textOf(proposal, POLICY)).toContain(
      '# Dockerfile, built by .github/workflows/ci.yml, line 7: say how it is published, and take the marks off.\n# [[image]]',
    );
  });

  it('two images of one Dockerfile are two', () => {
    const more = PUSHES('ghcr.io/acme/second:latest').split('steps:\n')[1] ?? '';
    const proposal = propose({
      Dockerfile: UPGRADED,
      '.github/workflows/ci.yml': PUSHES('ghcr.io/acme/app:latest', more),
    });
    expect(imagesOf(proposal).map(({ ref }) => ref)).toEqual([
      'ghcr.io/acme/app:latest',
      'ghcr.io/acme/second:latest',
    ]);
  });
});

describe('a repository with a policy', () => {
  const ci = PUSHES('ghcr.io/acme/app:latest');

  it('that names its images has everything', () => {
    const proposal = propose({
      Dockerfile: UPGRADED,
      '.github/workflows/ci.yml': ci,
      [POLICY]: '[[image]]\nref = "ghcr.io/acme/app"\n',
    });
    expect(proposal).toMatchObject({ files: [], suggestions: [] });
    expect(proposal.there.map(({ path }) => path)).toEqual([POLICY, '.github/workflows/ci.yml']);
  });

  it('that names none is told what to add, which can be read', () => {
    const proposal = propose({
      Dockerfile: UPGRADED,
      '.github/workflows/ci.yml': ci,
      [POLICY]: 'solver = "uv"\n',
    });
    expect(proposal.files).toEqual([]);
    expect(proposal.suggestions).toMatchObject([{ path: POLICY }]);
    const read = readPolicy(`solver = "uv"\n${proposal.suggestions[0]?.snippet}`, POLICY);
    expect('policy' in read && read.policy.builtImages).toMatchObject([{ ref: 'ghcr.io/acme/app:latest' }]);
  });
});

describe('the upgrade step', () => {
  it.each([
    ['FROM python:3.12\nRUN apt-get update && apt-get install -y git\n', 2, 'apt-get -y upgrade'],
    ['FROM python:3.12-alpine\nCOPY . .\n', 2, 'apk upgrade'],
    ['FROM registry.example.com/base:1\nRUN dnf install -y git\n', 2, 'dnf -y upgrade'],
  ])('of %j is suggested at line %i', (text, line, step) => {
    const { suggestions } = propose({ Dockerfile: text });
    expect(suggestions).toMatchObject([{ path: 'Dockerfile', line }]);
    expect(suggestions[0]?.snippet).toContain(step);
  });

  it.each([UPGRADED, 'FROM scratch\n', 'FROM registry.example.com/base:1\n'])(
    'of %j is there, or there is nothing to say',
    (text) => {
      expect(propose({ Dockerfile: text }).suggestions).toEqual([]);
    },
  );
});

describe('names that mean something elsewhere', () => {
  it('are told, and enter no file', () => {
    const path = 'a${{ github.token }}"\n/Dockerfile';
    const proposal = propose({ [path]: UPGRADED, Dockerfile: UPGRADED });
    expect(proposal.suggestions).toMatchObject([{ path, snippet: '' }]);
    for (const { text } of proposal.files) expect(text).not.toContain('github.token');
  });

  it('whatever they are, what is proposed can be read', () => {
    const name = fc.string({ maxLength: 12, unit: 'grapheme' }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(name, (folder) => {
        const proposal = propose({ [`${folder}x/Dockerfile`]: UPGRADED, Dockerfile: UPGRADED });
        expect(imagesOf(proposal).length).toBeGreaterThan(0);
        const workflow = parse(textOf(proposal, WORKFLOW));
        expect(workflow.jobs.image.steps.length).toBe(8);
      }),
    );
  });

  it('the defaults hold where there is no policy', () => {
    expect(imagesOf(propose({ 'a.txt': '' }))).toEqual(NO_POLICY.builtImages);
  });
});
