import { describe, expect, it } from 'vitest';
import { childEnvironment, proxiesWithCredentials, refusedVariable } from '../../src/run/child-env.ts';
import type { ChildEnvironmentInput } from '../../src/run/child-env.ts';

function environment(
  parent: Readonly<Record<string, string>>,
  more: Partial<ChildEnvironmentInput> = {},
): Record<string, string> {
  return childEnvironment({
    parent,
    home: '/home-of-run',
    path: ['/tool/bin', '/usr/bin'],
    caches: '/cache',
    pythonFolder: '/pythons',
    pythonDownloads: false,
    tool: null,
    ...more,
  });
}

const PLANTED = {
  GITHUB_TOKEN: 'planted',
  GH_TOKEN: 'planted',
  AWS_SECRET_ACCESS_KEY: 'planted',
  RELOCK_PASSWORD: 'planted',
  SSH_AUTH_SOCK: '/planted',
  NETRC: '/planted',
  PIP_INDEX_URL: 'https://planted',
  PIP_EXTRA_INDEX_URL: 'https://planted',
  PIP_FIND_LINKS: '/planted',
  PIP_CONFIG_FILE: '/planted',
  PIP_CONSTRAINT: '/planted',
  UV_INDEX_URL: 'https://planted',
  UV_DEFAULT_INDEX: 'https://planted',
  UV_CONFIG_FILE: '/planted',
  UV_INDEX_PRIVATE_PASSWORD: 'planted',
  UV_EXCLUDE_NEWER: 'planted',
  UV_CACHE_DIR: '/planted',
  POETRY_HTTP_BASIC_PRIVATE_PASSWORD: 'planted',
  POETRY_PYPI_TOKEN_PYPI: 'planted',
  POETRY_PYPI_MIRROR_URL: 'https://planted',
  POETRY_CACHE_DIR: '/planted',
  PIPENV_PYPI_MIRROR: 'https://planted',
  PIPENV_PIPFILE: '/planted',
  PYTHONPATH: '/planted',
  PYTHONSTARTUP: '/planted',
  PYTHONHOME: '/planted',
  VIRTUAL_ENV: '/planted',
  CONDA_PREFIX: '/planted',
  LD_PRELOAD: '/planted',
  NODE_OPTIONS: '--planted',
  GIT_SSH_COMMAND: 'planted',
  GIT_ASKPASS: '/planted',
  GIT_CONFIG_COUNT: '9',
  GIT_CONFIG_KEY_8: 'planted',
  GIT_CONFIG_VALUE_8: 'planted',
  GIT_DIR: '/planted',
  CUSTOM_COMPILE_COMMAND: 'planted',
  SOURCE_DATE_EPOCH: '123',
  XDG_CONFIG_HOME: '/planted',
  PATH: '/planted',
  HOME: '/planted',
  TMPDIR: '/planted',
  LANG: 'planted',
  CI: 'true',
};

describe('childEnvironment', () => {
  it('takes nothing of what is not on the list', () => {
    const made = environment(PLANTED);
    expect(Object.entries(made).filter(([, value]) => value.includes('planted'))).toEqual([]);
    expect(made).not.toHaveProperty('CI');
    expect(made).toEqual(environment({}));
  });

  it('lives in the private home and in the caches', () => {
    const made = environment({});
    expect(made).toMatchObject({
      PATH: '/tool/bin:/usr/bin',
      HOME: '/home-of-run',
      TMPDIR: '/home-of-run/tmp',
      LANG: 'C.UTF-8',
      PIP_CONFIG_FILE: '/dev/null',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      UV_CACHE_DIR: '/cache/uv-cache',
      UV_PYTHON_INSTALL_DIR: '/pythons',
      PIP_CACHE_DIR: '/cache/pip',
      PIPENV_CACHE_DIR: '/cache/pipenv',
      POETRY_CACHE_DIR: '/home-of-run/.cache/poetry/any',
      UV_PYTHON_DOWNLOADS: 'never',
      WORKON_HOME: '/home-of-run/virtualenvs',
    });
    // Or the first run of each tool would be slow for ever.
    expect(made).not.toHaveProperty('PYTHONDONTWRITEBYTECODE');
  });

  it('keeps the caches of Poetry versions apart', () => {
    const of = (version: string): string | undefined =>
      environment({}, { tool: { name: 'poetry', version } })['POETRY_CACHE_DIR'];
    expect(of('1.8.5')).not.toBe(of('2.1.0'));
  });

  it('passes certificates', () => {
    const parent = {
      SSL_CERT_FILE: '/a.pem',
      SSL_CERT_DIR: '/certs',
      PIP_CERT: '/b.pem',
      CURL_CA_BUNDLE: '',
    };
    expect(environment(parent)).toMatchObject({
      SSL_CERT_FILE: '/a.pem',
      SSL_CERT_DIR: '/certs',
      PIP_CERT: '/b.pem',
    });
    expect(environment(parent)).not.toHaveProperty('CURL_CA_BUNDLE');
  });

  it.each([
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
    [{ https_proxy: 'http://proxy:3128', HTTPS_PROXY: 'http://other' }, 'http://proxy:3128'],
    [{ HTTPS_PROXY: 'http://me:pass@proxy:3128' }, 'http://proxy:3128'],
    [{ HTTPS_PROXY: 'http://me:p@ss@proxy:3128' }, 'http://proxy:3128'],
    [{ HTTPS_PROXY: 'me:pass@proxy:3128' }, 'proxy:3128'],
  ])('passes a proxy in both spellings, without its password: %j', (parent, proxy) => {
    expect(environment(parent)).toMatchObject({ HTTPS_PROXY: proxy, https_proxy: proxy });
  });

  it('says which proxies lose their password', () => {
    const parent = { HTTPS_PROXY: 'http://me:pass@proxy', http_proxy: 'http://proxy', NO_PROXY: 'a@b' };
    expect(proxiesWithCredentials(parent)).toEqual(['HTTPS_PROXY']);
    expect(environment(parent)).toMatchObject({ NO_PROXY: 'a@b', no_proxy: 'a@b' });
  });
});

describe('refusedVariable', () => {
  it.each([
    'PATH',
    'HOME',
    'TMPDIR',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'NODE_OPTIONS',
    'GIT_SSH_COMMAND',
    'GIT_CONFIG_COUNT',
    'BASH_ENV',
    'XDG_CONFIG_HOME',
    'WORKON_HOME',
    'a b',
    '1A',
    '',
    'UV_CACHE_DIR',
    'POETRY_CACHE_DIR',
    'PIP_CONFIG_FILE',
    'SSL_CERT_FILE',
    'GIT_SSL_CAINFO',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'https_proxy',
    'UV_TOOL_DIR',
  ])('refuses %j', (name) => {
    expect(refusedVariable({ UV_PYTHON: 'x', [name]: 'x' })).toBe(name);
  });

  it.each([
    'PIPENV_PIPFILE',
    'UV_CUSTOM_COMPILE_COMMAND',
    'CUSTOM_COMPILE_COMMAND',
    'POETRY_PYPI_MIRROR_URL',
    'UV_PYTHON',
  ])('lets a command set %s', (name) => {
    expect(refusedVariable({ [name]: 'x' })).toBeNull();
  });
});
