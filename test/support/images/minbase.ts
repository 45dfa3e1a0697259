/** A true Debian root folder as a tar, made once by mmdebstrap and kept. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/relock-test/images', import.meta.url));

/** @returns the path of the tar: bookworm, minbase, with `ca-certificates`. About 20 s the first time. */
export function minbaseTar(): string {
  const path = join(CACHE, 'bookworm-minbase.tar');
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${path}.${process.pid}.tar`;
  const suite = ['--variant=minbase', '--include=ca-certificates', 'bookworm'];
  execFileSync('/usr/bin/mmdebstrap', ['--quiet', ...suite, unfinished], { stdio: 'ignore' });
  renameSync(unfinished, path);
  return path;
}
