/** Why there is no sandbox on this machine, and what its operator can do. Pure. */
import type { Reason } from '../../model.ts';

/** What was read of the machine; null where it has no such setting. */
export interface SandboxFacts {
  /** As `process.platform`. */
  readonly platform: string;
  readonly root: boolean;
  readonly container: boolean;
  /** kernel.apparmor_restrict_unprivileged_userns is on (Ubuntu 23.10 and later). */
  readonly appArmorRestricts: boolean;
  /** kernel.unprivileged_userns_clone is off (Debian up to 10, hardened kernels). */
  readonly cloneForbidden: boolean;
  /** user.max_user_namespaces is 0. */
  readonly noUserNamespaces: boolean;
}

/** What was tried: nothing was found, it is too old, or it failed with these words. */
export type SandboxProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'too-old'; readonly path: string; readonly version: string }
  | { readonly kind: 'failed'; readonly path: string; readonly words: string };

export const OLDEST_BUBBLEWRAP = '0.4.0';

const CONTAINER_FIX =
  'Start the container with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`: user namespaces, mounts and a new /proc are then allowed in it. Nothing more is needed, and it need not be privileged.';

export function sandboxReason(problem: SandboxProblem, facts: SandboxFacts): Reason {
  const reason = (message: string, fix: string, detail = ''): Reason => ({
    code: 'sandbox-unavailable',
    message: `There is no sandbox for lockers: ${message}`,
    fix,
    detail,
  });
  if (facts.platform !== 'linux') {
    return reason(
      `bubblewrap is for Linux only, and this is ${facts.platform}.`,
      'Run Relock on Linux (a virtual machine or a container will do), or accept a run without walls by `sandbox = "none"`.',
    );
  }
  if (problem.kind === 'missing') {
    return reason(
      'no bubblewrap (`bwrap`) is on PATH.',
      'Install it: `apt-get install bubblewrap`, `dnf install bubblewrap`, `apk add bubblewrap`.',
    );
  }
  if (problem.kind === 'too-old') {
    return reason(
      `${problem.path} is bubblewrap ${problem.version}, and ${OLDEST_BUBBLEWRAP} or newer is needed.`,
      'Install a newer bubblewrap.',
    );
  }
  const failed = `${problem.path} was tried, and`;
  const { words } = problem;
  if (facts.noUserNamespaces) {
    return reason(
      `${failed} the kernel allows no user namespaces (user.max_user_namespaces is 0).`,
      'As root: `sysctl -w user.max_user_namespaces=10000`, and the same line in /etc/sysctl.d.',
      words,
    );
  }
  if (facts.container)
    return reason(`${failed} this container forbids it: ${cause(words)}.`, CONTAINER_FIX, words);
  if (facts.cloneForbidden && !facts.root) {
    return reason(
      `${failed} the kernel allows user namespaces to root only (kernel.unprivileged_userns_clone is 0).`,
      'As root: `sysctl -w kernel.unprivileged_userns_clone=1`, and the same line in /etc/sysctl.d.',
      words,
    );
  }
  if (facts.appArmorRestricts && !facts.root) {
    return reason(
      `${failed} AppArmor allows user namespaces only to programs with a profile (kernel.apparmor_restrict_unprivileged_userns is 1).`,
      "Give bwrap a profile with `userns,` (Ubuntu's package apparmor-profiles has bwrap-userns-restrict: link it into /etc/apparmor.d and reload), or, as root: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`.",
      words,
    );
  }
  return reason(
    `${failed} it failed: ${cause(words)}.`,
    'Run the same command by hand to see more: `bwrap --unshare-all --unshare-user --ro-bind / / --proc /proc true`.',
    words,
  );
}

function cause(words: string): string {
  if (/mount proc/iu.test(words)) return 'a new /proc cannot be mounted where parts of /proc are masked';
  if (/namespace|uid map|gid map|RTM_NEW/iu.test(words)) return 'user namespaces are refused';
  if (/pivot_root|slave|mount/iu.test(words)) return 'mounts are refused';
  return words === '' ? 'it gave no reason' : words.replace(/\.$/u, '');
}
