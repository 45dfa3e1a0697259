/** What the command lines of the distributions' package managers mean. Pure. */
import type { PackageCommand, PackageManager } from './dockerfile-outline.ts';

type Action = PackageCommand['action'];

export interface Grammar {
  /** By the word behind the options. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Options whose value is the next word. */
  readonly valued: ReadonlySet<string>;
  /** Options with which it does nothing to this image: a simulation, another root. */
  readonly idle: ReadonlySet<string>;
  /** Options that fetch the indexes; null: it fetches them by itself. */
  readonly fetches: ReadonlySet<string> | null;
  /** Options that turn an installation into an upgrade of what is named. */
  readonly upgrades: ReadonlySet<string>;
  readonly security: ReadonlySet<string>;
  /** Options that narrow an upgrade down to what is not known here. */
  readonly narrows: ReadonlySet<string>;
  /** An installation by name also moves what is there already. */
  readonly installMoves: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const NONE: ReadonlySet<string> = new Set();

function actions(
  update: string,
  upgrade: string,
  full: string,
  install: string,
): ReadonlyMap<string, Action> {
  const of = (names: string, action: Action): readonly (readonly [string, Action])[] =>
    names.split(' ').map((name) => [name, action]);
  return new Map([
    ...of(update, 'update'),
    ...of(upgrade, 'upgrade'),
    ...of(full, 'full-upgrade'),
    ...of(install, 'install'),
  ]);
}

/** apt-get(8), apt(8), aptitude(8). */
const APT: Grammar = {
  actions: actions(
    'update',
    'upgrade safe-upgrade',
    'dist-upgrade full-upgrade',
    'install reinstall build-dep',
  ),
  valued: words(
    '-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P --build-profiles',
  ),
  idle: words('-s --simulate --just-print --dry-run --recon --no-act -d --download-only --print-uris'),
  fetches: words('--update -U'),
  upgrades: words('--only-upgrade'),
  security: NONE,
  narrows: NONE,
  installMoves: true,
};

/**
 * apk(8). What changes the root fetches indexes that are missing or older than four hours (`--cache-max-age`) by itself.
 * An installed package stays as it is, unless it is told to upgrade.
 */
const APK: Grammar = {
  actions: actions('update', 'upgrade', 'dist-upgrade', 'add'),
  valued: words(
    '-X --repository -p --root -t --virtual --keys-dir --repositories-file --wait --cache-dir --cache-max-age --arch --progress-fd --timeout',
  ),
  idle: words('-s --simulate -p --root'),
  fetches: null,
  upgrades: words('-u --upgrade'),
  security: NONE,
  narrows: NONE,
  installMoves: false,
};

/**
 * dnf(8), dnf5(8), microdnf(8), yum(8). An installation by name moves an installed package with `best` alone, which some
 * distributions set and dnf 5 has no more.
 */
const DNF: Grammar = {
  actions: actions(
    'makecache check-update',
    'upgrade update up upgrade-minimal update-minimal',
    'distro-sync distrosync dsync distribution-synchronization',
    'install in localinstall groupinstall builddep',
  ),
  valued: words(
    '-x --exclude --excludepkgs --enablerepo --disablerepo --repo --repoid --setopt --releasever --installroot -c --config -d --debuglevel -e --errorlevel -R --randomwait --forcearch --advisory --advisories --cve --cves --bz --bzs --sec-severity --secseverity --comment --enableplugin --disableplugin',
  ),
  idle: words('--installroot --downloadonly --assumeno'),
  fetches: null,
  upgrades: NONE,
  security: words('--security'),
  narrows: words(
    '--advisory --advisories --cve --cves --bz --bzs --sec-severity --secseverity --bugfix --enhancement --newpackage',
  ),
  installMoves: false,
};

/** zypper(8). */
const ZYPPER: Grammar = {
  actions: actions('refresh ref', 'update up patch', 'dist-upgrade dup', 'install in'),
  valued: words(
    '-r --repo --from -t --type -c --config -R --root --installroot -D --reposd-dir -C --cache-dir -b --bugzilla --bz --cve --date --severity -g --category -p --plus-repo --plus-content',
  ),
  idle: words('-R --root --installroot --dry-run --download-only -d'),
  fetches: null,
  upgrades: NONE,
  security: NONE,
  narrows: words('-b --bugzilla --bz --cve --date --severity -g --category'),
  installMoves: false,
};

const GRAMMARS: Readonly<Record<PackageManager, Grammar>> = {
  apt: APT,
  apk: APK,
  dnf: DNF,
  microdnf: DNF,
  yum: DNF,
  zypper: ZYPPER,
};

export function grammarOf(manager: PackageManager): Grammar {
  return GRAMMARS[manager];
}

const PROGRAMS: ReadonlyMap<string, PackageManager> = new Map([
  ['apt-get', 'apt'],
  ['apt', 'apt'],
  ['aptitude', 'apt'],
  ['apk', 'apk'],
  ['dnf', 'dnf'],
  ['dnf5', 'dnf'],
  ['tdnf', 'dnf'],
  ['microdnf', 'microdnf'],
  ['yum', 'yum'],
  ['zypper', 'zypper'],
]);

/** By the name of its program. */
export function managerNamed(program: string): PackageManager | null {
  return PROGRAMS.get(program) ?? null;
}

/** The kind of packages that it installs. */
export function kindOf(manager: PackageManager): 'deb' | 'apk' | 'rpm' {
  if (manager === 'apt') return 'deb';
  return manager === 'apk' ? 'apk' : 'rpm';
}
