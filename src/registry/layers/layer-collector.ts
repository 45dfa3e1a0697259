/** From the entries of a layer's tar to what it says of the wanted files. */
import type { ImageWant } from '../../images/content.ts';
import type { LayerEntry, LayerFacts } from '../../images/layer-stack.ts';
import { wantedFile } from '../../images/wanted-files.ts';
import { LayerError } from './layer-error.ts';
import type { LayerBudget } from './limits.ts';
import type { TarEntry, TarVisitor } from './tar.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What a string costs besides its characters, about. */
const STRING_COST = 64;

/**
 * Names that no folder has: what is no folder hides a folder of older layers, but remembering every module and library of
 * an image for that would cost more memory than all the rest.
 */
const NEVER_A_FOLDER =
  /\.(?:py|pyc|pyi|pyx|so|h|hpp|c|a|js|mjs|map|ts|json|html|css|txt|md|rst|gz|xz|png|svg|md5sums|list|mo)$/u;

export interface LayerCollector extends TarVisitor {
  readonly facts: () => Omit<LayerFacts, 'uncompressed'>;
}

/** @throws LayerError (from its methods) when the budget is used up, or a wanted file is larger than it may be. */
export function createLayerCollector(want: ImageWant, budget: LayerBudget): LayerCollector {
  const entries = new Map<string, LayerEntry>();
  const gone = new Set<string>();
  const opaque = new Set<string>();
  let open: string | null = null;

  const spend = (bytes: number): void => {
    budget.keptBytes -= bytes;
    if (budget.keptBytes < 0) throw new LayerError('what has to be kept of it in memory is too large');
  };
  const hide = (paths: Set<string>, path: string): void => {
    if (paths.has(path)) return;
    spend(STRING_COST + path.length);
    paths.add(path);
  };
  const put = (path: string, entry: LayerEntry): void => {
    spend(STRING_COST + path.length + (entry.bytes?.length ?? 0));
    entries.set(path, entry);
  };

  return {
    entry(entry) {
      budget.entries -= 1;
      if (budget.entries < 0) throw new LayerError('it has too many entries');
      const { path } = entry;
      if (path === null) return 0;
      const slash = path.lastIndexOf('/');
      const base = path.slice(slash + 1);
      if (base.startsWith(WHITEOUT)) {
        const folder = slash === -1 ? '' : path.slice(0, slash);
        if (base === OPAQUE) hide(opaque, folder);
        // Other names that start like this are notes of AUFS to itself.
        else if (!base.startsWith('.wh..wh.')) {
          hide(gone, `${folder === '' ? '' : `${folder}/`}${base.slice(WHITEOUT.length)}`);
        }
        return 0;
      }
      if (entry.type !== 'folder' && (entry.type !== 'file' || !NEVER_A_FOLDER.test(base))) hide(gone, path);
      const wanted = wantedFile(path, want);
      if (wanted === null) return 0;
      if (entry.type !== 'file' || entry.sparse) {
        put(path, withoutContent(entry, entries));
        return 0;
      }
      if (entry.size > wanted.limit && wanted.leaveOut === true) {
        put(path, { type: 'other', bytes: null });
        return 0;
      }
      if (entry.size > wanted.limit && !wanted.beginning) {
        throw new LayerError(`${path} is ${entry.size} bytes large; at most ${wanted.limit} are read`);
      }
      open = path;
      return wanted.limit;
    },
    content(bytes) {
      if (open !== null) put(open, { type: 'file', bytes });
      open = null;
    },
    facts: () => ({ entries, gone, opaque }),
  };
}

/** A hard link names a file that came before it in the same layer, under whatever wanted name. */
function withoutContent(entry: TarEntry, entries: ReadonlyMap<string, LayerEntry>): LayerEntry {
  switch (entry.type) {
    case 'file':
      // One with holes.
      return { type: 'file', bytes: null };
    case 'hard-link':
      return { type: 'file', bytes: entries.get(entry.linkTarget ?? '')?.bytes ?? null };
    case 'symlink':
      return { type: 'link', bytes: null };
    case 'folder':
      return { type: 'folder', bytes: null };
    case 'other':
      return { type: 'other', bytes: null };
  }
}
