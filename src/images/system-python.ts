/** Which Python a distribution calls `python3`, by the image that is built on it. Pure; facts of released distributions. */

type Releases = ReadonlyMap<string, string>;

const DEBIAN: Releases = new Map([
  ['10', '3.7'],
  ['11', '3.9'],
  ['12', '3.11'],
  ['13', '3.13'],
]);
const UBUNTU: Releases = new Map([
  ['18.04', '3.6'],
  ['20.04', '3.8'],
  ['22.04', '3.10'],
  ['24.04', '3.12'],
]);
const ALPINE: Releases = new Map([
  ['3.12', '3.8'],
  ['3.13', '3.8'],
  ['3.14', '3.9'],
  ['3.15', '3.9'],
  ['3.16', '3.10'],
  ['3.17', '3.10'],
  ['3.18', '3.11'],
  ['3.19', '3.11'],
  ['3.20', '3.12'],
  ['3.21', '3.12'],
  ['3.22', '3.12'],
]);
/** Red Hat Enterprise Linux and what is rebuilt from it. */
const ENTERPRISE: Releases = new Map([
  ['8', '3.6'],
  ['9', '3.9'],
  ['10', '3.12'],
]);
const AMAZON: Releases = new Map([
  ['2', '3.7'],
  ['2023', '3.9'],
]);
const CODENAMES: Releases = new Map([
  ['buster', '3.7'],
  ['bullseye', '3.9'],
  ['bookworm', '3.11'],
  ['trixie', '3.13'],
  ['bionic', '3.6'],
  ['focal', '3.8'],
  ['jammy', '3.10'],
  ['noble', '3.12'],
]);

/** Images whose tag is the distribution's own version. */
const DISTRIBUTIONS: readonly { readonly name: RegExp; readonly tag: RegExp; readonly releases: Releases }[] =
  [
    { name: /^debian$/u, tag: /^(\d+)/u, releases: DEBIAN },
    { name: /^ubuntu$/u, tag: /^(\d\d\.\d\d)/u, releases: UBUNTU },
    { name: /^alpine$/u, tag: /^(3\.\d+)/u, releases: ALPINE },
    { name: /^(?:almalinux|rockylinux|rocky|centos|oraclelinux)$/u, tag: /^(\d+)/u, releases: ENTERPRISE },
    { name: /^amazonlinux$/u, tag: /^(\d+)/u, releases: AMAZON },
  ];
/** `…-ubuntu22.04`, `…-ubuntu2204`, `…:ubuntu-24.04`. */
const UBUNTU_IN_TAG = /(?:^|[-_.])ubuntu-?(\d\d)\.?(\d\d)(?!\d)/u;
const ALPINE_IN_TAG = /(?:^|[-_.])alpine-?(3\.\d+)/u;
const DEBIAN_IN_TAG = /(?:^|[-_.])debian-?(\d\d)(?!\d)/u;
/** Red Hat's `ubi9`, `ubi9/ubi-minimal`, `ubi8-minimal`. */
const UBI_IN_NAME = /(?:^|\/)ubi(\d+)(?:$|[-/])/u;
const CODENAME = new RegExp(`(?:^|[-_.])(${[...CODENAMES.keys()].join('|')})(?:$|[-_.])`, 'u');
const LONGEST = 512;

/** Images that bring their distribution's Python without a command. */
export function bringsSystemPython(reference: string): boolean {
  return /(?:^|\/)playwright\/python(?:$|[:@])/u.test(reference.slice(0, LONGEST).toLowerCase());
}

/**
 * The Python that the package `python3` of an image's distribution is: `ubuntu:22.04`, `node:20-bookworm-slim`,
 * `nvidia/cuda:12.1.0-runtime-ubuntu22.04`, `redhat/ubi9`.
 * @param reference an image reference without variables.
 * @returns `3.10`; null when the reference does not tell the distribution's release, or it is one not known here.
 */
export function systemPythonOf(reference: string): string | null {
  if (reference.length > LONGEST) return null;
  const bare = reference.toLowerCase().split('@', 1)[0] ?? '';
  const colon = bare.indexOf(':', bare.lastIndexOf('/') + 1);
  const name = colon === -1 ? bare : bare.slice(0, colon);
  const tag = colon === -1 ? '' : bare.slice(colon + 1);
  const last = name.slice(name.lastIndexOf('/') + 1);
  const ubi = UBI_IN_NAME.exec(name)?.[1];
  if (ubi !== undefined) return ENTERPRISE.get(ubi) ?? null;
  const own = DISTRIBUTIONS.find((one) => one.name.test(last));
  const version = own?.tag.exec(tag)?.[1];
  if (own !== undefined && version !== undefined) return own.releases.get(version) ?? null;
  const codename = CODENAME.exec(tag)?.[1];
  if (codename !== undefined) return CODENAMES.get(codename) ?? null;
  const ubuntu = UBUNTU_IN_TAG.exec(tag);
  if (ubuntu !== null) return UBUNTU.get(`${ubuntu[1] ?? ''}.${ubuntu[2] ?? ''}`) ?? null;
  const alpine = ALPINE_IN_TAG.exec(tag)?.[1];
  if (alpine !== undefined) return ALPINE.get(alpine) ?? null;
  const debian = DEBIAN_IN_TAG.exec(tag)?.[1];
  return debian === undefined ? null : (DEBIAN.get(debian) ?? null);
}
