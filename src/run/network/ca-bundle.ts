/** The certificates that this machine trusts, as one PEM text: what its children would trust without Relock. */
import { readFile, stat } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { Variables } from './dial.ts';

const VARIABLES = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'PIP_CERT'];

/** Debian and Alpine; Fedora and its kin (two); SUSE; macOS and the BSDs. */
const USUAL_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The first of: a file that the environment names, the usual places, the authorities that come with Node.
 * @returns PEM text; never empty.
 */
export async function readCaBundle(environment: Variables): Promise<string> {
  const named = VARIABLES.map((name) => environment[name] ?? '').filter((path) => path !== '');
  for (const path of [...named, ...USUAL_FILES]) {
    const text = await readBundle(path);
    if (text !== null) return text;
  }
  return `${rootCertificates.join('\n')}\n`;
}

/** Null when it is no such file (REQUESTS_CA_BUNDLE may also be a folder). */
async function readBundle(path: string): Promise<string | null> {
  try {
    const info = await stat(path);
    if (!info.isFile() || info.size > MAX_BYTES) return null;
    const text = await readFile(path, 'utf8');
    return text.includes('-----BEGIN ') ? text : null;
  } catch {
    return null;
  }
}
