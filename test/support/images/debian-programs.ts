/** Programs of Debian's packages that tests of images need. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Whether programs are there; in CI, as root, their packages are installed.
 * @returns what is missing and how to get it, or null.
 */
export function missingPrograms(programs: readonly string[], packages: readonly string[]): string | null {
  const missing = (): readonly string[] => programs.filter((name) => !existsSync(`/usr/bin/${name}`));
  if (missing().length === 0) return null;
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  if (process.env['CI'] === 'true' && process.getuid?.() === 0) {
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    try {
      execFileSync('/usr/bin/apt-get', ['update', '-q'], options);
      execFileSync('/usr/bin/apt-get', install, options);
    } catch {
      // Said below, as anywhere else.
    }
  }
  const still = missing();
  return still.length === 0 ? null : `no ${still.join(', ')}: apt-get ${install.join(' ')}`;
}
