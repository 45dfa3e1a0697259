/** What is past the end of its support, or soon will be: distributions and Python, from `config/lifecycles.json`. Pure. */

/** Dates are ISO 8601 days, the last on which there is support. */
export interface Release {
  /** Code name: `bookworm`. */
  readonly series?: string;
  readonly end: string;
  /** End of a further support, by `extendedBy`. */
  readonly extended?: string;
  readonly extendedBy?: string;
}

export interface Lifecycle {
  readonly name: string;
  /** Where the dates are from, and the day on which they were read there. */
  readonly source: string;
  readonly date: string;
  readonly releases: ReadonlyMap<string, Release>;
}

export interface Lifecycles {
  /** By the `ID` of os-release; `centos-stream` for CentOS Stream, which calls itself `centos`. */
  readonly systems: ReadonlyMap<string, Lifecycle>;
  readonly python: Lifecycle;
}

/** `ended`: nobody mends it; `extended`: only a further support does; `ending`: within half a year. */
export interface LifecycleNote {
  readonly kind: 'ended' | 'extended' | 'ending' | 'discontinued';
  /** A sentence. */
  readonly text: string;
}

/** As os-release tells. */
export interface SystemRelease {
  readonly id: string;
  /** `12`, `3.22.1`; empty for a rolling release. */
  readonly version: string;
  readonly name: string;
}

const NEAR_DAYS = 180;
const DAY = 24 * 60 * 60 * 1000;
const DATE = /^\d{4}-\d\d-\d\d$/u;

/**
 * Reads the text of `config/lifecycles.json`.
 * @throws {SyntaxError} when it is not as `bench/refresh-lifecycles.ts` leaves it: the file is the project's own.
 */
export function readLifecycles(text: string): Lifecycles {
  const parsed = JSON.parse(text) as unknown;
  if (!isRecord(parsed) || !isRecord(parsed.systems)) throw new SyntaxError('There are no `systems`.');
  return {
    systems: new Map(
      Object.entries(parsed.systems).map(([id, written]): [string, Lifecycle] => [
        id,
        lifecycleOf(id, written),
      ]),
    ),
    python: lifecycleOf('python', parsed.python),
  };
}

function lifecycleOf(id: string, written: unknown): Lifecycle {
  if (!isRecord(written) || !isRecord(written.releases)) throw new SyntaxError(`${id} has no \`releases\`.`);
  const { name, source, date } = written;
  if (
    typeof name !== 'string' ||
    typeof source !== 'string' ||
    typeof date !== 'string' ||
    !DATE.test(date)
  ) {
    throw new SyntaxError(`${id} has no name, source or date.`);
  }
  const releases = Object.entries(written.releases).map(([version, release]): [string, Release] => {
    if (!isRelease(release)) throw new SyntaxError(`${id} ${version} has no dates.`);
    return [version, release];
  });
  return { name, source, date, releases: new Map(releases) };
}

function isRelease(value: unknown): value is Release {
  if (!isRecord(value) || typeof value.end !== 'string' || !DATE.test(value.end)) return false;
  const { series = '', extended, extendedBy } = value;
  if (typeof series !== 'string') return false;
  return extended === undefined
    ? extendedBy === undefined
    : typeof extended === 'string' && DATE.test(extended) && typeof extendedBy === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What a reader should know of an image's age.
 * @param system null: not known.
 * @param pythons versions of CPython in it: `3.9`, `3.9.18`.
 */
export function lifecycleNotes(
  lifecycles: Lifecycles,
  system: SystemRelease | null,
  pythons: readonly string[],
  now: Date,
): readonly LifecycleNote[] {
  const notes: LifecycleNote[] = [];
  if (system !== null) notes.push(...systemNotes(lifecycles, system, now));
  const versions = new Set(pythons.map((version) => version.split('.').slice(0, 2).join('.')));
  for (const version of versions) {
    const release = lifecycles.python.releases.get(version);
    if (release !== undefined) notes.push(...noteOf(`Python ${version}`, release, now));
  }
  return notes;
}

function systemNotes(lifecycles: Lifecycles, system: SystemRelease, now: Date): readonly LifecycleNote[] {
  const isStream = system.id === 'centos' && /stream/iu.test(system.name);
  const lifecycle = lifecycles.systems.get(isStream ? 'centos-stream' : system.id);
  if (lifecycle === undefined) return [];
  const found = releaseOf(lifecycle, system.version);
  if (lifecycle.name === 'CentOS Linux') {
    const ended = found === null ? '' : ` since ${found.release.end}`;
    return [
      {
        kind: 'discontinued',
        text: `CentOS Linux ${system.version} is discontinued${ended} and gets no fixes: AlmaLinux, Rocky Linux and Red Hat's UBI take its place.`,
      },
    ];
  }
  if (found === null) return [];
  const { version, release } = found;
  const series = release.series === undefined ? '' : ` (${release.series})`;
  return noteOf(`${lifecycle.name} ${version}${series}`, release, now);
}

/** The longest known beginning: `3.22.1` is of `3.22`, `9.4` of `9`. */
function releaseOf(
  lifecycle: Lifecycle,
  version: string,
): { readonly version: string; readonly release: Release } | null {
  const numbers = version.split('.', 4);
  for (let count = numbers.length; count > 0; count -= 1) {
    const prefix = numbers.slice(0, count).join('.');
    const release = lifecycle.releases.get(prefix);
    if (release !== undefined) return { version: prefix, release };
  }
  return null;
}

function noteOf(name: string, release: Release, now: Date): readonly LifecycleNote[] {
  const left = daysUntil(release.end, now);
  const { extended, extendedBy } = release;
  if (left >= 0) {
    if (left > NEAR_DAYS) return [];
    const then = extended === undefined ? '' : `; then there is ${extendedBy ?? ''} until ${extended}`;
    const when = left === 0 ? 'today' : left === 1 ? 'tomorrow' : `in ${left} days`;
    return [{ kind: 'ending', text: `Support of ${name} ends ${when}, on ${release.end}${then}.` }];
  }
  if (extended === undefined) {
    return [{ kind: 'ended', text: `${name} is past the end of its support, ${release.end}.` }];
  }
  if (daysUntil(extended, now) < 0) {
    const text = `${name} is past the end of its support, ${release.end}, and of ${extendedBy ?? ''}, ${extended}.`;
    return [{ kind: 'ended', text }];
  }
  const text = `${name} is past the end of its regular support, ${release.end}; only ${extendedBy ?? ''} mends it, until ${extended}.`;
  return [{ kind: 'extended', text }];
}

/** Whole days to the end of a day, UTC; 0: it is today, negative: it is over. */
function daysUntil(day: string, now: Date): number {
  return Math.floor((Date.parse(`${day}T00:00:00Z`) + DAY - 1 - now.getTime()) / DAY);
}
