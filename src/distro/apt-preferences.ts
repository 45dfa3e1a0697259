/** Pins: which version of a package apt would rather take (apt_preferences(5)). Pure. */
import { aptText, partsOf, type AptFiles } from './apt-files.ts';
import { matchesGlob } from './apt-glob.ts';
import { controlParagraphs, wordsOf } from './deb-control.ts';

/** Priority of `never`: below all numbers that can be written. */
export const NEVER = -32_768;

export interface Pin {
  /** A glob of names, or `*` for all; with `src:` before it for sources, and `:arch` after it. */
  readonly package: string;
  readonly type: 'version' | 'release' | 'origin';
  readonly data: string;
  readonly priority: number;
}

/** What a pin is held against: where a version comes from. */
export interface PinnedFile {
  /** Host of the repository; null: the image's own database. */
  readonly site: string | null;
  readonly archive: string;
  readonly codename: string;
  readonly version: string;
  readonly origin: string;
  readonly label: string;
  readonly component: string;
  readonly architecture: string;
}

const MAX_PINS = 2000;

/** @returns the pins in apt's order, of which the first that matches counts; and what was left out, for people. */
export function readPins(files: AptFiles): {
  readonly pins: readonly Pin[];
  readonly notes: readonly string[];
} {
  const notes: string[] = [];
  const pins: Pin[] = [];
  const parts = partsOf(
    files,
    'etc/apt/preferences.d',
    (name) => !name.includes('.') || name.endsWith('.pref'),
  );
  for (const path of ['etc/apt/preferences', ...parts]) {
    for (const fields of controlParagraphs(aptText(files, path), { comments: true, only: null })) {
      const pin = /^(version|release|origin)\s+(\S.*)$/iu.exec(fields.get('pin') ?? '');
      const priority = readPriority(fields.get('pin-priority') ?? '');
      const type = (pin?.[1] ?? '').toLowerCase();
      if (priority === null || (type !== 'version' && type !== 'release' && type !== 'origin')) continue;
      for (const name of wordsOf(fields.get('package'))) {
        // Threat: a regular expression of somebody else's image can keep this process busy for ever.
        if (name.startsWith('/')) notes.push(`${path}: a pin by regular expression was left out.`);
        else if (type === 'version' && name === '*') continue;
        else if (pins.length < MAX_PINS) {
          pins.push({ package: name, type, data: (pin?.[2] ?? '').trim(), priority });
        }
      }
    }
  }
  return { pins, notes };
}

function readPriority(text: string): number | null {
  if (text === 'never') return NEVER;
  const value = /^-?\d{1,6}$/u.test(text) ? Number(text) : 0;
  return value === 0 || value > 32_767 || value < NEVER ? null : value;
}

/** Whether a pin names this package; a name without architecture is for the image's own. */
export function isPinned(
  pin: Pin,
  { name, source, arch, native }: Readonly<Record<'name' | 'source' | 'arch' | 'native', string>>,
): boolean {
  const isSource = pin.package.startsWith('src:');
  const text = isSource ? pin.package.slice('src:'.length) : pin.package;
  const colon = text.lastIndexOf(':');
  const wanted = colon === -1 ? native : text.slice(colon + 1);
  if (wanted !== 'any' && wanted !== arch) return false;
  return matchesGlob(colon === -1 ? text : text.slice(0, colon), isSource ? source : name);
}

export function pinMatchesVersion(pin: Pin, version: string, files: readonly PinnedFile[]): boolean {
  if (pin.type === 'version') return matchesGlob(pin.data, version);
  return files.some((file) => pinMatchesFile(pin, file));
}

export function pinMatchesFile(pin: Pin, file: PinnedFile): boolean {
  if (pin.type === 'origin') {
    const host = pin.data.replace(/^"(.*)"$/u, '$1');
    return file.site !== null && matchesGlob(host, file.site);
  }
  if (pin.data === '*') return true;
  if (!pin.data.includes('=')) {
    const isVersion = /^\d/u.test(pin.data);
    const texts = isVersion ? [file.version] : [file.archive, file.codename];
    return texts.some((text) => matchesGlob(pin.data, text));
  }
  let told = 0;
  for (const fragment of pin.data.split(',')) {
    const [, key = '', value = ''] = /^\s*([a-z])=(.+?)\s*$/iu.exec(fragment) ?? [];
    const text = RELEASE_FIELDS.get(key.toLowerCase());
    if (text === undefined) continue;
    told += 1;
    if (!matchesGlob(value, file[text])) return false;
  }
  return told > 0;
}

const RELEASE_FIELDS: ReadonlyMap<string, Exclude<keyof PinnedFile, 'site'>> = new Map([
  ['a', 'archive'],
  ['n', 'codename'],
  ['v', 'version'],
  ['o', 'origin'],
  ['l', 'label'],
  ['c', 'component'],
  ['b', 'architecture'],
]);
