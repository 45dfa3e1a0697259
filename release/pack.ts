/**
 * Makes the package that users install: compiled JavaScript, no Node binary among its dependencies.
 *
 *   npm run pack -- [FOLDER]
 *
 * The repository's own package.json brings a Node 24 to its developers as an optional dependency; users must not download
 * that, so the package is staged with a manifest of its own and packed from there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Without `files`: all that is staged is meant to be in it. */
const KEPT = ['name', 'version', 'description', 'license', 'keywords', 'bin', 'type'] as const;

/** What only the App needs; it is run from the repository or its image, and a terminal should not have to install it. */
const APP_ONLY = {
  folders: ['app', 'store', 'forge/github'],
  dependencies: ['@electric-sql/pglite', '@octokit/rest', 'node-cron', 'pg-boss', 'probot'],
} as const;

/**
 * @param destination absolute folder for the tarball.
 * @returns the tarball's path.
 */
export function pack(destination: string): string {
  const staged = join(ROOT, 'build', 'package');
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  mkdirSync(destination, { recursive: true });
  execFileSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(ROOT, 'tsconfig.build.json'),
      '--outDir',
      join(staged, 'dist'),
    ],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
  for (const path of ['config', 'examples/sample', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    cpSync(join(ROOT, path), join(staged, path), { recursive: true });
  }
  for (const path of APP_ONLY.folders) rmSync(join(staged, 'dist', path), { recursive: true, force: true });
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const kept = Object.fromEntries(KEPT.filter((key) => key in manifest).map((key) => [key, manifest[key]]));
  const dependencies = { ...(manifest['dependencies'] as Record<string, string>) };
  for (const name of APP_ONLY.dependencies) delete dependencies[name];
  const text = JSON.stringify({ ...kept, dependencies, engines: { node: '>=22.0.0' } }, null, 2);
  writeFileSync(join(staged, 'package.json'), `${text}\n`);
  const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], {
    cwd: staged,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(printed) as readonly { readonly filename: string }[];
  if (packed === undefined) throw new Error('npm pack made nothing.');
  return join(destination, packed.filename);
}

if (import.meta.main) {
  const given = process.argv[2] ?? '.';
  process.stdout.write(`${pack(resolve(process.env['INIT_CWD'] ?? '.', given))}\n`);
}
