/** The system calls that the sandbox looks at, with their numbers (asm/unistd_64.h; asm-generic/unistd.h of arm64). */

export interface CallNumbers {
  readonly name: string;
  /** null: that architecture has no such call. */
  readonly x64: number | null;
  readonly arm64: number | null;
  /** `unknown`: as if the kernel were older than the call, so that programs take their other way; `unsupported`: as if by the file system. */
  readonly verdict: Verdict;
}

/** `by-…`: by an argument. */
export type Verdict =
  | 'refused'
  | 'unknown'
  | 'unsupported'
  | 'by-family'
  | 'by-flags'
  | 'by-request'
  | 'by-personality'
  | 'by-second-mode'
  | 'by-third-mode'
  | 'by-open-mode'
  | 'by-openat-mode';

type Row = readonly [name: string, x64: number | null, arm64: number | null];

function rows(verdict: Verdict, calls: readonly Row[]): readonly CallNumbers[] {
  return calls.map(([name, x64, arm64]) => ({ name, x64, arm64, verdict }));
}

export const REFUSED_CALLS: readonly CallNumbers[] = [
  // Threat: a setuid program in a folder of ours, which another user of the machine starts to become who we are.
  ...rows('by-openat-mode', [['openat', 257, 56]]),
  ...rows('by-open-mode', [['open', 2, null]]),
  ...rows('by-second-mode', [
    ['chmod', 90, null],
    ['fchmod', 91, 52],
    ['creat', 85, null],
    ['mknod', 133, null],
  ]),
  ...rows('by-third-mode', [
    ['fchmodat', 268, 53],
    ['fchmodat2', 452, 452],
    ['mknodat', 259, 33],
  ]),
  // Threat: takes all of a disk in one moment, before any watch sees it. Programs then write instead.
  ...rows('unsupported', [['fallocate', 285, 47]]),
  // Its mode lies in memory, where no filter can read it.
  ...rows('unknown', [['openat2', 437, 437]]),
  // AF_VSOCK and others know no network namespace.
  ...rows('by-family', [
    ['socket', 41, 198],
    ['socketpair', 53, 199],
  ]),
  ...rows('by-flags', [['clone', 56, 220]]),
  ...rows('by-request', [['ioctl', 16, 29]]),
  ...rows('by-personality', [['personality', 135, 92]]),
  ...rows('unknown', [
    // Its flags lie in memory, where no filter can read them; the C library then takes clone.
    ['clone3', 435, 435],
    ['io_uring_setup', 425, 425],
    ['io_uring_enter', 426, 426],
    ['io_uring_register', 427, 427],
    // Threat: memory that belongs to no process, and so is not counted.
    ['memfd_create', 319, 279],
    ['memfd_secret', 447, 447],
    ['shmget', 29, 194],
    ['msgget', 68, 186],
  ]),
  ...rows('refused', [
    // Kernel keys are the user's, not the namespace's.
    ['add_key', 248, 217],
    ['request_key', 249, 218],
    ['keyctl', 250, 219],
    // Threat: taking over the first process of the namespace, which is what ends with us.
    ['ptrace', 101, 117],
    ['process_vm_readv', 310, 270],
    ['process_vm_writev', 311, 271],
    ['pidfd_getfd', 438, 438],
    ['unshare', 272, 97],
    ['setns', 308, 268],
    ['mount', 165, 40],
    ['umount2', 166, 39],
    ['pivot_root', 155, 41],
    ['chroot', 161, 51],
    ['open_tree', 428, 428],
    ['move_mount', 429, 429],
    ['fsopen', 430, 430],
    ['fsconfig', 431, 431],
    ['fsmount', 432, 432],
    ['fspick', 433, 433],
    ['mount_setattr', 442, 442],
    ['open_by_handle_at', 304, 265],
    ['bpf', 321, 280],
    ['perf_event_open', 298, 241],
    ['userfaultfd', 323, 282],
    ['fanotify_init', 300, 262],
    ['kexec_load', 246, 104],
    ['kexec_file_load', 320, 294],
    ['init_module', 175, 105],
    ['finit_module', 313, 273],
    ['delete_module', 176, 106],
    ['reboot', 169, 142],
    ['swapon', 167, 224],
    ['swapoff', 168, 225],
    ['acct', 163, 89],
    ['quotactl', 179, 60],
    ['quotactl_fd', 443, 443],
    ['syslog', 103, 116],
    ['settimeofday', 164, 170],
    ['clock_settime', 227, 112],
    ['lookup_dcookie', 212, 18],
    ['nfsservctl', 180, 42],
    ['vhangup', 153, 58],
    ['iopl', 172, null],
    ['ioperm', 173, null],
    ['modify_ldt', 154, null],
    ['uselib', 134, null],
    ['_sysctl', 156, null],
  ]),
];
