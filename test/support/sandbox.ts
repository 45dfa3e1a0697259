/** The sandbox of this machine for tests. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../../src/run/child.ts';
import type { Access, ConfinedInput, ConfinedResult, RunConfined } from '../../src/run/sandbox/confined.ts';
import { findSandbox } from '../../src/run/sandbox/find-sandbox.ts';
import type { FoundSandbox } from '../../src/run/sandbox/find-sandbox.ts';
import { DEFAULT_LIMITS } from '../../src/run/sandbox/limits.ts';
import type { Limits } from '../../src/run/sandbox/limits.ts';
import { createSandbox } from '../../src/run/sandbox/sandbox.ts';

/** What was found, or the reason why tests in a sandbox cannot run. */
export async function sandboxHere(): Promise<FoundSandbox | { readonly missing: string }> {
  const found = await findSandbox({ environment: process.env, exec: runChild });
  return 'bwrap' in found ? found : { missing: `${found.message} ${found.fix} ${found.detail}` };
}

export interface Inside {
  /** Absolute, empty at first, writable inside, and where programs start. */
  readonly folder: string;
  /** A script of Node. */
  node(script: string, more?: More): Promise<ConfinedResult>;
  /** A script of sh. */
  shell(script: string, more?: More): Promise<ConfinedResult>;
  run(
    input: Partial<ConfinedInput> & Pick<ConfinedInput, 'file' | 'args'>,
    more?: More,
  ): Promise<ConfinedResult>;
  /** The same with other limits. */
  limited(limits: Partial<Limits>): Inside;
  remove(): void;
}

export type More = Omit<Partial<ConfinedInput>, 'access'> & { readonly access?: Partial<Access> };

/** @param found with an empty path, for tests that are not run: nothing is made. */
export function openInside(found: FoundSandbox): Inside {
  const base = found.bwrap === '' ? '/none' : realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-test-')));
  const folder = join(base, 'work');
  if (found.bwrap !== '') mkdirSync(folder);
  const of = (sandbox: RunConfined): Inside => {
    const run = (input: Pick<ConfinedInput, 'file' | 'args'>, more: More = {}): Promise<ConfinedResult> =>
      sandbox({
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
        timeoutSeconds: 20,
        signal: null,
        maxOutputBytes: 100_000,
        ...input,
        ...more,
        access: { readable: [process.execPath], writable: [folder], door: null, ...more.access },
      });
    return {
      folder,
      run,
      node: (script, more) => run({ file: process.execPath, args: ['-e', script] }, more),
      shell: (script, more) => run({ file: '/bin/sh', args: ['-c', script] }, more),
      limited: (limits) =>
        of(createSandbox({ ...found, limits: { ...DEFAULT_LIMITS, ...limits }, exec: runChild })),
      remove: () => rmSync(base, { recursive: true, force: true }),
    };
  };
  return of(createSandbox({ ...found, limits: DEFAULT_LIMITS, exec: runChild }));
}

/** Command lines of this machine's processes that hold a text, zombies left out (they have none). */
export function commandLinesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((id) => {
      try {
        const line = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(text) ? [line] : [];
      } catch {
        return [];
      }
    });
}

/** Whether processes with this text in their command line end within a second. */
export async function allGone(text: string): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (commandLinesWith(text).length === 0) return true;
    await sleep(20);
  }
  return false;
}
