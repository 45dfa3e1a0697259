/** A forge in memory: commits with parents, branches, pull requests; to apply actions to, and to read the state from. */
import type { ForgeAction } from '../../src/proposal/actions.ts';
import { tagOfComment } from '../../src/proposal/marker.ts';
import type { ProposalState } from '../../src/proposal/state.ts';

type Tree = Readonly<Record<string, string>>;

interface Commit {
  readonly parents: readonly string[];
  readonly tree: Tree;
  readonly ours: boolean;
}

export interface Pull {
  readonly number: number;
  state: 'open' | 'closed' | 'merged';
  closedByUs: boolean;
  closedAt: string | null;
  /** Follows the branch while it is open. */
  head: string;
  title: string;
  body: string;
  labels: string[];
  draft: boolean;
  reviewers: string[];
  comments: string[];
  autoMerge: string | null;
}

export const BRANCH = 'relock/monthly';

/** What came in between made an action impossible. */
export class Conflict extends Error {}

export class ModelForge {
  readonly commits = new Map<string, Commit>();
  readonly pulls: Pull[] = [];
  readonly events: string[] = [];
  main: string;
  branch: string | null = null;

  constructor(tree: Tree) {
    this.main = this.commit([], tree, false);
  }

  commit(parents: readonly string[], tree: Tree, ours: boolean): string {
    const sha = `c${this.commits.size}`;
    this.commits.set(sha, { parents, tree, ours });
    return sha;
  }

  tree(sha: string): Tree {
    return this.commits.get(sha)!.tree;
  }

  ancestors(sha: string): Set<string> {
    const found = new Set<string>();
    const visit = (one: string): void => {
      if (found.has(one)) return;
      found.add(one);
      this.commits.get(one)!.parents.forEach(visit);
    };
    visit(sha);
    return found;
  }

  open(): Pull | undefined {
    return this.pulls.find(({ state }) => state === 'open');
  }

  setBranch(sha: string | null): void {
    this.branch = sha;
    const open = this.open();
    if (open === undefined) return;
    if (sha !== null) open.head = sha;
    // As GitHub does when the branch is deleted.
    else Object.assign(open, { state: 'closed', closedByUs: false, closedAt: this.now });
  }

  now = '2026-11-01T03:00:00Z';

  // What people do.

  pushMain(tree: Tree): void {
    this.main = this.commit([this.main], { ...this.tree(this.main), ...tree }, false);
  }

  pushBranch(tree: Tree): void {
    const from = this.branch ?? this.main;
    this.setBranch(this.commit([from], { ...this.tree(from), ...tree }, false));
  }

  merge(how: 'merge' | 'squash', deleteBranch: boolean): void {
    const open = this.open();
    if (open === undefined || this.branch === null) return;
    const tree = { ...this.tree(this.main), ...this.tree(this.branch) };
    this.main = this.commit(how === 'merge' ? [this.main, this.branch] : [this.main], tree, false);
    Object.assign(open, { state: 'merged', closedAt: this.now });
    if (deleteBranch) this.branch = null;
  }

  close(byUs = false): void {
    const open = this.open();
    if (open !== undefined) Object.assign(open, { state: 'closed', closedByUs: byUs, closedAt: this.now });
  }

  reopen(): void {
    const last = this.pulls.at(-1);
    if (last?.state !== 'closed' || this.branch === null) return;
    Object.assign(last, { state: 'open', closedAt: null, closedByUs: false, head: this.branch });
  }

  // What the App does.

  read(): ProposalState {
    const pull = this.pulls.at(-1);
    const { branch, main } = this;
    const inMain = this.ancestors(main);
    const own = branch === null ? [] : [...this.ancestors(branch)].filter((sha) => !inMain.has(sha));
    return {
      base: { branch: 'main', sha: main },
      branch:
        branch === null
          ? null
          : {
              name: BRANCH,
              sha: branch,
              foreign: own.some((sha) => !this.commits.get(sha)!.ours),
              behind: !this.ancestors(branch).has(main),
              tree: JSON.stringify(sorted(this.tree(branch))),
            },
      pull:
        pull === undefined
          ? null
          : {
              ...structuredClone(pull),
              comments: pull.comments.flatMap((body) => tagOfComment(body) ?? []),
            },
    };
  }

  apply(action: ForgeAction): void {
    const before = JSON.stringify([this.branch, this.pulls]);
    this.act(action);
    if (JSON.stringify([this.branch, this.pulls]) !== before) this.events.push(action.kind);
  }

  private act(action: ForgeAction): void {
    if (action.kind === 'commit') return this.actCommit(action);
    if (action.kind === 'delete-branch') {
      if (this.branch === null) return;
      if (this.branch !== action.expect) throw new Conflict('branch moved');
      return this.setBranch(null);
    }
    if (action.kind === 'create-pull') {
      if (this.branch === null || this.open() !== undefined) throw new Conflict('no branch, or open already');
      if (this.ancestors(this.main).has(this.branch)) throw new Conflict('no commits between');
      const { title, body, draft } = action;
      const fresh = {
        labels: [],
        reviewers: [],
        comments: [],
        autoMerge: null,
        closedByUs: false,
        closedAt: null,
      };
      this.pulls.push({
        number: this.pulls.length + 1,
        state: 'open',
        head: this.branch,
        title,
        body,
        draft,
        ...fresh,
      });
      return;
    }
    if (action.kind === 'open-issue' || action.kind === 'update-issue' || action.kind === 'close-issue') {
      throw new Error('A proposal says nothing in issues.');
    }
    const pull = action.pull === null ? this.pulls.at(-1)! : this.pulls[action.pull - 1]!;
    switch (action.kind) {
      case 'update-pull':
        pull.title = action.title ?? pull.title;
        pull.body = action.body ?? pull.body;
        return;
      case 'comment':
        if (!pull.comments.some((body) => tagOfComment(body) === action.tag)) pull.comments.push(action.body);
        return;
      case 'close-pull':
        if (pull.state === 'open') this.close(true);
        return;
      case 'add-labels':
        pull.labels = [...new Set([...pull.labels, ...action.labels])];
        return;
      case 'remove-label':
        pull.labels = pull.labels.filter((label) => label !== action.label);
        return;
      case 'request-reviewers':
        pull.reviewers = [...new Set([...pull.reviewers, ...action.users, ...action.teams])];
        return;
      case 'enable-auto-merge':
        pull.autoMerge = action.method;
        return;
      case 'assign':
        return;
      default:
        action satisfies never;
    }
  }

  private actCommit(action: ForgeAction & { readonly kind: 'commit' }): void {
    if (this.branch !== action.expect) throw new Conflict('branch moved');
    const tree: Record<string, string> = { ...this.tree(action.base) };
    for (const { path, text } of action.files) {
      if (text === null) delete tree[path];
      else tree[path] = text;
    }
    if (JSON.stringify(sorted(tree)) === action.unlessTree) return;
    const sha = this.commit(action.parents, tree, true);
    // Never by force.
    if (this.branch !== null && !this.ancestors(sha).has(this.branch))
      throw new Conflict('not a fast-forward');
    this.setBranch(sha);
  }
}

function sorted(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}
