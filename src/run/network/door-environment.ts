/** What a child needs in its environment to go through the door, over everything else. Pure. */

export const DOOR_USER = 'relock';

/**
 * @param url proxy, with user and password.
 * @param bundle PEM file with the authority of this run.
 */
export function doorEnvironment(url: string, bundle: string): Readonly<Record<string, string>> {
  return {
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    // Also hides the operator's own, whose password is nobody's business.
    ALL_PROXY: url,
    all_proxy: url,
    // Nothing is reached past the door: an index on loopback has its cool-down too, and a refusal is reported.
    NO_PROXY: '',
    no_proxy: '',
    // Without it git asks once in vain for every connection.
    GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    PIP_CERT: bundle,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    CARGO_HTTP_CAINFO: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
  };
}
