/** Credentials that HTTP can carry. Pure. */
import type { Credential } from '../../config/settings.ts';
import { UsageError } from '../../errors.ts';
import { printable } from './answers.ts';
import { readAuthority } from './lending.ts';

/** @throws {UsageError} when a credential's host or username cannot be used. */
export function checkCredentials(credentials: readonly Credential[]): void {
  for (const { host, username } of credentials) {
    if (readAuthority(host, 443) === null || host.startsWith('[')) {
      throw new UsageError(
        'credential-host',
        `The credential for "${printable(host)}" names no host that Relock can use.`,
        'Name a host, or a host and port: pypi.example.com:8443.',
      );
    }
    if (username.includes(':')) {
      throw new UsageError(
        'credential-username',
        `The username of the credential for ${host} has a colon, which HTTP Basic authentication cannot carry.`,
        'Use a username without a colon.',
      );
    }
  }
}
