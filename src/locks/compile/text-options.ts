/** Options that the text of a lock proves although its header (or the want of one) hides them. */
import { isPublicIndex } from '../public-index.ts';
import type { LockText } from './lock-text.ts';
import type { InputEntry } from './reads.ts';
import type { CompileOption, CompileSpec } from './spec.ts';

export interface TextQuestion {
  readonly kind: CompileSpec['kind'];
  readonly lock: string;
  readonly text: LockText;
  /** From the header, the configuration and policy. */
  readonly given: readonly CompileOption[];
  readonly entries: readonly InputEntry[];
  /** The header tells no options at all: a script, a make target, prose, no header. */
  readonly hidden: boolean;
  /** The header names a Python, as those since pip-tools 6 do: from then on every pin had an annotation. */
  readonly recent: boolean;
}

export interface TextOption extends CompileOption {
  /** 1-based line of the lock that shows it; null when the whole does. */
  readonly line: number | null;
}

const UNSAFE = new Set(['distribute', 'pip', 'setuptools']);

export function optionsOfText(question: TextQuestion): readonly TextOption[] {
  const { kind, text } = question;
  // pip-compile-multi has options of its own for these; see `multi.ts`.
  if (kind === 'pip-compile-multi') return [];
  const found: TextOption[] = [];
  const add = (name: `--${string}`, value: string | null = null, line: number | null = null): void => {
    found.push({ name, value, line });
  };
  const isGiven = (...names: readonly string[]): boolean =>
    question.given.some(({ name }) => names.includes(name));
  if (text.hashes && !isGiven('--generate-hashes')) add('--generate-hashes');
  if (text.annotations === 'line' && !isGiven('--annotation-style')) add('--annotation-style', 'line');
  found.push(...linesAbovePins(question));
  if (kind === 'pip-compile') {
    const pinsUnsafe = text.pins.some(({ name }) => name !== null && UNSAFE.has(name));
    if (pinsUnsafe && !isGiven('--allow-unsafe', '--unsafe-package')) add('--allow-unsafe');
  }
  if (!question.hidden) return found;
  if (text.annotations === 'none' && question.recent && text.pins.length > 0 && !isGiven('--no-annotate')) {
    add('--no-annotate');
  }
  if (kind === 'uv-pip-compile') found.push(...hiddenOfUv(question, isGiven));
  else found.push(...hiddenOfPipCompile(question, isGiven));
  return found;
}

/** `--index-url`, `--find-links`, `--no-binary` … that stand in the lock and in no input. */
function linesAbovePins({ kind, text, given, entries }: TextQuestion): readonly TextOption[] {
  const uv = kind === 'uv-pip-compile';
  const found: TextOption[] = [];
  const formats: string[] = [];
  for (const option of text.options) {
    const { name, value, line } = option;
    if (value === null) continue;
    const known =
      given.some((one) => one.value !== null && (one.value === value || one.value.includes(value))) ||
      entries.some(({ entry }) => saysOption(entry, name, value));
    switch (name) {
      case '--index-url':
      case '--extra-index-url':
        // pip-compile leaves the public index out where it is the first, and names it behind another one.
        if (!known && (name === '--extra-index-url' || !isPublicIndex(value)))
          found.push({ name, value, line });
        break;
      case '--find-links':
        if (!known) found.push({ name, value, line });
        break;
      case '--trusted-host':
        if (!known && !uv) found.push({ name, value, line });
        break;
      case '--no-binary':
      case '--only-binary':
        if (known) break;
        if (uv) found.push({ name, value, line });
        else formats.push(`${name}=${value}`);
        break;
      default:
        break;
    }
  }
  if (formats.length > 0 && !given.some(({ name }) => name === '--pip-args')) {
    found.push({ name: '--pip-args', value: formats.join(' '), line: null });
  }
  if (!uv) return found;
  const shows = (...names: readonly string[]): boolean =>
    text.options.some(({ name }) => names.includes(name));
  const flags: readonly (readonly [boolean, `--${string}`])[] = [
    [shows('--index-url', '--extra-index-url'), '--emit-index-url'],
    [shows('--find-links'), '--emit-find-links'],
    [shows('--no-binary', '--only-binary'), '--emit-build-options'],
  ];
  for (const [shown, name] of flags) {
    if (shown && !given.some((one) => one.name === name)) found.push({ name, value: null, line: null });
  }
  return found;
}

function saysOption(entry: InputEntry['entry'], name: string, value: string): boolean {
  if (entry.kind === 'option') {
    return entry.name === name && (entry.value ?? '').split(',').some((one) => sameValue(one, value));
  }
  // `psycopg2 --no-binary psycopg2` on a requirement's own line.
  return entry.options.some((option) => option.startsWith(name) && option.includes(value));
}

/** Lockers drop passwords and add or drop a last slash. */
function sameValue(one: string, other: string): boolean {
  const plain = (text: string): string =>
    text
      .trim()
      .replace(/:\/\/[^/@]*@/u, '://')
      .replace(/\/$/u, '');
  return plain(one) === plain(other);
}

type IsGiven = (...names: readonly string[]) => boolean;

function hiddenOfUv({ text }: TextQuestion, isGiven: IsGiven): readonly TextOption[] {
  const found: TextOption[] = [];
  const add = (name: `--${string}`, value: string | null = null): void => {
    found.push({ name, value, line: null });
  };
  if (text.extras && !isGiven('--no-strip-extras')) add('--no-strip-extras');
  if (text.markers && !isGiven('--universal', '--no-strip-markers')) add('--universal');
  if (text.indexAnnotations && !isGiven('--emit-index-annotation')) add('--emit-index-annotation');
  if (!text.unsafeHeading && !isGiven('--no-emit-package')) {
    for (const name of text.leftOut) add('--no-emit-package', name);
  }
  return found;
}

function hiddenOfPipCompile({ text, entries }: TextQuestion, isGiven: IsGiven): readonly TextOption[] {
  const found: TextOption[] = [];
  const add = (name: `--${string}`, value: string | null = null): void => {
    found.push({ name, value, line: null });
  };
  const shown = new Set(text.options.map(({ name }) => name));
  const asked = (...names: readonly string[]): boolean =>
    entries.some(
      ({ entry }) =>
        entry.kind === 'option' && names.includes(entry.name) && !isPublicIndex(entry.value ?? ''),
    );
  const index = ['--index-url', '--extra-index-url'];
  if (asked(...index) && !index.some((name) => shown.has(name)) && !isGiven('--no-emit-index-url')) {
    add('--no-emit-index-url');
  }
  for (const name of ['--trusted-host', '--find-links']) {
    const silent: `--${string}` = `--no-emit-${name.slice(2)}`;
    if (asked(name) && !shown.has(name) && !isGiven(silent)) add(silent);
  }
  if (!isGiven('--strip-extras', '--no-strip-extras') && stripsExtras(text, entries)) add('--strip-extras');
  if (text.leftOut.some((name) => !UNSAFE.has(name)) && !isGiven('--unsafe-package')) {
    for (const name of text.leftOut) add('--unsafe-package', name);
  }
  return found;
}

/** A wish with extras whose pin has none. */
function stripsExtras(text: LockText, entries: readonly InputEntry[]): boolean {
  if (text.extras) return false;
  const withExtras = new Set(
    entries.flatMap(({ entry }) =>
      entry.kind === 'requirement' && entry.extras.length > 0 && entry.url === null ? [entry.name] : [],
    ),
  );
  return text.pins.some(({ name, url }) => url === null && withExtras.has(name));
}
