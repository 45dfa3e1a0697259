/** Manifest and configuration of an image (OCI image-spec manifest.md, config.md; Docker's schema 2), checked. Pure. */
import type { ImageConfig } from './content.ts';
import { compareText } from './content.ts';
import { platformName } from './platforms.ts';

export interface LayerDescriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
}

export interface ManifestParts {
  readonly config: LayerDescriptor;
  /** Oldest first. */
  readonly layers: readonly LayerDescriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ConfigParts {
  /** null when it names none. */
  readonly platform: string | null;
  readonly created: string | null;
  readonly config: ImageConfig;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/u;
/** Engines stop at 127. */
const MOST_LAYERS = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** @returns null when it is no image manifest. */
export function parseManifest(json: Fields): ManifestParts | null {
  const config = descriptor(json['config']);
  const list: unknown = json['layers'];
  if (config === null || !Array.isArray(list) || list.length > MOST_LAYERS) return null;
  const layers = list.map(descriptor).filter((layer) => layer !== null);
  if (layers.length !== list.length) return null;
  return { config, layers, annotations: words(json['annotations']) };
}

function descriptor(value: unknown): LayerDescriptor | null {
  const { digest, size, mediaType } = fields(value);
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
  return { digest, size, mediaType: typeof mediaType === 'string' ? mediaType : '' };
}

/** @returns null when the text is no JSON object. */
export function parseImageConfig(text: string): ConfigParts | null {
  const json = parseObject(text);
  if (json === null) return null;
  const inner = fields(json['config']);
  return {
    platform: platformName(json),
    created: typeof json['created'] === 'string' ? isoDate(json['created']) : null,
    config: {
      env: texts(inner['Env']),
      user: oneText(inner['User']),
      workdir: oneText(inner['WorkingDir']),
      entrypoint: texts(inner['Entrypoint']),
      cmd: texts(inner['Cmd']),
      ports: Object.keys(fields(inner['ExposedPorts'])).sort(compareText),
      labels: words(inner['Labels']),
    },
  };
}

function parseObject(text: string): Fields | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : null;
  } catch {
    return null;
  }
}

/** Docker writes nanoseconds; what is no date at all is dropped. */
function isoDate(text: string): string | null {
  const time = text.length > 64 ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function oneText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Threat: a key `__proto__`; `fromEntries` makes it an own property. */
function words(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
