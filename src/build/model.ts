/** The nouns of builders: what is built, by what, within which bounds, and what came of it. Types only. */
import type { BuilderSettings as WrittenSettings } from '../config/settings.ts';
import type { Reason } from '../model.ts';
import type { SmokeResult } from '../rebuild/model.ts';
import type { FoundSandbox } from '../run/sandbox/find-sandbox.ts';
import type { Limits } from '../run/sandbox/limits.ts';

export type BuilderKind = 'buildctl' | 'docker' | 'podman' | 'buildah';

/** Of the operator's settings, when it is said what builds. */
export type BuilderSettings = Pick<WrittenSettings, 'path' | 'address' | 'certificates'> & {
  readonly kind: BuilderKind | 'auto' | 'none';
};

export interface Builder {
  readonly kind: BuilderKind;
  /** Absolute. */
  readonly path: string;
  /** `1.28.2`; `unknown`: it was not told. */
  readonly version: string;
  /** Of its daemon: `tcp://host:port`, `unix:///path`; null: the program's own. */
  readonly address: string | null;
  /** Absolute folder with ca.pem, cert.pem and key.pem for that address; null: none. */
  readonly certificates: string | null;
  /** The walls around a builder that runs builds itself (buildah, podman); null: a daemon builds, where it is. */
  readonly walls: FoundSandbox | null;
}

export interface BuildLimits extends Limits {
  /** Of all steps of one build together. */
  readonly seconds: number;
}

const GIB = 1024 ** 3;

/** `diskBytes` counts every layer in the builder's storage, and the image that is written out. */
export const DEFAULT_BUILD_LIMITS: BuildLimits = {
  seconds: 1800,
  memoryBytes: 4 * GIB,
  processes: 2048,
  diskBytes: 20 * GIB,
  outputBytes: 64 * 1024 ** 2,
};

/** What the operator lets a build have; nothing unless it says so. */
export interface BuildGrants {
  readonly secrets: readonly { readonly id: string; readonly file: string }[];
  /** Absolute path of an agent's socket; null: none. */
  readonly ssh: string | null;
}

export const NO_GRANTS: BuildGrants = { secrets: [], ssh: null };

/** Where one build keeps its things; all of it is removed. Absolute paths below one private folder. */
export interface BuildPlace {
  readonly home: string;
  /** Images and containers of a builder without a daemon. */
  readonly storage: string;
  /** The OCI image layout; is made by the builder. */
  readonly layout: string;
  /** Of `docker save`. */
  readonly archive: string;
  /** Output of the build, in order, where the builder writes such a file. */
  readonly log: string;
  /** `registries.conf` of containers/image. */
  readonly registries: string;
  /** A folder for the Dockerfile of a smoke test. */
  readonly smoke: string;
}

/** All that a builder's arguments are made of. */
export interface BuildPlan {
  readonly builder: Pick<Builder, 'path' | 'address' | 'certificates'>;
  readonly place: BuildPlace;
  /** Unique on this machine: names what a daemon keeps of this build. Lower case letters, digits, dashes. */
  readonly id: string;
  /** Absolute, inside the checkout. */
  readonly context: string;
  readonly dockerfile: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly grants: BuildGrants;
  /** Of containers/storage. */
  readonly driver: 'overlay' | 'vfs';
  /** Absolute path of an `auth.json`, or of a folder with a `config.json` for Docker and BuildKit; null: anonymous. */
  readonly credentials: string | null;
}

/** One program to run, and what it needs beside the usual environment. */
export interface BuildStep {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a build failed. */
export interface StepFailure {
  /** The instruction, as the builder names it; empty: not told. */
  readonly step: string;
  /** What was printed since that step began. */
  readonly lines: string;
  /** The builder's own sentence, or empty. */
  readonly error: string;
}

export interface SmokeRequest {
  /** Empty: each Python of the image imports what is installed for it. */
  readonly command: readonly string[];
  /** Absolute paths inside of the interpreters to try for an empty command: see `smokeInterpreters`. */
  readonly interpreters: readonly string[];
  readonly seconds: number;
}

export type BuildOutcome =
  | {
      readonly state: 'built';
      readonly seconds: number;
      /** Absolute: an OCI image layout (image-spec, image-layout.md) with one image. It is gone after `close`. */
      readonly folder: string;
      /** Runs a command inside, without a network and without a credential. */
      smoke(request: SmokeRequest): Promise<SmokeResult>;
      /** Removes all that the build has left. */
      close(): Promise<void>;
    }
  | {
      readonly state: 'failed';
      readonly seconds: number;
      readonly step: string;
      /** Redacted and capped. */
      readonly lines: string;
      readonly reason: Reason;
    }
  /** Nothing was started. */
  | { readonly state: 'not-built'; readonly reason: Reason };
