import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { readSettings } from '../../src/config/read-settings.ts';
import type { BuilderSettings } from '../../src/config/settings.ts';

const GIB = 1024 ** 3;

function errorsOf(text: string): readonly string[] {
  const read = readSettings(text, 's.toml', {});
  return 'errors' in read ? read.errors.map(({ line, message }) => `${line}: ${message}`) : [];
}

describe('reads', () => {
  it.each<[string, Partial<BuilderSettings>]>([
    ['', {}],
    ['[builder]', {}],
    ['[builder]\nkind = "auto"', { kind: 'auto' }],
    ['[builder]\nkind = "none"', { kind: 'none' }],
    ['[builder]\naddress = "unix:///run/b.sock"', { address: 'unix:///run/b.sock' }],
    ['[builder]\nkind = "buildah"\npath = "/opt/buildah"', { kind: 'buildah', path: '/opt/buildah' }],
    [
      '[builder]\nkind = "docker"\naddress = "unix:///run/user/1000/docker.sock"',
      { kind: 'docker', address: 'unix:///run/user/1000/docker.sock' },
    ],
    [
      '[builder]\nkind = "buildctl"\naddress = "tcp://127.0.0.1:1234"',
      { kind: 'buildctl', address: 'tcp://127.0.0.1:1234' },
    ],
    [
      '[builder]\nkind = "buildctl"\naddress = "tcp://bk.corp.example:1234"\ncertificates = "/etc/bk"',
      { kind: 'buildctl', address: 'tcp://bk.corp.example:1234', certificates: '/etc/bk' },
    ],
    [
      '[builder]\ntimeout = "1 hour"\nmemory = "8 GiB"\ndisk = "50 GB"',
      { timeoutSeconds: 3600, memoryBytes: 8 * GIB, diskBytes: 50e9 },
    ],
  ])('%j', (text, said) => {
    const builder = { ...DEFAULT_SETTINGS.builder, ...said };
    expect(readSettings(text, 's.toml', {})).toEqual({ settings: { ...DEFAULT_SETTINGS, builder } });
  });

  it('says nothing by default, and holds builds to what a machine has', () => {
    expect(DEFAULT_SETTINGS.builder).toMatchObject({
      kind: null,
      timeoutSeconds: 1800,
      memoryBytes: 4 * GIB,
      diskBytes: 20 * GIB,
    });
  });
});

describe('says with line and what is right', () => {
  it.each([
    ['[builder]\nkind = "buildx"', ['2: ', '"buildctl", "docker", "podman", "buildah", "none"']],
    ['[builder]\npath = "/usr/bin/docker"', ['2: `builder.path` does not say', 'Add `kind = "buildctl"`']],
    ['[builder]\nkind = "docker"\npath = "docker"', ['3: ', 'it must be an absolute path']],
    [
      '[builder]\nkind = "buildah"\naddress = "unix:///run/b.sock"',
      ['3: `builder.address` does not go with `kind = "buildah"`'],
    ],
    ['[builder]\nkind = "none"\naddress = "unix:///run/b.sock"', ['3: `builder.address` does not go with']],
    ['[builder]\nkind = "docker"\naddress = "ssh://host"', ['it must begin with unix:// or tcp://']],
    ['[builder]\nkind = "docker"\naddress = "tcp://host"', ['it must name host and port']],
    ['[builder]\nkind = "docker"\naddress = "tcp://h:1/x"', ['it has a path']],
    ['[builder]\nkind = "docker"\naddress = "unix://run/b.sock"', ['unix:// and an absolute path']],
    ['[builder]\nkind = "docker"\naddress = "/run/b.sock"', ['it is not an address']],
    [
      '[builder]\nkind = "buildctl"\naddress = "tcp://bk.corp.example:1234"',
      ['3: `builder.address` is another machine, and the way to it has no TLS.', 'Add `certificates = '],
    ],
    [
      '[builder]\nkind = "buildctl"\naddress = "unix:///run/b.sock"\ncertificates = "/etc/bk"',
      ['4: `builder.certificates` is for'],
    ],
    ['[builder]\nmemory = 4', ['2: `builder.memory` is a number, not a text. Write `memory = "4 GiB"`.']],
    ['[builder]\nmemory = "1 MB"', ['it is less than 256 MiB']],
    ['[builder]\ndisk = "much"', ['it is not a size']],
    ['[builder]\ntimeout = 5', ['whole number from 60 to 86400 seconds']],
    ['[builders]\nkind = "auto"', ['Did you mean `builder`?']],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    for (const part of parts) expect(errors[0]).toContain(part);
  });

  it('never shows what an address carries', () => {
    const text = '[builder]\nkind = "docker"\naddress = "tcp://u:hunter2@bk.example:1"';
    expect(errorsOf(text)[0]).toContain('it carries a user name or password');
    expect(errorsOf(text)[0]).not.toContain('hunter2');
  });
});
