/** Which images a workflow of GitHub builds, and under which names they are published. Pure; never throws. */
import { lineAt, lineStarts } from '../images/located-text.ts';
import {
  entriesOf,
  itemsOf,
  openYaml,
  textOf,
  valueAt,
  type YamlNode,
  type YamlSource,
} from '../images/yaml-source.ts';
import { resolveInside } from '../locks/tree.ts';
import { evaluate, expandShell, type Scope } from './expressions.ts';
import { metadataNames, type MetadataNames } from './metadata-tags.ts';
import type { BuildingWorkflow, FoundBuild, Surroundings } from './model.ts';
import { chooseReference } from './references.ts';
import { readShell, type ShellBuild, type ShellValue } from './shell-builds.ts';

/** What builds images without being understood here. */
const BUILDS =
  /build-push-action|buildah-build|bake-action|kaniko|docker\/github-builder|\b(?:docker|podman|nerdctl) (?:buildx |image |builder )?build\b|\bbuildah (?:bud|build)\b|\bdocker(?:-| )compose [^\n]{0,200}?build\b|\bbuildctl\b/u;
const REUSED = /docker|image|container|oci/iu;
const MOST_STEPS = 500;
const MOST_JOBS = 100;

interface Reader {
  readonly path: string;
  readonly source: YamlSource;
  readonly starts: readonly number[];
  readonly around: Surroundings;
}

/** One step, and what is known where it stands. */
interface Step {
  readonly node: YamlNode | null;
  readonly line: number;
  readonly scope: Scope;
}

/** @returns null: it builds no image. */
export function readWorkflow(path: string, file: string, around: Surroundings): BuildingWorkflow | null {
  const source = openYaml(file);
  if (source === null) return BUILDS.test(file) ? { path, inputs: null, builds: [] } : null;
  const reader: Reader = { path, source, starts: lineStarts(file), around };
  const workflow = scopeOf(reader, source.root, new Map());
  const builds: FoundBuild[] = [];
  let others = BUILDS.test(file);
  for (const job of [...entriesOf(source, valueAt(source, source.root, 'jobs')).values()].slice(
    0,
    MOST_JOBS,
  )) {
    others ||= REUSED.test(text(reader, job, 'uses') ?? '');
    builds.push(...jobBuilds(reader, job, scopeOf(reader, job, workflow)));
  }
  if (builds.length === 0 && !others) return null;
  return { path, inputs: inputsOf(reader), builds };
}

function inputsOf({ source }: Reader): readonly string[] | null {
  const on = valueAt(source, source.root, 'on');
  const events = entriesOf(source, on);
  const named = [textOf(source, on), ...itemsOf(source, on).map((item) => textOf(source, item))];
  if (!events.has('workflow_dispatch') && !named.some((event) => event?.text === 'workflow_dispatch'))
    return null;
  const inputs = valueAt(source, events.get('workflow_dispatch') ?? null, 'inputs');
  return [...entriesOf(source, inputs).keys()];
}

function jobBuilds(reader: Reader, job: YamlNode | null, scope: Scope): readonly FoundBuild[] {
  const steps = itemsOf(reader.source, valueAt(reader.source, job, 'steps'))
    .slice(0, MOST_STEPS)
    .map((node): Step => ({ node, line: lineOf(reader, node), scope: scopeOf(reader, node, scope) }));
  const names = new Map<string, MetadataNames>();
  const scripts: (readonly [Step, ShellBuild])[] = [];
  const pushed: ShellValue[] = [];
  const found: FoundBuild[] = [];
  for (const step of steps) {
    const uses = text(reader, step.node, 'uses') ?? '';
    const id = text(reader, step.node, 'id');
    if (uses.startsWith('docker/metadata-action@') && id !== null) names.set(id, namesOf(reader, step));
    if (/\/build-push-action@/u.test(uses)) found.push(actionBuild(reader, step, names));
    const run = text(reader, step.node, 'run');
    if (run === null) continue;
    const read = readShell(withoutExpressions(reader, step, run), (word) =>
      expandShell(word, step.scope, reader.around),
    );
    scripts.push(...read.builds.map((build) => [step, build] as const));
    pushed.push(...read.pushed);
  }
  return [...found, ...scripts.map(([step, build]) => scriptBuild(reader, step, build, pushed))];
}

function actionBuild(reader: Reader, step: Step, names: ReadonlyMap<string, MetadataNames>): FoundBuild {
  const input = (name: string): string | null | undefined => withInput(reader, step, name);
  const inputs = valueAt(reader.source, step.node, 'with');
  const push = text(reader, inputs, 'push');
  const outputs = text(reader, inputs, 'outputs') ?? '';
  const pushes = (push !== null && push !== 'false') || /type=registry|push=(?!false)/u.test(outputs);
  const context = input('context')?.replace(/^\{\{defaultContext\}\}(?::|$)/u, './') ?? null;
  return {
    path: reader.path,
    line: step.line,
    ...namedBy(text(reader, inputs, 'tags') ?? '', pushes, names, (tag) =>
      evaluate(tag, step.scope, reader.around),
    ),
    pushes,
    ...placesOf('.', input('context') === undefined ? '.' : context, input('file')),
    platforms: platformsOf(input('platforms')),
  };
}

const TAGS_OF_STEP = /steps\.([\w-]{1,100})\.outputs\.tags/gu;

/** The name by the input `tags`, in which other steps may be named; a choice between several steps is not certain. */
function namedBy(
  written: string,
  pushes: boolean,
  steps: ReadonlyMap<string, MetadataNames>,
  known: (tag: string) => string | null,
): Pick<FoundBuild, 'ref' | 'certain'> {
  const named = [...written.matchAll(TAGS_OF_STEP)].flatMap((match) => steps.get(match[1] ?? '') ?? []);
  const plain = written.replaceAll(/\$\{\{\s*steps\.[\w-]{1,100}\.outputs\.tags\s*\}\}/gu, '');
  const chosen = plain.includes('steps.');
  const own = chosen ? [] : plain.split(/[\n,]/u).map((tag) => tag.trim());
  const tags = own.filter((tag) => tag !== '').map(known);
  const { ref, certain } = chooseReference([...tags, ...named.flatMap(({ names }) => names)]);
  if (ref !== null) return { ref, certain: certain && pushes && !chosen };
  const guess = named.find((one) => one.guess !== null)?.guess ?? null;
  return { ref: guess === null ? null : chooseReference([guess]).ref, certain: false };
}

function scriptBuild(
  reader: Reader,
  step: Step,
  build: ShellBuild,
  pushed: readonly ShellValue[],
): FoundBuild {
  const { ref, certain } = chooseReference(build.tags);
  const folder = text(reader, step.node, 'working-directory') ?? '.';
  const known = evaluate(folder, step.scope, reader.around);
  const pushes = build.pushes || pushed.some((name) => name === null || sameName(name, ref));
  const places = known === null ? { dockerfile: null, context: null } : placesInScript(known, build);
  return {
    path: reader.path,
    line: step.line,
    ref,
    certain: certain && (build.pushes || pushed.some((name) => name !== null && sameName(name, ref))),
    pushes,
    ...places,
    platforms: platformsOf(build.platforms),
  };
}

function sameName(pushed: string, ref: string | null): boolean {
  return chooseReference([pushed]).ref === ref;
}

/** `file` of the action is from the root, `-f` of a script from its folder. */
function placesInScript(folder: string, { context, file }: ShellBuild): ReturnType<typeof placesOf> {
  const base = resolveInside('.', folder);
  if (base === null) return { dockerfile: null, context: null };
  return placesOf(base, context, file);
}

function placesOf(
  base: string,
  context: string | null,
  file: string | null | undefined,
): Pick<FoundBuild, 'dockerfile' | 'context'> {
  const folder = context === null ? null : resolveInside(base, context === '' ? '.' : context);
  if (file === undefined || file === '')
    return { context: folder, dockerfile: folder === null ? null : resolveInside(folder, 'Dockerfile') };
  return { context: folder, dockerfile: file === null ? null : resolveInside(base, file) };
}

function namesOf(reader: Reader, step: Step): MetadataNames {
  const known = (value: string): string | null => evaluate(value, step.scope, reader.around);
  const tags = text(reader, valueAt(reader.source, step.node, 'with'), 'tags') ?? '';
  return metadataNames(withInput(reader, step, 'images') ?? null, tags, known, reader.around);
}

function platformsOf(value: string | null | undefined): readonly string[] {
  const platforms = (value ?? '').split(/[\n,]/u).map((one) => one.trim().toLowerCase());
  return [...new Set(platforms.filter((one) => /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/u.test(one)))];
}

/** @returns null: computed at run time; undefined: it is not given. */
function withInput(reader: Reader, step: Step, name: string): string | null | undefined {
  const value = text(reader, valueAt(reader.source, step.node, 'with'), name);
  return value === null ? undefined : evaluate(value.trim(), step.scope, reader.around);
}

/** Expressions hold spaces: they are replaced before a script is split into words, by a variable where they are not known. */
function withoutExpressions({ around }: Reader, { scope }: Step, script: string): string {
  return script.replaceAll(
    /\$\{\{[^}\n]{0,500}\}\}/gu,
    (expression) => evaluate(expression, scope, around) ?? '$_not_known_',
  );
}

function scopeOf(reader: Reader, node: YamlNode | null, outer: Scope): Scope {
  const { source, around } = reader;
  const env = [...entriesOf(source, valueAt(source, node, 'env'))].slice(0, MOST_STEPS);
  if (env.length === 0) return outer;
  const own = env.map(([name, value]) => {
    const written = textOf(source, value)?.text;
    return [name, written === undefined ? null : evaluate(written, outer, around)] as const;
  });
  return new Map([...outer, ...own]);
}

function text({ source }: Reader, node: YamlNode | null, key: string): string | null {
  return textOf(source, valueAt(source, node, key))?.text ?? null;
}

function lineOf({ starts }: Reader, node: YamlNode | null): number {
  return lineAt(starts, node?.range?.[0] ?? 0);
}
