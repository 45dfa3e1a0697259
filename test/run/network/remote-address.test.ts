import { describe, expect, it } from 'vitest';
import type { Remote } from '../../../src/model.ts';
import { remoteAddress } from '../../../src/run/network/remote-address.ts';

function where(purpose: Remote['purpose'], url: string): string | null {
  const address = remoteAddress({ url, purpose, namedIn: 'requirements.in:1' });
  if (address === null) return null;
  const { origin, target, userinfo } = address;
  const user = userinfo === null ? '' : ` as ${userinfo.username}:${userinfo.password}`;
  return `${origin.scheme} ${origin.host} ${origin.port} ${target ?? '-'}${user}`;
}

describe('remoteAddress', () => {
  it.each<[Remote['purpose'], string, string | null]>([
    ['index', 'https://PyPI.example.com/simple', 'https pypi.example.com 443 /simple/'],
    ['index', 'http://pypi.example.com:8080/simple/', 'http pypi.example.com 8080 /simple/'],
    [
      'extra-index',
      'https://bob:s%40t@pypi.example.com/simple',
      'https pypi.example.com 443 /simple/ as bob:s@t',
    ],
    ['extra-index', 'https://token@pypi.example.com/simple', 'https pypi.example.com 443 /simple/ as token:'],
    ['extra-index', 'https://${USER}:${PASS}@pypi.example.com/simple', 'https pypi.example.com 443 /simple/'],
    ['extra-index', 'https://%zz@pypi.example.com/simple', 'https pypi.example.com 443 /simple/'],
    ['extra-index', 'https://${HOST}/simple', null],
    ['extra-index', 'https://pypi.example.com/${TOKEN}/simple', null],
    ['extra-index', '${INDEX}', null],
    [
      'git',
      'git+https://git.example.com/a/b.git@v1.0#egg=b',
      'https git.example.com 443 /a/b.git/info/refs?service=git-upload-pack',
    ],
    [
      'git',
      'https://git.example.com/a/b',
      'https git.example.com 443 /a/b/info/refs?service=git-upload-pack',
    ],
    ['git', 'git+ssh://git@git.example.com/a/b.git@feature/x', 'tcp git.example.com 22 -'],
    ['git', 'ssh://git@git.example.com:2222/a/b.git', 'tcp git.example.com 2222 -'],
    ['git', 'git://git.example.com/a/b.git', 'tcp git.example.com 9418 -'],
    ['git', 'git@git.example.com:a/b.git', 'tcp git.example.com 22 -'],
    ['git', 'git+file:///srv/git/a.git', null],
    ['git', '../other', null],
    [
      'url',
      'https://files.example.com/a-1.0.tar.gz?sig=1#sha256=00',
      'https files.example.com 443 /a-1.0.tar.gz?sig=1',
    ],
    ['url', 'https://[2001:db8::1]/a.zip', 'https 2001:db8::1 443 /a.zip'],
    ['url', 'file:///etc/passwd', null],
    ['url', 'https://', null],
    ['url', './wheels/a.whl', null],
  ])('%s %s', (purpose, url, expected) => {
    expect(where(purpose, url)).toBe(expected);
  });
});
