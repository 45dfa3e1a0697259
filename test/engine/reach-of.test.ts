import { describe, expect, it } from 'vitest';
import type { Remote } from '../../src/model.ts';
import { operatorHosts, reachOf, type ReachSources } from '../../src/engine/reach-of.ts';

const SOURCES: ReachSources = {
  indexUrl: 'https://pypi.org/simple',
  isMirror: false,
  policyHosts: ['files.example.org'],
  operatorHosts: ['git.corp.example:8443'],
  credentials: [{ host: 'Pypi.Corp.Example', path: '/', owner: 'acme', username: 'u', password: 'planted' }],
};

function remote(url: string, purpose: Remote['purpose']): Remote {
  return { url, purpose, namedIn: 'requirements.in:1' };
}

describe('reachOf', () => {
  it('puts the index of the lock first, then the usual one, then further ones, without user and slash', () => {
    const { indexes } = reachOf(
      {
        remotes: [
          remote('https://extra.example/simple/', 'extra-index'),
          remote('https://user:pw@own.example/team/simple/', 'index'),
        ],
      },
      SOURCES,
    );
    expect(indexes).toEqual([
      'https://own.example/team/simple',
      'https://pypi.org/simple',
      'https://extra.example/simple',
    ]);
  });

  it.each([
    ['git+https://github.com/acme/lib.git@v1', 'git', ['github.com']],
    ['git@github.com:acme/lib.git', 'git', ['github.com']],
    ['git+ssh://git@gitlab.example:2222/acme/lib.git', 'git', ['gitlab.example']],
    ['https://downloads.example/x.whl', 'url', ['downloads.example']],
    ['http://downloads.example/x.whl', 'url', ['downloads.example:80']],
    ['https://downloads.example:444/x.whl', 'url', ['downloads.example:444']],
    ['file:///etc/passwd', 'url', []],
    ['https://${HOST}/x.whl', 'url', []],
  ] as const)('%s (%s) names %j', (url, purpose, hosts) => {
    expect(reachOf({ remotes: [remote(url, purpose)] }, SOURCES).hosts).toEqual([
      ...hosts,
      'files.example.org',
      'git.corp.example:8443',
      'pypi.corp.example',
    ]);
  });

  it('lets only what the operator named be private', () => {
    const reach = reachOf({ remotes: [remote('https://10.0.0.1/simple', 'index')] }, SOURCES);
    expect(reach.privateHosts).toEqual(['git.corp.example:8443', 'pypi.corp.example']);
    const mirror = { ...SOURCES, indexUrl: 'http://127.0.0.1:8080/simple', isMirror: true };
    expect(operatorHosts(mirror)).toContain('127.0.0.1:8080');
    expect(operatorHosts({ ...mirror, isMirror: false })).not.toContain('127.0.0.1:8080');
  });
});
