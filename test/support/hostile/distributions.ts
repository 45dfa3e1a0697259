/** Distributions made in the test: source ones whose build attacks, and wheels that do nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';

export interface Distribution {
  readonly project: string;
  readonly filename: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** A function of test/support/hostile/python/MODULE.py, which runs when the package is built. */
export interface Body {
  readonly module: string;
  readonly function: string;
}

const BUILD_SYSTEM = `[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
`;

/** Every Python module, since attacks share. */
const MODULES: Readonly<Record<string, string>> = Object.fromEntries(
  ['backend', 'bombs', 'everything', 'kernel', 'network', 'reads', 'writes'].map((name) => [
    `${name}.py`,
    readFileSync(new URL(`python/${name}.py`, import.meta.url), 'utf8'),
  ]),
);

export interface Package {
  readonly name: string;
  readonly version: string;
  /** null: a build that only gives its metadata. */
  readonly body: Body | null;
  /** The lock that it attacks from. */
  readonly lock: string;
  /** What the attack knows of its target. */
  readonly world: object;
}

/** The files of a package whose backend needs nothing and attacks while it gives metadata, so that it must be built. */
export function packageFiles({
  name,
  version,
  body,
  lock,
  world,
}: Package): Readonly<Record<string, string>> {
  const attack = {
    name,
    version,
    lock,
    world,
    module: body?.module ?? null,
    function: body?.function ?? null,
  };
  return {
    'pyproject.toml': BUILD_SYSTEM,
    'PKG-INFO': `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    ...MODULES,
    'attack.json': JSON.stringify(attack),
  };
}

export function makeSdist(made: Package): Distribution {
  const stem = `${made.name.replaceAll('-', '_')}-${made.version}`;
  const files = packageFiles(made);
  const entries = Object.entries(files).map(([path, text]) => [`${stem}/${path}`, text] as const);
  return distribution(made.name, `${stem}.tar.gz`, gzipSync(tar(entries), { level: 1 }));
}

export function makeWheel(name: string, version: string): Distribution {
  const stem = `${name.replaceAll('-', '_')}-${version}`;
  const info = `${stem}.dist-info`;
  const tags = 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n';
  const bytes = zipSync({
    [`${name.replaceAll('-', '_')}.py`]: strToU8(''),
    [`${info}/METADATA`]: strToU8(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    [`${info}/WHEEL`]: strToU8(tags),
    [`${info}/RECORD`]: strToU8(''),
  });
  return distribution(name, `${stem}-py3-none-any.whl`, Buffer.from(bytes));
}

function distribution(project: string, filename: string, bytes: Buffer): Distribution {
  return { project, filename, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** POSIX ustar: a header of 512 bytes for each file, its content in blocks of 512, two empty blocks. */
function tar(entries: readonly (readonly [path: string, text: string])[]): Buffer {
  const blocks = entries.flatMap(([path, text]) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(path, 0, 100);
    header.write('0000644\0' + '0000000\0'.repeat(2), 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(`${(1_700_000_000).toString(8)}\0`, 136);
    header.write('        0', 148);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
