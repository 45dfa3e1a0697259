import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dispatchRepository,
  dispatchWorkflow,
  findRun,
  readRun,
} from '../../../src/forge/github/workflows.ts';
import { ForgeError } from '../../../src/forge/github/forge-error.ts';
import type { GitHubApi } from '../../../src/forge/github/api.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { appAt, svcAt } from './setup.ts';

let github: GitHub;
let api: GitHubApi;
const automation = () => github.repository('acme/svc').state.automation;
const start = async (permissions: Record<string, 'read' | 'write'>): Promise<void> => {
  github = await startGitHub({ permissions });
  await github.createRepository('acme', 'svc', { Dockerfile: 'FROM debian:12\n' });
  automation().workflows.push({ id: 7, path: '.github/workflows/build.yml' });
  ({ api } = await appAt(github));
};
beforeEach(() => start({ contents: 'write', actions: 'write' }));
afterEach(() => github.close());

const inputs = { 'no-cache': 'true', pull: 'true' };
const dispatch = (workflow = 'build.yml') =>
  dispatchWorkflow(api, svcAt(github), { workflow, ref: 'main', inputs });

describe('a workflow', () => {
  it('is started, found, and followed to its end', async () => {
    const since = new Date(Date.now() - 5000);
    const find = () => findRun(api, svcAt(github), { workflow: 'build.yml', branch: 'main', since });
    expect(await find()).toBeNull();
    expect(await dispatch()).toEqual({ started: true, notes: [] });
    const [made] = automation().runs;
    expect(made).toMatchObject({ event: 'workflow_dispatch', inputs });
    const run = await find();
    expect(run).toMatchObject({ id: made?.id, head: made?.headSha, status: 'queued', conclusion: null });
    Object.assign(made ?? {}, { status: 'completed', conclusion: 'success' });
    expect(await readRun(api, svcAt(github), run?.id ?? 0)).toMatchObject({ conclusion: 'success' });
    expect(await readRun(api, svcAt(github), 1)).toBeNull();
  });

  it('is not one that ran before, on another branch, or for another reason', async () => {
    await dispatch();
    const look = (since: Date, branch = 'main') =>
      findRun(api, svcAt(github), { workflow: 'build.yml', branch, since });
    const before = new Date(Date.now() - 5000);
    expect(await look(new Date(Date.now() + 5000))).toBeNull();
    expect(await look(before, 'other')).toBeNull();
    const [made] = automation().runs;
    Object.assign(made ?? {}, { event: 'push' });
    expect(await look(before)).toBeNull();
  });

  it.each([
    ['Unexpected inputs provided: ["pull"]', { 'no-cache': 'true' }, 'without `pull`'],
    ['Unexpected inputs provided: ["no-cache", "pull"]', {}, 'without `no-cache` and `pull`'],
    ['Unexpected inputs provided', {}, 'without `no-cache` and `pull`'],
  ])('is started without what it does not take: %s', async (message, left, note) => {
    const sent: unknown[] = [];
    const refusing = {
      attempt: async (call: (request: unknown) => Promise<unknown>) => {
        await call((_route: string, given: { readonly inputs?: unknown }) => {
          sent.push(given.inputs ?? {});
          return Promise.resolve({ data: null, headers: {} });
        });
        const refusal = { status: 422, message, what: 'POST dispatches' };
        return sent.length === 1 ? { ok: false, refusal } : { ok: true, data: null };
      },
    } as unknown as GitHubApi;
    const answer = await dispatchWorkflow(refusing, svcAt(github), {
      workflow: 'build.yml',
      ref: 'main',
      inputs,
    });
    expect(sent).toEqual([inputs, left]);
    expect(answer).toEqual({ started: true, notes: [expect.stringContaining(note)] });
  });

  it('is a note where it is not there', async () => {
    expect(await dispatch('other.yml')).toEqual({
      started: false,
      notes: [expect.stringContaining('no such workflow')],
    });
  });

  it('is a note where the App may not', async () => {
    await github.close();
    await start({ contents: 'write' });
    expect(await dispatch()).toEqual({
      started: false,
      notes: [expect.stringContaining('lacks the permission "Actions"')],
    });
    expect(automation().runs).toEqual([]);
  });

  it('is tried later when GitHub wants quiet', async () => {
    github.fail({ kind: 'secondary-limit', path: /dispatches/u, retryAfter: 30 });
    await expect(dispatch()).rejects.toBeInstanceOf(ForgeError);
  });
});

describe('an event of the repository', () => {
  it('carries at most ten reasons', async () => {
    const payload = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key${index}`, index]));
    expect(await dispatchRepository(api, svcAt(github), { event: 'relock-rebuild', payload })).toEqual({
      started: true,
      notes: [],
    });
    const [sent] = automation().dispatched;
    expect(sent?.event).toBe('relock-rebuild');
    expect(Object.keys(sent?.payload ?? {})).toHaveLength(10);
  });
});
