/** Debian repositories made by hand, with their own key: files by path below the repository's root. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  readPrivateKey,
  sign,
  type PartialConfig,
  type PrivateKey,
} from 'openpgp';
import { packagesText, type Paragraph } from './debian.ts';

export interface SigningKey {
  readonly key: PrivateKey;
  /** For `etc/apt/trusted.gpg.d/*.asc`. */
  readonly armored: string;
  readonly binary: Buffer;
  readonly fingerprint: string;
}

/** Signs as nobody should any more. */
export const BY_SHA1: PartialConfig = {
  preferredHashAlgorithm: enums.hash.sha1,
  nonDeterministicSignaturesViaNotation: false,
  rejectHashAlgorithms: new Set<enums.hash>(),
  rejectMessageHashAlgorithms: new Set<enums.hash>(),
};

/** RSA, since gpgv of any age knows it. */
export async function createSigningKey(
  date: Date,
  seconds = 0,
  config: PartialConfig = {},
): Promise<SigningKey> {
  const made = await generateKey({
    userIDs: [{ name: 'Test', email: 'test@example.org' }],
    type: 'rsa',
    rsaBits: 2048,
    date,
    keyExpirationTime: seconds,
    config,
    format: 'armored',
  });
  const key = await readPrivateKey({ armoredKey: made.privateKey });
  return {
    key,
    armored: made.publicKey,
    binary: Buffer.from(key.toPublic().write()),
    fingerprint: key.getFingerprint().toUpperCase(),
  };
}

export interface RepositoryOptions {
  readonly suite: string;
  readonly packages: readonly Paragraph[];
  readonly keys: readonly SigningKey[];
  readonly now: Date;
  /** Fields of Release, or null to leave one out. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly forms?: readonly ('gz' | 'plain')[];
  readonly detached?: boolean;
  readonly byHash?: boolean;
  /** No `dists`: the suite is a folder. */
  readonly flat?: boolean;
  readonly sha1?: boolean;
}

export type RepositoryFiles = Map<string, Buffer>;

/** What a suite consists of; to be laid over what other suites of the repository have. */
export async function makeSuite(options: RepositoryOptions): Promise<RepositoryFiles> {
  const { suite, keys, now, forms = ['gz', 'plain'] } = options;
  const root = options.flat === true ? suite.replace(/^\.\//u, '') : `dists/${suite}/`;
  const folder = options.flat === true ? '' : 'main/binary-amd64/';
  const plain = Buffer.from(packagesText(options.packages));
  const bodies = new Map([[`${folder}Packages`, plain]]);
  if (forms.includes('gz')) bodies.set(`${folder}Packages.gz`, gzipSync(plain));
  const files: RepositoryFiles = new Map();
  const sums: string[] = [];
  for (const [path, body] of bodies) {
    const sha256 = createHash('sha256').update(body).digest('hex');
    sums.push(` ${sha256} ${body.length} ${path}`);
    const isThere = path.endsWith('.gz') || forms.includes('plain');
    if (isThere) files.set(`${root}${path}`, body);
    if (isThere && options.byHash === true) files.set(`${root}${folder}by-hash/SHA256/${sha256}`, body);
  }
  const fields: Record<string, string | null> = {
    Origin: 'Test',
    Suite: suite,
    Codename: suite,
    Date: now.toUTCString().replace('GMT', 'UTC'),
    Architectures: 'amd64',
    Components: 'main',
    ...(options.byHash === true ? { 'Acquire-By-Hash': 'yes' } : {}),
    ...options.fields,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  const text = `${lines.join('\n')}\nSHA256:\n${sums.join('\n')}\n`;
  if (keys.length === 0) {
    files.set(`${root}Release`, Buffer.from(text));
    return files;
  }
  const common = {
    signingKeys: keys.map(({ key }) => key),
    date: now,
    config: options.sha1 === true ? BY_SHA1 : {},
  };
  if (options.detached === true) {
    const message = await createMessage({ binary: Buffer.from(text) });
    const signature = await sign({ ...common, message, detached: true });
    files.set(`${root}Release`, Buffer.from(text));
    files.set(`${root}Release.gpg`, Buffer.from(signature as string));
  } else {
    const message = await createCleartextMessage({ text });
    files.set(`${root}InRelease`, Buffer.from(await sign({ ...common, message })));
  }
  return files;
}
