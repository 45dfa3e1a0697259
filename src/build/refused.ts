/** What a Dockerfile asks for that no build gets unless the operator says so. Pure. */
import type { DockerInstruction } from '../images/dockerfile-lines.ts';
import { readLines } from '../images/dockerfile-lines.ts';
import type { Reason } from '../model.ts';
import type { BuildGrants } from './model.ts';

/**
 * Secrets and SSH that were not configured, and the entitlements of BuildKit that take walls down.
 * @param path of the Dockerfile, for the message.
 * @returns why it is not built, naming the line; null: nothing is refused. What a base image's ONBUILD asks for cannot be
 *   seen here; it gets no more.
 * @see https://docs.docker.com/reference/dockerfile/#run---mount
 */
export function refusedIn(text: string, path: string, grants: BuildGrants): Reason | null {
  const lines = readLines(text);
  if (lines === null) {
    return {
      code: 'manifest-unreadable',
      message: `${path} was not built: it cannot be read as a Dockerfile.`,
      fix: 'Correct it; `docker build --check` names what is wrong.',
      detail: '',
    };
  }
  for (const instruction of lines.instructions) {
    const refused = instruction.isTrigger ? null : refusedBy(instruction, grants);
    if (refused === null) continue;
    const line = text.slice(0, instruction.start).split('\n').length;
    return {
      code: 'option-refused',
      message: `${path} was not built: line ${line} ${refused.what}.`,
      fix: refused.fix,
      detail: '',
    };
  }
  return null;
}

interface Refused {
  readonly what: string;
  readonly fix: string;
}

const ENTITLEMENT = 'Take it out: Relock runs no step of a build outside the walls that a builder has.';

function refusedBy({ keyword, flags }: DockerInstruction, grants: BuildGrants): Refused | null {
  if (keyword !== 'RUN') return null;
  for (const { name, value } of flags) {
    const text = value.text.replaceAll(/["']/gu, '');
    if (name === 'security' && text !== 'sandbox') {
      return { what: `asks for \`--security=${text}\``, fix: ENTITLEMENT };
    }
    if (name === 'network' && text === 'host') {
      return { what: 'asks for `--network=host`', fix: ENTITLEMENT };
    }
    const mount = name === 'mount' ? refusedMount(text, grants) : null;
    if (mount !== null) return mount;
  }
  return null;
}

/** `type=secret,id=pip,target=/etc/pip.conf`. */
function refusedMount(text: string, { secrets, ssh }: BuildGrants): Refused | null {
  const options = new Map(
    text.split(',').map((part) => {
      const [name = '', ...rest] = part.split('=');
      return [name.trim().toLowerCase(), rest.join('=').trim()] as const;
    }),
  );
  const type = options.get('type')?.toLowerCase();
  if (type === 'ssh' && ssh === null) {
    return {
      what: 'wants an SSH agent (`--mount=type=ssh`), and none is configured',
      fix: 'Name one in the settings of Relock, or take the proof of this image from its own workflow.',
    };
  }
  if (type !== 'secret') return null;
  const target = options.get('target') ?? options.get('dst') ?? options.get('destination') ?? '';
  const id = options.get('id') ?? target.slice(target.lastIndexOf('/') + 1);
  if (secrets.some((secret) => secret.id === id)) return null;
  return {
    what: `wants the build secret ${JSON.stringify(id)}, which is not configured`,
    fix: 'Name it in the settings of Relock, or take the proof of this image from its own workflow.',
  };
}
