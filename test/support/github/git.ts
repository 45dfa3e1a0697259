/** Real git on bare repositories: every object id, merge and fast-forward question is answered by git itself. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** A child's environment that reads no configuration of the machine. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOME: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

interface GitOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are answers, not faults. */
  readonly accept?: readonly number[];
}

/** Runs git and gives its code and output; an exit code that is not accepted throws with git's words. */
export async function run(
  folder: string,
  args: readonly string[],
  { input, env = {}, accept = [0] }: GitOptions = {},
): Promise<{ readonly code: number; readonly out: Buffer }> {
  const child = spawn('git', args, { cwd: folder, env: { ...gitEnvironment, ...env }, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined); // git may end before it has read everything
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (!accept.includes(code))
    throw new Error(`git ${args.join(' ')}: ${Buffer.concat(err).toString().trim()}`);
  return { code, out: Buffer.concat(out) };
}

const text = async (folder: string, args: readonly string[], options?: GitOptions): Promise<string> =>
  (await run(folder, args, options)).out.toString();
const lines = (output: string, separator = '\n'): string[] =>
  output.split(separator).filter((line) => line !== '');

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}
export type FileContent =
  | string
  | Uint8Array
  | { readonly mode: string; readonly content: string | Uint8Array };
export type Files = Readonly<Record<string, FileContent>>;

/** Makes a bare repository by hand, which is what `git init` would write and saves a process. */
export async function createBare(folder: string, branch: string, hooks: string): Promise<void> {
  await Promise.all(['objects', 'refs/heads'].map((name) => mkdir(join(folder, name), { recursive: true })));
  await writeFile(join(folder, 'HEAD'), `ref: refs/heads/${branch}\n`);
  const config =
    `[core]\nrepositoryformatversion = 0\nbare = true\nhooksPath = ${hooks}\n[http]\nreceivepack = true\n` +
    '[uploadpack]\nallowAnySHA1InWant = true\n[receive]\nhideRefs = refs/pull\n[gc]\nauto = 0\n';
  await writeFile(join(folder, 'config'), config);
}

const who = ({ name, email, date }: Person): string =>
  `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} ${/([+-]\d\d):?(\d\d)$/.exec(date)?.slice(1).join('') ?? '+0000'}`;

/** One commit with these files on a branch of an empty repository, in one process; gives nothing back. */
export async function importFiles(
  folder: string,
  branch: string,
  files: Files,
  person: Person,
): Promise<void> {
  const message = Buffer.from('Initial commit');
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${branch}\ncommitter ${who(person)}\ndata ${message.length}\n`,
    message,
    '\n',
  ];
  for (const [path, file] of Object.entries(files)) {
    const plain = typeof file === 'string' || file instanceof Uint8Array;
    const content = Buffer.from(plain ? file : file.content);
    parts.push(
      `M ${plain ? '100644' : file.mode} inline ${JSON.stringify(path)}\ndata ${content.length}\n`,
      content,
      '\n',
    );
  }
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  await run(folder, ['fast-import', '--quiet'], { input });
}

/** References below a prefix and the ids that they point at. */
export async function readRefs(folder: string, prefix = 'refs/heads/'): Promise<Map<string, string>> {
  const output = await text(folder, ['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  return new Map(lines(output).map((line): [string, string] => [line.slice(0, -41), line.slice(-40)]));
}

/** The commit that a branch, tag, full reference or id names; undefined when there is none. */
export async function resolveCommit(folder: string, name: string): Promise<string | undefined> {
  if (name === '' || name.startsWith('-') || /[\s~^:?*[\\]|\.\.|@\{/.test(name)) return undefined;
  const candidates = /^[0-9a-f]{40}$/.test(name) ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`, name];
  for (const candidate of candidates) {
    const answer = await run(folder, ['rev-parse', '--verify', '--quiet', `${candidate}^{commit}`], {
      accept: [0, 1, 128],
    });
    if (answer.code === 0) return answer.out.toString().trim();
  }
  return undefined;
}

/** An object's bytes when it exists and is of that type. */
export async function readObject(folder: string, type: string, id: string): Promise<Buffer | undefined> {
  if (!/^[0-9a-f]{40}$/.test(id)) return undefined;
  const answer = await run(folder, ['cat-file', type, id], { accept: [0, 1, 128] });
  return answer.code === 0 ? answer.out : undefined;
}

export async function writeObject(
  folder: string,
  type: 'blob' | 'commit',
  content: string | Buffer,
): Promise<string> {
  return (await text(folder, ['hash-object', '-w', '-t', type, '--stdin'], { input: content })).trim();
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number | undefined;
  readonly path: string;
}

/** The entries of a tree or of a commit's tree: all of them, or those at one path. */
export async function readTree(
  folder: string,
  id: string,
  { options = [], path }: { readonly options?: readonly string[]; readonly path?: string } = {},
): Promise<TreeEntry[]> {
  const output = await text(folder, [
    'ls-tree',
    '-z',
    '-l',
    ...options,
    id,
    ...(path === undefined ? [] : ['--', path]),
  ]);
  return lines(output, '\0').map((line) => {
    const tab = line.indexOf('\t');
    const path = line.slice(tab + 1);
    const [mode = '', type = '', sha = '', size = ''] = line.slice(0, tab).split(/ +/);
    return { mode, type, sha, size: size === '-' ? undefined : Number(size), path };
  });
}

/** Writes the tree that has exactly these files. */
export async function writeTree(
  folder: string,
  index: string,
  entries: readonly TreeEntry[],
): Promise<string> {
  const env = { GIT_INDEX_FILE: index };
  const input = entries.map(({ mode, sha, path }) => `${mode} ${sha}\t${path}\0`).join('');
  await run(folder, ['update-index', '-z', '--index-info'], { input, env });
  return (await text(folder, ['write-tree'], { env })).trim();
}

export interface CommitData {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
}

export async function writeCommit(folder: string, commit: Omit<CommitData, 'sha'>): Promise<string> {
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join('');
  const people = `author ${who(commit.author)}\ncommitter ${who(commit.committer)}\n`;
  return writeObject(folder, 'commit', `tree ${commit.tree}\n${parents}${people}\n${commit.message}`);
}

/** Commits in git's order for a revision range, newest first. */
export async function readCommits(folder: string, range: readonly string[]): Promise<CommitData[]> {
  const format = '--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00';
  const output = await text(folder, ['log', '-z', format, ...range, '--']);
  const fields = output.split('\0');
  return Array.from({ length: Math.floor(fields.length / 11) }, (_, row) => {
    const [
      sha = '',
      tree = '',
      parents = '',
      an = '',
      ae = '',
      ad = '',
      cn = '',
      ce = '',
      cd = '',
      body = '',
    ] = fields.slice(row * 11, row * 11 + 11);
    return {
      sha: sha.trim(),
      tree,
      parents: lines(parents, ' '),
      author: { name: an, email: ae, date: ad },
      committer: { name: cn, email: ce, date: cd },
      message: body.replace(/\n$/, ''),
    };
  });
}

export async function isAncestor(folder: string, ancestor: string, of: string): Promise<boolean> {
  return (
    (await run(folder, ['merge-base', '--is-ancestor', ancestor, of], { accept: [0, 1, 128] })).code === 0
  );
}

export async function mergeBase(folder: string, left: string, right: string): Promise<string | undefined> {
  const answer = await run(folder, ['merge-base', left, right], { accept: [0, 1] });
  return answer.code === 0 ? answer.out.toString().trim() : undefined;
}

/** The tree of a merge by git's own strategy; undefined on a conflict. */
export async function mergeTree(folder: string, ours: string, theirs: string): Promise<string | undefined> {
  const answer = await run(folder, ['merge-tree', '--write-tree', ours, theirs], { accept: [0, 1] });
  return answer.code === 0 ? answer.out.toString().slice(0, 40) : undefined;
}

export interface ChangedFile {
  readonly status: string;
  readonly sha: string;
  readonly path: string;
  readonly additions: number;
  readonly deletions: number;
  readonly patch: string;
}

/** What differs between two commits, without rename detection; patches as GitHub cuts them, from the first hunk. */
export async function changedFiles(folder: string, from: string, to: string): Promise<ChangedFile[]> {
  const args = ['diff-tree', '-r', '--no-renames', '--no-abbrev'];
  const raw = lines(await text(folder, [...args, '-z', '--raw', from, to]), '\0');
  const counts = lines(await text(folder, [...args, '-z', '--numstat', from, to]), '\0');
  // A line of content never starts with the header's first letter, so headers split the whole diff by file.
  const patches = (await text(folder, [...args, '-p', from, to])).split(/^diff --git .*$/m).slice(1);
  const status: Record<string, string> = { A: 'added', D: 'removed', M: 'modified', T: 'changed' };
  return counts.map((count, row) => {
    const [, , before = '', after = '', letter = ''] = (raw[row * 2] ?? '').split(' ');
    const diff = patches.shift() ?? '';
    if (letter === 'T') patches.shift(); // a file that became a link, or the reverse, is shown as two changes
    const [additions = 0, deletions = 0] = count.split('\t').map((number) => Number(number) || 0);
    return {
      status: status[letter] ?? 'changed',
      sha: letter === 'D' ? before : after,
      path: raw[row * 2 + 1] ?? '',
      additions,
      deletions,
      patch: diff.includes('\n@@') ? diff.slice(diff.indexOf('\n@@') + 1).replace(/\n$/, '') : '',
    };
  });
}

/** Moves, makes (`before` undefined) or deletes (`after` undefined) a reference. */
export async function updateRef(folder: string, ref: string, after: string | undefined): Promise<void> {
  await run(folder, after === undefined ? ['update-ref', '-d', ref] : ['update-ref', ref, after]);
}
