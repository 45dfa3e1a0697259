import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJob } from '../../src/engine.ts';
import { CancelledError } from '../../src/errors.ts';
import { LockSyntaxError, type PlannedLock } from '../../src/locks/ecosystem.ts';
import type { LockKind, Remote } from '../../src/model.ts';
import { fakeLock, GOOD, oneCommand } from '../support/locks.ts';
import { JOB, setUp } from './set-up.ts';

const write = (copy: string, path: string, text: string): void => writeFileSync(join(copy, path), text);

describe('a job', () => {
  it('re-locks in a private copy, proposes what moved and leaves nothing behind', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': 'flask 1.0\n' },
      tool: (path, copy) => {
        write(copy, path, 'flask 2.0\n');
        write(copy, 'undeclared', 'x');
        return GOOD;
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results.map(({ status }) => status)).toEqual(['updated']);
    expect(given.actions.map(({ files }) => files)).toEqual([
      [{ path: 'a.fake', text: 'flask 2.0\n', executable: false }],
    ]);
    expect(given.actions[0]?.pullRequest.body).toContain('flask');
    expect(readFileSync(join(given.root, 'a.fake'), 'utf8')).toBe('flask 1.0\n');
    expect(readdirSync(given.root)).toEqual(['a.fake']);
    expect(readdirSync(given.scratch)).toEqual([]);
    expect(given.closed).toEqual(['gate']);
  });

  it('proposes nothing when nothing moved', async () => {
    const given = setUp({ locks: [fakeLock('a.fake')], files: { 'a.fake': 'flask 1.0\n' } });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.pullRequest).toBeNull();
    expect(given.actions).toEqual([]);
  });

  it('leaves a requirements file alone of which only comments would change', async () => {
    const given = setUp({
      locks: [fakeLock('a.txt')],
      files: { 'a.txt': 'flask 1.0\n' },
      tool: (path, copy) => {
        write(copy, path, '# other words\nflask 1.0\n');
        return GOOD;
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results.map(({ status }) => status)).toEqual(['unchanged']);
    expect(outcome.pullRequest).toBeNull();
  });

  it('gives a lock what the locks below it hold now', async () => {
    const seen: (string | undefined)[] = [];
    const given = setUp({
      locks: [
        fakeLock('base.fake'),
        fakeLock('dev.fake', { inputs: ['base.fake'] }, (facts) => {
          const file = facts.tree.files.get('base.fake');
          seen.push(file?.kind === 'text' ? file.text : undefined);
          return { do: 'done', solver: 'fake', notes: [] };
        }),
      ],
      files: { 'base.fake': 'flask 1.0\n', 'dev.fake': 'pytest 1\n' },
      tool: (path, copy) => {
        write(copy, path, 'flask 2.0\n');
        return GOOD;
      },
    });
    await runJob(JOB, given.ports);
    expect(seen.at(-1)).toBe('flask 2.0\n');
  });

  it('shows a tool that fails, one that cannot be had and one that crashes Relock, and goes on', async () => {
    const missing = { code: 'python-missing', message: 'No Python 3.6.', fix: '', detail: '' } as const;
    const given = setUp({
      locks: [
        fakeLock('a.fake'),
        fakeLock('b.fake'),
        fakeLock('c.fake', {}, () => {
          throw new TypeError('a defect');
        }),
        fakeLock('d.fake'),
      ],
      files: { 'a.fake': '', 'b.fake': '', 'c.fake': '', 'd.fake': '' },
      tool: (path, copy) => {
        if (path === 'a.fake') return { ...GOOD, exitCode: 1, stderr: 'the words of the tool' };
        if (path === 'b.fake') return missing;
        write(copy, path, 'flask 1\n');
        return GOOD;
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results.map(({ status, reason }) => [status, reason?.code])).toEqual([
      ['failed', 'tool-failed'],
      ['failed', 'python-missing'],
      ['failed', 'internal'],
      ['updated', undefined],
    ]);
    expect(outcome.pullRequest?.body).toContain('the words of the tool');
  });

  it('asks a lock once more without downloads when a Python cannot be fetched', async () => {
    const missing = { code: 'python-missing', message: 'No Python 3.14.', fix: '', detail: '' } as const;
    const asked: boolean[] = [];
    const given = setUp({
      locks: [
        fakeLock('a.fake', {}, (facts, history) => {
          asked.push(facts.pythonDownloads);
          return history.length > 0
            ? { do: 'done', solver: 'fake', notes: [] }
            : oneCommand('a.fake', history);
        }),
      ],
      files: { 'a.fake': '' },
      tool: () => (asked.at(-1) === true ? missing : GOOD),
    });
    const facts = { ...given.ports.facts, pythonDownloads: true };
    const outcome = await runJob(JOB, { ...given.ports, facts });
    expect(outcome.results.map(({ status }) => status)).toEqual(['unchanged']);
    expect(asked).toEqual([true, true, false, false]);
  });

  it('does not start a lock whose host does not answer', async () => {
    const remote = {
      url: 'https://dead.example.test/simple',
      purpose: 'extra-index',
      namedIn: 'a.in:1',
    } as const;
    const why = { code: 'extra-index-unreachable', message: 'dead', fix: '', detail: '' } as const;
    const given = setUp({
      locks: [fakeLock('a.fake', { remotes: [remote] })],
      files: { 'a.fake': '' },
      tool: () => {
        throw new Error('must not run');
      },
    });
    const probe = () => Promise.resolve(new Map([[remote, why]]));
    const network = { ...given.ports.network, probe };
    const outcome = await runJob(JOB, { ...given.ports, network });
    expect(outcome.results[0]?.reason).toEqual(why);
  });

  it('does not probe what a lock can do without', async () => {
    const remote = {
      url: 'https://dead.example.test/x',
      purpose: 'url',
      namedIn: 'a',
      optional: true,
    } as const;
    const given = setUp({
      locks: [fakeLock('a.fake', { remotes: [remote] })],
      files: { 'a.fake': '' },
      tool: () => GOOD,
    });
    const probed: Remote[] = [];
    const probe = (remotes: readonly Remote[]) => {
      probed.push(...remotes);
      return Promise.resolve(new Map());
    };
    const network = { ...given.ports.network, probe };
    const outcome = await runJob(JOB, { ...given.ports, network });
    expect(outcome.results[0]?.status).toBe('unchanged');
    expect(probed).toEqual([]);
  });

  it.each<[LockKind, Remote['purpose'], readonly string[]]>([
    ['pinned', 'index', []],
    ['pipenv', 'index', []],
    ['pinned', 'extra-index', ['flask']],
    ['uv', 'index', ['flask']],
  ])('of %s with an %s elsewhere, asks the public index for links of %j', async (kind, purpose, names) => {
    const asked: string[] = [];
    const given = setUp({
      locks: [
        fakeLock('a.fake', {
          kind,
          remotes: [{ url: 'https://own.example.test/simple', purpose, namedIn: 'a' }],
        }),
      ],
      files: { 'a.fake': 'flask 1.0\n' },
      tool: (path, copy) => {
        write(copy, path, 'flask 2.0\n');
        return GOOD;
      },
      ports: {
        links: {
          ask: (changes) => void asked.push(...changes.map(({ name }) => name)),
          found: () => Promise.resolve(new Map()),
        },
      },
    });
    await runJob(JOB, given.ports);
    expect(asked).toEqual(names);
  });

  it('asks no Python index for links of what conda manages', async () => {
    const asked: string[] = [];
    const lock = fakeLock('a.fake');
    const managed = (manager: 'conda' | 'pip') => ({
      platform: 'linux-64',
      manager,
      build: null,
      channel: null,
    });
    const given = setUp({
      locks: [
        {
          ...lock,
          parse: (text, read) => ({
            packages: lock
              .parse(text, read)
              .packages.map((item) => ({ ...item, conda: managed(item.name === 'zlib' ? 'conda' : 'pip') })),
          }),
        },
      ],
      files: { 'a.fake': 'flask 1.0\nzlib 1.0\n' },
      tool: (path, copy) => {
        write(copy, path, 'flask 2.0\nzlib 2.0\n');
        return GOOD;
      },
      ports: {
        links: {
          ask: (changes) => void asked.push(...changes.map(({ name }) => name)),
          found: () => Promise.resolve(new Map()),
        },
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results[0]?.changes.map(({ name }) => name)).toEqual(['flask', 'zlib']);
    expect(asked).toEqual(['flask']);
  });

  it('publishes nothing of a lock that became a link', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': 'flask 1.0\n' },
      tool: async (path, copy) => {
        const { rmSync, symlinkSync } = await import('node:fs');
        rmSync(join(copy, path));
        symlinkSync('/etc/hostname', join(copy, path));
        return GOOD;
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results.map(({ status }) => status)).toEqual(['failed']);
    expect(given.actions.flatMap(({ files }) => files)).toEqual([]);
  });

  it('makes a lock anew that nobody can read, and says that what moved cannot be told', async () => {
    const lock = fakeLock('requirements.txt');
    const parse: PlannedLock['parse'] = (text, read) => {
      if (text.includes('<<<<<<<')) throw new LockSyntaxError('requirements.txt', 1, 'a merge conflict.');
      return lock.parse(text, read);
    };
    const given = setUp({
      locks: [{ ...lock, parse }],
      files: { 'requirements.txt': '<<<<<<< HEAD\n' },
      tool: (path, copy) => {
        write(copy, path, 'flask 2.0\n');
        return GOOD;
      },
    });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results.map(({ status }) => status)).toEqual(['updated']);
    expect(outcome.pullRequest?.body).toContain('unreadable before: requirements.txt:1: a merge conflict.');
  });

  it('stops a lock that never ends', async () => {
    const step = { do: 'write', files: { 'x.tmp': '' } } as const;
    const given = setUp({ locks: [fakeLock('a.fake', {}, () => step)], files: { 'a.fake': '' } });
    const outcome = await runJob(JOB, given.ports);
    expect(outcome.results[0]?.reason?.code).toBe('internal');
  });

  it('cleans up and ends when it is cancelled', async () => {
    const given = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': '' },
      tool: () => {
        throw new CancelledError('cancelled');
      },
    });
    await expect(runJob(JOB, given.ports)).rejects.toThrow(CancelledError);
    expect(readdirSync(given.scratch)).toEqual([]);
    expect(given.closed).toEqual(['gate']);
  });

  it('closes what was opened when the set-up fails', async () => {
    const given = setUp({ locks: [fakeLock('a.fake')], files: { 'a.fake': '' } });
    const facts = { ...given.ports.facts, uvVersion: () => Promise.reject(new Error('no uv')) };
    await expect(
      runJob({ ...JOB, cutoff: '2026-11-01T00:00:00Z' }, { ...given.ports, facts }),
    ).rejects.toThrow('no uv');
    expect(given.closed).toEqual(['gate']);
    expect(readdirSync(given.scratch)).toEqual([]);
  });

  it('takes the cool-down from the policy, and names each wrong line of a policy', async () => {
    const policy = '.github/relock.toml';
    const good = setUp({
      locks: [fakeLock('a.fake')],
      files: { 'a.fake': '', [policy]: 'exclude-newer = "7 days"\n' },
    });
    const outcome = await runJob(JOB, good.ports);
    expect(outcome.job.cutoff).toMatch(/^2026-11-17T12:00:00/u);
    expect(good.opened).toEqual([outcome.job.cutoff]);
    const bad = setUp({ locks: [], files: { [policy]: 'exclude-newr = "7 days"\n' } });
    await expect(runJob(JOB, bad.ports)).rejects.toThrow(/relock\.toml:1: .*exclude-newer/u);
  });
});
