/** Whose secrets a job may use. */
import type { Credential } from './settings.ts';

/**
 * The credentials that a job of this repository may use.
 * @param repository `owner/name`; a name without an owner may use only those that are for everybody.
 */
export function usableCredentials(
  credentials: readonly Credential[],
  repository: string,
): readonly Credential[] {
  const slash = repository.indexOf('/');
  const owner = slash > 0 ? repository.slice(0, slash).toLowerCase() : null;
  return credentials.filter(
    (credential) => credential.owner === '*' || credential.owner.toLowerCase() === owner,
  );
}
