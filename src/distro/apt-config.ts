/** The few settings of `apt.conf` that change which packages apt would move. Pure. */
import { aptText, partsOf, type AptFiles } from './apt-files.ts';
import { readFlag } from './deb-control.ts';

export interface AptSettings {
  /** A newly unmet recommendation keeps a package back. */
  readonly installRecommends: boolean;
  /** Empty: none. */
  readonly defaultRelease: string;
  /** null: as apt decides by itself (`etc/machine-id`). */
  readonly includePhased: boolean | null;
  /** `APT::Architectures`; empty: what dpkg says. */
  readonly architectures: readonly string[];
}

const MAX_TOKENS = 50_000;
const TOKEN = /"([^"]*)"|([{};])|([^\s"{};]+)/gu;

/** Reads `etc/apt/apt.conf.d/*` and `etc/apt/apt.conf`, in apt's order; the last value counts. */
export function readAptSettings(files: AptFiles): AptSettings {
  const values = new Map<string, string[]>();
  const paths = partsOf(files, 'etc/apt/apt.conf.d', (name) => !name.includes('.') || name.endsWith('.conf'));
  for (const path of [...paths, 'etc/apt/apt.conf']) readConfig(aptText(files, path), values);
  const last = (name: string): string => values.get(name.toLowerCase())?.at(-1) ?? '';
  const flag = (name: string): boolean | null =>
    readFlag(last(`APT::Get::${name}`)) ?? readFlag(last(`Update-Manager::${name}`));
  const always = flag('Always-Include-Phased-Updates');
  const never = flag('Never-Include-Phased-Updates');
  return {
    installRecommends: readFlag(last('APT::Install-Recommends')) ?? true,
    defaultRelease: last('APT::Default-Release'),
    includePhased: always === true ? true : never === true ? false : null,
    architectures: (values.get('apt::architectures') ?? []).filter((each) => /^[a-z0-9-]+$/u.test(each)),
  };
}

/** The configuration's own grammar (apt.conf(5)): `A::B "value";` and `A { B "value"; "list item"; };`. */
function readConfig(text: string, values: Map<string, string[]>): void {
  const clean = text
    .split('\n')
    .map((line) => (/^\s*(?:#|\/\/)/u.test(line) ? '' : line.replace(/;\s*(?:\/\/|#).*$/u, ';')))
    .join('\n')
    .replaceAll(/\/\*[^*]*\*\//gu, ' ');
  const scope: string[] = [];
  let words: string[] = [];
  let count = 0;
  const path = (name: string): string => [...scope, name].join('::').toLowerCase();
  const add = (name: string, value: string): void => {
    const key = path(name).replace(/(?:::)+$/u, '');
    values.set(key, [...(values.get(key) ?? []).slice(-50), value]);
  };
  for (const [, quoted, mark, bare] of clean.matchAll(TOKEN)) {
    count += 1;
    if (count > MAX_TOKENS) return;
    if (mark === '{') {
      scope.push(words.join(' '));
      words = [];
    } else if (mark === ';') {
      const [name = '', value] = words;
      if (value !== undefined) add(name, value);
      else if (words.length === 1) add('', name);
      words = [];
    } else if (mark === '}') {
      scope.pop();
      words = [];
    } else words.push(quoted ?? bare ?? '');
  }
}
