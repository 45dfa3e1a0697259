/** Which of uv's wheels is for which machine. Pure but for `hostPlatform`. */

export type UvPlatform =
  | 'linux-x64'
  | 'linux-x64-musl'
  | 'linux-arm64'
  | 'linux-arm64-musl'
  | 'darwin-x64'
  | 'darwin-arm64';

/** Platform tags of wheels (PEP 425, 600, 656). */
const TAGS: Readonly<Record<UvPlatform, RegExp>> = {
  'linux-x64': /manylinux_2_\d+_x86_64/u,
  'linux-x64-musl': /musllinux_1_\d+_x86_64/u,
  'linux-arm64': /manylinux_2_\d+_aarch64/u,
  'linux-arm64-musl': /musllinux_1_\d+_aarch64/u,
  'darwin-x64': /macosx_\d+_\d+_x86_64/u,
  'darwin-arm64': /macosx_\d+_\d+_arm64/u,
};

export const UV_PLATFORMS = Object.keys(TAGS) as readonly UvPlatform[];

/** The wheel of `version` for a machine, of several the one for the oldest systems. */
export function wheelFor<T extends { readonly filename: string }>(
  files: readonly T[],
  version: string,
  platform: UvPlatform,
): T | null {
  const fitting = files.filter(
    ({ filename }) =>
      filename.startsWith(`uv-${version}-`) && filename.endsWith('.whl') && TAGS[platform].test(filename),
  );
  return fitting.sort((a, b) => (a.filename < b.filename ? -1 : 1))[0] ?? null;
}

/** This machine's platform, or null when uv is not built for it (or not by us known to be). */
export function hostPlatform(): UvPlatform | null {
  const base = `${process.platform}-${process.arch}`;
  const name = process.platform === 'linux' && !hasGlibc() ? `${base}-musl` : base;
  return UV_PLATFORMS.find((platform) => platform === name) ?? null;
}

function hasGlibc(): boolean {
  // Otherwise the report looks up the name of every open connection. (The types do not know the property yet.)
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
