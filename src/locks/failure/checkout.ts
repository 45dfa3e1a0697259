/** What the checkout lacks, or says wrongly. */
import { short, toolOf, type Evidence, type Recognised } from './recogniser.ts';

const MEMBER =
  /`(?<member>[^`]{1,200})` references a workspace in `tool\.uv\.sources`|Workspace member `(?<folder>[^`]{1,300})` is missing|Distribution not found at: (?<url>\S{1,400})|Path (?<path>\S{1,300}) for (?<name>\S{1,100}) does not exist|(?:Directory|File) '?(?<directory>[^'\s]{1,300})'? (?:is not installable|does not appear to be a Python project)|(?<project>\S{1,300}) does not appear to be a Python project|Invalid requirement: '?(?<requirement>[^'\s]{1,200})'?.{0,80}File '[^']{1,300}' does not exist/u;

export function recogniseCheckout({ flat, lines, failure }: Evidence): Recognised | null {
  const said = MEMBER.exec(flat);
  if (said !== null) {
    const found = Object.values(said.groups ?? {}).find((one) => one !== undefined) ?? '';
    // An absolute path is one of the private copy, which means nothing to a reader.
    const name = said.groups?.['name'] ?? found.replace(/^(?:file:\/\/)?\/.*\//u, '…/');
    return {
      code: 'missing-workspace-members',
      message: `The manifest wants ${short(name, 200)} from this repository, where it is not: a workspace member or a path dependency that is absent.`,
      fix: 'Commit it, or correct the workspace members and paths in the manifest; a submodule must be checked out.',
      words: MEMBER,
    };
  }
  const unbuilt = /Directory (\S{1,300}) for \S{1,100} does not seem to be a Python package/u.exec(flat)?.[1];
  if (unbuilt !== undefined) {
    return {
      code: 'missing-workspace-members',
      message: `The manifest wants ${short(unbuilt)} from this repository, which is no Python package: it has neither pyproject.toml nor setup.py.`,
      fix: 'Commit what is missing there, or correct the path in the manifest.',
      words: /does not seem to be a Python package/u,
    };
  }
  const input =
    /Could not open requirements file: .{0,60}?'(?<pip>[^']{1,300})'|File not found: `(?<uv>[^`]{1,300})`|No such file or directory: '(?<file>[^']{1,300}\.(?:in|txt|toml|cfg))'/u.exec(
      flat,
    );
  if (input !== null) {
    const name = Object.values(input.groups ?? {}).find((one) => one !== undefined) ?? '';
    return {
      code: 'missing-input',
      message: `${short(name, 200)} is named as an input and is not in the repository.`,
      fix: 'Commit the file, or correct the line that names it.',
      words: /Could not open requirements file|File not found|No such file/u,
    };
  }
  const line = unreadableLine(flat, lines);
  if (line !== null) {
    return {
      code: 'manifest-unreadable',
      message: `uv cannot read ${line}.`,
      fix: 'Correct the line, or take it out if it is no requirement.',
      words: /Error parsing included file|Couldn't parse requirement/u,
    };
  }
  const requirement =
    /Invalid requirement: ['"]([^'"]{1,200})['"]|Could not parse version constraint: (\S{1,200})/u
      .exec(flat)
      ?.slice(1)
      .find((one) => one !== undefined);
  if (requirement !== undefined) {
    return {
      code: 'manifest-unreadable',
      message: `${toolOf(failure)} does not understand the requirement \`${short(requirement)}\`.`,
      fix: 'Correct it in the manifest; the tool says below what it stumbles over.',
      words: /Invalid requirement: |Could not parse version constraint/u,
    };
  }
  const invalid = /The Poetry configuration is invalid: - (.{1,200}?)(?: - |$)/u.exec(flat)?.[1];
  if (invalid !== undefined) {
    return {
      code: 'manifest-unreadable',
      message: `pyproject.toml is not valid for ${toolOf(failure)}: ${short(invalid)}.`,
      fix: 'Correct the file, or name a version of Poetry that accepts it with `tool-version` under [[lock]] in .github/relock.toml.',
      words: /Poetry configuration is invalid/u,
    };
  }
  const broken =
    /Failed to parse: `?(?<file>[\w./-]{1,200})`? (?:cause|Caused by|TOML)|(?<toml>pyproject\.toml).{0,40}?(?:Invalid TOML|TOMLDecodeError|is not valid)|Invalid TOML file (?<poetry>\S{1,300})|The Poetry configuration is invalid/u.exec(
      flat,
    );
  if (broken !== null) {
    const name = Object.values(broken.groups ?? {}).find((one) => one !== undefined) ?? 'pyproject.toml';
    const where = /at line (\d+), column (\d+)/u.exec(flat);
    return {
      code: 'manifest-unreadable',
      message: `${short(name.replace(/:$/u, ''), 200)}${where === null ? '' : `:${where[1]}`} cannot be read by the tool.`,
      fix: 'Correct the file; the tool says below what it did not understand.',
      words: /TOML parse error|Invalid TOML|Poetry configuration is invalid|Failed to parse/u,
    };
  }
  return null;
}

/** What uv says of a line of a file of requirements: `deps/constraints.txt:323: …`; null when it says nothing of one. */
function unreadableLine(flat: string, lines: readonly string[]): string | null {
  // The innermost file of a chain of includes is told last, and with it the cause.
  const couldNot = /Couldn't parse requirement in `([^`]{1,300})` at position \d+/u.exec(flat);
  if (couldNot === null && !flat.includes('Error parsing included file in `')) return null;
  if (couldNot !== null) {
    const at = lines.findIndex((line) => line.includes("Couldn't parse requirement in `"));
    const [cause = '', source = ''] = lines.slice(at + 1).map((line) => line.trim());
    const shown = source === '' || source.startsWith('^') ? '' : ` in \`${short(source, 100)}\``;
    return `${inCopy(couldNot[1] ?? '')}: ${short(cause.replace(/^(?:cause|Caused by): /u, ''))}${shown}`;
  }
  for (const line of lines) {
    const said = /^(?:cause|Caused by): (.{1,400}): (\S{1,300}?):(\d{1,9}):\d{1,9}$/u.exec(line.trim());
    if (said !== null) return `${inCopy(said[2] ?? '')}:${said[3]}: ${short(said[1] ?? '')}`;
  }
  return null;
}

/** An absolute path is one of the private copy. */
function inCopy(path: string): string {
  return short(path.replace(/^\/.*\//u, '…/'));
}
