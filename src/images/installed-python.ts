/** Which Python a RUN instruction installs: uv, pyenv, conda, a distribution's packages. Pure. */

const LONGEST = 16 * 1024;
const PACKAGE_MANAGER = /\b(?:apt-get|apt|apk|dnf|microdnf|yum|zypper)\b/u;
/** `python3.9`, `python3.9-dev`, `python3.11-venv`. */
const PACKAGE = /(?:^|[\s'"])python(3\.\d{1,2})(?:-[a-z]+)?(?=$|[\s'"=])/gu;
const VERSION_ARGUMENT = /(?:^|[\s@'"-])(3\.\d{1,2}(?:\.\d{1,2})?)(?=$|[\s'"])/gu;
/** `conda create -n app python=3.11`. */
const CONDA = /\bpython={1,2}(3\.\d{1,2}(?:\.\d{1,2})?)/gu;

/**
 * The one CPython that a shell text installs.
 * @returns null when it installs none, or several.
 */
export function pythonInCommands(text: string): string | null {
  if (text.length > LONGEST) return null;
  const found = new Set<string>();
  for (const command of text.split(/&&|\|\||[;\n]/u)) {
    for (const version of versionsIn(command)) found.add(version);
  }
  const [only] = found;
  return found.size === 1 && only !== undefined ? only : null;
}

function versionsIn(command: string): readonly string[] {
  const installed = /\b(?:uv\s+python|pyenv)\s+install\b(.*)/su.exec(command);
  if (installed !== null) return all(VERSION_ARGUMENT, installed[1] ?? '');
  if (/\b(?:conda|mamba|micromamba)\b/u.test(command)) return all(CONDA, command);
  return PACKAGE_MANAGER.test(command) ? all(PACKAGE, command) : [];
}

function all(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}
