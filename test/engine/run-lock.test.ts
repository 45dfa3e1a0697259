import { describe, expect, it } from 'vitest';
import { runJob, type Ports } from '../../src/engine.ts';
import { fakeLock, GOOD } from '../support/locks.ts';
import { JOB, setUp } from './set-up.ts';

describe('a lock of a job', () => {
  it.each([
    [true, true],
    [false, false],
  ])('fetches the Python of a lock before it runs: %s', async (isHad, downloads) => {
    const wanted: string[] = [];
    const told: boolean[] = [];
    const given = setUp({
      locks: [
        fakeLock('a.fake', { python: { version: '3.9', from: 'test' } }, (facts) => {
          told.push(facts.pythonDownloads);
          return { do: 'done', solver: 'fake', notes: [] };
        }),
        fakeLock('b.fake', { python: { version: '3.11', from: 'test' } }),
      ],
      files: { 'a.fake': '', 'b.fake': '' },
    });
    const pythons = () => Promise.resolve([{ version: '3.11.7', path: '/py' }]);
    const ports: Ports = {
      ...given.ports,
      facts: { ...given.ports.facts, pythonDownloads: true, pythons },
      fetchPython: (version) => Promise.resolve(wanted.push(version) > 0 && isHad),
    };
    await runJob(JOB, ports);
    expect({ wanted, told: told.at(-1) }).toEqual({ wanted: ['3.9'], told: downloads });
  });

  it('gives each lock a way to the network and a home of its own', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake'), fakeLock('b.fake')],
      files: { 'a.fake': '', 'b.fake': '' },
    });
    const outcome = await runJob(JOB, given.ports);
    const ways = given.places.map(({ pass }) => pass.environment['HTTPS_PROXY']);
    expect(new Set(ways)).toEqual(new Set(['http://a.fake', 'http://b.fake']));
    expect(new Set(given.places.map(({ home }) => home)).size).toBe(2);
    expect(outcome.notes).toEqual(['No sandbox.']);
  });

  it('tells what a lock was refused, and allows it to be allowed', async () => {
    const refusal = {
      host: 'evil.example.test',
      port: 443,
      code: 'not-allowed',
      why: 'No manifest names it.',
      during: 'evil-1.0.tar.gz',
      count: 2,
    } as const;
    const given = setUp({
      locks: [fakeLock('a.fake'), fakeLock('b.fake')],
      files: { 'a.fake': '', 'b.fake': '' },
      tool: (path) => ({ ...GOOD, exitCode: path === 'a.fake' ? 1 : 0 }),
      pass: { refusals: () => [refusal] },
    });
    const { results } = await runJob(JOB, given.ports);
    expect(results.map(({ reason }) => reason?.code)).toEqual(['network-refused', undefined]);
    expect(results[0]?.reason?.fix).toContain('allow-hosts = ["evil.example.test"]');
    for (const { notes } of results) expect(notes.join('')).toContain('evil-1.0.tar.gz');
  });

  it('tells for what the cool-down could not be kept, if there is one', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': '' },
      pass: { undated: () => ({ refused: [], passed: ['inside'] }) },
    });
    const notes = async (cutoff: string | null) =>
      (await runJob({ ...JOB, cutoff }, given.ports)).results[0]?.notes;
    expect(await notes('2026-11-01T00:00:00Z')).toEqual([
      'The cool-down was not kept for inside: the index tells no upload times.',
    ]);
    expect(await notes(null)).toEqual([]);
  });

  it('says that the index tells no upload times when a lock failed for that', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': '' },
      tool: () => ({ ...GOOD, exitCode: 1 }),
      pass: { undated: () => ({ refused: ['inside'], passed: [] }) },
    });
    const reason = async (cutoff: string | null) =>
      (await runJob({ ...JOB, cutoff }, given.ports)).results[0]?.reason;
    expect(await reason('2026-11-01T00:00:00Z')).toMatchObject({
      code: 'cooldown-unsupported',
      message: expect.stringContaining('no upload times (PEP 700) for inside') as string,
    });
    expect((await reason(null))?.code).not.toBe('cooldown-unsupported');
  });
});
