/** The system calls that a child in the sandbox is refused, as a classic BPF program of seccomp(2). Pure. */
import { REFUSED_CALLS } from './system-calls.ts';
import type { CallNumbers } from './system-calls.ts';

export type Architecture = 'x64' | 'arm64';

interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** linux/bpf_common.h: load an absolute word, jump if equal / greater or equal / any bit set, return. */
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

/** struct seccomp_data: the call's number, the architecture, and the low word of each argument (little endian). */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

/** linux/seccomp.h */
const KILL = 0x80000000;
const ALLOW = 0x7fff0000;
const refuse = (errno: number): number => 0x00050000 + errno;

/** Linux's numbers, whatever this process runs on. */
const EPERM = 1;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const EAFNOSUPPORT = 97;

/** linux/audit.h */
const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Calls of the x32 mode of an x86-64 kernel carry this bit. */
const X32_BIT = 0x40000000;

/** AF_UNIX, AF_INET, AF_INET6. */
const FAMILIES = [1, 2, 10];
const AF_NETLINK = 16;
/** NETLINK_ROUTE: addresses of interfaces, which the C library asks for; the other families are no one's here. */
const NETLINK_ROUTE = 0;
/** The CLONE_NEW* flags of clone(2): mounts, cgroups, UTS, IPC, users, processes, network. */
const NEW_NAMESPACES = 0x7e020000;
/** S_ISUID of a mode, and O_CREAT, without which open(2) has none. */
const SET_USER = 0o4000;
const CREATE = 0o100;
/** TIOCSTI, TIOCLINUX: type into a terminal, which whoever sits at it then runs. */
const TERMINAL_INPUT = [0x5412, 0x541c];
/** PER_LINUX and PER_LINUX32, each also with UNAME26; the last one asks what it is. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/**
 * Everything is allowed but what is named: a locker runs compilers and interpreters of any kind. Refused are the calls that
 * reach beyond the namespaces (kernel keys, sockets to the hypervisor, modules), that make new ones, that hold memory which no
 * process is charged for, and those in which the kernel was broken most often (io_uring, bpf, userfaultfd).
 * Other modes of the processor (32 bit, x32), whose numbers differ, end the process.
 * @returns the bytes that `bwrap --seccomp` reads (struct sock_filter, little endian), or null for another architecture.
 */
export function seccompProgram(architecture: string): Buffer | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const program = instructions(architecture);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  }
  return bytes;
}

function instructions(architecture: Architecture): readonly Instruction[] {
  const number = (call: CallNumbers): number | null => call[architecture];
  return [
    load(ARCHITECTURE_AT),
    jump(JUMP_EQUAL, AUDIT_ARCHITECTURE[architecture], 1, 0),
    give(KILL),
    load(NUMBER_AT),
    ...(architecture === 'x64' ? [jump(JUMP_AT_LEAST, X32_BIT, 0, 1), give(KILL)] : []),
    ...REFUSED_CALLS.flatMap((call) => {
      const body = bodyOf(call);
      const at = number(call);
      return at === null ? [] : [jump(JUMP_EQUAL, at, 0, body.length), ...body];
    }),
    give(ALLOW),
  ];
}

/** What is done for a call; each ends with a verdict. */
function bodyOf(call: CallNumbers): readonly Instruction[] {
  switch (call.verdict) {
    case 'refused':
      return [give(refuse(EPERM))];
    case 'unknown':
      return [give(refuse(ENOSYS))];
    case 'unsupported':
      return [give(refuse(EOPNOTSUPP))];
    case 'by-second-mode':
      return byMode(1);
    case 'by-third-mode':
      return byMode(2);
    case 'by-open-mode':
      return byCreation(1);
    case 'by-openat-mode':
      return byCreation(2);
    case 'by-family':
      return [
        load(argumentAt(0)),
        ...FAMILIES.flatMap((family) => [jump(JUMP_EQUAL, family, 0, 1), give(ALLOW)]),
        jump(JUMP_EQUAL, AF_NETLINK, 0, 3),
        load(argumentAt(2)),
        jump(JUMP_EQUAL, NETLINK_ROUTE, 0, 1),
        give(ALLOW),
        give(refuse(EAFNOSUPPORT)),
      ];
    case 'by-flags':
      return [
        load(argumentAt(0)),
        jump(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1),
        give(refuse(EPERM)),
        give(ALLOW),
      ];
    case 'by-request':
      return [
        load(argumentAt(1)),
        ...TERMINAL_INPUT.flatMap((request) => [jump(JUMP_EQUAL, request, 0, 1), give(refuse(EPERM))]),
        give(ALLOW),
      ];
    case 'by-personality':
      return [
        load(argumentAt(0)),
        ...PERSONALITIES.flatMap((value) => [jump(JUMP_EQUAL, value, 0, 1), give(ALLOW)]),
        give(refuse(EPERM)),
      ];
  }
}

function byMode(argument: number): readonly Instruction[] {
  return [load(argumentAt(argument)), jump(JUMP_ANY_BIT, SET_USER, 0, 1), give(refuse(EPERM)), give(ALLOW)];
}

function byCreation(flags: number): readonly Instruction[] {
  return [load(argumentAt(flags)), jump(JUMP_ANY_BIT, CREATE, 1, 0), give(ALLOW), ...byMode(flags + 1)];
}

function load(at: number): Instruction {
  return { code: LOAD, jt: 0, jf: 0, k: at };
}

function jump(code: number, k: number, jt: number, jf: number): Instruction {
  return { code, jt, jf, k };
}

function give(verdict: number): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k: verdict };
}
