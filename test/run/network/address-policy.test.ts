import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOctets, isPublicAddress } from '../../../src/run/network/address-policy.ts';
import { canonicalHost } from '../../../src/run/network/reach.ts';

describe('isPublicAddress', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '151.101.0.223',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.2.1',
    '192.167.1.1',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.100.7',
    '203.0.113.80',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a04:4e42::223',
    '2400::1',
    '::ffff:1.1.1.1',
    '64:ff9b::8.8.8.8',
    '2002:0101:0101::1',
  ])('lets %s through', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.169.254',
    '169.254.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::2',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::FFFF:10.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:10::1',
    '2002:7f00:0001::',
    '2002:a9fe:a9fe::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'ff0e::1',
    '5f00::1',
    'fe80::1%eth0',
    '2606:4700::1%1',
    '',
    'localhost',
    'example.com',
    '1.1.1',
    '0177.0.0.1',
    '[::1]',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  const octet = fc.integer({ min: 0, max: 255 });
  const v4 = fc.tuple(octet, octet, octet, octet);
  const hex = (value: number | undefined): string => (value ?? 0).toString(16).padStart(2, '0');

  it('judges an embedded IPv4 address as that address', () => {
    fc.assert(
      fc.property(v4, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const groups = `${hex(a)}${hex(b)}:${hex(c)}${hex(d)}`;
        const expected = isPublicAddress(dotted);
        for (const text of [
          `::ffff:${dotted}`,
          `::FFFF:${groups}`,
          `0:0:0:0:0:ffff:${groups}`,
          `64:ff9b::${dotted}`,
          `2002:${groups}::9`,
        ]) {
          expect([text, isPublicAddress(text)]).toEqual([text, expected]);
        }
        expect(isPublicAddress(`::${dotted}`)).toBe(false);
      }),
    );
  });

  it('sees through the ways in which a host can spell an IPv4 address', () => {
    fc.assert(
      fc.property(v4, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        for (const text of [
          dotted,
          String(number),
          `0x${number.toString(16)}`,
          `0${number.toString(8)}`,
          `0x${a.toString(16)}.0${b.toString(8)}.${c}.${d}`,
          `${a}.${b}.${c * 256 + d}`,
          `${a}.${(b * 256 + c) * 256 + d}`,
          `${dotted}.`,
        ]) {
          expect([text, canonicalHost(text)]).toEqual([text, dotted]);
        }
      }),
    );
  });

  it('reads every spelling of an IPv6 address alike', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xff_ff }), { minLength: 8, maxLength: 8 }),
        (groups) => {
          const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
          const short = canonicalHost(long) ?? '';
          const octets = groups.flatMap((group) => [group >> 8, group & 0xff]);
          expect(addressOctets(long)).toEqual(octets);
          expect(addressOctets(short)).toEqual(octets);
          expect(addressOctets(long.toUpperCase())).toEqual(octets);
        },
      ),
    );
  });
});
