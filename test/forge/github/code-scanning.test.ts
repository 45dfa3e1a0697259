import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uploadSarif } from '../../../src/forge/github/code-scanning.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { appAt, baseAt, svcAt } from './setup.ts';

let github: GitHub;
const start = async (permissions: Record<string, 'read' | 'write'>): Promise<void> => {
  github = await startGitHub({ permissions });
  await github.createRepository('acme', 'svc', { 'requirements.txt': 'flask==3.0.0\n' });
};
beforeEach(() => start({ contents: 'write', security_events: 'write' }));
afterEach(() => github.close());

const SARIF = JSON.stringify({ version: '2.1.0', runs: [] });
const upload = async (more: { readonly sarif?: string } = {}): Promise<readonly string[]> => {
  const { api } = await appAt(github);
  const { sha } = await baseAt(github);
  return uploadSarif(api, svcAt(github), { commit: sha, ref: 'refs/heads/main', sarif: SARIF, ...more });
};

describe('findings in code scanning', () => {
  it('are those of the commit that was scanned', async () => {
    expect(await upload()).toEqual([]);
    expect(github.repository('acme/svc').state.automation.uploads).toEqual([
      { commit: (await baseAt(github)).sha, ref: 'refs/heads/main', sarif: JSON.parse(SARIF) as unknown },
    ]);
  });

  it('are a note where the App may not', async () => {
    await github.close();
    await start({ contents: 'write' });
    expect(await upload()).toEqual([expect.stringContaining('lacks the permission "Code scanning alerts"')]);
  });

  it('are not sent when they are more than GitHub takes', async () => {
    const noise = randomBytes(9_000_000).toString('base64');
    expect(await upload({ sarif: JSON.stringify({ noise }) })).toEqual([expect.stringContaining('too many')]);
    expect(github.repository('acme/svc').state.automation.uploads).toEqual([]);
  });
});
