import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { readSettings } from '../../src/config/read-settings.ts';

const PATH = 'settings.toml';
const SECRET = 'hunter2-S3cr3t';
const ENV = { INDEX_PASSWORD: SECRET, EMPTY: '', LINES: `${SECRET}\nx`, HOME: '/home/u' };

function errorsOf(text: string, env: Record<string, string | undefined> = ENV): readonly string[] {
  const read = readSettings(text, PATH, env);
  return 'errors' in read ? read.errors.map((error) => `${error.path}:${error.line}: ${error.message}`) : [];
}

const CREDENTIAL = { host: 'pypi.example.com', path: '/', owner: 'me', username: 'u', password: SECRET };
const BASE = '[[credential]]\nhost = "pypi.example.com"\nowner = "me"\nusername = "u"\n';

it.each([
  ['', DEFAULT_SETTINGS],
  [
    'index-url = "https://mirror.example.com/simple/"',
    { ...DEFAULT_SETTINGS, indexUrl: 'https://mirror.example.com/simple' },
  ],
  [
    'index-url = "http://localhost:8080/simple"',
    { ...DEFAULT_SETTINGS, indexUrl: 'http://localhost:8080/simple' },
  ],
  ['index-url = "http://127.8.0.1/simple"', { ...DEFAULT_SETTINGS, indexUrl: 'http://127.8.0.1/simple' }],
  ['index-url = "http://[::1]:80/simple"', { ...DEFAULT_SETTINGS, indexUrl: 'http://[::1]:80/simple' }],
  ['timeout = "15 minutes"', { ...DEFAULT_SETTINGS, timeoutSeconds: 900 }],
  ['timeout = 90', { ...DEFAULT_SETTINGS, timeoutSeconds: 90 }],
  ['parallel = 3', { ...DEFAULT_SETTINGS, parallel: 3 }],
  ['sandbox = "require"', { ...DEFAULT_SETTINGS, sandbox: 'require' }],
  [
    'allow-hosts = ["Git.corp.example", "10.0.0.1:8443"]',
    { ...DEFAULT_SETTINGS, allowHosts: ['git.corp.example', '10.0.0.1:8443'] },
  ],
  ['cache-size = 0', { ...DEFAULT_SETTINGS, cacheBytes: 0 }],
  ['cache-size = 5', { ...DEFAULT_SETTINGS, cacheBytes: 5 * 1024 ** 3 }],
  ['cache-folder = "/var/cache/relock"', { ...DEFAULT_SETTINGS, cacheFolder: '/var/cache/relock' }],
  ['[tools]\nuv = "/opt/uv"', { ...DEFAULT_SETTINGS, tools: { ...DEFAULT_SETTINGS.tools, uv: '/opt/uv' } }],
  [
    '[tools]\nconda = "/opt/bin/micromamba"',
    { ...DEFAULT_SETTINGS, tools: { ...DEFAULT_SETTINGS.tools, conda: '/opt/bin/micromamba' } },
  ],
  [
    '[scan]\nosv-url = "https://osv.corp.example/api/"\noffline = true',
    {
      ...DEFAULT_SETTINGS,
      scan: { ...DEFAULT_SETTINGS.scan, osvUrl: 'https://osv.corp.example/api', offline: true },
    },
  ],
  [
    '[scan]\nosv-url = "http://127.0.0.1:8080"\ndatabase = "/srv/osv"\ndatabase-url = "https://zips.example/"',
    {
      ...DEFAULT_SETTINGS,
      scan: {
        ...DEFAULT_SETTINGS.scan,
        osvUrl: 'http://127.0.0.1:8080',
        database: '/srv/osv',
        databaseUrl: 'https://zips.example',
      },
    },
  ],
  [
    '[scan]\ntrivy = "/opt/trivy"\ngrype = "off"\nosv-scanner = "/opt/osv-scanner"',
    {
      ...DEFAULT_SETTINGS,
      scan: {
        ...DEFAULT_SETTINGS.scan,
        programs: { trivy: '/opt/trivy', grype: 'off', 'osv-scanner': '/opt/osv-scanner' },
      },
    },
  ],
  [
    '[tools]\npython-downloads = false',
    { ...DEFAULT_SETTINGS, tools: { ...DEFAULT_SETTINGS.tools, pythonDownloads: false } },
  ],
  [
    '[[registry]]\nhost = "Registry.corp.example:5000"\ninsecure = true',
    {
      ...DEFAULT_SETTINGS,
      registries: [{ host: 'registry.corp.example:5000', mirror: null, insecure: true }],
    },
  ],
  [
    '[[registry]]\nhost = "docker.io"\nmirror = "https://harbor.example/dockerhub/"\n[[registry]]\nhost = "ghcr.io"\nmirror = "http://127.0.0.1:5000"\ninsecure = true',
    {
      ...DEFAULT_SETTINGS,
      registries: [
        { host: 'docker.io', mirror: 'https://harbor.example/dockerhub', insecure: false },
        { host: 'ghcr.io', mirror: 'http://127.0.0.1:5000', insecure: true },
      ],
    },
  ],
  [`${BASE}password-env = "INDEX_PASSWORD"`, { ...DEFAULT_SETTINGS, credentials: [CREDENTIAL] }],
  [`${BASE}password = "${SECRET}"`, { ...DEFAULT_SETTINGS, credentials: [CREDENTIAL] }],
  [
    `[[credential]]\nhost = "PyPI.example.com:8443"\npath = "/simple/team"\nowner = "*"\nusername = "u"\npassword-env = "INDEX_PASSWORD"`,
    {
      ...DEFAULT_SETTINGS,
      credentials: [{ ...CREDENTIAL, host: 'pypi.example.com:8443', path: '/simple/team/', owner: '*' }],
    },
  ],
])('reads %j', (text, settings) => {
  expect(readSettings(text, PATH, ENV)).toEqual({ settings });
});

describe('says with file, line and what is right', () => {
  it.each([
    ['index_url = "https://x/simple"', [':1: There is no key "index_url"', '`index-url`']],
    ['index-url = "mirror/simple"', ['`index-url` has a value that cannot be used: it is not an address']],
    ['index-url = "ftp://x/simple"', ['it must begin with https://']],
    ['index-url = "http://mirror.example.com/simple"', ['pip ignores', 'untrusted', 'https://']],
    ['index-url = "http://localhost.example.com/simple"', ['pip ignores']],
    ['index-url = "http://127.0.0.1.example.com/simple"', ['pip ignores']],
    ['index-url = "http://128.0.0.1/simple"', ['pip ignores']],
    [`index-url = "https://u:${SECRET}@x/simple"`, ['it carries a user name or password', '[[credential]]']],
    ['sandbox = "yes"', ['`sandbox`', '"require", "auto", "none"']],
    ['allow-hosts = ["https://x.example"]', ['`allow-hosts[0]`', 'it must be the host alone']],
    ['cache-size = -1', ['`cache-size`']],
    ['timeout = 1', ['`timeout` must be a whole number from 10 to 86400 seconds.', '"15 minutes"']],
    ['timeout = "long"', ['`timeout` is not a time.']],
    ['timeout = true', ['`timeout` is true or false, not a number.']],
    ['parallel = 1.5', ['from 1 to 64']],
    ['parallel = "4"', ['`parallel` is a text, not a number.']],
    ['[tools]\nconda = "micromamba"', ['tools.conda', 'absolute path']],
    ['cache-folder = "~/cache"', ['absolute path']],
    ['[scan]\ntrivy = "trivy"', ['`scan.trivy`', 'absolute path', '"off"']],
    ['[scan]\nosv-url = "http://osv.example.com"', ['`scan.osv-url`', 'https://', 'this machine']],
    [`[scan]\nosv-url = "https://u:${SECRET}@osv.example.com"`, ['user name or password']],
    ['[scan]\nosv-url = "https://osv.example.com/?x=1"', ['a query or a fragment']],
    ['[scan]\ndatabase-url = "http://zips.example"', ['`scan.database-url`', 'this machine']],
    ['[scan]\ndatabase = "osv"', ['`scan.database`', 'absolute path']],
    ['[scan]\noffline = 1', ['`scan.offline` is a number, not true or false.']],
    ['[scan]\nosv_scanner = "off"', ['Did you mean `osv-scanner`?']],
    ['[[tools]]\nuv = "x"', ['`tools` is a list, not a table.', '`[tools]`']],
    ['[[registry]]\nmirror = "https://m.example"', ['lacks `host`', '"docker.io"']],
    ['[[registry]]\nhost = "https://x.example"', ['it must be the host alone']],
    ['[[registry]]\nhost = "a.example"\nmirror = "m.example"', [':3:', 'it is not an address']],
    ['[[registry]]\nhost = "a.example"\nmirror = "ftp://m.example"', ['it must begin with https://']],
    [`[[registry]]\nhost = "a.example"\nmirror = "https://u:${SECRET}@m.example"`, ['user name or password']],
    ['[[registry]]\nhost = "a.example"\nmirror = "https://m.example/?x=1"', ['a query or a fragment']],
    ['[[registry]]\nhost = "a.example"\nmirror = "https://m.example/A%2fb"', ["repository's name"]],
    [
      '[[registry]]\nhost = "a.example"\nmirror = "http://m.example"',
      [':3:', 'begins with http://', 'insecure = true'],
    ],
    ['[[registry]]\nhost = "a.example"\n[[registry]]\nhost = "A.example"', [':4:', 'a.example twice']],
    ['uv = "x"', ['`uv` belongs in `[tools]`']],
    [BASE, [':1: `[[credential]]` lacks its password.', 'password-env']],
    [`\n${BASE}password-env = "NOT_SET"`, [':6: The environment variable', 'is not set']],
    [`${BASE}password-env = "EMPTY"`, ['is empty']],
    [`${BASE}password-env = "LINES"`, ['has a line end']],
    [`${BASE}password-env = "__proto__"`, ['is not set']],
    [`${BASE}password-env = "${SECRET}"`, [':5:', 'password-env', 'INDEX_PASSWORD']],
    [
      `${BASE}password-env = "INDEX_PASSWORD"\npassword = "${SECRET}"`,
      ['both `password` and `password-env`'],
    ],
    [`${BASE}password = 12345678`, ['`credential.password` is a number, not a text.']],
    ['[[credential]]\nhost = "x.org"\nusername = "u"\npassword = "p"', ['lacks `owner`', '"*"']],
    [
      `[[credential]]\nhost = "https://u:${SECRET}@x.org"\nowner = "me"\nusername = "u"\npassword = "p"`,
      ['without https://'],
    ],
    [`${BASE}password = "p"\npath = "/a/../b"`, ['`..` in it']],
    [`${BASE}password = "p"\npath = "/a/%2E%2e/b"`, ['`..` in it']],
    [`${BASE}pasword = "${SECRET}"`, ['Did you mean `password`?']],
    [`${BASE}password = "${SECRET}`, [':5: This is not TOML']],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    const all = errors.join('\n');
    expect(errors.length).toBeGreaterThan(0);
    for (const part of parts) expect(all).toContain(part);
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain('12345678');
  });
});

it('never shows a secret, however the file is broken', () => {
  const whole = `index-url = "https://u:${SECRET}@h/simple"\n${BASE}password = "${SECRET}"\npassword-env = "${SECRET}"\n`;
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(6),
      fc.constantFrom('', '"', '\n', '=', '[', '\0'),
      (at, drop, put) => {
        const start = whole.indexOf(SECRET);
        const text = whole.slice(0, at) + put + whole.slice(at + drop);
        fc.pre(start !== -1 && text.includes(SECRET));
        expect(errorsOf(text).join('\n')).not.toContain(SECRET);
      },
    ),
    { numRuns: 500 },
  );
});
