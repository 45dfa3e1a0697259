import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyActions } from '../../../src/forge/github/apply.ts';
import type { ApplyResult } from '../../../src/forge/github/apply-result.ts';
import { readHeldFiles } from '../../../src/forge/github/base-tree.ts';
import type { FileChange } from '../../../src/model.ts';
import type { CommitAction } from '../../../src/proposal/actions.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { BRANCH, appAt, baseAt, mine, sentTo, svcAt, type App } from './setup.ts';

const SUBMODULE = 'c'.repeat(40);
let github: GitHub;
let app: App;

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', {
    'requirements.txt': 'flask==3.0.0\n',
    'bin/lock.sh': { mode: '100755', content: '#!/bin/sh\n' },
    'deep/er/old.txt': 'old\n',
    link: { mode: '120000', content: 'deep' },
    'deep/link.txt': { mode: '120000', content: '../requirements.txt' },
  });
  app = await appAt(github);
});
afterEach(() => github.close());

const view = () => github.repository('acme/svc');
const write = (path: string, text: string | null = 'new\n', executable = false): FileChange => ({
  path,
  text,
  executable,
});

async function commit(files: readonly FileChange[], more: Partial<CommitAction> = {}): Promise<ApplyResult> {
  const { sha } = await baseAt(github);
  const action: CommitAction = {
    kind: 'commit',
    branch: BRANCH,
    base: sha,
    parents: [sha],
    expect: null,
    files,
    message: 'Re-lock',
    unlessTree: null,
    ...more,
  };
  return applyActions(app.api, svcAt(github), [action], mine);
}

/** A submodule can only be made through the API. */
async function withSubmodule(): Promise<void> {
  const { octokit } = app;
  const svc = { owner: 'acme', repo: 'svc' };
  const { sha } = await baseAt(github);
  const { data } = await octokit.rest.git.getCommit({ ...svc, commit_sha: sha });
  const entry = { path: 'vendor', mode: '160000', type: 'commit', sha: SUBMODULE } as const;
  const tree = await octokit.rest.git.createTree({ ...svc, base_tree: data.tree.sha, tree: [entry] });
  const made = await octokit.rest.git.createCommit({
    ...svc,
    message: 'm',
    tree: tree.data.sha,
    parents: [sha],
  });
  await octokit.rest.git.updateRef({ ...svc, ref: 'heads/main', sha: made.data.sha });
}

describe('a commit', () => {
  it('lays files over the base, keeps modes, and is signed', async () => {
    const files = [
      write('requirements.txt'),
      write('bin/lock.sh'),
      write('deep/er/old.txt', null),
      write('never/there.txt', null),
      write('new/run.sh', 'run\n', true),
      write('new/plain.txt'),
    ];
    const result = await commit(files);
    expect(result).toMatchObject({ stopped: null, notes: [], pull: null });
    const [made] = await view().commits(BRANCH);
    const base = await baseAt(github);
    expect(made).toMatchObject({ sha: result.head, parents: [base.sha], author: { name: 'relock[bot]' } });
    expect(made?.message.trim()).toBe('Re-lock');
    expect(view().state.signed.has(made?.sha ?? '')).toBe(true);
    const tree = await view().tree(BRANCH);
    const modes = [...tree].map(([path, { mode }]) => `${mode} ${path}`).sort();
    expect(modes).toEqual([
      '100644 new/plain.txt',
      '100644 requirements.txt',
      '100755 bin/lock.sh',
      '100755 new/run.sh',
      '120000 deep/link.txt',
      '120000 link',
    ]);
    expect(await view().file(BRANCH, 'requirements.txt')).toBe('new\n');
    // What it costs: commit and tree of the base, five blobs (one is removed, one was not there), tree, commit, branch.
    expect(sentTo(github, true)).toHaveLength(2 + 4 + 3);
    expect(JSON.stringify(github.requests().map(({ body }) => body))).not.toMatch(/author|committer/u);
  });

  it.each([
    ['plain', 'a\tb\r\nü 😀\n'],
    ['control characters', 'a\u0000b\u001B[0m\n'],
    ['a byte order mark', '\uFEFFa\n'],
    ['nothing', ''],
  ])('keeps every byte of %s', async (_, text) => {
    await commit([write('a.txt', text)]);
    expect(await view().file(BRANCH, 'a.txt')).toBe(text);
  });

  it.each<[string, string, string]>([
    ['below a link', 'link/x.txt', 'a symbolic link stands where its folder would be'],
    ['in place of a link', 'deep/link.txt', 'a symbolic link stands there'],
    ['below a file', 'requirements.txt/x', 'a file stands where its folder would be'],
    ['in place of a folder', 'deep/er', 'a folder stands there'],
    ['below a submodule', 'vendor/x.txt', 'a submodule stands where its folder would be'],
    ['in place of a submodule', 'vendor', 'a submodule stands there'],
    ['outside', '../x', 'that is no path in a repository'],
    ['in the repository itself', 'deep/.GIT/config', 'that is no path in a repository'],
  ])('is refused for a file %s', async (_, path, why) => {
    await withSubmodule();
    github.clearRequests();
    const result = await commit([write('requirements.txt'), write(path)]);
    expect(result.stopped).toMatchObject({
      why: 'held',
      because: `\`${path}\` cannot be written on the base, since ${why}.`,
    });
    expect(result).toMatchObject({ done: [], head: null });
    expect(sentTo(github)).toEqual([]);
    const { sha } = await baseAt(github);
    expect(await readHeldFiles(app.api, svcAt(github), sha, ['requirements.txt', path])).toEqual([
      { path, why },
    ]);
  });

  it('walks folder by folder where a tree is too large for one answer', async () => {
    app.octokit.hook.after('request', (response) => {
      const { url, data } = response as { url: string; data: object };
      if (url.includes('recursive=1')) Object.assign(data, { truncated: true, tree: [] });
    });
    const result = await commit([write('deep/er/old.txt'), write('bin/lock.sh'), write('a/b/c.txt')]);
    expect(result.stopped).toBeNull();
    expect((await view().tree(BRANCH)).get('bin/lock.sh')?.mode).toBe('100755');
    expect((await commit([write('link/x')])).stopped).toMatchObject({ why: 'held' });
    // Root, deep, deep/er and bin; `a` is not there.
    const reads = sentTo(github, true).filter((line) => line.startsWith('GET /git/trees/'));
    expect(new Set(reads).size).toBe(4);
  });

  it('is not made where the branch has its tree already', async () => {
    const first = await commit([write('requirements.txt')]);
    const [made] = await view().commits(BRANCH);
    github.clearRequests();
    const again = { expect: first.head, unlessTree: made?.tree ?? null };
    expect(await commit([write('requirements.txt')], again)).toMatchObject({
      stopped: null,
      head: first.head,
    });
    expect(sentTo(github)).toEqual(['POST /git/blobs', 'POST /git/trees']);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['gone on', () => github.user('walter').push('acme/svc', BRANCH, { 'x.txt': 'x' })],
    [
      'been set back',
      async () => {
        const { sha } = await baseAt(github);
        const ref = `heads/${BRANCH}`;
        await app.octokit.rest.git.updateRef({ owner: 'acme', repo: 'svc', ref, sha, force: true });
      },
    ],
    ['been deleted', () => github.user('walter').deleteBranch('acme/svc', BRANCH)],
  ])('fails when the branch has %s', async (_, change) => {
    const { head } = await commit([write('requirements.txt')]);
    const [made] = await view().commits(BRANCH);
    await change();
    const before = (await view().branches()).get(BRANCH);
    const base = await baseAt(github);
    const more = { expect: head, parents: [head ?? '', base.sha] };
    expect((await commit([write('requirements.txt', 'newer\n')], more)).stopped).toMatchObject({
      why: 'moved',
    });
    const same = { ...more, unlessTree: made?.tree ?? null };
    expect((await commit([write('requirements.txt')], same)).stopped).toMatchObject({ why: 'moved' });
    expect((await view().branches()).get(BRANCH)).toBe(before);
  });

  it('fails when the branch is there against expectation, also when it comes at the last moment', async () => {
    let pushed = false;
    github.watch(async ({ method, path }) => {
      if (pushed || method !== 'POST' || !path.endsWith('/git/refs')) return;
      pushed = true;
      await github.user('walter').push('acme/svc', BRANCH, { 'x.txt': 'x' });
    });
    expect((await commit([write('requirements.txt')])).stopped).toMatchObject({ why: 'moved' });
    expect(await view().file(BRANCH, 'x.txt')).toBe('x');
  });

  it('is refused as a whole for a workflow file without the permission', async () => {
    const result = await commit([write('.github/workflows/ci.yml'), write('requirements.txt')]);
    expect(result.stopped).toMatchObject({ why: 'refused' });
    expect((await view().branches()).has(BRANCH)).toBe(false);
  });
});

describe('deleting a branch', () => {
  const remove = (expected: string): Promise<ApplyResult> =>
    applyActions(app.api, svcAt(github), [{ kind: 'delete-branch', branch: BRANCH, expect: expected }], mine);

  it('needs it to be where it was, and may be done twice', async () => {
    const { head } = await commit([write('requirements.txt')]);
    const moved = await github.user('walter').push('acme/svc', BRANCH, { 'x.txt': 'x' });
    expect((await remove(head ?? '')).stopped).toMatchObject({ why: 'moved' });
    expect(await remove(moved)).toMatchObject({ stopped: null });
    expect((await view().branches()).has(BRANCH)).toBe(false);
    expect(await remove(moved)).toMatchObject({ stopped: null });
  });
});
