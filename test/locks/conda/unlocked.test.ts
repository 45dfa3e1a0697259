import { expect, it } from 'vitest';
import { condaEcosystem } from '../../../src/locks/conda/ecosystem.ts';
import { detectorOf } from '../../support/one-lock.ts';
import { ENVIRONMENT, lockOf } from './fixtures.ts';

const { detect } = detectorOf(condaEcosystem);

it.each([
  ['RUN conda env create -f environment.yml', 'environment.yml'],
  ['RUN conda env create', 'environment.yml'],
  [
    'COPY . /app\nRUN mamba env update -n base --file=/app/environment.yml && mamba clean -a',
    'environment.yml',
  ],
  ['COPY environment.yml /tmp/env.yml\nRUN micromamba install -y -n base -f /tmp/env.yml', 'environment.yml'],
  [
    'COPY environment.yml /tmp/\nRUN --mount=type=cache,target=/x conda --quiet env update --file /tmp/environment.yml',
    'environment.yml',
  ],
])('tells of an environment without a lock: %s', (lines, path) => {
  const { locks, skips } = detect({
    Dockerfile: `FROM mambaorg/micromamba\n${lines}\n`,
    [path]: ENVIRONMENT,
  });
  expect(locks).toEqual([]);
  expect(skips).toEqual([
    {
      path,
      kind: 'conda-lock',
      reason: {
        code: 'lock-missing',
        message: `Dockerfile installs ${path}, and no lock is made from it: each build of the image may take other packages.`,
        fix: 'Lock it once (`conda-lock lock -f environment.yml -p linux-64 --lockfile conda-lock.yml`), commit the lock, and install that.',
        detail: '',
      },
    },
  ]);
});

it.each([
  ['is locked', 'RUN conda env create -f environment.yml', { 'conda-lock.yml': lockOf() }],
  ['may be locked', 'RUN conda env create -f environment.yml', { 'conda-lock.yml': 'x' }],
  ['is not installed', 'RUN pip install x', {}],
  ['is not what is installed', 'RUN conda create -n x --file conda-linux-64.lock', {}],
  ['is of another folder', 'RUN conda install -y numpy', {}],
])('is quiet of one that %s', (_what, line, files) => {
  const { skips } = detect({ Dockerfile: `FROM x\n${line}\n`, 'environment.yml': ENVIRONMENT, ...files });
  expect(skips.filter(({ reason }) => reason.code === 'lock-missing')).toEqual([]);
});

it('names the folder and the platforms', () => {
  const { skips } = detect({
    'docker/Dockerfile': 'FROM x\nCOPY env/environment.yml .\nRUN conda env create -f environment.yml\n',
    'docker/env/environment.yml': `platforms: [linux-64, linux-aarch64]\n${ENVIRONMENT}`,
  });
  expect(skips[0]?.reason.fix).toContain(
    '-p linux-64 -p linux-aarch64 --lockfile conda-lock.yml` in docker/env)',
  );
});
