import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createRepositoryMemory,
  readRepository,
  type RepositoryLook,
  type RepositoryRead,
} from '../../../src/forge/github/read-repository.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { appAt, sentTo, svcAt, type App } from './setup.ts';

const POLICY = '.github/relock.toml';
let github: GitHub;
let app: App;
let memory: ReturnType<typeof createRepositoryMemory>;

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', { 'a.txt': 'a\n', [POLICY]: 'schedule = "weekly"\n' });
  app = await appAt(github);
  memory = createRepositoryMemory();
});
afterEach(() => github.close());

const read = (minutes = 0): Promise<RepositoryRead> =>
  readRepository(app.api, svcAt(github), memory, new Date(Date.UTC(2026, 10, 2, 10, minutes)));

async function look(minutes = 0): Promise<RepositoryLook> {
  const result = await read(minutes);
  if (result.kind !== 'found') throw new Error(result.because);
  return result.look;
}

describe('one look at a repository', () => {
  it('is 4 requests the first time, 2 when nothing has changed, 3 to see the organisation again', async () => {
    await github.createRepository('acme', '.github', { [POLICY]: 'draft = true\n' });
    const first = await look();
    expect(sentTo(github, true)).toEqual([
      'GET ',
      'GET /git/ref/heads%2Fmain',
      `GET /contents/.github%2Frelock.toml`,
      `GET /repos/acme/.github/contents/.github%2Frelock.toml`,
    ]);
    expect(first).toMatchObject({
      repository: svcAt(github),
      defaultBranch: 'main',
      fork: false,
      private: true,
      cloneUrl: `${github.url}/acme/svc.git`,
      policy: { path: POLICY, text: 'schedule = "weekly"\n' },
      organisationPolicy: { path: `acme/.github/${POLICY}`, text: 'draft = true\n' },
    });
    expect(first.head).toBe((await github.repository('acme/svc').branches()).get('main'));
    for (const [minutes, requests] of [
      [1, 2],
      [6, 3],
    ] as const) {
      github.clearRequests();
      expect(await look(minutes)).toEqual(first);
      expect(github.requests()).toHaveLength(requests);
      expect(github.requests().every(({ status }) => status === 304)).toBe(true);
    }
  });

  it('sees a new commit, a new policy and a new organisation policy', async () => {
    const first = await look();
    expect(first.organisationPolicy).toBeNull();
    const head = await github.user('walter').push('acme/svc', 'main', { [POLICY]: 'schedule = "off"\n' });
    await github.createRepository('acme', '.github', { [POLICY]: 'draft = true\n' });
    expect(await look(1)).toMatchObject({
      head,
      policy: { text: 'schedule = "off"\n' },
      organisationPolicy: null,
    });
    expect((await look(7)).organisationPolicy).toMatchObject({ text: 'draft = true\n' });
  });

  it.each<[string, Parameters<GitHub['createRepository']>[2], object | null]>([
    ['is not there', {}, null],
    ['is a folder', { [`${POLICY}/x`]: 'x' }, { unreadable: 'it is a folder' }],
    [
      'leads nowhere',
      { [POLICY]: { mode: '120000', content: 'nowhere' } },
      { unreadable: 'it is a symlink, not a file' },
    ],
    ['is too large', { [POLICY]: '#'.repeat(300_000) }, { unreadable: 'it has more than 256 KiB' }],
    ['is not text', { [POLICY]: new Uint8Array([0xff, 0xfe, 0]) }, { unreadable: 'it is not UTF-8' }],
  ])('tells a policy that %s', async (_, files, policy) => {
    const { state } = await github.createRepository('acme', 'other', { 'a.txt': 'a', ...files });
    const result = await readRepository(
      app.api,
      { id: state.id, owner: 'acme', name: 'other' },
      memory,
      new Date(),
    );
    expect(result).toMatchObject({ look: { policy: policy === null ? null : { path: POLICY, ...policy } } });
  });

  it('takes the policy of the organisation itself for its own', async () => {
    const { state } = await github.createRepository('acme', '.github', { [POLICY]: 'draft = true\n' });
    const result = await readRepository(
      app.api,
      { id: state.id, owner: 'acme', name: '.github' },
      memory,
      new Date(),
    );
    expect(result).toMatchObject({ look: { policy: { text: 'draft = true\n' }, organisationPolicy: null } });
  });

  it.each<[string, () => unknown]>([
    ['archived', () => void (github.repository('acme/svc').state.archived = true)],
    ['disabled', () => void (github.repository('acme/svc').state.disabled = true)],
    ['suspended', () => github.suspend(github.installationId, true)],
  ])('says that it is %s, in one request', async (reason, change) => {
    change();
    expect(await read()).toMatchObject({ kind: 'unavailable', reason });
    expect(github.requests()).toHaveLength(1);
  });

  it('says that it is gone, empty, or another one of its name', async () => {
    const { state } = await github.createRepository('acme', 'bare', {});
    const at = (id: number, name: string): Promise<RepositoryRead> =>
      readRepository(app.api, { id, owner: 'acme', name }, memory, new Date());
    expect(await at(state.id, 'bare')).toMatchObject({ kind: 'unavailable', reason: 'empty' });
    expect(await at(state.id + 1, 'bare')).toMatchObject({ kind: 'unavailable', reason: 'replaced' });
    expect(await at(5, 'never')).toMatchObject({ kind: 'unavailable', reason: 'gone' });
  });

  it('says that the App is not installed any more', async () => {
    const cold = await appAt(github, { warm: false });
    github.uninstall(github.installationId);
    expect(await readRepository(cold.api, svcAt(github), memory, new Date())).toMatchObject({
      kind: 'unavailable',
      reason: 'not-installed',
    });
  });

  it('throws what passes', async () => {
    github.fail({ kind: 'error', status: 503, path: /git\/ref/u });
    await expect(read()).rejects.toMatchObject({ code: 'server-error' });
    github.fail({ kind: 'rate-limit', retryAfter: 60 });
    await expect(read()).rejects.toMatchObject({ code: 'rate-limit' });
  });
});
