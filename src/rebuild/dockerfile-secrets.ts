/** Names of files that often hold secrets, and have no place in an image. Pure. */

/** Names as they are, lower case. */
const NAMES = new Set([
  '.env*',
  '.netrc',
  '_netrc',
  '.npmrc',
  '.yarnrc.yml',
  '.pypirc',
  'pip.conf',
  'pip.ini',
  '.git-credentials',
  '.dockercfg',
  '.htpasswd',
  '.pgpass',
  '.my.cnf',
  '.ssh',
  '.aws',
  '.gnupg',
  '.vault-token',
  'kubeconfig',
  'credentials.json',
  'secrets.json',
  'secrets.toml',
  'secrets.yaml',
  'secrets.yml',
]);
const PATHS = ['.docker/config.json', '.aws/credentials', '.kube/config'];
const KEY = /^(?:id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx|jks|keystore|ppk))$/u;
/** `ca-bundle.pem`, `nodesource.gpg.key`, `server.pub.pem`: made to be given away. */
const PUBLIC =
  /(?:^|[._-])(?:ca|cacerts?|certs?|certificates?|bundle|chain|fullchain|pub|public|gpg|apt|archive|signing|release|repo)(?:$|[._-])/u;
const ENVIRONMENT = /^\.env(?:\.[a-z0-9_-]+){0,3}$/u;
/** `.env.example` is there to be read. */
const SAMPLE = /\.(?:example|sample|template|tmpl|dist|defaults?|schema)$/u;

/** Whether a source of COPY or ADD, by its name, is likely to be a secret. */
export function looksSecret(source: string): boolean {
  const path = source.toLowerCase().replace(/\/+$/u, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (SAMPLE.test(name) || name.endsWith('.pub')) return false;
  if (NAMES.has(name) || PATHS.some((each) => path === each || path.endsWith(`/${each}`))) return true;
  return ENVIRONMENT.test(name) || (KEY.test(name) && !PUBLIC.test(name));
}
