import { describe, expect, it } from 'vitest';
import { seccompProgram } from '../../../src/run/sandbox/seccomp.ts';
import { REFUSED_CALLS } from '../../../src/run/sandbox/system-calls.ts';

const ARCHITECTURES = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
type Architecture = keyof typeof ARCHITECTURES;

/** What the kernel does with a program (linux/filter.h), for the few instructions that it may have; anything else throws. */
function verdict(program: Buffer, audit: number, number: number, args: readonly number[] = []): string {
  const data = Buffer.alloc(64);
  data.writeInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  for (const [index, value] of args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const jump = (taken: boolean): number => program.readUInt8(at * 8 + (taken ? 2 : 3));
    const k = program.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) at += jump(accumulator === k);
    else if (code === 0x35) at += jump(accumulator >= k);
    else if (code === 0x45) at += jump((accumulator & k) !== 0);
    else if (code === 0x06) return name(k);
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('ran past the end');
}

function name(k: number): string {
  if (k === 0x7fff0000) return 'allow';
  if (k === 0x80000000) return 'kill';
  if (k >>> 16 === 5) return `errno ${k & 0xffff}`;
  return `unknown ${k}`;
}

function numberOf(call: string, architecture: Architecture): number {
  return REFUSED_CALLS.find(({ name }) => name === call)?.[architecture] ?? -1;
}

describe.each(Object.keys(ARCHITECTURES) as Architecture[])('the filter of %s', (architecture) => {
  const program = seccompProgram(architecture) ?? Buffer.alloc(0);
  const ask = (number: number, ...args: number[]): string =>
    verdict(program, ARCHITECTURES[architecture], number, args);
  const call = (name: string, ...args: number[]): string => ask(numberOf(name, architecture), ...args);

  it('ends a process of another architecture', () => {
    for (const audit of [
      0x40000003,
      0x40000028,
      0,
      ARCHITECTURES[architecture === 'x64' ? 'arm64' : 'x64'],
    ]) {
      expect(verdict(program, audit, 0)).toBe('kill');
    }
  });

  it('allows every call that it does not name', () => {
    const named = new Set(REFUSED_CALLS.map((each) => each[architecture]));
    const others = Array.from({ length: 470 }, (_, number) => number).filter((number) => !named.has(number));
    expect(others.length).toBeGreaterThan(380);
    expect(others.filter((number) => ask(number, -1, -1, -1) !== 'allow')).toEqual([]);
  });

  it('names each call once', () => {
    const numbers = REFUSED_CALLS.flatMap((each) => each[architecture] ?? []);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('refuses those that are refused, and does not know those that are unknown', () => {
    const wrong = REFUSED_CALLS.filter(({ verdict }) => verdict === 'refused' || verdict === 'unknown')
      .filter((each) => each[architecture] !== null)
      .filter(({ name, verdict }) => call(name) !== (verdict === 'refused' ? 'errno 1' : 'errno 38'));
    expect(wrong).toEqual([]);
  });

  it.each([
    ['socket', [1, 1, 0], 'allow'],
    ['socket', [2, 1, 6], 'allow'],
    ['socket', [10, 2, 0], 'allow'],
    ['socketpair', [1, 1, 0], 'allow'],
    ['socket', [16, 3, 0], 'allow'],
    ['socket', [16, 3, 12], 'errno 97'],
    ['socket', [40, 1, 0], 'errno 97'],
    ['socket', [17, 3, 0], 'errno 97'],
    ['socket', [38, 5, 0], 'errno 97'],
    // The kernel looks at the low word only, and so does the filter.
    ['socket', [0xdead_0000_0028, 1, 0], 'errno 97'],
    ['clone', [0x1200011], 'allow'],
    ['clone', [0x3d0f00], 'allow'],
    ['clone', [0x10000011], 'errno 1'],
    ['clone', [0x20000], 'errno 1'],
    ['clone', [0x40000000], 'errno 1'],
    ['ioctl', [0, 0x5401], 'allow'],
    ['ioctl', [0, 0x5412], 'errno 1'],
    ['ioctl', [0, 0xffff_0000_5412], 'errno 1'],
    ['ioctl', [0, 0x541c], 'errno 1'],
    ['personality', [0xffffffff], 'allow'],
    ['personality', [0], 'allow'],
    ['personality', [0x0040000], 'errno 1'],
    ['fchmod', [3, 0o755], 'allow'],
    ['fchmod', [3, 0o2755], 'allow'],
    ['fchmod', [3, 0o4755], 'errno 1'],
    ['fchmodat', [3, 1, 0o4755], 'errno 1'],
    ['openat', [3, 1, 0o100, 0o644], 'allow'],
    ['openat', [3, 1, 0o100, 0o4755], 'errno 1'],
    // Without O_CREAT the last argument means nothing.
    ['openat', [3, 1, 0, 0o4755], 'allow'],
    ['mknodat', [3, 1, 0o10644], 'allow'],
    ['fallocate', [3, 0, 0, 4096], 'errno 95'],
  ])('%s %j: %s', (name, args, expected) => {
    expect(call(name, ...args)).toBe(expected);
  });

  it('is small enough for the kernel', () => {
    expect(program.length / 8).toBeLessThan(4096);
  });
});

it('ends a process of the x32 mode', () => {
  const program = seccompProgram('x64') ?? Buffer.alloc(0);
  expect(verdict(program, ARCHITECTURES.x64, 0x40000000)).toBe('kill');
  expect(verdict(program, ARCHITECTURES.x64, 0x40000000 + 41)).toBe('kill');
});

it('is not there for another processor', () => {
  expect(seccompProgram('riscv64')).toBeNull();
});
