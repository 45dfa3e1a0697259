/** The operator's settings: of the machine and the organisation that runs Relock, never read from a repository. */
import type { ScannerName } from '../scan/model.ts';

/** A secret for one host, lent only to jobs of one owner. */
export interface Credential {
  /** `pypi.example.com` or `pypi.example.com:8443`; matched exactly, without case. */
  readonly host: string;
  /** URL path below which it is sent (`/simple/team/`); `/` for the whole host. */
  readonly path: string;
  /**
   * Owner (of `owner/name`) whose jobs may use it; `*` only when the operator says so.
   * Threat: another tenant's manifest names this host to borrow the secret.
   */
  readonly owner: string;
  readonly username: string;
  readonly password: string;
}

/** How one container registry is asked. */
export interface RegistrySetting {
  /** As image references have it, lower case: `docker.io`, `registry.example.com:5000`. */
  readonly host: string;
  /** Asked in its place, for everything; its path goes before the repository's name. No trailing slash. null: none. */
  readonly mirror: string | null;
  /** Plain http, for the host or for its mirror. */
  readonly insecure: boolean;
}

/** Nothing without a sandbox; with one where it can be had; never. */
export type SandboxMode = 'require' | 'auto' | 'none';

/** What looks for known vulnerabilities, and in which data. */
export interface ScanSettings {
  /** Root of a service that answers as the API of OSV; null: the public one. No trailing slash. */
  readonly osvUrl: string | null;
  /** Absolute folder with OSV's own zips, which the built-in scanner then reads instead of the network; null: none. */
  readonly database: string | null;
  /** Below which `relock db update` finds `ECOSYSTEM/all.zip`; null: with OSV. No trailing slash. */
  readonly databaseUrl: string | null;
  /** Absolute path, `off`, or null: on PATH, if it is there. */
  readonly programs: Readonly<Record<Exclude<ScannerName, 'osv'>, string | null>>;
  /** Whether the programs do without downloading databases of their own. */
  readonly offline: boolean;
}

/** What builds images, to show what a rebuild gives. */
export interface BuilderSettings {
  /** `auto`: the first that is there; null: nothing is said, and the front decides. */
  readonly kind: 'auto' | 'buildctl' | 'docker' | 'podman' | 'buildah' | 'none' | null;
  /** Absolute path of the program that `kind` names; null: on PATH. */
  readonly path: string | null;
  /** `unix:///path` or `tcp://host:port` of its daemon; null: where the program itself looks. */
  readonly address: string | null;
  /** Absolute folder with ca.pem, cert.pem and key.pem, for `tcp://`; null: none. */
  readonly certificates: string | null;
  /** For one build. */
  readonly timeoutSeconds: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export interface Settings {
  /** Simple index (PEP 503/691) that stands for the public one; null: the public one. No trailing slash. */
  readonly indexUrl: string | null;
  readonly credentials: readonly Credential[];
  readonly registries: readonly RegistrySetting[];
  readonly tools: {
    /** Path or name of a uv executable; null: on PATH, else Relock's own copy. */
    readonly uv: string | null;
    /** Whether uv may download an interpreter that is not there. */
    readonly pythonDownloads: boolean;
    /** Absolute path of the micromamba, mamba or conda that solves for conda-lock; null: the solver that Relock brings. */
    readonly conda: string | null;
  };
  readonly scan: ScanSettings;
  readonly builder: BuilderSettings;
  /** Whether lockers run in a sandbox; null: as the front says. */
  readonly sandbox: SandboxMode | null;
  /** `host` or `host:port` that every job may reach, also at a private address. */
  readonly allowHosts: readonly string[];
  /** Of downloads that are kept for later runs. */
  readonly cacheBytes: number;
  /** For one locker command, in seconds. */
  readonly timeoutSeconds: number;
  /** How many lockers run side by side; null: as many as the machine has processors, at least 4. */
  readonly parallel: number | null;
  /** Absolute folder of tools and caches; null: `relock` in the user's cache folder. */
  readonly cacheFolder: string | null;
}
