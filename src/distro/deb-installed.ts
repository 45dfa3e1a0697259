/** What dpkg's database tells of installed packages, with all that a decision on upgrades needs. Pure. */
import { controlParagraphs } from './deb-control.ts';
import { recordOf, RECORD_FIELDS, type DebRecord } from './deb-record.ts';

export interface InstalledDeb extends DebRecord {
  /** `apt-mark hold`: apt never moves it. */
  readonly hold: boolean;
  /** Its installation ended (`installed` and the states of triggers). */
  readonly configured: boolean;
}

const FIELDS: ReadonlySet<string> = new Set([...RECORD_FIELDS, 'status']);
const CONFIGURED = ['installed', 'triggers-awaited', 'triggers-pending'];
/** A half-installed package is none: apt would remove it first. */
const THERE = [...CONFIGURED, 'unpacked', 'half-configured'];

/**
 * @param text of `var/lib/dpkg/status`, or of one file of `status.d` (one paragraph without `Status`).
 * @returns the packages that are there, and how many entries have no usable name, version or architecture.
 */
export function parseInstalledDebs(text: string): {
  readonly packages: readonly InstalledDeb[];
  readonly odd: number;
} {
  const packages: InstalledDeb[] = [];
  let odd = 0;
  for (const fields of controlParagraphs(text, { comments: false, only: FIELDS })) {
    const [want = '', , state = ''] = (fields.get('status') ?? 'install ok installed').split(/\s+/u);
    if (!THERE.includes(state)) continue;
    const record = recordOf(fields);
    if (record === null) odd += 1;
    else packages.push({ ...record, hold: want === 'hold', configured: CONFIGURED.includes(state) });
  }
  return { packages, odd };
}

/** Debian's name of the image's own architecture: that of dpkg itself, else of most packages; null: no package has one. */
export function nativeArchitecture(installed: readonly InstalledDeb[]): string | null {
  const own = installed.find(({ name, arch }) => name === 'dpkg' && arch !== 'all');
  if (own !== undefined) return own.arch;
  const counts = new Map<string, number>();
  for (const { arch } of installed) if (arch !== 'all') counts.set(arch, (counts.get(arch) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? null;
}
