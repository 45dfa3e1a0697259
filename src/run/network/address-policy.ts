/**
 * Which addresses of the Internet protocol a child may reach: only those of the public internet. The registries are
 * IANA's of special-purpose addresses (RFC 6890 and its successors). Pure.
 *
 * Not refused although they are not routed either: the ranges for documentation (192.0.2.0/24, 198.51.100.0/24,
 * 203.0.113.0/24). Some closed networks answer public names with them, and nothing of worth can lie there otherwise.
 */
import { isIP } from 'node:net';

type Range = readonly [prefix: string, bits: number];

const REFUSED_V4: readonly Range[] = [
  // This network, and the unspecified address, which connects to this very machine.
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Shared by carriers (RFC 6598): also clouds and overlay networks.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, where clouds answer with the machine's own secrets: 169.254.169.254.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  // Metadata of a cloud whose machines have it at a public-looking address.
  ['168.63.129.16', 32],
  ['192.0.0.0', 24],
  // Anycast relays of 6to4.
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
];

const REFUSED_V6: readonly Range[] = [
  // Unspecified, loopback, IPv4-compatible.
  ['::', 96],
  ['100::', 64],
  // IETF protocol assignments: Teredo, ORCHID, benchmarks. Embeds or tunnels to what cannot be checked.
  ['2001::', 23],
  // Unique local; link-local and site-local; multicast.
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  // SIIT and segment routing: local by nature.
  ['::ffff:0:0:0', 96],
  ['5f00::', 16],
  // Local NAT64.
  ['64:ff9b:1::', 48],
];

/** Ranges whose addresses carry an IPv4 address at this octet: they are as public as that one. */
const EMBEDDING: readonly (readonly [...Range, at: number])[] = [
  ['::ffff:0:0', 96, 12],
  ['64:ff9b::', 96, 12],
  ['2002::', 16, 2],
];

/**
 * @param address as `node:net` writes and reads it: dotted decimal, or IPv6 in any of its spellings, without brackets.
 * @returns false also for what is no address, and for one with a zone.
 */
export function isPublicAddress(address: string): boolean {
  const octets = addressOctets(address);
  if (octets === null) return false;
  if (octets.length === 4) return !REFUSED_V4.some((range) => isIn(octets, range));
  const embedding = EMBEDDING.find(([prefix, bits]) => isIn(octets, [prefix, bits]));
  if (embedding !== undefined) {
    return isPublicAddress(octets.slice(embedding[2], embedding[2] + 4).join('.'));
  }
  return !REFUSED_V6.some((range) => isIn(octets, range));
}

/** The 4 or 16 octets of an address; null when the text is none. */
export function addressOctets(address: string): readonly number[] | null {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 4) return address.split('.').map(Number);
  if (family === 0) return null;
  // An IPv4 address at the end stands for the last two groups.
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/u.exec(address);
  const text =
    dotted === null
      ? address
      : `${dotted[1] ?? ''}${group(dotted[2], dotted[3])}:${group(dotted[4], dotted[5])}`;
  const [head = '', tail] = text.split('::', 2);
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].flatMap((value) => [value >> 8, value & 0xff]);
}

function group(high: string | undefined, low: string | undefined): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16));
}

function isIn(octets: readonly number[], [prefix, bits]: Range): boolean {
  const wanted = addressOctets(prefix);
  if (wanted?.length !== octets.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (octets[at] !== wanted[at]) return false;
  const rest = bits & 7;
  const mask = (0xff << (8 - rest)) & 0xff;
  return rest === 0 || ((octets[whole] ?? 0) & mask) === ((wanted[whole] ?? 0) & mask);
}
