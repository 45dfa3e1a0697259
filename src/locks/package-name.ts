/** Names of packages. */

/** The normalised name of PEP 503: lower case, every run of `-`, `_` and `.` as one `-`. */
export function normaliseName(name: string): string {
  return name.replace(/[-_.]+/gu, '-').toLowerCase();
}
