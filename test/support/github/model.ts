/** What the stand-in remembers beside git: people, issues, pull requests, checks, tokens. */
import type { KeyObject } from 'node:crypto';

export type Role = 'admin' | 'write' | 'read';
export type Access = 'read' | 'write';
export type Permissions = Readonly<Record<string, Access>>;

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
}

export interface Reaction {
  readonly id: number;
  readonly user: Account;
  readonly content: string;
  readonly createdAt: string;
}

export interface Comment {
  readonly id: number;
  readonly user: Account;
  readonly createdAt: string;
  readonly reactions: Reaction[];
  body: string;
  updatedAt: string;
}

export interface Pull {
  readonly headRepository: Repository;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  draft: boolean;
  merged?: { readonly by: Account; readonly at: string; readonly sha: string };
  reviewers: string[];
  teams: string[];
  autoMerge?: { readonly method: string; readonly by: Account };
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: Account;
  readonly createdAt: string;
  readonly comments: Comment[];
  readonly reactions: Reaction[];
  readonly pull?: Pull;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  assignees: string[];
  updatedAt: string;
  closed?: { readonly at: string; readonly by: Account };
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

export interface CheckRun {
  readonly id: number;
  readonly headSha: string;
  readonly suite: number;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  detailsUrl: string;
  externalId: string;
  output: { title: string | null; summary: string | null; text: string | null };
  readonly annotations: Record<string, unknown>[];
}

/** A run of a workflow; a test sets its end. */
export interface WorkflowRun {
  readonly id: number;
  readonly workflow: string;
  readonly branch: string;
  readonly headSha: string;
  readonly event: string;
  readonly inputs: Record<string, unknown>;
  readonly createdAt: string;
  status: string;
  conclusion: string | null;
}

/** What came of Actions and code scanning. */
export interface Automation {
  /** Paths of workflows that can be dispatched. */
  readonly workflows: { readonly id: number; readonly path: string }[];
  readonly runs: WorkflowRun[];
  readonly dispatched: { readonly event: string; readonly payload: unknown }[];
  readonly uploads: { readonly commit: string; readonly ref: string; readonly sarif: unknown }[];
}

export interface Repository {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  /** The bare repository: the one truth of objects and references. */
  readonly git: string;
  readonly parent?: Repository;
  readonly roles: Map<string, Role>;
  readonly issues: Map<number, Issue>;
  readonly labels: Map<string, Label>;
  readonly checks: CheckRun[];
  readonly automation: Automation;
  /** Commits that GitHub signs since the App named no author: their ids. */
  readonly signed: Set<string>;
  readonly createdAt: string;
  defaultBranch: string;
  private: boolean;
  archived: boolean;
  disabled: boolean;
  allowAutoMerge: boolean;
  deleteBranchOnMerge: boolean;
  pushedAt: string;
  /** Reference changes wait for each other here, as they do at GitHub. */
  turn: Promise<unknown>;
}

export interface Installation {
  readonly id: number;
  readonly account: Account;
  readonly createdAt: string;
  /** Names of the account's repositories, or all of them, present and future. */
  selected: 'all' | Set<string>;
  permissions: Permissions;
  suspendedAt: string | null;
}

export type Principal =
  | { readonly kind: 'user'; readonly account: Account }
  | { readonly kind: 'app' }
  | {
      readonly kind: 'installation';
      readonly installation: Installation;
      readonly permissions: Permissions;
      readonly repositories?: ReadonlySet<number>;
      readonly expiresAt: number;
    }
  | { readonly kind: 'nobody' };

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly clientId: string;
  readonly publicKey: KeyObject;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly bot: Account;
  readonly owner: Account;
}

/** One time that a delivery was sent. */
export interface Attempt {
  readonly id: number;
  readonly redelivery: boolean;
  /** When it was sent; milliseconds. */
  readonly at: number;
  readonly seconds: number;
  /** null: no answer came. */
  readonly status: number | null;
}

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly action: string | null;
  readonly repository: string | null;
  readonly payload: Record<string, unknown>;
  /** That have ended, oldest first. */
  readonly attempts: Attempt[];
  /** The receiver's status; undefined: on the way; null: no answer came. */
  status?: number | null;
}

/** Everything one stand-in knows; handlers read and change it, git objects live in `Repository.git`. */
export interface Hub {
  readonly folder: string;
  readonly app: App;
  readonly accounts: Map<string, Account>;
  readonly repositories: Map<string, Repository>;
  readonly installations: Map<number, Installation>;
  readonly tokens: Map<string, Principal>;
  /** Every token that was ever given out, the key, the webhook secret. */
  readonly secrets: Set<string>;
  readonly deliveries: Delivery[];
  readonly underWay: Set<Promise<unknown>>;
  url: string;
  webhookUrl: string | undefined;
  lastId: number;
}

/** A refusal in GitHub's words. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly object[] | undefined;
  constructor(status: number, message: string, errors?: readonly object[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export function nextId(hub: Hub): number {
  hub.lastId += 1;
  return hub.lastId;
}

/** The time as GitHub writes it: whole seconds. */
export function timestamp(milliseconds: number = Date.now()): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

export const fullName = (repository: Repository): string => `${repository.owner.login}/${repository.name}`;

/** One at a time per repository: reference changes, and what follows from them. */
export function inTurn<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  const done = repository.turn.then(work, work);
  repository.turn = done.catch(() => undefined);
  return done;
}
