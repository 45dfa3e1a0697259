import { describe, expect, it } from 'vitest';
import { hasManifestChanged } from '../../../src/locks/poetry/content-hash.ts';
import { readToml } from '../../../src/locks/toml.ts';

const EXTRAS = `[tool.poetry]
name = "a"
version = "1"
description = "Größe"
authors = []

[tool.poetry.dependencies]
python = ">=3.9"
six = { version = "*", optional = true, markers = "python_version < '3.10' or sys_platform == \\"win32\\"" }
idna = [{ version = "^2", python = "<3.8" }, { version = "^3", python = ">=3.8" }]

[tool.poetry.extras]
all = ["six", "größe \\U0001F40D"]
`;

const GROUPS = `[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = ">=3.9"
idna = "*"

[tool.poetry.group.dev]
optional = true

[tool.poetry.group.dev.dependencies]
six = "*"

[[tool.poetry.source]]
name = "pypi"
priority = "primary"
`;

const PROJECT = `[project]
name = "c"
version = "1"
requires-python = ">=3.9"
dependencies = ["idna>=3"]

[tool.poetry.group.dev.dependencies]
six = "*"
`;

const DEPENDENCY_GROUPS = `[project]
name = "d"
version = "1"
requires-python = ">=3.9"
dependencies = ["idna>=3"]

[dependency-groups]
dev = ["six", { include-group = "docs" }]
docs = ["idna"]
`;

const ONLY_GROUPS = `[dependency-groups]
dev = ["six"]

[tool.poetry]
package-mode = false
`;

function lockWith(hash: string): string {
  return `package = []\n\n[metadata]\nlock-version = "2.1"\ncontent-hash = "${hash}"\n`;
}

function changed(lock: string, manifest: string): boolean | null {
  return hasManifestChanged(lock, readToml('pyproject.toml', manifest));
}

/** Hashes as the locker of that Poetry gives them. */
describe('the hash of a manifest', () => {
  it.each([
    [
      '1.2 to 2.5, extras and text beyond ASCII',
      EXTRAS,
      '04dbc1c208de74c5c078582d7d24a5d4773002b3a85d306a882abdfcbaa6d92e',
    ],
    [
      '1.2 to 2.5, groups and sources',
      GROUPS,
      '5b911a55e9d11d672d6d8dd9e5e93146f447d1d71ada5362c029498c82518b46',
    ],
    [
      '1.8, which does not see [project]',
      PROJECT,
      '77d642bfe00fabfc21e54ab22acf77a734aa376989e07acef8c1fd5873fc5e3f',
    ],
    ['2.2, [project]', PROJECT, '7cb9835dd262054902f2974d1958dea61a07a336e8139d5e83e6a5873458abfb'],
    [
      '2.2, which does not see [dependency-groups]',
      DEPENDENCY_GROUPS,
      '85ffee14b7d132a400ecd8b765fc1223bdfa2d61ee60a23696e4255a05b5a083',
    ],
    [
      '2.5, [project] and [dependency-groups]',
      DEPENDENCY_GROUPS,
      '5350ed7d480e7472bb07dc32fdc87d40fd5fc2170793a5800e060d3764c9a5d7',
    ],
    [
      '2.2, nothing that it sees',
      ONLY_GROUPS,
      '115cf985d932e9bf5f540555bbdd75decbb62cac81e399375fc19f6277f8c1d8',
    ],
    [
      '2.5, [dependency-groups] alone',
      ONLY_GROUPS,
      'fac5ea3a1b1d3d71b2e044603fe9d6ef7b8ea90768337f5df63765e5455fe45d',
    ],
  ])('is known: Poetry %s', (_what, manifest, hash) => {
    expect(changed(lockWith(hash), manifest)).toBe(false);
  });

  it('differs when what counts differs, and only then', () => {
    const lock = lockWith('7cb9835dd262054902f2974d1958dea61a07a336e8139d5e83e6a5873458abfb');
    expect(changed(lock, PROJECT.replace('version = "1"', 'version = "2"'))).toBe(false);
    expect(changed(lock, PROJECT.replace('idna>=3', 'idna>=2'))).toBe(true);
    expect(changed(lock, PROJECT.replace('six = "*"', 'six = "^1"'))).toBe(true);
  });

  it.each([
    ['no hash in the lock', '[metadata]\n', PROJECT],
    ['no hash but another text', lockWith('unknown'), PROJECT],
    ['a number, which may be a float', lockWith('0'.repeat(64)), '[tool.poetry.dependencies]\nsix = 1.0\n'],
    ['a date', lockWith('0'.repeat(64)), '[tool.poetry.dependencies]\nsix = 2020-01-01\n'],
  ])('is not told by %s', (_what, lock, manifest) => {
    expect(changed(lock, manifest)).toBeNull();
  });
});
