/** Hand-pinned requirements with the true uv and the true index, pinned in time. */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PlannedLock, Step, StepResult } from '../../src/locks/ecosystem.ts';
import { pinnedEcosystem } from '../../src/locks/pinned/ecosystem.ts';
import type { Command, CommandResult, Tree } from '../../src/model.ts';
import { factsOf, POLICY, treeOf } from '../locks/pinned/tree.ts';
import { folder } from '../support/folder.ts';
import { findUv } from '../support/uv.ts';

const run = promisify(execFile);
const CUTOFF = '2024-06-01T00:00:00Z';
/** With no interpreter told of, uv builds nothing, so that none of this age need be here. */
const PYTHON = '3.9';

let uv = '';
beforeAll(async () => {
  uv = await findUv();
}, 120_000);

async function start(command: Command, root: string): Promise<CommandResult> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PIP_FIND_LINKS: undefined,
    UV_FIND_LINKS: undefined,
    UV_PYTHON_DOWNLOADS: 'never',
    ...command.env,
  };
  const options = { cwd: join(root, command.cwd), env };
  const base = { timedOut: false, seconds: 0 };
  return await run(uv, command.argv.slice(1), options).then(
    ({ stdout, stderr }) => ({ ...base, exitCode: 0, stdout, stderr }),
    (error: { readonly stdout: string; readonly stderr: string }) => ({ ...base, ...error, exitCode: 1 }),
  );
}

async function relock(lock: PlannedLock, tree: Tree, root: string): Promise<Step> {
  const facts = factsOf(tree, { pythons: [], cooldown: { cutoff: CUTOFF, indexUrl: '' } });
  const history: StepResult[] = [];
  for (;;) {
    const step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') return step;
    if (step.do === 'run') {
      const result = await start(step.command, root);
      const files: Record<string, string | null> = {};
      for (const path of step.command.outputs) {
        files[path] = await readFile(join(root, path), 'utf8').catch(() => null);
      }
      history.push({ step, result, files });
      continue;
    }
    for (const [path, text] of Object.entries(step.files)) {
      if (text === null) await rm(join(root, path), { force: true });
      else await writeFile(join(root, path), text);
    }
    history.push({ step, result: null, files: {} });
  }
}

async function relockText(
  text: string,
  others: Record<string, string> = {},
): Promise<{ text: string; end: Step }> {
  const files = { ...others, 'requirements.txt': text };
  const root = folder(files);
  const policy = { ...POLICY, locks: [{ path: '**', python: PYTHON }] };
  const tree = treeOf(files);
  const lock = pinnedEcosystem
    .detect(tree, policy)
    .locks.find(({ target }) => target.path === 'requirements.txt');
  if (lock === undefined) throw new Error('not claimed');
  const end = await relock(lock, tree, root);
  return { text: await readFile(join(root, 'requirements.txt'), 'utf8'), end };
}

describe('uv and the index', () => {
  it('moves pins, hashes and markers of other platforms, twice the same', async () => {
    const before = [
      '# what we run',
      'Click==8.0.0     # the command line',
      'colorama==0.4.4 ; sys_platform == "win32"',
      'idna == 3.4 \\',
      `    --hash=sha256:${'0'.repeat(64)}`,
      'six==1.15.0  # pinned: the last that works',
      'iniconfig>=1',
      '',
    ].join('\r\n');
    const { text, end } = await relockText(before);
    expect(end).toMatchObject({ do: 'done', notes: [expect.stringContaining('six (line 6)')] });
    const after = [
      '# what we run',
      'Click==8.1.7     # the command line',
      'colorama==0.4.6 ; sys_platform == "win32"',
      'idna == 3.7 \\',
      '    --hash=sha256:028ff3aadf0609c1fd278d8ea3089299412a7a8b9bd005dd08b9f8285bcb5cfc \\',
      '    --hash=sha256:82fee1fc78add43492d3a1898bfa6d8a904cc97d8427f683ed8e798d07761aa0',
      'six==1.15.0  # pinned: the last that works',
      'iniconfig>=1',
      '',
    ].join('\r\n');
    expect(text).toBe(after);
    expect((await relockText(after)).text).toBe(after);
  });

  it('keeps a version that is younger than the cool-down', async () => {
    // idna 3.10 is of September 2024.
    const { text, end } = await relockText('idna==3.10\nclick==8.0.0\n');
    expect(text).toBe('idna==3.10\nclick==8.1.7\n');
    expect(end).toMatchObject({ do: 'done', notes: [expect.stringContaining('idna')] });
  });

  it('stays within its layers', async () => {
    const { text } = await relockText('-r base.txt\nclick==8.0.0\n', { 'base.txt': 'click<8.1\n' });
    expect(text).toBe('-r base.txt\nclick==8.0.4\n');
  });

  it('says what cannot be solved, and leaves the file', async () => {
    const before = '-c base.txt\nclick==8.0.0\nidna==3.4\n';
    const { text, end } = await relockText(before, { 'base.txt': 'click>99\n' });
    expect(end).toMatchObject({ do: 'fail', reason: { code: 'unsatisfiable' } });
    expect(text).toBe(before);
  });
});
