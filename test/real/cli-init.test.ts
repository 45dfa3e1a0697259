/** `relock init` as users start it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relock, snapshot } from '../support/cli.ts';
import { addFiles, folder, git, repository } from '../support/folder.ts';

const DOCKERFILE = 'FROM python:3.12-slim\nCOPY . /app\n';
const POLICY = '.github/relock.toml';
const WORKFLOW = '.github/workflows/build.yml';

function checkout(): string {
  const root = repository({ Dockerfile: DOCKERFILE, 'requirements.txt': 'flask==3.0.0\n' });
  git(root, 'remote', 'add', 'origin', 'git@github.com:Acme/app.git');
  return root;
}

describe('relock init', () => {
  it('shows what it would write, and writes nothing', { timeout: 20_000 }, async () => {
    const root = checkout();
    const before = snapshot(root);
    const { code, stdout, stderr } = await relock(['init', root]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${POLICY} (new)`);
    expect(stdout).toContain('    ref = "ghcr.io/acme/app:latest"');
    expect(stdout).toContain(`${WORKFLOW} (new)`);
    expect(stdout).toMatch(/Dockerfile:2\n.* upgrades the packages of python:3\.12-slim/u);
    expect(snapshot(root)).toEqual(before);
  });

  it(
    'writes what is not there, and then has nothing more to propose but by hand',
    { timeout: 20_000 },
    async () => {
      const root = checkout();
      const first = await relock(['init', '.', '--write', '--json'], { cwd: root });
      const json = JSON.parse(first.stdout) as {
        written: string[];
        repository: string;
        schemaVersion: number;
      };
      expect(json).toMatchObject({ schemaVersion: 1, repository: 'Acme/app', written: [POLICY, WORKFLOW] });
      const policy = readFileSync(join(root, POLICY), 'utf8');
      expect(policy).toContain('via = ["workflow"]');
      addFiles(root, { Dockerfile: `${DOCKERFILE}RUN apt-get update && apt-get upgrade -y\n` });
      const before = snapshot(root);
      const second = await relock(['init', root, '--write']);
      expect(second.code).toBe(0);
      expect(second.stdout).toContain('This repository has all that Relock would propose.');
      expect(snapshot(root)).toEqual(before);
      // What was written is a policy that Relock itself reads.
      expect((await relock(['plan', root])).code).toBe(0);
    },
  );

  it('never writes over a file that git ignores', { timeout: 20_000 }, async () => {
    const root = checkout();
    addFiles(root, { '.gitignore': '.github\n', [POLICY]: '# mine\n' });
    const { code, stdout } = await relock(['init', root, '--write']);
    expect(code).toBe(0);
    expect(stdout).toContain(`${POLICY} (a file that git does not know)`);
    expect(readFileSync(join(root, POLICY), 'utf8')).toBe('# mine\n');
    expect(existsSync(join(root, WORKFLOW))).toBe(true);
  });

  it('does not write through a link', { timeout: 20_000 }, async () => {
    const elsewhere = folder();
    const root = checkout();
    addFiles(root, { '.github': { link: elsewhere } });
    const { code, stderr } = await relock(['init', root, '--write']);
    expect(code).toBe(1);
    expect(stderr).toContain('symbolic link');
    expect(snapshot(elsewhere)).toEqual({});
  });

  it.each([
    [['init', '--write'], /--write needs the PATH/u],
    [['init', '.', '--repository', 'acme'], /acme is not owner\/name/u],
  ])('%j is refused', { timeout: 20_000 }, async (args, message) => {
    const { code, stderr } = await relock(args, { cwd: checkout() });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
