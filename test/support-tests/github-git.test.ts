import type { Octokit } from '@octokit/rest';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitEnvironment } from '../support/github/git.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { clientOf, commitOn, refusal, svc } from './github-setup.ts';

let github: GitHub;
let app: Octokit;

const execute = promisify(execFile);
const blobId = (text: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');

async function headOf(branch = 'main'): Promise<{ readonly commit: string; readonly tree: string }> {
  const { data } = await app.rest.repos.getBranch({ ...svc, branch });
  return { commit: data.commit.sha, tree: data.commit.commit.tree.sha };
}

beforeEach(async () => {
  github = await startGitHub({ checkAnswers: true });
  await github.createRepository('acme', 'svc', {
    'requirements.txt': 'flask==3.0.0\n',
    'bin/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
    '.github/workflows/ci.yml': 'on: push\n',
    'docs/ü.md': 'text\n',
  });
  app = clientOf(github, 'installation');
});
afterEach(() => github.close());

describe('git', () => {
  it('makes objects with the ids of git and signs what the App commits without a name', async () => {
    const content = 'flask==3.1.0\n';
    const sha = await commitOn(app, 'relock/monthly', content);
    const { data } = await app.rest.git.getCommit({ ...svc, commit_sha: sha });
    expect(data).toMatchObject({
      author: { name: 'relock[bot]' },
      committer: { name: 'GitHub' },
      verification: { verified: true },
    });
    const view = github.repository('acme/svc');
    const tree = await view.tree('relock/monthly');
    expect(tree.get('requirements.txt')).toEqual({ mode: '100644', sha: blobId(content) });
    expect(tree.get('bin/run.sh')?.mode).toBe('100755');
    expect(await view.file('relock/monthly', 'docs/ü.md')).toBe('text\n');
    const named = await app.rest.git.createCommit({
      ...svc,
      message: 'm',
      tree: data.tree.sha,
      author: { name: 'N', email: 'n@x.test' },
    });
    expect(named.data.verification.verified).toBe(false);
  });

  it('moves a branch only forward, to merges too, and never by half', async () => {
    const first = await commitOn(app, 'relock/monthly');
    const moved = await github.user('walter').push('acme/svc', 'main', { 'new.txt': '1\n' });
    const { tree } = await headOf();
    const merge = await app.rest.git.createCommit({
      ...svc,
      message: 'Refresh',
      tree,
      parents: [first, moved],
    });
    expect(merge.data.parents.map((parent) => parent.sha)).toEqual([first, moved]);
    const ref = 'heads/relock/monthly';
    const other = await app.rest.git.createCommit({ ...svc, message: 'Beside', tree, parents: [moved] });
    expect(await refusal(app.rest.git.updateRef({ ...svc, ref, sha: other.data.sha }))).toEqual([
      422,
      'Update is not a fast forward',
    ]);
    await app.rest.git.updateRef({ ...svc, ref, sha: merge.data.sha });
    expect((await app.rest.git.getRef({ ...svc, ref })).data.object.sha).toBe(merge.data.sha);
    await app.rest.git.updateRef({ ...svc, ref, sha: other.data.sha, force: true });
    expect(await refusal(app.rest.git.createRef({ ...svc, ref: `refs/${ref}`, sha: first }))).toEqual([
      422,
      'Reference already exists',
    ]);
    expect(await refusal(app.rest.git.createRef({ ...svc, ref: 'refs/heads/relock', sha: first }))).toEqual([
      422,
      'Reference update failed',
    ]);
    expect(
      await refusal(app.rest.git.createRef({ ...svc, ref: 'refs/heads/x', sha: 'a'.repeat(40) })),
    ).toEqual([422, 'Object does not exist']);
    await app.rest.git.deleteRef({ ...svc, ref });
    expect((await app.rest.repos.listBranches(svc)).data.map(({ name }) => name)).toEqual(['main']);
    expect(await refusal(app.rest.repos.getBranch({ ...svc, branch: 'relock/monthly' }))).toEqual([
      404,
      'Branch not found',
    ]);
  });

  it('edits trees: deletes, replaces a folder by a file, refuses what git would not hold', async () => {
    const { tree } = await headOf();
    const file = (path: string, more: object) =>
      ({ path, mode: '100644', type: 'blob', ...more }) as { path: string };
    const make = (...entries: { path: string }[]) =>
      app.rest.git.createTree({ ...svc, base_tree: tree, tree: entries });
    const made = await make(file('bin', { content: 'now a file' }), file('docs/ü.md', { sha: null }));
    expect(made.data.tree.map(({ path }) => path)).toEqual(['.github', 'bin', 'requirements.txt']);
    expect(await refusal(make(file('gone.txt', { sha: null })))).toEqual([422, 'GitRPC::BadObjectState']);
    expect(await refusal(make(file('../up', { content: '' })))).toEqual([
      422,
      'tree.path contains a malformed path component',
    ]);
    expect((await refusal(make(file('a', { sha: 'b'.repeat(40) }))))[0]).toBe(422);
    const all = await app.rest.git.getTree({ ...svc, tree_sha: 'main', recursive: 'true' });
    expect(all.data.tree.map(({ path }) => path)).toContain('.github/workflows/ci.yml');
  });

  it('is cloned with an installation token and refuses a wrong one', async () => {
    const { data } = await clientOf(github, 'app').rest.apps.createInstallationAccessToken({
      installation_id: github.installationId,
    });
    const folder = await mkdtemp(join(tmpdir(), 'clone-'));
    const clone = (token: string, name: string): Promise<unknown> => {
      const url = `http://x-access-token:${token}@${github.host}/acme/svc.git`;
      return execute('git', ['clone', '-q', '--depth', '1', url, name], { cwd: folder, env: gitEnvironment });
    };
    await clone(data.token, 'one');
    const head = await execute('git', ['rev-parse', 'HEAD'], { cwd: join(folder, 'one') });
    expect(head.stdout.trim()).toBe((await headOf()).commit);
    await expect(clone('ghs_madeup', 'two')).rejects.toThrow(/Authentication failed/);
    const git = (...args: string[]): Promise<unknown> =>
      execute('git', ['-c', 'user.name=N', '-c', 'user.email=n@x.test', ...args], {
        cwd: join(folder, 'one'),
      });
    await git('mv', '.github/workflows/ci.yml', '.github/workflows/release.yml');
    await git('commit', '-qm', 'Workflow');
    await expect(git('push', '-q', 'origin', 'HEAD:refs/heads/w')).rejects.toThrow(
      'refusing to allow a GitHub App to create or update workflow `.github/workflows/release.yml` without `workflows`',
    );
    await rm(folder, { recursive: true });
  });

  it('refuses workflow files to an App without the permission, and takes those of the default branch', async () => {
    const { commit, tree } = await headOf();
    const path = '.github/workflows/ci.yml';
    const make = (content: string) =>
      app.rest.git.createTree({
        ...svc,
        base_tree: tree,
        tree: [{ path, mode: '100644', type: 'blob', content }],
      });
    const refused = [403, 'Resource not accessible by integration'];
    expect(await refusal(make('on: release\n'))).toEqual(refused);
    expect((await make('on: push\n')).data.sha).toBe(tree);
    const person = await github.user('walter').push('acme/svc', 'theirs', { [path]: 'on: release\n' });
    expect(await refusal(app.rest.git.createRef({ ...svc, ref: 'refs/heads/copy', sha: person }))).toEqual(
      refused,
    );
    const moved = await github.user('walter').push('acme/svc', 'main', { [path]: 'on: workflow_dispatch\n' });
    await app.rest.git.createRef({ ...svc, ref: 'refs/heads/old', sha: commit });
    const merge = await app.rest.git.createCommit({
      ...svc,
      message: 'm',
      tree: (await headOf()).tree,
      parents: [commit, moved],
    });
    await app.rest.git.updateRef({ ...svc, ref: 'heads/old', sha: merge.data.sha });
    github.setPermissions(github.installationId, { contents: 'write', metadata: 'read', workflows: 'write' });
    app = clientOf(github, 'installation');
    expect((await make('on: release\n')).status).toBe(201);
  });

  it('reads contents: files, raw, folders, another branch, the organisation defaults', async () => {
    await github.createRepository('acme', '.github', { 'relock.toml': 'schedule = "weekly"\n' });
    const org = await app.rest.repos.getContent({ owner: 'acme', repo: '.github', path: 'relock.toml' });
    expect(Buffer.from((org.data as { content: string }).content, 'base64').toString()).toBe(
      'schedule = "weekly"\n',
    );
    const raw = await app.rest.repos.getContent({ ...svc, path: 'docs/ü.md', mediaType: { format: 'raw' } });
    expect(raw.data).toBe('text\n');
    const folder = await app.rest.repos.getContent({ ...svc, path: '' });
    expect((folder.data as { name: string }[]).map(({ name }) => name)).toEqual([
      '.github',
      'bin',
      'docs',
      'requirements.txt',
    ]);
    expect((await refusal(app.rest.repos.getContent({ ...svc, path: 'no.txt' })))[0]).toBe(404);
    const sha = await commitOn(app, 'b');
    const compared = await app.rest.repos.compareCommitsWithBasehead({ ...svc, basehead: 'main...b' });
    expect(compared.data).toMatchObject({
      status: 'ahead',
      ahead_by: 1,
      files: [{ filename: 'requirements.txt', status: 'modified' }],
    });
    expect((await app.rest.repos.getCommit({ ...svc, ref: sha })).data.author?.login).toBe('relock[bot]');
    expect((await app.rest.repos.listCommits({ ...svc, sha: 'b' })).data).toHaveLength(2);
    expect((await app.rest.git.listMatchingRefs({ ...svc, ref: 'heads/' })).data).toHaveLength(2);
  });
});
