/** Indexes and addresses that do not answer, or answer with a refusal. */
import type { Reason } from '../../model.ts';
import { isPublicIndex } from '../public-index.ts';
import {
  hostOf,
  namedIn,
  remoteFor,
  short,
  type Evidence,
  type Failure,
  type Recognised,
} from './recogniser.ts';

/** An address that a tool could not use. */
interface Trouble {
  readonly url: string;
  /** HTTP status; null when nothing answered. */
  readonly status: number | null;
  /** Further addresses that it may have been, when the tool does not tell which. */
  readonly others?: readonly string[];
}

export function recogniseNetwork(evidence: Evidence): Recognised | null {
  const trouble = troubleOf(evidence);
  if (trouble === null) return null;
  const { failure, flat } = evidence;
  const { url, status, others = [] } = trouble;
  const remote = remoteFor(failure, url);
  const shown = [`${short(url)}${namedIn(remote)}`, ...others.map((other) => short(other))].join(' or ');
  if (status === NO_UPLOAD_TIMES && failure.cutoff !== null) {
    return {
      code: 'cooldown-unsupported',
      message: `${shown} tells no upload times, so that the cool-down cannot be kept there.`,
      fix: 'Run this lock without a cool-down, or take an index that tells upload times (PEP 700).',
      words: WORDS,
    };
  }
  if (status === 401 || status === 403 || status === 407) {
    return {
      code: 'authentication-required',
      message: `${shown} refused access (${status}): it wants credentials that Relock does not have, or does not take those it has.`,
      fix: `Add a \`[[credential]]\` for ${hostOf(url)} to the settings of Relock, or mend the one that is there.`,
      words: WORDS,
    };
  }
  const kind = purposeOf(failure, url);
  const what = SUBJECTS.get(kind) ?? 'The address';
  const answer =
    status === null ? whyNoAnswer(flat) : `answered ${status}${status === 429 ? ', too many requests' : ''}`;
  return {
    code: kind,
    message: `${what} ${shown} ${answer}.`,
    fix: fixFor(kind, status, remote !== null),
    words: WORDS,
  };
}

/** With this status Relock's own proxy refuses a page without upload times, and says so; pip shows neither. */
const NO_UPLOAD_TIMES = 424;

const WORDS =
  /(?:error|warning)?:? ?(?:Request failed after|Failed to (?:fetch|download)|An index|Source \()|hint: An index|40[13] Error|Client Error|Server Error|HTTP error|Max retries exceeded|Retrying \(|All attempts to connect|Authorization error/iu;

type Unreachable = Extract<
  Reason['code'],
  'index-unreachable' | 'extra-index-unreachable' | 'url-unreachable'
>;

const SUBJECTS: ReadonlyMap<Unreachable, string> = new Map([
  ['index-unreachable', 'The package index'],
  ['extra-index-unreachable', 'The extra package index'],
  ['url-unreachable', 'The file at'],
]);

function purposeOf(failure: Failure, url: string): Unreachable {
  switch (remoteFor(failure, url)?.purpose) {
    case 'index':
      return 'index-unreachable';
    case 'extra-index':
      return 'extra-index-unreachable';
    case 'url':
      return 'url-unreachable';
    case 'git':
    case 'channel':
    case undefined:
      return isFile(url) ? 'url-unreachable' : 'index-unreachable';
    default:
      return 'index-unreachable';
  }
}

function isFile(url: string): boolean {
  return /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)(?:[?#]|$)/iu.test(url);
}

function fixFor(kind: Unreachable, status: number | null, named: boolean): string {
  if (status === 429)
    return 'Try again later; a mirror as `index-url` in the settings of Relock has limits of its own.';
  if (status !== null && status >= 500) return 'Try again later: the fault is on that side.';
  if (kind === 'url-unreachable')
    return 'Check the address in the manifest; name a release that is still there.';
  if (kind === 'extra-index-unreachable' || named) {
    return 'Check the address; a private index must be reachable from where Relock runs. Try again later if it was only down.';
  }
  return 'Check the connection, or name a mirror as `index-url` in the settings of Relock; try again later.';
}

/** As the end of a sentence. */
function whyNoAnswer(flat: string): string {
  if (
    /dns error|Name or service not known|Failed to resolve|getaddrinfo|nodename nor servname|Temporary failure in name/iu.test(
      flat,
    )
  ) {
    return 'could not be reached: its name is not known';
  }
  if (
    /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|certificate verify failed|UnknownIssuer|SSLError/iu.test(
      flat,
    )
  ) {
    return 'could not be reached: its certificate is not trusted here';
  }
  if (/Connection refused|ECONNREFUSED/iu.test(flat))
    return 'could not be reached: the connection was refused';
  if (/timed out|timeout/iu.test(flat)) return 'could not be reached: it did not answer in time';
  return 'could not be reached';
}

/** That a package was not found for lack of access; else a refusal on the way was only a warning. */
const NOTHING =
  /from versions: none|No matching distribution|No versions found|match any versions|\) not found/u;

/** How tools say which address failed, the surest first. */
const SAYINGS: readonly ((flat: string) => Trouble | null)[] = [
  // uv: credentials, told as a hint under "No solution found".
  (flat) => {
    const said =
      /An index(?: URL)? \((\S{1,500})\) (?:could not be queried due to a lack of valid authentication credentials \((\d{3})|returned a (\d{3}))/u.exec(
        flat,
      );
    return said === null ? null : trouble(said[1], said[2] ?? said[3]);
  },
  // pip: a warning before it says that it found nothing.
  (flat) => {
    const said = /(\d{3}) Error, Credentials not correct for (\S{1,500})/u.exec(flat);
    return said === null || !NOTHING.test(flat) ? null : trouble(said[2], said[1]);
  },
  // Poetry.
  (flat) => {
    const said = /Authorization error accessing (\S{1,500})/u.exec(flat);
    return said === null || !NOTHING.test(flat) ? null : trouble(said[1], '401');
  },
  // uv: "HTTP status client error (404 Not Found) for url (…)"; pip, Poetry: "404 Client Error: Not Found for url: …".
  (flat) => {
    const said =
      /HTTP status (?:client|server) error \((\d{3})[^)]{0,60}\) for url \((\S{1,500})\)/u.exec(flat) ??
      /\b(\d{3}) (?:Client|Server) Error: .{0,80}?for url: (\S{1,500})/u.exec(flat) ??
      /HTTP error (\d{3}) while getting (\S{1,500})/u.exec(flat);
    return said === null ? null : trouble(said[2], said[1]);
  },
  // uv.
  (flat) => {
    const said = /error sending request for url \((\S{1,500})\)/u.exec(flat);
    return said === null ? null : trouble(said[1], null);
  },
  // requests, in pip, Poetry and Pipenv.
  (flat) => {
    const said =
      /HTTP(S?)ConnectionPool\(host='([^']{1,253})', port=(\d{1,5})\): (?:Max retries exceeded with url: (\S{1,400})|Read timed out)/u.exec(
        flat,
      );
    if (said === null) return null;
    const secure = said[1] === 'S';
    const port = said[3] === (secure ? '443' : '80') ? '' : `:${said[3]}`;
    return trouble(`http${secure ? 's' : ''}://${said[2]}${port}${said[4] ?? '/'}`, null);
  },
  // Poetry 2.
  (flat) => {
    const said = /All attempts to connect to (\S{1,253}) failed/u.exec(flat);
    return said === null
      ? null
      : trouble(said[1]?.includes('://') === true ? said[1] : `https://${said[1]}/`, null);
  },
];

function troubleOf({ flat, failure }: Evidence): Trouble | null {
  for (const say of SAYINGS) {
    const said = say(flat);
    if (said !== null) return said;
  }
  // pip tells that it retried and which path, not where; and goes on as if the index had no such project.
  if (!/Retrying \(Retry\(total=\d+/u.test(flat) || !NOTHING.test(flat)) return null;
  const path = /': (\/\S{1,300}\/)(?: |$)/u.exec(flat)?.[1];
  const indexes = failure.target.remotes.filter(({ purpose }) => purpose !== 'git' && purpose !== 'url');
  const fitting = indexes.filter(({ url }) => path !== undefined && pathOf(url) === parentOf(path));
  // Of several it is rather the private one that is down.
  const index = fitting.find(({ purpose }) => purpose === 'extra-index') ?? fitting[0] ?? indexes[0];
  const others = fitting.length > 1 ? fitting.filter((one) => one !== index).map(({ url }) => url) : [];
  const url = index?.url ?? failure.command.env['PIP_INDEX_URL'] ?? indexArgument(failure) ?? 'that pip asks';
  return { url, status: null, others };
}

function pathOf(url: string): string {
  return `${(URL.parse(url)?.pathname ?? '').replace(/\/+$/u, '')}/`;
}

function parentOf(path: string): string {
  return path.replace(/[^/]*\/$/u, '');
}

function indexArgument({ command }: Failure): string | null {
  const at = command.argv.findIndex((word) => /^(?:-i|--index-url|--default-index)(?:=|$)/u.test(word));
  if (at === -1) return null;
  return command.argv[at]?.split('=')[1] ?? command.argv[at + 1] ?? null;
}

function trouble(url: string | undefined, status: string | null | undefined): Trouble | null {
  if (url === undefined) return null;
  return {
    url: url.replace(/[.,)'"]+$/u, ''),
    status: status === null || status === undefined ? null : Number(status),
  };
}

/** Poetry's words where an index has the project but not the page of JSON per version that Poetry reads. */
const POETRY_PAGE =
  /^\s*(?:PackageNotFound: )?Package (?<name>[\w.-]{1,100}) \((?<version>[\w.+!-]{1,60})\) not found\.?/mu;

export function recogniseJsonPage({ failure, lines }: Evidence): Recognised | null {
  if (failure.command.tool.name !== 'poetry') return null;
  const said = POETRY_PAGE.exec(lines.join('\n'));
  if (said === null) return null;
  const index = failure.target.remotes.find(({ purpose }) => purpose === 'index')?.url;
  const where =
    index === undefined || isPublicIndex(index) ? 'The package index' : `The package index ${short(index)}`;
  return {
    code: 'index-json-api-missing',
    message:
      `${where} has ${said.groups?.['name']} ${said.groups?.['version']}, but not the JSON page of that version ` +
      '(/pypi/NAME/VERSION/json) that Poetry reads.',
    fix: 'Name the index as `index-url` in the settings of Relock: Poetry then reads it by its mirror plugin.',
    words: POETRY_PAGE,
  };
}
