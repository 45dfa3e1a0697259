/** The keys of `[scan]` in the operator's settings. */
import { isLoopback } from './host.ts';
import type { Fields } from './schema.ts';

export const SCAN_SETTINGS_KEYS = {
  'osv-url': {
    type: 'string',
    // Not shown: people put `user:password@` there, which is what the check is about.
    secret: true,
    check: whyNotService,
    example: 'https://osv.example.com',
    description:
      'Root of a service that answers as the API of OSV: https, or http to this machine only. Left out: the public one.',
  },
  database: {
    type: 'string',
    check: whyNotFolder,
    example: '/var/lib/relock/osv',
    description:
      "Absolute folder with OSV's own zips (PyPI/all.zip, Debian/all.zip), as `relock db update` makes it. The built-in " +
      'scanner then reads it, and never the network.',
  },
  'database-url': {
    type: 'string',
    secret: true,
    check: whyNotService,
    example: 'https://osv-zips.example.com',
    description:
      'Where `relock db update` finds ECOSYSTEM/all.zip: https, or http to this machine only. Left out: with OSV.',
  },
  trivy: programKey('trivy'),
  grype: programKey('grype'),
  'osv-scanner': programKey('osv-scanner'),
  offline: {
    type: 'boolean',
    description:
      'With true, these programs use the databases that they have, and download none. Left out: false.',
  },
} as const satisfies Fields;

function programKey<const Name extends string>(name: Name) {
  return {
    type: 'string',
    check: whyNotProgram,
    example: `/usr/local/bin/${name}`,
    description: `Absolute path of ${name}, or "off". Left out: ${name} on PATH, if it is there.`,
  } as const;
}

function whyNotProgram(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  if (value === 'off' || (value.startsWith('/') && !value.endsWith('/'))) return null;
  return 'it must be an absolute path, or "off"';
}

function whyNotFolder(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return value.startsWith('/') ? null : 'it must be an absolute path (`~` is not understood)';
}

function whyNotService(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || /[\p{Cc}\s]/u.test(value)) return 'it is not an address';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it must begin with https://';
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password';
  // Plain http lets everybody on the way take vulnerabilities out of the answers.
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'it begins with http:// and is not on this machine: it must begin with https://';
  return url.search === '' && url.hash === '' ? null : 'it has a query or a fragment';
}
