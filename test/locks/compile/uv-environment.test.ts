import { describe, expect, it } from 'vitest';
import type { CompileSpec } from '../../../src/locks/compile/spec.ts';
import { uvSurroundings } from '../../../src/locks/compile/uv-environment.ts';
import { readWishes } from '../../../src/locks/compile/wishes.ts';
import { optionsOf, specOf } from '../../support/compile-spec.ts';
import { factsOf, treeOf } from '../../support/drive-lock.ts';

const LOOPBACK = 'http://127.0.0.1:9/simple';
const CUTOFF = '2026-01-01T00:00:00Z';
const MIRROR = 'https://mirror.test/simple';

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: string;
  readonly kind?: CompileSpec['kind'];
  readonly mirror?: boolean;
  readonly cooldown?: boolean;
}

function surroundings({
  files = {},
  options = '',
  kind = 'uv-pip-compile',
  mirror = false,
  cooldown = true,
}: Case) {
  const tree = treeOf({ 'app/requirements.in': 'six\n', ...files });
  const spec = specOf({ kind, cwd: 'app', lock: 'app/requirements.txt', options: optionsOf(options) });
  const facts = factsOf(tree, {
    ...(mirror ? { index: { url: MIRROR, isMirror: true, hasVersionJson: true } } : {}),
    cooldown: cooldown ? { cutoff: CUTOFF, indexUrl: LOOPBACK } : null,
  });
  return uvSurroundings(spec, facts, readWishes(spec, tree));
}

const OURS = { UV_EXCLUDE_NEWER: CUTOFF };
const uvToml = (text: string): Readonly<Record<string, string>> => ({ 'uv.toml': text });

describe('the cut-off', () => {
  it.each<[string, Case, Readonly<Record<string, string>>, string | null]>([
    ['is ours', {}, OURS, null],
    ['is nobody’s', { cooldown: false }, {}, null],
    ['is ours over a later option', { options: '--exclude-newer=2026-02-01' }, {}, CUTOFF],
    ['is the option’s when earlier', { options: '--exclude-newer=2025-02-01' }, {}, null],
    ['is the day before ours, whole', { options: '--exclude-newer=2025-12-31' }, {}, null],
    [
      'is the option’s, with ours by the loopback index',
      { options: '--exclude-newer=7d' },
      { UV_DEFAULT_INDEX: LOOPBACK },
      null,
    ],
    [
      'is ours over a later one of uv.toml',
      { files: uvToml('exclude-newer = "2026-06-01T00:00:00Z"') },
      OURS,
      null,
    ],
    ['is uv.toml’s when earlier', { files: uvToml('exclude-newer = "2025-06-01T00:00:00Z"') }, {}, null],
    [
      'is pyproject.toml’s when earlier',
      { files: { 'app/pyproject.toml': '[tool.uv]\nexclude-newer = 2025-06-01T00:00:00Z' } },
      {},
      null,
    ],
    [
      'is uv.toml’s span, with ours by the loopback index',
      { files: uvToml('[pip]\nexclude-newer = "1 week"') },
      { UV_DEFAULT_INDEX: LOOPBACK },
      null,
    ],
    [
      'is not uv.toml’s for pip-compile',
      { kind: 'pip-compile', files: uvToml('exclude-newer = "2025-06-01T00:00:00Z"') },
      OURS,
      null,
    ],
    ['is ours when uv.toml is broken', { files: uvToml('exclude-newer = ') }, OURS, null],
  ])('%s', (_, given, env, excludeNewer) => {
    expect(surroundings(given)).toMatchObject({ env, excludeNewer });
    expect(surroundings(given).env).toEqual(env);
  });
});

describe('the index', () => {
  const own = (text: string): Case => ({
    files: { 'app/requirements.in': text },
    mirror: true,
    cooldown: false,
  });
  it.each<[string, Case, string | null]>([
    ['is the mirror', { mirror: true, cooldown: false }, MIRROR],
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
