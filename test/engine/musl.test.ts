import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withMuslNotes } from '../../src/engine/musl.ts';
import { readLifecycles } from '../../src/images/lifecycles.ts';
import { planImages } from '../../src/images/plan-images.ts';
import type { ImageResult } from '../../src/images/result.ts';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { fakeLock } from '../support/locks.ts';
import { JOB } from './set-up.ts';

function resultsOf(from: string): readonly ImageResult[] {
  const files = new Map([['Dockerfile', { kind: 'text', text: `FROM ${from}\n` } as const]]);
  const { images } = planImages({ paths: ['Dockerfile'], files }, NO_POLICY, JOB);
  return images.map((image) => ({
    image,
    status: 'unchanged',
    reason: null,
    from: null,
    to: null,
    comparisons: [],
    suggestions: [],
    notes: [],
  }));
}

const LOCK = {
  ...fakeLock('a.fake'),
  parse: () => ({
    packages: ['torch', 'idna'].map((name) => ({
      name,
      version: '1.0',
      source: null,
      hashes: [],
      direct: true,
      via: [],
      groups: [],
    })),
  }),
};
const FILES: Readonly<Record<string, readonly string[]>> = {
  torch: ['torch-1.0-cp312-cp312-manylinux_2_28_x86_64.whl'],
  idna: ['idna-1.0-py3-none-any.whl'],
};

describe('withMuslNotes', () => {
  async function notes(from: string): Promise<{ readonly notes: readonly string[]; readonly asked: number }> {
    let asked = 0;
    const fileNames = (name: string): Promise<readonly string[]> => {
      asked += 1;
      return Promise.resolve(FILES[name] ?? []);
    };
    const text = readFileSync(new URL('../../config/lifecycles.json', import.meta.url), 'utf8');
    const ports = { lifecycles: readLifecycles(text), fileNames };
    const [result] = await withMuslNotes(resultsOf(from), [LOCK], { paths: [], files: new Map() }, ports);
    return { notes: result?.notes ?? [], asked };
  }

  it('names what has wheels for glibc only, beside an image with musl', async () => {
    const { notes: told } = await notes('python:3.12-alpine');
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('`torch`');
    expect(told[0]).not.toContain('idna');
  });

  it('asks the index nothing where no image has musl', async () => {
    expect(await notes('python:3.12-slim')).toEqual({ notes: [], asked: 0 });
  });
});
