import { describe, expect, it } from 'vitest';
import { hasPipfileChanged } from '../../../src/locks/pipenv/pipfile-hash.ts';
import { readToml } from '../../../src/locks/toml.ts';

const PIPFILE = `[[source]]
name = "pypi"
url = "https://pypi.org/simple"
verify_ssl = true

[packages]
Django = "*"
zope_interface = {version = "*", extras = ["test"]}

[dev-packages]

[docs]
Sphinx = "*"

[scripts]
run = "python x.py"

[pipenv]
allow_prereleases = true

[requires]
python_version = "3.11"
`;

function lockWith(hash: string): string {
  return JSON.stringify({ _meta: { hash: { sha256: hash } }, default: {}, develop: {} });
}

function changed(lock: string, pipfile: string): boolean | null {
  return hasPipfileChanged('Pipfile.lock', lock, readToml('Pipfile', pipfile));
}

/** Hashes as that Pipenv gives them. */
describe('the hash of a Pipfile', () => {
  it.each([
    ['2020 and 2022.4', '7f5f6cf3d7e36a64d4dfaa8219523782de998e5bf8b22a37b484c2b6c60a7633'],
    ['2023 to 2025, with categories', '87b88102d954038777e458b19113829fc4d83cd8dfbd693943e8f5a4af8ca590'],
    ['2026, with normalised names', 'c97cc68e1f446c602d0a5e972b5995c25b1132a9ef91245541eaf416f4947554'],
  ])('is known: Pipenv %s', (_what, hash) => {
    expect(changed(lockWith(hash), PIPFILE)).toBe(false);
    expect(changed(lockWith(hash), PIPFILE.replace('python x.py', 'python y.py'))).toBe(false);
    expect(changed(lockWith(hash), PIPFILE.replace('Django = "*"', 'Django = "<5"'))).toBe(true);
  });

  it.each([
    ['no hash in the lock', '{"_meta": {}}', PIPFILE],
    ['a lock that is none', '[', PIPFILE],
    [
      'no [[source]], whose default depends on the Pipenv',
      lockWith('0'.repeat(64)),
      '[packages]\nsix = "*"\n',
    ],
  ])('is not told by %s', (_what, lock, pipfile) => {
    expect(changed(lock, pipfile)).toBeNull();
  });
});
