/** The text that `uv pip compile --no-header` writes with annotations below the pins, taken apart. */
import { normaliseName } from '../package-name.ts';

export interface Pin {
  /** The requirement as written, without hashes: `celery[redis]==5.4`, `-e ./lib`, `x @ git+https://…`. */
  readonly head: string;
  /** Normalised; null for a path. */
  readonly name: string | null;
  /** `sha256:…` */
  readonly hashes: readonly string[];
  /** Who wants it: package names, `-r FILE`, `-c FILE`, `project (pyproject.toml)`. */
  readonly via: readonly string[];
}

/** Takes requirements with their hashes and annotations; other lines (options, comments of the file) are left out. */
export function readPins(text: string): readonly Pin[] {
  const pins: Pin[] = [];
  let open: { readonly head: string; readonly hashes: string[]; readonly via: string[] } | null = null;
  const close = (): void => {
    if (open !== null) pins.push({ ...open, name: nameOf(open.head) });
    open = null;
  };
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('--')) {
      close();
      continue;
    }
    if (!/^\s/u.test(line)) {
      close();
      open = { head: line.replace(/\s*\\$/u, ''), hashes: [], via: [] };
      continue;
    }
    const said = line.trim();
    if (open === null) continue;
    if (said.startsWith('--hash=')) {
      open.hashes.push(said.slice('--hash='.length).replace(/\s*\\$/u, ''));
    } else if (said.startsWith('# via ')) {
      open.via.push(said.slice('# via '.length).trim());
    } else if (said.startsWith('#   ')) {
      open.via.push(said.slice(1).trim());
    }
  }
  close();
  return pins;
}

function nameOf(head: string): string | null {
  const plain = head.replace(/^-e\s+/u, '');
  const name = /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?=\s*(?:\[[^\]]*\]\s*)?(?:===?|@\s))/u.exec(plain)?.[0];
  return name === undefined ? null : normaliseName(name);
}
