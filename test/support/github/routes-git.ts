/** The Git Data API, answered by git. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { notFound } from './access.ts';
import { created, empty, ok, within, type Answer, type Call, type Handler } from './call.ts';
import { commitOf, gitCommitJson, personOf } from './commits.ts';
import {
  isAncestor,
  readObject,
  readRefs,
  readTree,
  resolveCommit,
  updateRef,
  writeCommit,
  writeObject,
  writeTree,
  type Person,
  type TreeEntry,
} from './git.ts';
import { ApiError, inTurn, timestamp, type Hub, type Repository } from './model.ts';
import type { Operation } from './operations.ts';
import { actor, announce, guardWorkflows } from './references.ts';
import { repositoryUrl, type Json } from './represent.ts';

const root = '/repos/{owner}/{repo}';
function refJson(hub: Hub, repository: Repository, ref: string, sha: string): Json {
  const object = { type: 'commit', sha, url: repositoryUrl(hub, repository, `/git/commits/${sha}`) };
  return { ref, node_id: `REF_${ref}`, url: repositoryUrl(hub, repository, `/git/${ref}`), object };
}

interface TreeChange {
  readonly path: string;
  readonly mode?: string;
  readonly type?: string;
  readonly sha?: string | null;
  readonly content?: string;
}

const modes = ['100644', '100755', '040000', '160000', '120000'];

async function postTree(call: Call, repository: Repository): Promise<Answer> {
  const { hub, principal } = call;
  const { tree, base_tree: base } = call.body as { tree: TreeChange[]; base_tree?: string };
  const bad = (message: string): ApiError => new ApiError(422, message);
  const files = new Map<string, TreeEntry>();
  if (base !== undefined) {
    const entries = await readTree(repository.git, base, { options: ['-r'] }).catch(() => undefined);
    if (entries === undefined) throw bad('base_tree is not a valid tree oid');
    for (const entry of entries) files.set(entry.path, entry);
  }
  const named = new Map<string, string>();
  for (const { path, mode = '', sha, content } of tree) {
    const parts = path.split('/');
    if (parts.some((part) => ['', '.', '..', '.git'].includes(part.toLowerCase()))) {
      throw bad('tree.path contains a malformed path component');
    }
    if (sha === null) {
      named.set(path, '');
      if (!files.delete(path)) throw bad('GitRPC::BadObjectState');
      continue;
    }
    if (!modes.includes(mode)) throw bad('Must supply a valid tree.mode');
    if (sha === undefined && content === undefined) throw bad('Must supply either tree.sha or tree.content');
    const id = sha ?? (await writeObject(repository.git, 'blob', content ?? ''));
    const type = { '040000': 'tree', '160000': 'commit' }[mode] ?? 'blob';
    if (type !== 'commit' && (await readObject(repository.git, type, id)) === undefined) {
      throw bad(`tree.sha ${id} is not a valid ${type}`);
    }
    // A file replaces a folder of its name, and a folder a file.
    for (const known of files.keys()) if (known.startsWith(`${path}/`)) files.delete(known);
    for (let length = 1; length <= parts.length; length += 1) files.delete(parts.slice(0, length).join('/'));
    const added = { mode, type, sha: id, size: undefined, path };
    const inside = type === 'tree' ? await readTree(repository.git, id, { options: ['-r'] }) : [added];
    for (const entry of inside) {
      const full = type === 'tree' ? `${path}/${entry.path}` : path;
      files.set(full, { ...entry, path: full });
      named.set(full, entry.sha);
    }
  }
  await guardWorkflows(repository, principal, { files: named });
  const sha = await writeTree(repository.git, join(hub.folder, `index-${randomUUID()}`), [...files.values()]);
  return created(await treeJson(hub, repository, sha, []));
}

async function treeJson(
  hub: Hub,
  repository: Repository,
  sha: string,
  options: readonly string[],
): Promise<Json> {
  const entries = await readTree(repository.git, sha, { options });
  const url = (kind: string, id: string): string => repositoryUrl(hub, repository, `/git/${kind}s/${id}`);
  const tree = entries.map(({ size, ...entry }) => ({
    ...entry,
    ...(size !== undefined && { size }),
    ...(entry.type !== 'commit' && { url: url(entry.type, entry.sha) }),
  }));
  return { sha, url: url('tree', sha), tree, truncated: false };
}

async function postCommit(call: Call, repository: Repository): Promise<Answer> {
  const { hub, principal } = call;
  const body = call.body as { message: string; tree: string; parents?: string[] } & Record<
    string,
    Partial<Person>
  >;
  const { message, tree, parents = [] } = body;
  if ((await readObject(repository.git, 'tree', tree)) === undefined)
    throw new ApiError(422, 'Tree SHA does not exist');
  for (const parent of parents) {
    const known = await readObject(repository.git, 'commit', parent);
    if (known === undefined) throw new ApiError(422, 'Parent SHA does not exist or is not a commit object');
  }
  const own = personOf(actor(hub, principal), timestamp());
  const author: Person = { ...own, ...body['author'] };
  const unnamed = body['author'] === undefined && body['committer'] === undefined;
  // GitHub signs, as its own committer, what an App commits without naming anybody.
  const signs = principal.kind === 'installation' && unnamed;
  const web = { name: 'GitHub', email: 'noreply@github.com', date: own.date };
  const committer: Person = signs ? web : { ...author, ...body['committer'] };
  const sha = await writeCommit(repository.git, { tree, parents, author, committer, message });
  if (signs) repository.signed.add(sha);
  return created(gitCommitJson(hub, repository, await commitOf(repository, sha)));
}

async function moveRef(
  call: Call,
  repository: Repository,
  ref: string,
  after: string | undefined,
): Promise<string | undefined> {
  const { hub, principal } = call;
  const before = (await readRefs(repository.git, ref)).get(ref);
  if (after !== undefined) await guardWorkflows(repository, principal, { commit: after, before });
  await updateRef(repository.git, ref, after);
  await announce(hub, repository, [{ ref, before, after }], actor(hub, principal));
  return before;
}

async function postRef(call: Call, repository: Repository): Promise<Answer> {
  const { ref, sha } = call.body as { ref: string; sha: string };
  if (!/^refs\/(heads|tags)\/[^\s~^:?*[\\]+$/.test(ref)) {
    throw new ApiError(422, 'Reference name must start with "refs/" and contain at least two slashes.');
  }
  return inTurn(repository, async () => {
    if ((await readObject(repository.git, 'commit', sha)) === undefined)
      throw new ApiError(422, 'Object does not exist');
    if ((await readRefs(repository.git, ref)).has(ref)) throw new ApiError(422, 'Reference already exists');
    await moveRef(call, repository, ref, sha).catch((error: unknown) => {
      // `a` and `a/b` cannot both be branches.
      throw error instanceof ApiError ? error : new ApiError(422, 'Reference update failed');
    });
    return created(refJson(call.hub, repository, ref, sha));
  });
}

async function patchRef(call: Call, repository: Repository): Promise<Answer> {
  const { sha, force = false } = call.body as { sha: string; force?: boolean };
  const ref = `refs/${call.params['ref'] ?? ''}`;
  return inTurn(repository, async () => {
    const before = (await readRefs(repository.git, ref)).get(ref);
    if (before === undefined) throw new ApiError(422, 'Reference does not exist');
    if ((await readObject(repository.git, 'commit', sha)) === undefined)
      throw new ApiError(422, 'Object does not exist');
    if (!force && !(await isAncestor(repository.git, before, sha)))
      throw new ApiError(422, 'Update is not a fast forward');
    await moveRef(call, repository, ref, sha);
    return ok(refJson(call.hub, repository, ref, sha));
  });
}

async function deleteRef(call: Call, repository: Repository): Promise<Answer> {
  const ref = `refs/${call.params['ref'] ?? ''}`;
  return inTurn(repository, async () => {
    if (!(await readRefs(repository.git, ref)).has(ref)) throw new ApiError(422, 'Reference does not exist');
    if (ref === `refs/heads/${repository.defaultBranch}`)
      throw new ApiError(422, 'Cannot delete the default branch');
    await moveRef(call, repository, ref, undefined);
    return empty;
  });
}

async function getRefs(call: Call, repository: Repository): Promise<Answer> {
  // for-each-ref matches whole parts of a name; GitHub matches from the start of the name.
  const start = `refs/${call.params['ref'] ?? ''}`;
  const refs = [
    ...(await readRefs(repository.git, 'refs/heads/')),
    ...(await readRefs(repository.git, 'refs/tags/')),
  ];
  return ok(
    refs
      .filter(([ref]) => ref.startsWith(start))
      .map(([ref, sha]) => refJson(call.hub, repository, ref, sha)),
  );
}

const read = ['contents:read'] as const;
const write = ['contents:write'] as const;

export const gitRoutes = {
  [`POST ${root}/git/blobs`]: within(write, async (call, repository) => {
    const { content, encoding = 'utf-8' } = call.body as { content: string; encoding?: string };
    const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
    const sha = await writeObject(repository.git, 'blob', bytes);
    return created({ sha, url: repositoryUrl(call.hub, repository, `/git/blobs/${sha}`) });
  }),
  [`GET ${root}/git/blobs/{file_sha}`]: within(read, async (call, repository) => {
    const sha = call.params['file_sha'] ?? '';
    const bytes = await readObject(repository.git, 'blob', sha);
    if (bytes === undefined) throw notFound();
    if (/\braw\b/.test(call.accept)) return ok(bytes);
    const url = repositoryUrl(call.hub, repository, `/git/blobs/${sha}`);
    const content = bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n');
    return ok({ sha, node_id: `B_${sha}`, size: bytes.length, url, content, encoding: 'base64' });
  }),
  [`POST ${root}/git/trees`]: within(write, postTree),
  [`GET ${root}/git/trees/{tree_sha}`]: within(read, async (call, repository) => {
    const name = call.params['tree_sha'] ?? '';
    const commit = await resolveCommit(repository.git, name);
    const sha = commit === undefined ? name : (await commitOf(repository, commit)).tree;
    if ((await readObject(repository.git, 'tree', sha)) === undefined) throw notFound();
    return ok(await treeJson(call.hub, repository, sha, call.query.has('recursive') ? ['-r', '-t'] : []));
  }),
  [`POST ${root}/git/commits`]: within(write, postCommit),
  [`GET ${root}/git/commits/{commit_sha}`]: within(read, async (call, repository) => {
    const sha = call.params['commit_sha'] ?? '';
    if ((await readObject(repository.git, 'commit', sha)) === undefined) throw notFound();
    return ok(gitCommitJson(call.hub, repository, await commitOf(repository, sha)));
  }),
  [`GET ${root}/git/ref/{ref}`]: within(read, async (call, repository) => {
    const ref = `refs/${call.params['ref'] ?? ''}`;
    const sha = (await readRefs(repository.git, ref)).get(ref);
    if (sha === undefined) throw notFound();
    return ok(refJson(call.hub, repository, ref, sha));
  }),
  [`GET ${root}/git/matching-refs/{ref}`]: within(read, getRefs),
  [`POST ${root}/git/refs`]: within(write, postRef),
  [`PATCH ${root}/git/refs/{ref}`]: within(write, patchRef),
  [`DELETE ${root}/git/refs/{ref}`]: within(write, deleteRef),
} satisfies Partial<Record<Operation, Handler>>;
