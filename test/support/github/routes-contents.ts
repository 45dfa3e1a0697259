/** Contents, commits, comparisons and branches. */
import { notFound } from './access.ts';
import { ok, page, within, type Answer, type Call, type Handler } from './call.ts';
import { commitJson, commitOf, fileJson } from './commits.ts';
import {
  changedFiles,
  mergeBase,
  readCommits,
  readObject,
  readRefs,
  readTree,
  resolveCommit,
  type TreeEntry,
} from './git.ts';
import { ApiError, fullName, type Repository } from './model.ts';
import type { Operation } from './operations.ts';
import { repositoryUrl, type Json } from './represent.ts';

const root = '/repos/{owner}/{repo}';
const read = ['contents:read'] as const;

/** An entry of the contents API; a file of more than 1 MB comes without its content, as at GitHub. */
async function contentJson(call: Call, repository: Repository, entry: TreeEntry, ref: string): Promise<Json> {
  const { hub } = call;
  const kind = { '120000': 'symlink', '160000': 'submodule', '040000': 'dir' }[entry.mode] ?? 'file';
  const url = repositoryUrl(hub, repository, `/contents/${entry.path}?ref=${ref}`);
  const git_url = repositoryUrl(hub, repository, `/git/${entry.type}s/${entry.sha}`);
  const html_url = `${hub.url}/${fullName(repository)}/blob/${ref}/${entry.path}`;
  return {
    type: kind,
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    git_url,
    html_url,
    download_url: kind === 'dir' ? null : `${hub.url}/raw/${fullName(repository)}/${ref}/${entry.path}`,
    _links: { self: url, git: git_url, html: html_url },
  };
}

async function getContents(call: Call, repository: Repository): Promise<Answer> {
  const path = (call.params['path'] ?? '').replace(/^\/|\/$/g, '');
  const ref = call.query.get('ref') ?? repository.defaultBranch;
  const commit = await resolveCommit(repository.git, ref);
  if (commit === undefined) throw new ApiError(404, `No commit found for the ref ${ref}`);
  const [entry] = path === '' ? [] : await readTree(repository.git, commit, { path });
  if (path !== '' && entry === undefined) throw notFound();
  if (entry === undefined || entry.type === 'tree') {
    const inside = await readTree(repository.git, entry?.sha ?? commit);
    const prefix = path === '' ? '' : `${path}/`;
    const rows = inside.map((row) => contentJson(call, repository, { ...row, path: prefix + row.path }, ref));
    return ok(await Promise.all(rows));
  }
  const bytes = (await readObject(repository.git, 'blob', entry.sha)) ?? Buffer.alloc(0);
  if (/\braw\b/.test(call.accept)) return ok(bytes);
  const json = await contentJson(call, repository, entry, ref);
  if (entry.mode === '120000') return ok({ ...json, target: bytes.toString() });
  if (entry.type === 'commit') return ok({ ...json, submodule_git_url: null });
  const large = bytes.length > 1_048_576;
  const content = large ? '' : bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n');
  return ok({ ...json, encoding: large ? 'none' : 'base64', content });
}

async function compare(call: Call, repository: Repository): Promise<Answer> {
  const { hub } = call;
  const [left = '', right = ''] = (call.params['basehead'] ?? '').split('...');
  const [base, head] = [
    await resolveCommit(repository.git, left),
    await resolveCommit(repository.git, right),
  ];
  if (base === undefined || head === undefined) throw notFound();
  const common = await mergeBase(repository.git, base, head);
  if (common === undefined) throw new ApiError(404, `No common ancestor between ${left} and ${right}.`);
  const ahead = await readCommits(repository.git, [head, `^${base}`]);
  const behind = await readCommits(repository.git, [base, `^${head}`]);
  const path = `compare/${left}...${right}`;
  const page = `${hub.url}/${fullName(repository)}/${path}`;
  const one = async (sha: string): Promise<Json> =>
    commitJson(hub, repository, await commitOf(repository, sha));
  const diverged = ahead.length > 0 && behind.length > 0;
  const direction = ahead.length > 0 ? 'ahead' : behind.length > 0 ? 'behind' : 'identical';
  return ok({
    url: repositoryUrl(hub, repository, `/${path}`),
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: await one(base),
    merge_base_commit: await one(common),
    status: diverged ? 'diverged' : direction,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead.reverse().map((commit) => commitJson(hub, repository, commit)),
    files: (await changedFiles(repository.git, common, head)).map((file) =>
      fileJson(hub, repository, file, head),
    ),
  });
}

export const contentRoutes = {
  [`GET ${root}/contents/{path}`]: within(read, getContents),
  [`GET ${root}/commits`]: within(read, async (call, repository) => {
    const start = await resolveCommit(repository.git, call.query.get('sha') ?? repository.defaultBranch);
    if (start === undefined) throw notFound();
    const path = call.query.get('path');
    const commits = await readCommits(repository.git, [start, ...(path === null ? [] : ['--', path])]);
    return page(
      call,
      commits.map((commit) => commitJson(call.hub, repository, commit)),
    );
  }),
  [`GET ${root}/commits/{ref}`]: within(read, async (call, repository) => {
    const commit = await commitOf(repository, call.params['ref'] ?? '');
    if (/\bsha\b/.test(call.accept)) return ok(Buffer.from(commit.sha));
    const from = commit.parents[0];
    const files = from === undefined ? [] : await changedFiles(repository.git, from, commit.sha);
    const shown = files.map((file) => fileJson(call.hub, repository, file, commit.sha));
    return ok({ ...commitJson(call.hub, repository, commit), files: shown });
  }),
  [`GET ${root}/compare/{basehead}`]: within(read, compare),
  [`GET ${root}/branches`]: within(read, async (call, repository) => {
    const branches = [...(await readRefs(repository.git))].map(([ref, sha]) => ({
      name: ref.replace('refs/heads/', ''),
      commit: { sha, url: repositoryUrl(call.hub, repository, `/commits/${sha}`) },
      protected: false,
    }));
    return page(call, branches);
  }),
  [`GET ${root}/branches/{branch}`]: within(read, async (call, repository) => {
    const name = call.params['branch'] ?? '';
    const sha = (await readRefs(repository.git, `refs/heads/${name}`)).get(`refs/heads/${name}`);
    if (sha === undefined) throw new ApiError(404, 'Branch not found');
    const self = repositoryUrl(call.hub, repository, `/branches/${name}`);
    return ok({
      name,
      commit: commitJson(call.hub, repository, await commitOf(repository, sha)),
      _links: { self, html: `${call.hub.url}/${fullName(repository)}/tree/${name}` },
      protected: false,
      protection: { enabled: false },
      protection_url: `${self}/protection`,
    });
  }),
} satisfies Partial<Record<Operation, Handler>>;
