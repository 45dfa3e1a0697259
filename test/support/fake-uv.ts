/** An executable in the place of uv, named by a settings file. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './folder.ts';

/**
 * @param body lines of `sh` that run after `--version` and `python list` (there are no interpreters) are answered; `$1` is
 * uv's command.
 * @param settings further lines for the settings file.
 * @returns the path of a settings file that names it.
 */
export function fakeUv(body: string, settings = ''): string {
  const script = [
    '#!/bin/sh',
    'if [ "$1" = --version ]; then echo "uv 0.13.9"; exit 0; fi',
    body,
    'if [ "$1" = python ]; then echo "[]"; exit 0; fi',
    'exit 2',
    '',
  ].join('\n');
  const root = folder({ uv: script });
  chmodSync(join(root, 'uv'), 0o755);
  // It notes what it sees in places that a sandbox would not show it.
  const text = `sandbox = "none"\n${settings}\n[tools]\nuv = "${join(root, 'uv')}"\n`;
  return join(folder({ 'settings.toml': text }), 'settings.toml');
}
