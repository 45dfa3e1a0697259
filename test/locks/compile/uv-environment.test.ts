import { describe, expect, it } from 'vitest';
import type { CompileSpec } from '../../../src/locks/compile/spec.ts';
import { finderState } from '../../../src/locks/compile/option-lines.ts';
import { uvArgv, uvArgvForPipCompile } from '../../../src/locks/compile/uv-argv.ts';
import { uvSurroundings } from '../../../src/locks/compile/uv-environment.ts';
import { readWishes } from '../../../src/locks/compile/wishes.ts';
import { optionsOf, specOf } from '../../support/compile-spec.ts';
import { factsOf, treeOf } from '../../support/drive-lock.ts';

const MIRROR = 'https://mirror.test/simple';

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: string;
  readonly kind?: CompileSpec['kind'];
  readonly mirror?: boolean;
}

function surroundings({ files = {}, options = '', kind = 'uv-pip-compile', mirror = false }: Case) {
  const tree = treeOf({ 'app/requirements.in': 'six\n', ...files });
  const spec = specOf({ kind, cwd: 'app', lock: 'app/requirements.txt', options: optionsOf(options) });
  const index = { url: MIRROR, isMirror: true, hasVersionJson: true };
  const facts = factsOf(tree, mirror ? { index } : {});
  return uvSurroundings(spec, facts, readWishes(spec, tree));
}

const uvToml = (text: string): Readonly<Record<string, string>> => ({ 'uv.toml': text });

describe('the index', () => {
  const own = (text: string): Case => ({
    files: { 'app/requirements.in': text },
    mirror: true,
  });
  it.each<[string, Case, string | null]>([
    ['is uv’s own choice', {}, null],
    ['is the mirror', { mirror: true }, MIRROR],
    ['is the input’s own', own('--index-url https://a.test\nsix\n'), null],
    ['is the mirror beside an extra one', own('--extra-index-url https://a.test\nsix\n'), MIRROR],
    ['is none with --no-index', own('--no-index\nsix\n'), null],
    ['is the option’s own', { mirror: true, options: '--default-index=https://a.test' }, null],
    [
      'is the own one of --pip-args',
      { mirror: true, kind: 'pip-compile', options: '--pip-args=--index-url=https://a.test' },
      null,
    ],
    [
      'is uv.toml’s own',
      { mirror: true, files: uvToml('[[index]]\nurl = "https://a.test"\ndefault = true') },
      null,
    ],
    [
      'is the mirror beside a named one',
      { mirror: true, files: uvToml('[[index]]\nname = "a"\nurl = "https://a.test"') },
      MIRROR,
    ],
  ])('%s', (_, given, standIn) => {
    expect(surroundings(given).standIn).toBe(standIn);
    expect(surroundings(given).env['UV_DEFAULT_INDEX'] ?? null).toBe(standIn);
  });
});

describe("the lock's own cut-off", () => {
  const run = { python: [], constraints: [] };

  it('stays in a lock of uv', () => {
    const spec = specOf({ kind: 'uv-pip-compile', options: optionsOf('--exclude-newer=7d') });
    expect(uvArgv(spec, run).join(' ')).toContain(' --exclude-newer 7d ');
  });

  it.each(['--uploaded-prior-to=2025-01-01', '--pip-args=--uploaded-prior-to=2025-01-01'])(
    'is put into the words of uv: %s',
    (options) => {
      const spec = specOf({ options: optionsOf(options) });
      const argv = uvArgvForPipCompile(spec, finderState(spec.options, []), run);
      expect(argv.join(' ')).toContain(' --exclude-newer 2025-01-01 ');
    },
  );
});
