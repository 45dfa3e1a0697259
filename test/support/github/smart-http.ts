/** git clone, fetch and push over HTTP by git's own `http-backend`, behind GitHub's tokens. */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, authorize } from './access.ts';
import { gitEnvironment, readRefs } from './git.ts';
import { ApiError, fullName, inTurn, type Hub, type Principal, type Repository } from './model.ts';
import { actor, announce, changesBetween, lacksWorkflows } from './references.ts';

const gitPath = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** The hook that refuses an App without the `workflows` permission a push that touches a workflow file. */
export const preReceive = `#!/bin/sh
[ -n "$STANDIN_REFUSES_WORKFLOWS" ] || exit 0
while read -r old new ref; do
  case $new in *[!0]*) ;; *) continue ;; esac
  file=$(git diff --name-only "HEAD...$new" -- .github/workflows | head -n 1)
  [ -z "$file" ] || {
    echo "refusing to allow a GitHub App to create or update workflow \\\`$file\\\` without \\\`workflows\\\` permission" >&2
    exit 1
  }
done
`;

export interface GitRequest {
  readonly repository: string;
  readonly service: string;
}

/** Which repository and service a URL of git's smart HTTP protocol names. */
export function gitRequest(url: URL): GitRequest | undefined {
  const [, owner = '', name = '', tail = ''] = gitPath.exec(url.pathname) ?? [];
  if (tail === '') return undefined;
  return {
    repository: `${owner}/${name}`,
    service: tail === 'info/refs' ? (url.searchParams.get('service') ?? '') : tail,
  };
}

/** Serves a git request, and gives the status that was answered. */
export async function serveGit(
  hub: Hub,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { repository: name, service }: GitRequest,
): Promise<{ readonly status: number; readonly principal: Principal }> {
  const pushes = service === 'git-receive-pack';
  let principal: Principal = { kind: 'nobody' };
  let repository: Repository | undefined;
  try {
    principal = authenticate(hub, request.headers.authorization);
    repository = hub.repositories.get(name.toLowerCase());
    // Without a token GitHub asks for one before it says what exists.
    if (principal.kind === 'nobody' && (pushes || repository?.private !== false))
      throw new ApiError(401, 'Authentication required');
    if (repository === undefined) throw new ApiError(404, 'Repository not found.');
    authorize(principal, repository, [pushes ? 'contents:write' : 'contents:read']);
  } catch (error) {
    const { status, message } = error instanceof ApiError ? error : { status: 500, message: String(error) };
    request.resume();
    response.writeHead(status, { 'content-type': 'text/plain', 'www-authenticate': 'Basic realm="GitHub"' });
    response.end(message);
    return { status, principal };
  }
  const target = repository;
  const serve = (): Promise<number> => backend(hub, request, response, url, target, principal);
  if (request.method !== 'POST' || !pushes) {
    const status = await serve();
    response.end();
    return { status, principal };
  }
  const status = await inTurn(target, async () => {
    const before = await readRefs(target.git);
    const answered = await serve();
    await announce(hub, target, changesBetween(before, await readRefs(target.git)), actor(hub, principal));
    response.end(); // only now, so that who has pushed sees what followed from it
    return answered;
  });
  return { status, principal };
}

/** Runs `git http-backend` as a web server runs a CGI program (RFC 3875); leaves the response open. */
function backend(
  hub: Hub,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  repository: Repository,
  principal: Principal,
): Promise<number> {
  const { headers } = request;
  const service = /[^/]+\/[^/]+$/.exec(url.pathname)?.[0] ?? '';
  const tail = service.startsWith('info/') ? service : (service.split('/')[1] ?? '');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: hub.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${fullName(repository)}.git/${tail}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      REMOTE_USER: 'x-access-token',
      REMOTE_ADDR: '127.0.0.1',
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      ...(lacksWorkflows(principal) && { STANDIN_REFUSES_WORKFLOWS: '1' }),
    },
  });
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  request.pipe(child.stdin);
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let status = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      if (status !== 0) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      const lines = head.subarray(0, end).toString().split('\r\n');
      const fields = lines.map((line): [string, string] => [
        line.split(':')[0] ?? '',
        line.slice(line.indexOf(':') + 1).trim(),
      ]);
      status = Number.parseInt(fields.find(([key]) => key.toLowerCase() === 'status')?.[1] ?? '200', 10);
      response.writeHead(status, fields.filter(([key]) => key.toLowerCase() !== 'status').flat());
      response.write(head.subarray(end + 4));
    });
    request.on('close', () => request.complete || child.kill());
    child.on('error', reject);
    child.on('close', () => {
      if (status === 0) response.writeHead(500);
      resolve(status || 500);
    });
  });
}
