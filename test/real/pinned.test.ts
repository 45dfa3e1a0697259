/** Hand-pinned requirements with the true uv and the true index, pinned in time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../src/locks/ecosystem.ts';
import { pinnedEcosystem } from '../../src/locks/pinned/ecosystem.ts';
import { factsOf, POLICY, treeOf } from '../locks/pinned/tree.ts';
import { driveLock } from '../support/drive-lock.ts';
import { folder } from '../support/folder.ts';
import { doorForUv } from '../support/real-door.ts';
import { findUv } from '../support/uv.ts';

const CUTOFF = '2024-06-01T00:00:00Z';
/** With no interpreter told of, uv builds nothing, so that none of this age need be here. */
const PYTHON = '3.9';

let uv = '';
beforeAll(async () => {
  uv = await findUv();
}, 120_000);

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
  const facts = factsOf(tree, { pythons: [], cutoff: CUTOFF });
  const door = await doorForUv({ cutoff: CUTOFF });
  const { last } = await driveLock(lock, facts, root, uv, door);
  return { text: readFileSync(join(root, 'requirements.txt'), 'utf8'), end: last };
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

  it('keeps such versions wherever they are pinned, and moves the others', async () => {
    // All of late 2024 or later: certifi, idna, and every release of the last one.
    const others = {
      'base.txt': '# ours\ncertifi==2024.12.14\n-c limits.txt\n',
      'limits.txt': 'idna==3.10\n',
    };
    const before = '-r base.txt\nclick==8.0.0\nidna\nhf-xet==1.1.0  # pinned\nrequests==2.31.0\n';
    const { text, end } = await relockText(before, others);
    expect(end).toMatchObject({ do: 'done' });
    expect(text).toBe(before.replace('click==8.0.0', 'click==8.1.7').replace('2.31.0', '2.32.3'));
  });

  it('stays within its layers', async () => {
    const { text } = await relockText('-r base.txt\nclick==8.0.0\n', { 'base.txt': 'click<8.1\n' });
    expect(text).toBe('-r base.txt\nclick==8.0.4\n');
  });

  it('says what cannot be solved, and leaves the file', async () => {
    const before = '-c base.txt\nclick==8.0.0\nidna==3.4\n';
    const { text, end } = await relockText(before, { 'base.txt': 'click>99\n' });
    const message = expect.stringContaining(`The cool-down hides releases since ${CUTOFF}.`);
    expect(end).toMatchObject({ do: 'fail', reason: { code: 'unsatisfiable', message } });
    expect(text).toBe(before);
  });
});
