/** Which version of each package apt would have, before it looks at dependencies (apt_preferences(5)). Pure. */
import {
  isPinned,
  NEVER,
  pinMatchesFile,
  pinMatchesVersion,
  type Pin,
  type PinnedFile,
} from './apt-preferences.ts';
import { compareDebVersions } from '../images/deb-version.ts';
import type { DebOrigin, DebPackage, DebVersion } from './deb-universe.ts';

/** The image's own database, as pins see it. */
const DATABASE: PinnedFile = {
  site: null,
  archive: 'now',
  codename: '',
  version: '',
  origin: '',
  label: '',
  component: 'now',
  architecture: '',
};
const DATABASE_PRIORITY = 100;

export interface Policy {
  /** The version that apt would move this package to; the installed one when it would stay. */
  readonly candidateOf: (one: DebPackage) => DebVersion;
}

/** @param native the image's own architecture. */
export function createPolicy(pins: readonly Pin[], native: string): Policy {
  const general = pins.filter((pin) => pin.package === '*');
  const specific = pins.filter((pin) => pin.package !== '*');
  const known = new Map<PinnedFile, number>();

  /** The first general pin that matches; `never` wins over all. */
  function priorityOfFile(file: PinnedFile, unpinned: number): number {
    const before = known.get(file);
    if (before !== undefined) return before;
    const matching = general.filter((pin) => pinMatchesFile(pin, file));
    const never = matching.find(({ priority }) => priority === NEVER);
    const priority = (never ?? matching[0])?.priority ?? unpinned;
    known.set(file, priority);
    return priority;
  }

  function prioritiesOf(version: DebVersion): readonly number[] {
    const offered = version.origins.map((origin: DebOrigin) => priorityOfFile(origin.file, origin.priority));
    return version.package.installed === version
      ? [...offered, priorityOfFile(DATABASE, DATABASE_PRIORITY)]
      : offered;
  }

  function priorityOf(version: DebVersion): number {
    const { record } = version;
    const { arch } = version.package;
    const isInstalled = version.package.installed === version;
    const files = [...version.origins.map(({ file }) => file), ...(isInstalled ? [DATABASE] : [])];
    const priorities = prioritiesOf(version);
    if (specific.length > 0 && priorities.some((priority) => priority !== NEVER)) {
      const place = { name: record.name, source: record.source, arch, native };
      const pin = specific.find(
        (each) => isPinned(each, place) && pinMatchesVersion(each, record.version, files),
      );
      if (pin !== undefined) return pin.priority;
    }
    return Math.max(...priorities);
  }

  return {
    candidateOf(one) {
      let best = -1;
      let candidate = one.installed;
      for (const version of one.versions) {
        const priority = priorityOf(version);
        if (priority === 0 || priority <= best) continue;
        const isOlder = compareDebVersions(version.record.version, one.installed.record.version) < 0;
        // A pin of 1000 and more may go back.
        if (isOlder && priority < 1000) continue;
        best = priority;
        candidate = version;
      }
      return candidate;
    },
  };
}
