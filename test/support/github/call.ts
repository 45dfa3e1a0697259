/** One request to the API, as its handler sees it, and what a handler gives back. */
import { authorize, notFound, type Need } from './access.ts';
import { ApiError, type Hub, type Issue, type Principal, type Repository } from './model.ts';
import type { Operation } from './operations.ts';
import type { Json } from './represent.ts';

export interface Call {
  readonly hub: Hub;
  readonly principal: Principal;
  readonly operation: Operation;
  /** The request's path from the API's root, with its query. */
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly accept: string;
}

export interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;
export type RepositoryHandler = (call: Call, repository: Repository) => Answer | Promise<Answer>;

/** A handler of a repository's operation: finds it, and refuses who may not. */
export function within(needs: readonly Need[], handler: RepositoryHandler): Handler {
  return (call) => {
    const { owner = '', repo = '' } = call.params;
    const repository = call.hub.repositories.get(`${owner}/${repo}`.toLowerCase());
    if (repository === undefined) throw notFound();
    authorize(call.principal, repository, needs);
    return handler(call, repository);
  };
}

export const ok = (data: unknown): Answer => ({ status: 200, data });
export const created = (data: unknown): Answer => ({ status: 201, data });
export const empty: Answer = { status: 204 };

/** A page of a list, and the `Link` header that leads to the others. */
export function page<T>(
  call: Call,
  items: readonly T[],
  wrap: (items: readonly T[]) => unknown = (all) => all,
): Answer {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30)));
  const number = Math.max(1, Number(call.query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (rel: string, to: number): string => {
    const url = new URL(`${call.hub.url}/api/v3${call.url.pathname}${call.url.search}`);
    url.searchParams.set('page', String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link('prev', number - 1), link('first', 1)] : []),
    ...(number < last ? [link('next', number + 1), link('last', last)] : []),
  ];
  const data = wrap(items.slice((number - 1) * size, number * size));
  return { status: 200, data, ...(links.length > 0 && { headers: { link: links.join(', ') } }) };
}

/** 422 as GitHub words it. */
export function invalid(resource: string, details: Json): ApiError {
  return new ApiError(422, 'Validation Failed', [{ resource, ...details }]);
}

/** The issue or pull request that the path names. */
export function issueOf(call: Call, repository: Repository, parameter = 'issue_number'): Issue {
  const issue = repository.issues.get(Number(call.params[parameter]));
  if (issue === undefined) throw notFound();
  return issue;
}

const longest = 65_536;

/** GitHub refuses a title or text past its limits. */
export function checkText(resource: string, body: string | null | undefined): void {
  if (body !== undefined && body !== null && body.length > longest) {
    throw invalid(resource, {
      code: 'custom',
      field: 'body',
      message: `body is too long (maximum is ${longest} characters)`,
    });
  }
}
