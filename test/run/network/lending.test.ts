import { describe, expect, it } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import {
  basicAuthorization,
  credentialFor,
  hasCredential,
  readAuthority,
  type Origin,
} from '../../../src/run/network/lending.ts';

function credential(host: string, path = '/', username = 'u'): Credential {
  return { host, path, owner: 'acme', username, password: 'p' };
}

const HTTPS: Origin = { scheme: 'https', host: 'pypi.example.com', port: 443 };

describe('hasCredential', () => {
  it.each<[string, string, Origin, boolean]>([
    ['the host', 'pypi.example.com', HTTPS, true],
    ['another case', 'PyPI.Example.com', HTTPS, true],
    ['a trailing dot', 'pypi.example.com.', HTTPS, true],
    ['its port', 'pypi.example.com:443', HTTPS, true],
    ['another port', 'pypi.example.com:8443', HTTPS, false],
    ['no port, for another port', 'pypi.example.com', { ...HTTPS, port: 8443 }, false],
    ['a domain above', 'example.com', HTTPS, false],
    ['a name that ends the same', 'i.example.com', HTTPS, false],
    ['no port, in the clear', 'pypi.example.com', { ...HTTPS, scheme: 'http', port: 80 }, false],
    ['no port, in the clear on 443', 'pypi.example.com', { ...HTTPS, scheme: 'http' }, false],
    ['a port, in the clear', 'pypi.example.com:80', { ...HTTPS, scheme: 'http', port: 80 }, true],
    ['nonsense', 'https://pypi.example.com/', HTTPS, false],
    ['nothing', '', HTTPS, false],
  ])('%s', (_, host, origin, expected) => {
    expect(hasCredential([credential(host)], origin)).toBe(expected);
  });
});

describe('credentialFor', () => {
  it.each([
    ['/simple/team/', '/simple/team/demo/', true],
    ['/simple/team', '/simple/team/demo/', true],
    ['/simple/team/', '/simple/team', true],
    ['/simple/team/', '/simple/teammate/', false],
    ['/simple/team', '/simple/teammate/', false],
    ['/simple/team/', '/simple/', false],
    ['/simple/team/', '/SIMPLE/TEAM/', false],
    ['/simple/team/', '/simple/team/../other/', false],
    ['/simple/team/', '/simple/team/%2e%2e/other/', false],
    ['/simple/team/', '/simple/team/..%2fother/', false],
    ['/simple/team/', '/simple/team/..%5Cother/', false],
    ['/simple/team/', '/simple/team/%252e%252e%252fother/', false],
    ['/simple/team/', '/simple/team/..;/other/', false],
    ['/simple/team/', '/simple/team/..\\other/', false],
    ['/simple/team/', '/simple/team/a..b/1.0..1.whl', true],
    ['/simple/team/', '/simple/team/x?next=/../', true],
    ['/simple/team/', '/?/simple/team/', false],
    ['/', '/group%2Fproject/simple/', true],
    ['/', '*', false],
  ])('a credential for %s and a request for %s: %s', (path, wanted, expected) => {
    const found = credentialFor([credential('pypi.example.com', path)], HTTPS, wanted);
    expect(found !== null).toBe(expected);
  });

  it('lends the one with the longest path', () => {
    const credentials = ['/', '/simple/', '/simple/team/'].map((path) =>
      credential('pypi.example.com', path, path),
    );
    expect(credentialFor(credentials, HTTPS, '/simple/team/demo/')?.username).toBe('/simple/team/');
    expect(credentialFor(credentials, HTTPS, '/simple/demo/')?.username).toBe('/simple/');
    expect(credentialFor(credentials, HTTPS, '/files/demo')?.username).toBe('/');
  });
});

it.each([
  ['pypi.example.com:443', null, { host: 'pypi.example.com', port: 443 }],
  ['PYPI.example.com.', 443, { host: 'pypi.example.com', port: 443 }],
  ['[::1]:8443', null, { host: '::1', port: 8443 }],
  ['pypi.example.com', null, null],
  ['pypi.example.com:0', null, null],
  ['pypi.example.com:65536', null, null],
  ['pypi.example.com:443\r\nX: y', null, null],
  ['user@pypi.example.com:443', null, null],
  ['pypi.example.com:443/path', null, null],
  ['::1', 443, null],
  ['.', 443, null],
  ['', 443, null],
])('reads the authority %j', (text, defaultPort, expected) => {
  expect(readAuthority(text, defaultPort)).toEqual(expected);
});

it('writes Basic authorization in UTF-8', () => {
  expect(basicAuthorization('ü', 'p:w')).toBe(`Basic ${Buffer.from('ü:p:w').toString('base64')}`);
});
