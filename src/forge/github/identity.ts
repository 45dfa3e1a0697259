/** Who the App is on its GitHub, and whether something is its own. */
import type { Octokit } from '@octokit/rest';

export interface AppIdentity {
  readonly appId: number;
  /** The App writes as the account `slug[bot]`, whose brackets no person's login can have. */
  readonly slug: string;
  /**
   * GitHub signs what the App commits. False for a GitHub Enterprise Server without web commit signing, where nobody
   * can tell a forged author from the App.
   */
  readonly signs: boolean;
}

/**
 * Asks once, at the start: one request. An App that is renamed has another slug from then on.
 * @param request of an Octokit that authenticates as the App itself. Octokit's errors go through.
 */
export async function readIdentity(request: Octokit['request'], signs: boolean): Promise<AppIdentity> {
  const { data: app } = await request('GET /app');
  const slug = app?.slug;
  if (app === null || slug === undefined) throw new Error('GitHub does not say the name of the App.');
  return { appId: app.id, slug, signs };
}

interface Account {
  readonly login?: string;
}

/** Whether a comment, a pull request or a closing is the App's. */
export function isApp(account: Account | null | undefined, { slug }: AppIdentity): boolean {
  return account?.login?.toLowerCase() === `${slug.toLowerCase()}[bot]`;
}

/** A commit as GitHub shows it: with the accounts that it links to the addresses in it. */
export interface ShownCommit {
  readonly author: Account | null;
  readonly committer: Account | null;
  readonly commit: { readonly verification?: { readonly verified: boolean } | undefined };
}

/** The account of GitHub's own key, with which it signs what was made through it. */
const WEB_FLOW = 'web-flow';

/**
 * Whether the App made a commit.
 *
 * Threat: author and committer of a commit are text, and anyone who may push can write the App's address there; GitHub
 * then shows the App's account. An amended or rebased commit of ours keeps the App as author, too. So the commit must
 * also be signed with GitHub's key: it is that of the committer, which nobody else can be "verified" with, and GitHub
 * signs in the App's name only what the App asked for without naming anybody. A commit verified with a person's key has
 * that person as committer.
 */
export function isAppCommit({ author, committer, commit }: ShownCommit, identity: AppIdentity): boolean {
  if (!isApp(author, identity)) return false;
  const byForge =
    committer?.login === undefined || committer.login === WEB_FLOW || isApp(committer, identity);
  return byForge && (commit.verification?.verified === true || !identity.signs);
}
