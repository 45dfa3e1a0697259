/** How much of an image is read at most. All are for one image, over its layers. */
export interface LayerLimits {
  /** Bytes from the registry. */
  readonly compressedBytes: number;
  /** Bytes of tar. Threat: a gzip of a megabyte can unfold into a gigabyte. */
  readonly uncompressedBytes: number;
  /** Entries of tar. */
  readonly entries: number;
  /** Bytes of wanted files and of paths that hide others, in memory. */
  readonly keptBytes: number;
  readonly seconds: number;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** The largest images that people build upon (CUDA with a framework) are 8 to 10 GB compressed; those are told, not read. */
export const LAYER_LIMITS: LayerLimits = {
  compressedBytes: 4 * GIB,
  uncompressedBytes: 16 * GIB,
  entries: 2_000_000,
  keptBytes: 160 * MIB,
  seconds: 900,
};

/** What is left of the limits while an image is read. */
export interface LayerBudget {
  compressedBytes: number;
  uncompressedBytes: number;
  entries: number;
  keptBytes: number;
}

export function budgetOf(limits: LayerLimits): LayerBudget {
  const { compressedBytes, uncompressedBytes, entries, keptBytes } = limits;
  return { compressedBytes, uncompressedBytes, entries, keptBytes };
}
