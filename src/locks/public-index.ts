/** The public indexes' own addresses: the one place that names them. Manifests and locks carry them by nature. */

/** PEP 503 root of the Python Package Index, no trailing slash. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';
/** Root of the Python Package Index's JSON pages (`/pypi/NAME/json`). */
export const PUBLIC_INDEX_ROOT = 'https://pypi.org';
/** Where its files live. */
export const PUBLIC_FILES = 'https://files.pythonhosted.org';

/** Where uv fetches interpreters from. */
export const PYTHON_HOSTS: readonly string[] = ['github.com', 'releases.astral.sh'];

/** True for any spelling of the public simple index that manifests use. */
export function isPublicIndex(url: string): boolean {
  return /^https?:\/\/(?:pypi\.org|pypi\.python\.org)\/(?:simple|pypi)\/?$/iu.test(url.trim());
}
