/** What the door refused a locker, as the report tells it. Pure. */
import type { Reason } from '../model.ts';
import type { Refusal } from '../run/network/door.ts';
import { authorityOf } from '../run/network/reach.ts';

/** Told by name; the rest are counted. */
const NAMED = 5;

/** One note for all refusals of a lock; none where there were none. */
export function refusalNotes(refusals: readonly Refusal[]): readonly string[] {
  if (refusals.length === 0) return [];
  const named = refusals.slice(0, NAMED).map(describe).join('; ');
  const more = refusals.length > NAMED ? `; and ${refusals.length - NAMED} more` : '';
  return [`Refused connections: ${named}${more}.`];
}

/** A lock that failed and was refused a host most likely failed for that: the reader learns how to allow it. */
export function withRefusals(reason: Reason, refusals: readonly Refusal[]): Reason {
  const [first] = refusals;
  if (first === undefined) return reason;
  const host = authorityOf({ scheme: 'https', host: first.host, port: first.port });
  switch (first.code) {
    case 'not-allowed':
      return {
        ...reason,
        code: 'network-refused',
        message: `${reason.message} It was refused a connection to ${host}, which no manifest names.`,
        fix: `If that host is to be trusted, add \`allow-hosts = ["${host}"]\` to .github/relock.toml. ${reason.fix}`.trim(),
      };
    case 'private-address':
      return {
        ...reason,
        code: 'network-refused',
        message: `${reason.message} It was refused a connection to ${host}, which is at a private address.`,
        fix: `If that is an index or forge of your own, whoever runs Relock adds \`allow-hosts = ["${host}"]\` to its settings. ${reason.fix}`.trim(),
      };
    case 'method':
    case 'not-http':
    case 'too-many':
      return reason;
    default:
      return first.code satisfies never;
  }
}

function describe({ host, port, why, during, count }: Refusal): string {
  const times = count > 1 ? `, ${count} times` : '';
  const wanted = during === null ? '' : ` (while ${during} was built, or after)`;
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return `${place}${wanted}${times}: ${why.replace(/\.$/u, '')}`;
}
