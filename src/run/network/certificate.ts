/**
 * A certificate authority that lives in memory for one run: it vouches, to Relock's own children only, for the hosts whose
 * connections the door opens. X.509 v3 as RFC 5280 says, with the extensions that strict verifiers want.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  BitString,
  Boolean as DerBoolean,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as DerSet,
  UTCTime,
  Utf8String,
  type AsnType,
} from 'asn1js';
import { addressOctets } from './address-policy.ts';

/** Longer than the longest run, short enough that a leaked file is worth nothing the week after. */
const LIFETIME_MILLISECONDS = 3 * 24 * 3600 * 1000;
/** Clocks in containers lag behind. */
const BACKDATE_MILLISECONDS = 3600 * 1000;

/** Kept at once. Threat: an index names files on hosts without end. */
const MAX_ISSUED = 1000;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';

interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 PEM. */
  readonly key: string;
}

export interface Authority {
  /** The authority's own certificate, PEM. Its key is in no file and leaves this module in no form. */
  readonly certificate: string;
  /** A server certificate for a DNS name (in ASCII) or an address (IPv6 without brackets); nearly always the same one for a host. */
  issue(host: string): Certificate;
}

interface Party {
  readonly name: string;
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** Makes an authority that is valid for three days from `now` (milliseconds since 1970). */
export function createAuthority(now: number): Authority {
  const authority = createParty(`Relock run ${randomBytes(6).toString('hex')}`);
  // One key for all hosts: all its uses end at the same proxy.
  const server = createParty('relock');
  const serverKey = server.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const issued = new Map<string, Certificate>();

  return {
    certificate: signCertificate(authority, authority, now, [
      extension(BASIC_CONSTRAINTS, true, new Sequence({ value: [new DerBoolean({ value: true })] })),
      // keyCertSign, cRLSign
      extension(KEY_USAGE, true, bits(0b0000_0110, 1)),
      extension(SUBJECT_KEY_IDENTIFIER, false, new OctetString({ valueHex: keyIdentifier(authority) })),
    ]),
    issue(host) {
      const known = issued.get(host);
      if (known !== undefined) return known;
      const certificate = signCertificate(authority, server, now, [
        extension(BASIC_CONSTRAINTS, true, new Sequence({ value: [] })),
        // digitalSignature
        extension(KEY_USAGE, true, bits(0b1000_0000, 7)),
        extension(
          EXTENDED_KEY_USAGE,
          false,
          new Sequence({ value: [new ObjectIdentifier({ value: SERVER_AUTHENTICATION })] }),
        ),
        extension(SUBJECT_KEY_IDENTIFIER, false, new OctetString({ valueHex: keyIdentifier(server) })),
        extension(
          AUTHORITY_KEY_IDENTIFIER,
          false,
          new Sequence({ value: [contextual(0, keyIdentifier(authority))] }),
        ),
        extension(SUBJECT_ALTERNATIVE_NAME, false, new Sequence({ value: [generalName(host)] })),
      ]);
      const made = { certificate, key: serverKey };
      if (issued.size >= MAX_ISSUED) issued.clear();
      issued.set(host, made);
      return made;
    },
  };
}

function createParty(name: string): Party {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { name, key: privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) };
}

/** Certificate, RFC 5280 section 4.1. */
function signCertificate(
  issuer: Party,
  subject: Party,
  now: number,
  extensions: readonly Sequence[],
): string {
  const algorithm = new Sequence({ value: [new ObjectIdentifier({ value: ECDSA_WITH_SHA256 })] });
  // 20 octets at most, positive, not zero.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const toBeSigned = new Sequence({
    value: [
      new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [new Integer({ value: 2 })] }),
      new Integer({ valueHex: serial }),
      algorithm,
      distinguishedName(issuer.name),
      new Sequence({ value: [time(now - BACKDATE_MILLISECONDS), time(now + LIFETIME_MILLISECONDS)] }),
      distinguishedName(subject.name),
      fromBER(subject.publicKey).result,
      new Constructed({
        idBlock: { tagClass: 3, tagNumber: 3 },
        value: [new Sequence({ value: [...extensions] })],
      }),
    ],
  });
  const signature = sign('sha256', Buffer.from(toBeSigned.toBER()), issuer.key);
  const certificate = new Sequence({
    value: [toBeSigned, algorithm, new BitString({ valueHex: signature })],
  });
  const lines = Buffer.from(certificate.toBER()).toString('base64').replace(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Sequence {
  const attribute = new Sequence({
    value: [new ObjectIdentifier({ value: COMMON_NAME }), new Utf8String({ value: commonName })],
  });
  return new Sequence({ value: [new DerSet({ value: [attribute] })] });
}

/** UTCTime up to 2049, GeneralizedTime from 2050: RFC 5280 section 4.1.2.5. */
function time(milliseconds: number): UTCTime {
  const valueDate = new Date(milliseconds - (milliseconds % 1000));
  return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate });
}

function extension(id: string, critical: boolean, value: AsnType): Sequence {
  const content = new OctetString({ valueHex: value.toBER() });
  const identifier = new ObjectIdentifier({ value: id });
  return new Sequence({
    value: critical ? [identifier, new DerBoolean({ value: true }), content] : [identifier, content],
  });
}

function bits(octet: number, unusedBits: number): BitString {
  return new BitString({ valueHex: Uint8Array.of(octet), unusedBits });
}

/** RFC 5280 section 4.2.1.2: any unique octets will do. */
function keyIdentifier(party: Party): Uint8Array {
  return createHash('sha256').update(party.publicKey).digest().subarray(0, 20);
}

/** GeneralName: dNSName [2] or iPAddress [7]. */
function generalName(host: string): Primitive {
  const octets = addressOctets(host);
  return octets === null
    ? contextual(2, Buffer.from(host, 'latin1'))
    : contextual(7, Uint8Array.from(octets));
}

function contextual(tagNumber: number, valueHex: Uint8Array): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex });
}
