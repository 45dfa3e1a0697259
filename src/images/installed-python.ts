/** Which Python a RUN instruction installs: uv, pyenv, conda, a distribution's packages. Pure. */

const LONGEST = 16 * 1024;
const PACKAGE_MANAGER = /\b(?:apt-get|apt|apk|dnf|microdnf|yum|zypper)\b/u;
/** `python3.9`, `python3.9-dev`, `python3.11-venv`. */
const PACKAGE = /(?:^|[\s'"])python(3\.\d{1,2})(?:-[a-z]+)?(?=$|[\s'"=])/gu;
const VERSION_ARGUMENT = /(?:^|[\s@'"-])(3\.\d{1,2}(?:\.\d{1,2})?)(?=$|[\s'"])/gu;
/** `python3`, `python3-pip`, `py3-pip`, `python-is-python3`: whatever the distribution calls so. */
const SYSTEM_PACKAGE = /(?:^|[\s'"])(?:python3?|py3|python-is-python3)(?:-[a-z][a-z0-9-]*)?(?=$|[\s'"=~<>])/u;
/** Red Hat's and SUSE's `python39`, `python311-devel`. */
const COMPACT_PACKAGE = /(?:^|[\s'"])python3(\d{1,2})(?:-[a-z]+)?(?=$|[\s'"=])/gu;
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

/** Interpreters that are used to install, which some command must have brought in. */
const USED: readonly RegExp[] = [
  /(?:^|[\s/"'])python(3\.\d{1,2})["']?\s+-m\s+(?:venv|pip|ensurepip|virtualenv)\b/gu,
  /(?:^|[\s/])pip(3\.\d{1,2})\s+install\b/gu,
  /\bvirtualenv\s[^&|;\n]{0,200}?(?:-p|--python)[\s=]+(?:\/[\w./]*\/)?python(3\.\d{1,2})\b/gu,
  /\buv\s+(?:venv|sync|pip\s+install)\s[^&|;\n]{0,200}?(?:-p|--python)[\s=]+(?:\/[\w./]*\/)?(?:python)?(3\.\d{1,2}(?:\.\d{1,2})?)(?![\d.])/gu,
];

function versionsIn(command: string): readonly string[] {
  const used = USED.flatMap((pattern) => all(pattern, command));
  return used.length > 0 ? used : installedIn(command);
}

function installedIn(command: string): readonly string[] {
  const installed = /\b(?:uv\s+python|pyenv)\s+install\b(.*)/su.exec(command);
  if (installed !== null) return all(VERSION_ARGUMENT, installed[1] ?? '');
  if (/\b(?:conda|mamba|micromamba)\b/u.test(command)) return all(CONDA, command);
  if (!PACKAGE_MANAGER.test(command)) return [];
  return [...all(PACKAGE, command), ...all(COMPACT_PACKAGE, command).map((minor) => `3.${minor}`)];
}

/** Whether a shell text installs the distribution's own `python3`. */
export function installsSystemPython(text: string): boolean {
  if (text.length > LONGEST) return false;
  return text
    .split(/&&|\|\||[;\n]/u)
    .some((command) => PACKAGE_MANAGER.test(command) && SYSTEM_PACKAGE.test(command));
}

function all(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}
