/** Failures of git requirements. uv, pip, Poetry and Pipenv all pass on what git (or dulwich, in Poetry) said. */
import {
  hostOf,
  namedIn,
  remoteFor,
  short,
  type Evidence,
  type Failure,
  type Recognised,
} from './recogniser.ts';

const TROUBLE = [
  'Could not resolve host',
  'unable to access',
  'Could not read from remote repository',
  'ssh: connect to host',
  'Host key verification failed',
  'git-upload-pack',
  'RPC failed',
  'early EOF',
  "\\['git', .{1,1000}exit status 128",
];
const UNREACHABLE = new RegExp(TROUBLE.join('|'), 'iu');
const REFUSED =
  /could not read Username|Authentication failed for|Permission denied \(publickey|terminal prompts disabled|returned error: 40[13]|HTTPUnauthorized/iu;
const ABSENT_REPOSITORY =
  /repository (?:'[^']{0,300}' )?not found|does not appear to be a git repository|NotGitRepository/iu;
const ABSENT_REFERENCE =
  /couldn't find remote ref (?<ref>\S+)|not our ref (?<sha>[0-9a-f]{7,40})|pathspec '(?<path>[^']{1,200})' did not match|at '(?<at>[^']{1,200})', verify ref exists|reference is not a tree: (?<tree>\S+)|(?:Remote branch|branch) (?<branch>\S+) not found|unknown revision[^']{0,80}'?(?<revision>\S+)|Invalid (?:ref|revision) (?<invalid>\S+)/iu;

/**
 * Signs that git itself was at work and failed. Threat: an address that ends in `.git` in a line of progress is none, and
 * must not put the blame for a dead index on a git host.
 */
const GIT =
  /Git operation failed|\['git', |git (?:clone|fetch|checkout|ls-remote|rev-parse|submodule)\b|git-upload-pack|fatal: |Failed to clone|dulwich/iu;

export function recogniseGit(evidence: Evidence): Recognised | null {
  const { flat, failure } = evidence;
  if (!GIT.test(flat)) return null;
  const url = repositoryOf(flat) ?? onlyRepository(failure);
  const remote = url === null ? null : remoteFor(failure, url);
  const what = url === null ? 'a git repository' : `the git repository ${short(url.replace(/^git\+/u, ''))}`;
  const where = namedIn(remote);
  if (REFUSED.test(flat)) {
    return {
      code: 'authentication-required',
      message: `${capital(what)}${where} asks for credentials that Relock does not have.`,
      fix: 'Make the repository public, depend on a release from an index instead, or leave the lock out with `ignore`.',
      words: REFUSED,
    };
  }
  if (ABSENT_REPOSITORY.test(flat)) {
    return {
      code: 'authentication-required',
      message: `${capital(what)}${where} is not there, or is private.`,
      fix: 'Check the address in the manifest, and whether the repository is public.',
      words: ABSENT_REPOSITORY,
    };
  }
  const absent = ABSENT_REFERENCE.exec(flat);
  if (absent !== null) {
    const reference = Object.values(absent.groups ?? {}).find((one) => one !== undefined) ?? '';
    const name = reference.replace(/^refs\/(?:tags|heads|remotes\/origin)\//u, '').replace(/[.,'"`]+$/u, '');
    return {
      code: 'git-reference-missing',
      message: `${capital(what)}${where} has no branch, tag or commit \`${short(name, 80)}\`.`,
      fix: 'Name one in the manifest that exists; a force-push or a deleted branch takes commits away.',
      words: ABSENT_REFERENCE,
    };
  }
  const unreachable = UNREACHABLE.exec(flat);
  if (unreachable === null) return null;
  const host = url === null ? (unresolvedHost(flat) ?? 'The git host') : hostOf(url);
  return {
    code: 'git-host-unreachable',
    message: `The git host ${host} could not be reached for ${short(url ?? 'a git requirement')}${where}.`,
    fix: 'Try again later; if it stays so, check the address in the manifest and whether this machine may reach the host.',
    words: new RegExp(`fatal: |${UNREACHABLE.source}|Failed to resolve`, 'iu'),
  };
}

/** Of the target's repositories, when there is no other. */
function onlyRepository(failure: Failure): string | null {
  const [first, second] = failure.target.remotes.filter(({ purpose }) => purpose === 'git');
  return second === undefined ? (first?.url ?? null) : null;
}

/** The repository that git was asked for. */
function repositoryOf(flat: string): string | null {
  const patterns = [
    /unable to access '([^']{1,500})'/iu,
    /Failed to clone (\S{1,30}:\S{1,500})/u,
    /git (?:clone|fetch|ls-remote)(?: --?\S{1,80}){0,8} '?((?:https?|ssh|git|file):\/\/[^\s']{1,500}|[\w.-]+@[\w.-]+:[^\s']{1,300})/iu,
    /(?:@ )?git\+((?:https?|ssh|git|file):\/\/[^\s`'"]{1,500})/iu,
    /((?:https?|ssh|git):\/\/[^\s'"`]{1,400}\.git)\b/iu,
  ];
  for (const pattern of patterns) {
    const found = pattern.exec(flat)?.[1];
    if (found !== undefined) return found.replace(/[/.,:;]+$/u, '').replace(/(\.git)@\S*$/u, '$1');
  }
  // Poetry 1.1: Command '['git', 'clone', '--recurse-submodules', '--', 'https://…', '/tmp/…']' returned non-zero …
  const listed = /\['git', (?:'[^']{1,80}', ){1,8}'([^']{1,30}:[^']{1,500})'/u.exec(flat)?.[1];
  if (listed !== undefined) return listed;
  // dulwich, in Poetry: HTTPSConnectionPool(host='example.com', port=443): … url: /six.git/info/refs?service=…
  const pool =
    /host='([^']{1,253})', port=\d+\): Max retries exceeded with url: (\/\S{1,300}?)\/info\/refs/u.exec(flat);
  return pool === null ? null : `https://${pool[1]}${pool[2]}`;
}

function unresolvedHost(flat: string): string | null {
  return /(?:resolve host:?|resolve hostname) ([\w.-]{1,253})/iu.exec(flat)?.[1] ?? null;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
