/** A person at the stand-in: what a test does in somebody's name, over HTTP with that person's own token. */
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment, type Files } from './git.ts';
import type { Json } from './represent.ts';

const execute = promisify(execFile);

export interface PushOptions {
  readonly message?: string;
  /** Starts the branch here instead of at its own tip. */
  readonly from?: string;
  readonly force?: boolean;
  /** Paths to delete. */
  readonly remove?: readonly string[];
}

export interface User {
  readonly login: string;
  readonly token: string;
  /** Any request to the API as this person; a refusal is an answer, not an error. */
  request(
    method: string,
    path: string,
    body?: Json,
  ): Promise<{ readonly status: number; readonly data: Json }>;
  /** Gives the number. */
  openIssue(repository: string, title: string, body?: string): Promise<number>;
  /** Gives the comment's id; on issues and pull requests. */
  comment(repository: string, number: number, body: string): Promise<number>;
  /** Clones, commits these files on a branch (made when it is not there) and pushes, with git; gives the commit. */
  push(repository: string, branch: string, files: Files, options?: PushOptions): Promise<string>;
  deleteBranch(repository: string, branch: string): Promise<void>;
  /** Gives the number; `head` may be `owner:branch` of a fork. */
  openPull(repository: string, head: string, base: string, title: string): Promise<number>;
  editPull(repository: string, number: number, change: Json): Promise<void>;
  closePull(repository: string, number: number): Promise<void>;
  reopenPull(repository: string, number: number): Promise<void>;
  /** Gives the merge commit. */
  mergePull(repository: string, number: number, method?: 'merge' | 'squash'): Promise<string>;
}

/** A person with a token of the stand-in at `url`; `folder` holds the clones while they are needed. */
export function userAt(url: string, login: string, token: string, folder: string): User {
  async function request(method: string, path: string, body?: Json): Promise<{ status: number; data: Json }> {
    const headers = { authorization: `token ${token}`, accept: 'application/vnd.github+json' };
    const sent = body && { body: JSON.stringify(body) };
    const answer = await fetch(`${url}/api/v3${path}`, { method, headers, ...sent });
    const text = await answer.text();
    return { status: answer.status, data: (text === '' ? {} : JSON.parse(text)) as Json };
  }
  async function must(method: string, path: string, body?: Json): Promise<Json> {
    const { status, data } = await request(method, path, body);
    if (status >= 300) throw new Error(`${login}: ${method} ${path}: ${status} ${JSON.stringify(data)}`);
    return data;
  }
  const patchPull = async (repository: string, number: number, change: Json): Promise<void> => {
    await must('PATCH', `/repos/${repository}/pulls/${number}`, change);
  };
  return {
    login,
    token,
    request,
    openIssue: async (repository, title, body) =>
      Number(
        (await must('POST', `/repos/${repository}/issues`, { title, ...(body !== undefined && { body }) }))[
          'number'
        ],
      ),
    comment: async (repository, number, body) =>
      Number((await must('POST', `/repos/${repository}/issues/${number}/comments`, { body }))['id']),
    push: (repository, branch, files, options) =>
      push({ url, login, token, folder }, repository, branch, files, options),
    deleteBranch: async (repository, branch) => {
      await must('DELETE', `/repos/${repository}/git/refs/heads/${branch}`);
    },
    openPull: async (repository, head, base, title) =>
      Number((await must('POST', `/repos/${repository}/pulls`, { head, base, title }))['number']),
    editPull: patchPull,
    closePull: (repository, number) => patchPull(repository, number, { state: 'closed' }),
    reopenPull: (repository, number) => patchPull(repository, number, { state: 'open' }),
    mergePull: async (repository, number, method = 'merge') =>
      String(
        (await must('PUT', `/repos/${repository}/pulls/${number}/merge`, { merge_method: method }))['sha'],
      ),
  };
}

interface Place {
  readonly url: string;
  readonly login: string;
  readonly token: string;
  readonly folder: string;
}

async function push(
  { url, login, token, folder }: Place,
  repository: string,
  branch: string,
  files: Files,
  { message = 'A change by hand', from, force = false, remove = [] }: PushOptions = {},
): Promise<string> {
  const checkout = await mkdtemp(join(folder, 'checkout-'));
  const remote = new URL(`${url}/${repository}.git`);
  Object.assign(remote, { username: login, password: token });
  const identity = { name: login, email: `${login}@example.test` };
  const who = Object.entries(identity).flatMap(([key, value]) =>
    ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${key.toUpperCase()}`, value]),
  );
  const env = { ...gitEnvironment, ...Object.fromEntries(who) };
  const git = async (...args: string[]): Promise<string> =>
    (await execute('git', args, { cwd: checkout, env })).stdout.trim();
  try {
    await git('clone', '--quiet', remote.href, '.');
    const start = from ?? (await git('ls-remote', 'origin', `refs/heads/${branch}`)).split('\t')[0];
    const at = start === '' || start === undefined ? 'HEAD' : start;
    const commit = await git('rev-parse', '--verify', '--quiet', `origin/${at}`).catch(() => at);
    await git('checkout', '--quiet', '-B', branch, commit);
    for (const [path, file] of Object.entries(files)) {
      const plain = typeof file === 'string' || file instanceof Uint8Array;
      await mkdir(dirname(join(checkout, path)), { recursive: true });
      const mode = !plain && file.mode === '100755' ? 0o755 : 0o644;
      await writeFile(join(checkout, path), plain ? file : file.content, { mode });
    }
    if (remove.length > 0) await git('rm', '--quiet', '--', ...remove);
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '-m', message);
    await git('push', '--quiet', ...(force ? ['--force'] : []), 'origin', `HEAD:refs/heads/${branch}`);
    return await git('rev-parse', 'HEAD');
  } finally {
    await rm(checkout, { recursive: true, force: true });
  }
}
