import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorityOf,
  canonicalHost,
  createAllowList,
  plainPath,
  readTarget,
  type Reach,
} from '../../../src/run/network/reach.ts';
import type { Origin } from '../../../src/run/network/lending.ts';

function reach(more: Partial<Reach> = {}): Reach {
  return { indexes: [], hosts: [], privateHosts: [], ...more };
}

function origin(url: string): Origin {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  const usual = scheme === 'https' ? 443 : 80;
  return { scheme, host: hostname.replace(/^\[|\]$/gu, ''), port: port === '' ? usual : Number(port) };
}

describe('createAllowList', () => {
  const allow = createAllowList(
    reach({
      indexes: [
        'https://index.example.test/simple',
        'http://clear.example.test/simple',
        'http://dev.example.test:3141/root/pypi/+simple',
      ],
      hosts: [
        'Forge.example.test',
        'git.example.test:8443',
        'plain.example.test:80',
        '[2606:4700::1]:8443',
        'a b',
        'x:0',
        '',
      ],
      privateHosts: ['dev.example.test:3141', 'intra.example.test'],
    }),
  );

  it.each<[string, boolean]>([
    ['https://index.example.test', true],
    ['http://index.example.test', false],
    ['https://index.example.test:8443', false],
    ['https://sub.index.example.test', false],
    ['https://xindex.example.test', false],
    ['http://clear.example.test', true],
    // Many an index sends those who ask in the clear to its https side.
    ['https://clear.example.test', true],
    ['http://dev.example.test:3141', true],
    ['http://dev.example.test', false],
    ['https://dev.example.test', false],
    ['https://forge.example.test', true],
    ['http://forge.example.test', false],
    ['https://git.example.test:8443', true],
    ['http://git.example.test:8443', true],
    ['https://git.example.test', false],
    ['http://plain.example.test', true],
    ['https://plain.example.test', false],
    ['https://[2606:4700::1]:8443', true],
    ['https://[2606:4700::1]', false],
    // To be at a private address is not yet to be allowed.
    ['https://intra.example.test', false],
  ])('%s: %s', (url, expected) => {
    expect(allow.mayReach(origin(url))).toBe(expected);
  });

  it('lets only the hosts of the operator be at a private address', () => {
    expect(allow.mayBePrivate(origin('http://dev.example.test:3141'))).toBe(true);
    expect(allow.mayBePrivate(origin('https://intra.example.test'))).toBe(true);
    expect(allow.mayBePrivate(origin('https://intra.example.test:22'))).toBe(false);
    expect(allow.mayBePrivate(origin('https://index.example.test'))).toBe(false);
  });

  it.each<[readonly string[], boolean]>([
    [['github.com'], true],
    [['GitHub.com:443'], true],
    [['gitlab.com'], false],
    [['github.com:80'], false],
    [['api.github.com'], false],
    [['notgithub.com'], false],
  ])('%j brings the hosts of archives: %s', (hosts, expected) => {
    const forge = createAllowList(reach({ hosts }));
    for (const host of [
      'codeload.github.com',
      'objects.githubusercontent.com',
      'release-assets.githubusercontent.com',
      'raw.githubusercontent.com',
    ]) {
      expect(forge.mayReach({ scheme: 'https', host, port: 443 })).toBe(expected);
    }
    expect(forge.mayReach({ scheme: 'https', host: 'api.github.com', port: 443 })).toBe(
      hosts.includes('api.github.com'),
    );
  });

  it('takes all spellings of the public index for one', () => {
    const old = createAllowList(reach({ indexes: ['https://pypi.python.org/simple/'] }));
    const wanted = old.indexRequest(origin('https://pypi.org'), '/simple/demo/');
    expect(wanted).toMatchObject({ kind: 'simple', isFirst: true, project: 'demo' });
  });
});

describe('indexRequest', () => {
  const allow = createAllowList(
    reach({
      indexes: [
        'https://one.example.test/simple',
        'https://two.example.test',
        'https://two.example.test/team/simple/',
      ],
    }),
  );
  const one = (path: string) => allow.indexRequest(origin('https://one.example.test'), path);

  it.each([
    ['/simple/demo-pkg/', true],
    ['/simple/demo-pkg/?x=1', true],
    ['/simple/demo-pkg', false],
    ['/simple/Demo_Pkg/', false],
    ['/simple/demo.pkg', false],
    ['//simple///demo-pkg/', true],
    ['/simple/./demo-pkg/', true],
    ['/other/../simple/demo-pkg/', true],
    ['/%73imple/d%65mo-pkg/', true],
    ['/simple%2Fdemo-pkg/', true],
    ['/x/%2e%2e/simple/demo-pkg/', true],
    ['\\simple\\demo-pkg/', true],
  ])('sees the page in %s', (path, isCanonical) => {
    expect(one(path)).toEqual({
      kind: 'simple',
      base: 'https://one.example.test/simple',
      isFirst: true,
      project: 'demo-pkg',
      isCanonical,
    });
  });

  it.each([
    '/simple/',
    '/simple',
    '/',
    '/simple/demo/1.0/',
    '/simple/-demo/',
    '/simplest/demo/',
    '/files/demo-1.0.tar.gz',
    `/simple/${'a'.repeat(201)}/`,
    '/simple/%00/',
    '/pypi/demo/',
    '/pypi/demo/json/x/y',
    '/pypi//json',
  ])('sees none in %s', (path) => {
    expect(one(path)).toBeNull();
  });

  it.each([
    ['/pypi/Demo_Pkg/json', 'demo-pkg', null],
    ['/pypi/demo/1.0/json', 'demo', '1.0'],
    ['/pypi/demo/1.0/json/', 'demo', '1.0'],
    ['/pypi//demo/1.0+local/json?x', 'demo', '1.0+local'],
  ])('sees the JSON page in %s', (path, project, version) => {
    expect(one(path)).toEqual({ kind: 'legacy', isFirst: true, project, version });
  });

  it('tells indexes of one host apart, and has no JSON pages for one of another kind', () => {
    const two = origin('https://two.example.test');
    expect(allow.indexRequest(two, '/demo/')).toMatchObject({
      base: 'https://two.example.test',
      isFirst: false,
    });
    expect(allow.indexRequest(two, '/team/simple/demo/')).toMatchObject({
      base: 'https://two.example.test/team/simple',
    });
    expect(allow.indexRequest(two, '/team/pypi/demo/json')).toMatchObject({ kind: 'legacy' });
    expect(allow.indexRequest(two, '/pypi/demo/json')).toBeNull();
    expect(allow.indexRequest(origin('https://other.example.test'), '/simple/demo/')).toBeNull();
  });
});

describe('hosts', () => {
  it.each([
    ['PyPI.Example.Test', 'pypi.example.test'],
    ['pypi.example.test.', 'pypi.example.test'],
    ['0x7f.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0.0.01', '127.0.0.1'],
    ['::FFFF:127.0.0.1', '::ffff:7f00:1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['a_b.example.test', 'a_b.example.test'],
    ['a/b', null],
    ['a@b', null],
    ['a b', null],
    ['', null],
    ['256.256.256.256', null],
  ])('canonicalHost(%j) is %j', (host, expected) => {
    expect(canonicalHost(host)).toBe(expected);
  });

  it.each([
    ['pypi.example.test:443', { host: 'pypi.example.test', port: 443 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['0x7f.1:80', { host: '127.0.0.1', port: 80 }],
    ['pypi.example.test', null],
    ['pypi.example.test:0', null],
    ['pypi.example.test:65536', null],
    ['user@pypi.example.test:443', null],
    ['::1:443', null],
  ])('readTarget(%j) is %j', (text, expected) => {
    expect(readTarget(text, null)).toEqual(expected);
  });

  it('writes the port where it is not the usual one', () => {
    expect(authorityOf({ scheme: 'https', host: '::1', port: 443 })).toBe('[::1]');
    expect(authorityOf({ scheme: 'http', host: 'a', port: 443 })).toBe('a:443');
  });
});

describe('plainPath', () => {
  it('is the same for every way to spell a path', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/u);
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat(5)),
        (parts, ways) => {
          const plain = `/${parts.join('/')}`;
          const spelled = parts
            .map((part) => {
              const way = ways.next().value;
              const escaped = Array.from(part)
                .map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
                .join('');
              return `${way === 0 ? '//' : way === 1 ? '/./' : way === 2 ? '/x/../' : '/'}${way > 3 ? escaped : part}`;
            })
            .join('');
          expect(plainPath(`${spelled}?query#fragment`)).toBe(plain);
          expect(plainPath(plainPath(spelled))).toBe(plain);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(plainPath(text)).toBeTypeOf('string');
      }),
    );
  });
});
