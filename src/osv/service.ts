/** The advisory service's own addresses: the one place that names them. */

/** Root of OSV's API, no trailing slash (https://google.github.io/osv.dev/api/). */
export const ADVISORY_SERVICE = 'https://api.osv.dev';

/** Root of OSV's whole databases, one zip for each ecosystem (https://google.github.io/osv.dev/data/#data-dumps). */
export const ADVISORY_DATABASES = 'https://osv-vulnerabilities.storage.googleapis.com';
