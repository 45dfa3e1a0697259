/** The content of pip-compile's `--pip-args`: arguments of pip, as far as a solver other than pip can honour them. */
import { splitShell } from './shell-words.ts';

export interface PipArgs {
  readonly options: readonly { readonly name: `--${string}`; readonly value: string | null }[];
  /** What only pip itself can honour. */
  readonly onlyPip: readonly string[];
}

/** Long form to whether it takes a value. */
const HONOURED: ReadonlyMap<string, boolean> = new Map([
  ['--index-url', true],
  ['--extra-index-url', true],
  ['--find-links', true],
  ['--no-index', false],
  ['--trusted-host', true],
  ['--no-binary', true],
  ['--only-binary', true],
  ['--pre', false],
  ['--prefer-binary', false],
  ['--uploaded-prior-to', true],
]);

/** Without influence on what is pinned. */
const IDLE: ReadonlyMap<string, boolean> = new Map([
  ['--retries', true],
  ['--timeout', true],
  ['--default-timeout', true],
  ['--exists-action', true],
  ['--progress-bar', true],
  ['--cache-dir', true],
  ['--use-feature', true],
  ['--use-deprecated', true],
  ['--proxy', true],
  ['--no-cache-dir', false],
  ['--disable-pip-version-check', false],
  ['--no-color', false],
  ['--no-input', false],
  ['--use-pep517', false],
  ['--isolated', false],
  ['--no-build-isolation', false],
  ['--verbose', false],
  ['--quiet', false],
]);

const SHORT: ReadonlyMap<string, `--${string}`> = new Map([
  ['-i', '--index-url'],
  ['-f', '--find-links'],
  ['-v', '--verbose'],
  ['-q', '--quiet'],
]);

/** @returns null when the text cannot be split into words. */
export function readPipArgs(text: string): PipArgs | null {
  const items = splitShell(text);
  if (items === null || items.some((item) => item.kind === 'operator')) return null;
  const words = items.map((item) => item.text);
  const options: { readonly name: `--${string}`; readonly value: string | null }[] = [];
  const onlyPip: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const written = equals === -1 ? word : word.slice(0, equals);
    const name = SHORT.get(written) ?? written;
    const takesValue = HONOURED.get(name) ?? IDLE.get(name);
    if (takesValue === undefined || !isLong(name)) {
      onlyPip.push(word);
      continue;
    }
    let value: string | null = equals === -1 ? null : word.slice(equals + 1);
    if (takesValue && value === null) {
      at += 1;
      value = words[at] ?? null;
    }
    if (HONOURED.has(name)) options.push({ name, value });
  }
  return { options, onlyPip };
}

function isLong(name: string): name is `--${string}` {
  return name.startsWith('--');
}
