import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChallenges } from '../../src/registry/challenge.ts';
import { isSameSite, mayHaveCredential, readRealm } from '../../src/registry/realm.ts';
import type { Origin } from '../../src/run/network/lending.ts';

const bearer = (realm: string, service: string | null = null, scope: string | null = null) => ({
  scheme: 'bearer',
  realm,
  service,
  scope,
});

describe('readChallenges', () => {
  it.each([
    ['', []],
    ['Basic realm="Registry Realm"', [{ scheme: 'basic' }]],
    ['BASIC', [{ scheme: 'basic' }]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      [bearer('https://auth.docker.io/token', 'registry.docker.io', 'repository:a/b:pull')],
    ],
    ['bearer realm=https://x/t , service = "a b"', [bearer('https://x/t', 'a b')]],
    ['Bearer realm="https://x/a\\"b,c"', [bearer('https://x/a"b,c')]],
    ['Bearer realm="https://x", realm="https://y"', [bearer('https://x')]],
    ['Bearer realm="https://x", Basic realm="y"', [bearer('https://x'), { scheme: 'basic' }]],
    [
      'Basic realm="y", Bearer realm="https://x",service="s"',
      [{ scheme: 'basic' }, bearer('https://x', 's')],
    ],
    ['Negotiate, Basic realm="y"', [{ scheme: 'basic' }]],
    ['Digest realm="a", nonce="b"', []],
    ['Bearer service="s"', []],
    ['Bearer realm="https://x', []],
    ['realm="https://x"', []],
    ['Bearer error="invalid_token",realm="https://x"', [bearer('https://x')]],
  ])('%j', (header, challenges) => {
    expect(readChallenges(header)).toEqual(challenges);
  });

  it('reads back what was written, and never throws or hangs', () => {
    const text = fc.stringMatching(/^[ -~]{0,20}$/);
    fc.assert(
      fc.property(text, text, (realm, service) => {
        const quote = (value: string): string => `"${value.replace(/["\\]/gu, String.raw`\$&`)}"`;
        expect(readChallenges(`Bearer realm=${quote(realm)},service=${quote(service)}`)).toEqual([
          bearer(realm, service),
        ]);
      }),
    );
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (noise) => void readChallenges(noise)));
    for (const part of ['"', '\\', ',', 'a=', 'a="', 'Bearer ', ' ']) readChallenges(part.repeat(100_000));
  });
});

const https = (host: string, port = 443): Origin => ({ scheme: 'https', host, port });
const http = (host: string, port = 80): Origin => ({ scheme: 'http', host, port });

describe('a credential goes to a token service', () => {
  it.each([
    // Of the host itself, below it, beside it.
    ['ghcr.io', 'ghcr.io', true],
    ['auth.quay.io', 'quay.io', true],
    ['auth.docker.io', 'registry-1.docker.io', true],
    ['gitlab.com', 'registry.gitlab.com', true],
    ['gitlab.corp.example.co.uk', 'registry.corp.example.co.uk', true],
    ['scc.suse.com', 'registry.suse.com', true],
    // Of strangers.
    ['evil.example', 'ghcr.io', false],
    ['github.io', 'ghcr.io', false],
    ['evilghcr.io', 'ghcr.io', false],
    ['ghcr.io.evil.example', 'ghcr.io', false],
    ['quay.io', 'ghcr.io', false],
    ['evil.co.uk', 'registry.co.uk', false],
    ['b.azurecr.io', 'a.azurecr.io', false],
    ['evil.us-east-1.amazonaws.com', '1.dkr.ecr.us-east-1.amazonaws.com', false],
    ['us-docker.pkg.dev', 'evil-docker.pkg.dev', false],
    ['10.0.0.2', '10.0.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['localhost', 'registry', false],
    ['auth', 'registry', false],
  ])('%s, of the registry %s: %s', (realm, registry, isSame) => {
    expect(isSameSite(realm, registry)).toBe(isSame);
    expect(mayHaveCredential(https(realm), https(registry), false)).toBe(isSame);
    expect(mayHaveCredential(https(realm), https(registry), true)).toBe(true);
    // Never in the clear, but where the operator has this very host asked so.
    expect(mayHaveCredential(http(realm), https(registry), true)).toBe(false);
    expect(mayHaveCredential(http(realm), http(registry, 5000), true)).toBe(realm === registry);
  });
});

it.each([
  ['https://auth.example/token?a=b', https('r.example'), https('auth.example')],
  ['https://auth.example:8443/token', https('r.example'), https('auth.example', 8443)],
  ['https://AUTH.example./token', https('r.example'), https('auth.example')],
  ['https://0x7f.1/token', https('r.example'), https('127.0.0.1')],
  ['https://[::1]/token', https('r.example'), https('::1')],
  ['http://r.example/token', http('r.example', 5000), http('r.example')],
  ['http://auth.example/token', https('r.example'), null],
  ['https://user:pass@auth.example/', https('r.example'), null],
  ['file:///etc/passwd', https('r.example'), null],
  ['/token', https('r.example'), null],
  ['Registry Realm', https('r.example'), null],
  [`https://x.example/${'a'.repeat(2000)}`, https('r.example'), null],
])('readRealm(%j)', (realm, registry, origin) => {
  expect(readRealm(realm, registry)?.origin ?? null).toEqual(origin);
});
