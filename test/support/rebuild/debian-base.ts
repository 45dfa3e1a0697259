/** A true Debian with apt, small, set up for repositories of the test alone; and true packages for it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Paragraph } from '../debian.ts';
import { folder } from '../folder.ts';
import { minbaseTar } from '../images/minbase.ts';
import { sha256 } from '../registry/made-image.ts';
import type { PushedLayer } from '../registry/push.ts';

/** What no test reads, and would be copied for each instruction that is built. */
const LEFT_OUT = [
  './usr/share/doc/*',
  './usr/share/info/*',
  './usr/share/locale/*',
  './usr/share/man/*',
  './usr/lib/x86_64-linux-gnu/gconv/*',
  './dev/*',
  './var/cache/*/*',
  './var/lib/apt/lists/*',
];

export interface MadeDeb {
  readonly paragraph: Paragraph;
  /** Below the repository's root. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** With one program of its own name, which tells its version. @param more further fields. */
export function makeDeb(name: string, version: string, more: Readonly<Record<string, string>> = {}): MadeDeb {
  const root = folder();
  const control = { Package: name, Version: version, Architecture: 'all', ...more };
  const fields = Object.entries({ ...control, Maintainer: 'Test <test@example.org>', Description: 'made' });
  mkdirSync(join(root, 'DEBIAN'));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  writeFileSync(
    join(root, 'DEBIAN/control'),
    fields.map(([field, value]) => `${field}: ${value}\n`).join(''),
  );
  writeFileSync(join(root, 'usr/bin', name), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(root, 'usr/bin', name), 0o755);
  const file = join(folder(), 'made.deb');
  execFileSync('/usr/bin/dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', root, file], {
    stdio: 'ignore',
  });
  const bytes = readFileSync(file);
  const path = `pool/${name}_${version}_all.deb`;
  const digest = createHash('sha256').update(bytes).digest('hex');
  return {
    path,
    bytes,
    paragraph: {
      n: name,
      v: version,
      Architecture: 'all',
      ...more,
      Filename: path,
      Size: String(bytes.length),
      SHA256: digest,
    },
  };
}

export interface DebianBase {
  /** What apt asks and believes, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly installed: readonly MadeDeb[];
}

/** @returns its two layers: Debian, and what is the test's own. Needs root. */
export function debianBase({ files, installed }: DebianBase): readonly PushedLayer[] {
  const root = folder();
  const excluded = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  execFileSync('tar', ['-x', '-f', minbaseTar(), '-C', root, ...excluded]);
  for (const path of ['etc/apt/sources.list', 'etc/apt/trusted.gpg.d'])
    execFileSync('rm', ['-r', '--', join(root, path)]);
  mkdirSync(join(root, 'etc/apt/trusted.gpg.d'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  for (const { bytes } of installed) {
    const deb = join(folder(), 'one.deb');
    writeFileSync(deb, bytes);
    execFileSync('/usr/bin/dpkg', ['--root', root, '--log=/dev/null', '--install', deb], { stdio: 'ignore' });
  }
  const tar = execFileSync('tar', ['-c', '-C', root, '.'], { maxBuffer: 1e9 });
  return [{ bytes: gzipSync(tar, { level: 1 }), diffId: sha256(tar) }];
}
