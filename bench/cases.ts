/**
 * Runs Relock on a folder of checkouts, one after the other, and writes the table that docs/cases.md keeps.
 *
 *   npm run cases -- FOLDER [NAME …] [--out FILE] [--exclude-newer WHEN]
 *
 * Every folder in FOLDER is a checkout; a `NAME.case.json` beside it may name its repository and commit.
 */
import { spawn } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { JsonResult, JsonTarget } from '../src/report/json.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

interface CaseRun {
  readonly name: string;
  readonly about: string;
  readonly result: JsonResult | null;
  readonly exitCode: number | null;
  readonly seconds: number;
  readonly words: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, 'exclude-newer': { type: 'string' } },
  });
  const [given, ...names] = positionals;
  if (given === undefined) throw new Error('Which folder of checkouts? npm run cases -- FOLDER [NAME …]');
  const folder = resolve(process.env['INIT_CWD'] ?? '.', given);
  const entries = await readdir(folder, { withFileTypes: true });
  const wanted = entries
    .filter((entry) => entry.isDirectory() && (names.length === 0 || names.includes(entry.name)))
    .map(({ name }) => name)
    .sort();
  const runs: CaseRun[] = [];
  for (const name of wanted) {
    const run = await runCase(folder, name, values['exclude-newer'] ?? null);
    runs.push(run);
    process.stderr.write(
      `${name}: exit ${run.exitCode}, ${run.seconds.toFixed(1)} s\n${rowsOf(run).join('\n')}\n`,
    );
  }
  const text = page(runs);
  if (values.out === undefined) process.stdout.write(text);
  else await writeFile(resolve(process.env['INIT_CWD'] ?? '.', values.out), text);
}

async function runCase(folder: string, name: string, cutoff: string | null): Promise<CaseRun> {
  const extra = cutoff === null ? [] : ['--exclude-newer', cutoff];
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, 'run', join(folder, name), '--json', '--quiet', ...extra], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const words: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
  const exitCode = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  const seconds = (performance.now() - start) / 1000;
  const text = Buffer.concat(output).toString('utf8');
  const result = text === '' ? null : (JSON.parse(text) as JsonResult);
  return {
    name,
    about: await aboutCase(folder, name),
    result,
    exitCode,
    seconds,
    words: Buffer.concat(words).toString('utf8'),
  };
}

async function aboutCase(folder: string, name: string): Promise<string> {
  const text = await readFile(join(folder, `${name}.case.json`), 'utf8').catch(() => '{}');
  const { repo, commit } = JSON.parse(text) as { readonly repo?: string; readonly commit?: string };
  return repo === undefined
    ? basename(name)
    : `${repo}${commit === undefined ? '' : ` at ${commit.slice(0, 7)}`}`;
}

function rowsOf({ result, words, exitCode }: CaseRun): readonly string[] {
  if (result === null) return [`| | | | | exit ${exitCode}: ${cell(words)} | | |`];
  return result.targets.map((target) => {
    const { path, kind, tool, python, solver, status, changes, seconds } = target;
    const made = solver ?? (tool === null ? '' : `${tool.name} ${tool.version ?? 'newest'}`);
    return `| ${cell(path)} | ${kind} | ${cell(made)} | ${python?.version ?? ''} | ${status}${why(target)} | ${changes.length} | ${seconds.toFixed(1)} |`;
  });
}

function why({ reason }: JsonTarget): string {
  return reason === null ? '' : `: **${reason.code}** ${cell(reason.message)}`;
}

function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;').slice(0, 300);
}

function page(runs: readonly CaseRun[]): string {
  const head =
    '| Lock | Kind | Made by | Python | Status | Changes | Seconds |\n| --- | --- | --- | --- | --- | --- | --- |';
  const parts = runs.map(
    (run) =>
      `## ${run.about}\n\nExit code ${run.exitCode}, ${run.seconds.toFixed(1)} s.\n\n${head}\n${rowsOf(run).join('\n')}\n`,
  );
  const targets = runs.flatMap(({ result }) => result?.targets ?? []);
  const count = (status: string): number => targets.filter((target) => target.status === status).length;
  const date = new Date().toISOString().slice(0, 10);
  const intro = `# Relock on real repositories\n\nWritten by \`npm run cases\` on ${date}: ${runs.length} checkouts, ${count('updated')} locks updated, ${count('unchanged')} unchanged, ${count('failed')} failed, ${count('skipped')} left alone.\n`;
  return `${intro}\n${parts.join('\n')}`;
}

await main();
