/** What is inside one image, as its manifest, configuration and layers tell without running it. Plain data, pure. */

export interface ImageContent {
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string;
  readonly manifestDigest: string;
  /** From `/etc/os-release` or `/usr/lib/os-release`; null: the image has none (scratch), or it was not read. */
  readonly os: ImageSystem | null;
  /** CPython found in the image, by place; `location` is `PYTHON_VERSION` where only the environment says so. */
  readonly pythons: readonly ImageInterpreter[];
  /** ISO 8601, as the configuration says; may be the epoch. */
  readonly created: string | null;
  /** Sorted by kind, name, arch, version, location. Empty when `unread` says why. */
  readonly packages: readonly ImagePackage[];
  readonly config: ImageConfig;
  /** Of the manifest: `org.opencontainers.image.source` and others; official images have these and no labels. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Oldest first, as in the manifest. */
  readonly layers: readonly ImageLayer[];
  /**
   * Why the layers could not be read: then `packages` and `os` say nothing, and a comparison must not call anything
   * removed. null when all that was wanted was read.
   */
  readonly unread: string | null;
  /** What was left out although the rest was read, for people. */
  readonly notes: readonly string[];
  /** By path without a leading slash: package databases of dpkg and apk, and what says where their managers look. */
  readonly sourceFiles?: ReadonlyMap<string, Buffer>;
}

export interface ImageSystem {
  /** `debian`, `alpine`, `rhel`. */
  readonly id: string;
  /** `12`, `3.22.1`; empty for a rolling release. */
  readonly version: string;
  /** `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** `bookworm`; empty where there is none. */
  readonly codename: string;
}

export interface ImageInterpreter {
  readonly version: string;
  readonly location: string;
}

export type ImagePackageKind = 'deb' | 'apk' | 'rpm' | 'python';

export interface ImagePackage {
  readonly kind: ImagePackageKind;
  /** As the database has it; Python's normalised as PEP 503 says. */
  readonly name: string;
  /** The whole of it: `1:2.36.1-8+deb12u2`, `3.5.4-r0`, `2:9.1.083-5.el9`. */
  readonly version: string;
  /** `amd64`, `x86_64`, `noarch`; empty for Python. */
  readonly arch: string;
  /** Name of the source package (apk: origin); the package's own name where none is written. */
  readonly source: string;
  /** Version of the source package; the package's own where none is written. */
  readonly sourceVersion: string;
  /** The database's file, or the folder that holds the `*.dist-info`; without a leading slash. */
  readonly location: string;
}

export interface ImageConfig {
  /** `NAME=value`, in the image's order. */
  readonly env: readonly string[];
  readonly user: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `8080/tcp`, sorted. */
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageLayer {
  readonly digest: string;
  /** Bytes, as the manifest says. */
  readonly compressed: number;
  /** Bytes; null: it was not read, or not to its end. */
  readonly uncompressed: number | null;
}

/** What a reading is for; what is not wanted is not looked for, and may save the older layers. */
export interface ImageWant {
  /** The distribution's packages. */
  readonly system: boolean;
  readonly release: boolean;
  /** Python distributions and interpreters: these can be in any layer, so all are read. */
  readonly python: boolean;
  /** Where its package manager looks for packages: these files can be in any layer, too. */
  readonly sources?: true;
}

export const WANT_ALL: ImageWant = { system: true, release: true, python: true };

const KINDS: readonly ImagePackageKind[] = ['deb', 'apk', 'rpm', 'python'];

type PackagePlace = Pick<ImagePackage, 'kind' | 'name' | 'arch' | 'version' | 'location'>;

/** By kind, name, arch, version, location. */
export function comparePackages(a: PackagePlace, b: PackagePlace): number {
  return (
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    compareText(a.name, b.name) ||
    compareText(a.arch, b.arch) ||
    compareText(a.version, b.version) ||
    compareText(a.location, b.location)
  );
}

/** Sorted, and without doubles. */
export function sortPackages(packages: readonly ImagePackage[]): readonly ImagePackage[] {
  const sorted = [...packages].sort(comparePackages);
  return sorted.filter((each, index) => {
    const before = sorted[index - 1];
    return before === undefined || comparePackages(before, each) !== 0;
  });
}

/** By code units: the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
