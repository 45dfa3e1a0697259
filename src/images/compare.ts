/** What is different between two images. Pure. */
import type {
  ImageConfig,
  ImageContent,
  ImageInterpreter,
  ImagePackage,
  ImagePackageKind,
  ImageSystem,
} from './content.ts';
import { compareText } from './content.ts';
import { diffPackages } from './compare-packages.ts';
import type { ImageSourceRevision } from './source-revision.ts';
import { compareRevisions, sourceRevisionOf } from './source-revision.ts';

export interface ImageComparison {
  readonly platform: string;
  readonly from: ImageSide;
  readonly to: ImageSide;
  /** null when one of the two could not be read (`ImageSide.unread` says why). */
  readonly packages: ImagePackageDifference | null;
  /** What of the configuration is different, in a fixed order. */
  readonly config: readonly ImageConfigChange[];
  /** The sources between both, where the labels name the same repository and its forge has such a page; else null. */
  readonly sourceCompare: string | null;
  /** Layers that both have, by digest: their number and compressed bytes. */
  readonly shared: { readonly layers: number; readonly compressed: number };
  readonly notes: readonly string[];
}

/** One column of the table before/after. */
export interface ImageSide {
  readonly manifestDigest: string;
  readonly created: string | null;
  readonly os: ImageSystem | null;
  readonly pythons: readonly ImageInterpreter[];
  /** How many packages of each kind; without the kinds that it has none of. */
  readonly counts: readonly { readonly kind: ImagePackageKind; readonly count: number }[];
  readonly layers: number;
  /** Bytes. */
  readonly compressed: number;
  /** Bytes; null when a layer was not read. */
  readonly uncompressed: number | null;
  readonly unread: string | null;
  /** Where it was built from, as its labels say; null when they do not. */
  readonly sourceRevision: ImageSourceRevision | null;
}

export interface ImagePackageDifference {
  readonly added: readonly ImagePackage[];
  readonly removed: readonly ImagePackage[];
  readonly moved: readonly ImagePackageMove[];
}

export interface ImagePackageMove {
  readonly kind: ImagePackageKind;
  readonly name: string;
  readonly arch: string;
  readonly from: string;
  readonly to: string;
  /** `up` or `down` by the kind's own order of versions; `other`: equal by it, or not comparable. */
  readonly direction: 'up' | 'down' | 'other';
  readonly source: string;
  readonly location: string;
}

export interface ImageConfigChange {
  readonly what: 'env' | 'user' | 'workdir' | 'entrypoint' | 'cmd' | 'port' | 'label';
  /** The variable's, port's or label's name; empty for the others. */
  readonly name: string;
  /** null: it was not there. */
  readonly from: string | null;
  readonly to: string | null;
}

/** @param from the image that is pinned. @param to the image that would be. */
export function compareImages(from: ImageContent, to: ImageContent): ImageComparison {
  const read = from.unread === null && to.unread === null;
  const held = new Set(from.layers.map((layer) => layer.digest));
  const shared = to.layers.filter((layer) => held.has(layer.digest));
  return {
    platform: to.platform,
    from: sideOf(from),
    to: sideOf(to),
    packages: read ? diffPackages(from.packages, to.packages) : null,
    config: diffConfigs(from.config, to.config),
    sourceCompare: compareRevisions(sourceRevisionOf(from), sourceRevisionOf(to)),
    shared: {
      layers: shared.length,
      compressed: shared.reduce((sum, layer) => sum + layer.compressed, 0),
    },
    notes: [...new Set([...from.notes, ...to.notes])],
  };
}

function sideOf(image: ImageContent): ImageSide {
  const kinds: readonly ImagePackageKind[] = ['deb', 'apk', 'rpm', 'python'];
  const sizes = image.layers.map((layer) => layer.uncompressed);
  return {
    manifestDigest: image.manifestDigest,
    created: image.created,
    os: image.os,
    pythons: image.pythons,
    counts: kinds
      .map((kind) => ({ kind, count: image.packages.filter((each) => each.kind === kind).length }))
      .filter(({ count }) => count > 0),
    layers: image.layers.length,
    compressed: image.layers.reduce((sum, layer) => sum + layer.compressed, 0),
    uncompressed: sizes.reduce<number | null>(
      (sum, size) => (sum === null || size === null ? null : sum + size),
      0,
    ),
    unread: image.unread,
    sourceRevision: sourceRevisionOf(image),
  };
}

function diffConfigs(from: ImageConfig, to: ImageConfig): readonly ImageConfigChange[] {
  const single = (what: ImageConfigChange['what'], old: string, now: string): readonly ImageConfigChange[] =>
    old === now ? [] : [{ what, name: '', from: old, to: now }];
  return [
    ...diffNames('env', environment(from.env), environment(to.env)),
    ...single('user', from.user, to.user),
    ...single('workdir', from.workdir, to.workdir),
    ...single('entrypoint', JSON.stringify(from.entrypoint), JSON.stringify(to.entrypoint)),
    ...single('cmd', JSON.stringify(from.cmd), JSON.stringify(to.cmd)),
    ...diffNames(
      'port',
      new Map(from.ports.map((port) => [port, ''])),
      new Map(to.ports.map((port) => [port, ''])),
    ),
    ...diffNames('label', new Map(Object.entries(from.labels)), new Map(Object.entries(to.labels))),
  ];
}

function diffNames(
  what: ImageConfigChange['what'],
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): readonly ImageConfigChange[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .sort(compareText)
    .map((name) => ({ what, name, from: from.get(name) ?? null, to: to.get(name) ?? null }))
    .filter((change) => change.from !== change.to);
}

/** A later value wins, as in the engine that runs it. */
function environment(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const equals = line.indexOf('=');
      return equals === -1 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}
