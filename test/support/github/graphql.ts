/** The few GraphQL mutations that have no counterpart in REST: auto-merge, and a pull request's draft state. */
import { authorize } from './access.ts';
import {
  ApiError,
  timestamp,
  type Hub,
  type Issue,
  type Principal,
  type Pull,
  type Repository,
} from './model.ts';
import { actor } from './references.ts';
import { pullJson, type Json } from './represent.ts';

/** A mutation's input, given as `input: $input` or as `input: {key: $name, other: "text", more: WORD}`. */
function inputOf(query: string, variables: Json): Json {
  const whole = /input\s*:\s*\$(\w+)/.exec(query)?.[1];
  if (whole !== undefined) return variables[whole] as Json;
  const inner = /input\s*:\s*\{([^}]*)\}/.exec(query)?.[1] ?? '';
  const pairs = [...inner.matchAll(/(\w+)\s*:\s*(?:\$(\w+)|"([^"]*)"|(\w+))/g)];
  return Object.fromEntries(
    pairs.map(([, key = '', name, text, word]) => [key, name ? variables[name] : (text ?? word)]),
  );
}

interface Found {
  readonly repository: Repository;
  readonly issue: Issue;
  readonly pull: Pull;
}

function find(hub: Hub, id: unknown): Found | undefined {
  for (const repository of hub.repositories.values()) {
    for (const issue of repository.issues.values()) {
      if (issue.pull && pullJson(hub, repository, issue)['node_id'] === id)
        return { repository, issue, pull: issue.pull };
    }
  }
  return undefined;
}

const mutations: Record<string, (hub: Hub, found: Found, input: Json, principal: Principal) => void> = {
  enablePullRequestAutoMerge(hub, { repository, pull }, input, principal) {
    if (!repository.allowAutoMerge) {
      throw new ApiError(422, 'Pull request Auto merge is not allowed for this repository');
    }
    pull.autoMerge = {
      method: ((input['mergeMethod'] ?? 'MERGE') as string).toLowerCase(),
      by: actor(hub, principal),
    };
  },
  disablePullRequestAutoMerge: (_hub, { pull }) => void delete pull.autoMerge,
  markPullRequestReadyForReview: (_hub, { pull }) => void (pull.draft = false),
  convertPullRequestToDraft: (_hub, { pull }) => void (pull.draft = true),
};

/** Answers a GraphQL request; `known` is false for one that the stand-in cannot answer. */
export function graphql(
  hub: Hub,
  principal: Principal,
  body: Json,
): { readonly known: boolean; readonly data: Json } {
  const query = (body['query'] ?? '') as string;
  const name = /(\w+)\s*\(\s*input\s*:/.exec(query)?.[1] ?? '';
  const failed = (type: string, message: string): Json => ({
    data: { [name]: null },
    errors: [{ type, path: [name], message }],
  });
  const mutation = Object.hasOwn(mutations, name) ? mutations[name] : undefined;
  if (mutation === undefined)
    return { known: false, data: failed('UNKNOWN', 'The stand-in does not answer this query') };
  const input = inputOf(query, (body['variables'] ?? {}) as Json);
  const found = find(hub, input['pullRequestId']);
  if (found === undefined) {
    return {
      known: true,
      data: failed(
        'NOT_FOUND',
        `Could not resolve to a node with the global id of '${String(input['pullRequestId'])}'`,
      ),
    };
  }
  try {
    authorize(principal, found.repository, ['pull_requests:write']);
    authorize(principal, found.repository, ['contents:write']);
    if (found.issue.state === 'closed') throw new ApiError(422, 'Pull request is closed');
    mutation(hub, found, input, principal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { known: true, data: failed(error.status === 422 ? 'UNPROCESSABLE' : 'FORBIDDEN', error.message) };
  }
  found.issue.updatedAt = timestamp();
  const { number } = found.issue;
  return {
    known: true,
    data: {
      data: { [name]: { clientMutationId: null, pullRequest: { id: input['pullRequestId'], number } } },
    },
  };
}
