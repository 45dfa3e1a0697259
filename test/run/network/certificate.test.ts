import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../src/run/network/certificate.ts';
import { startServer } from '../../support/loopback-server.ts';

const NOW = Date.parse('2026-05-04T03:02:01.500Z');

describe('createAuthority', () => {
  it('is an authority for three days, and no more', () => {
    const certificate = new X509Certificate(createAuthority(NOW).certificate);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validFromDate.toISOString()).toBe('2026-05-04T02:02:01.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2026-05-07T03:02:01.000Z');
  });

  it.each([
    ['pypi.example.test', 'DNS:pypi.example.test'],
    ['127.0.0.1', 'IP Address:127.0.0.1'],
    ['2606:4700::1111', 'IP Address:2606:4700:0:0:0:0:0:1111'],
    [`${'a.'.repeat(100)}test`, `DNS:${'a.'.repeat(100)}test`],
  ])('vouches for %s and nothing else', (host, subjectAltName) => {
    const authority = createAuthority(NOW);
    const issuer = new X509Certificate(authority.certificate);
    const certificate = new X509Certificate(authority.issue(host).certificate);
    expect(certificate.subjectAltName).toBe(subjectAltName);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(authority.issue(host).certificate).toBe(authority.issue(host).certificate);
  });

  it('writes years past 2049 as RFC 5280 says', () => {
    const certificate = new X509Certificate(createAuthority(Date.parse('2049-12-31T00:00:00Z')).certificate);
    expect(certificate.validFromDate.toISOString()).toBe('2049-12-30T23:00:00.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2050-01-03T00:00:00.000Z');
  });

  it('serves TLS to those who trust it, and to no others', async () => {
    const authority = createAuthority(Date.now());
    const server = await startServer((_, response) => response.end('hello'), authority.issue('127.0.0.1'));
    const connect = (ca: string, servername?: string) =>
      new Promise((resolve) => {
        request(server.origin, { ca, agent: false, ...(servername ? { servername } : {}) })
          .once('response', (response) => {
            response.resume();
            resolve(response.statusCode);
          })
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
          .end();
      });
    expect(await connect(authority.certificate)).toBe(200);
    expect(await connect(authority.certificate, 'other.test')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await connect(createAuthority(Date.now()).certificate)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
