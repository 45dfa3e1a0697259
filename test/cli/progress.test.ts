import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';
import { target } from '../support/locks.ts';

function stream(isTTY: boolean): { readonly out: NodeJS.WriteStream; readonly text: () => string } {
  const written: string[] = [];
  const out = {
    isTTY,
    columns: 0,
    write: (text: string) => written.push(text) > 0,
  } as unknown as NodeJS.WriteStream;
  return { out, text: () => written.join('') };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('progress', () => {
  it('shows what runs on a terminal, of whatever size, and lets no path steer it', async () => {
    vi.stubEnv('TERM', 'xterm');
    const { out, text } = stream(true);
    const progress = createProgress(out, false, () => 0);
    progress.observe({ kind: 'planned', targets: [target('a.txt')] });
    progress.observe({ kind: 'started', path: 'services/\u001B[31mred/requirements.txt' });
    await sleep(300);
    progress.stop();
    expect(text()).toContain('0 of 1: services/[31mred/requirements.txt 0.0 s');
    expect(text()).not.toContain('\u001B[31m');
  });

  it('writes whole lines where nobody watches', async () => {
    const { out, text } = stream(false);
    const progress = createProgress(out, false, () => 0);
    progress.observe({ kind: 'started', path: 'a.txt' });
    await sleep(300);
    progress.stop();
    expect(text()).toBe('a.txt: started\n');
  });

  it('says nothing when asked to be quiet', () => {
    const { out, text } = stream(true);
    const progress = createProgress(out, true, () => 0);
    progress.observe({ kind: 'started', path: 'a.txt' });
    progress.stop();
    expect(text()).toBe('');
  });
});
