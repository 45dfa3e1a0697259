/** The package as users get it: packed, installed by npm into an empty folder, run from compiled JavaScript. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../../release/pack.ts';
import { networkEnvironment, relock, relockJson, statuses } from '../support/cli.ts';
import { folder } from '../support/folder.ts';
import { runTool } from '../support/real-tool.ts';

let tarball = '';
let installed = '';
beforeAll(async () => {
  tarball = pack(folder());
  const home = folder({ 'package.json': '{"name": "user", "private": true}\n' });
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  await runTool(['npm', 'install', ...quiet, tarball], home, networkEnvironment());
  installed = join(home, 'node_modules');
}, 120_000);

function bytesIn(root: string): number {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}

describe('the package', () => {
  it('brings what it needs and nothing else', () => {
    const root = join(installed, 'relock');
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:optional|dev)Dependencies$|^scripts$/u)]),
    );
    expect(manifest).toMatchObject({ engines: { node: '>=22.0.0' }, bin: { relock: 'dist/cli/main.js' } });
    const packages = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(packages.filter((path) => /(?:^|\/)node-linux/u.test(path))).toEqual([]);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    for (const path of [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'config/tools.json',
      'config/schema/result.schema.json',
    ]) {
      expect(files).toContain(path);
    }
    // Node runs no TypeScript below node_modules.
    expect(files.filter((path) => /^(?:src|test|bench)\b|(?<!\.d)\.ts$/u.test(path))).toEqual([]);
    const megabytes = bytesIn(installed) / 1_000_000;
    console.log(`Installed: ${megabytes.toFixed(1)} MB; the tarball: ${lstatSync(tarball).size} bytes.`);
    expect(megabytes).toBeLessThan(30);
  });

  it('has a command that helps, at once', { timeout: 20_000 }, async () => {
    const help = await runTool([process.execPath, join(installed, '.bin', 'relock'), '--help'], folder());
    expect(help).toMatch(/^relock: re-lock a Python repository/u);
    const main = join(installed, 'relock/dist/cli/main.js');
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const started = performance.now();
      expect((await relock(['--help'], { main })).stdout).toBe(help);
      times.push(performance.now() - started);
    }
    console.log(`relock --help: ${Math.min(...times).toFixed(0)} ms at best.`);
    const { version } = JSON.parse(readFileSync(join(installed, 'relock/package.json'), 'utf8')) as {
      version: string;
    };
    expect((await relock(['--version'], { main })).stdout).toBe(`relock ${version}\n`);
  });

  it('plans and locks its sample', { timeout: 60_000 }, async () => {
    const main = join(installed, 'relock/dist/cli/main.js');
    const plan = await relockJson(['plan'], { main });
    expect(plan.code).toBe(0);
    expect(statuses(plan.json)).toEqual({
      'api/uv.lock': 'planned',
      'requirements-dev.txt': 'planned',
      'requirements.txt': 'planned',
      'worker/poetry.lock': 'planned',
    });
    const sample = join(installed, 'relock/examples/sample');
    expect(existsSync(join(sample, 'requirements.in'))).toBe(true);
    const run = await relockJson(['run', sample, '--target', 'api/*', '--exclude-newer', '2025-06-01'], {
      main,
    });
    expect(run).toMatchObject({ code: 0 });
    expect(statuses(run.json)['api/uv.lock']).toMatch(/^(?:unchanged|updated)$/u);
  });
});
