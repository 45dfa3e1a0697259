/** Which Pipenv makes a lock: it records none, so a pin of the repository stands for it. Pure. */
import type { ToolChoice, Tree } from '../../model.ts';
import { compareVersions, minorOf } from '../python-versions.ts';
import { folderOf, readText } from '../tree.ts';
import type { Pipfile } from './pipfile.ts';

/** Where Pipenv is installed by hand: images, workflows, requirements. Best first. */
const PLACES: readonly RegExp[] = [
  /(?:^|\/)(?:(?:Dockerfile|Containerfile)(?:[.-][^/]*)?|[^/]*\.[Dd]ockerfile)$/u,
  /^\.github\/workflows\/[^/]+\.ya?ml$/u,
  /(?:^|\/)[^/]*requirements[^/]*\.(?:txt|in)$/u,
];
const PIN =
  /\bpipenv(?:\[[\w,-]{0,40}\])?={2,3}["']?(\d+(?:\.\d+){1,3})\b|\bPIPENV_VERSION["']?[=: ] ?["']?(\d+(?:\.\d+){1,3})\b/u;
/** Of a file; characters. */
const LOOKED_AT = 200_000;

/**
 * In this order: the policy, a pin in the Pipfile, the nearest pin in a Dockerfile, a workflow, a requirements file.
 * @returns `version` null: the newest Pipenv that runs on the lock's Python.
 */
export function choosePipenv(
  tree: Tree,
  lock: string,
  wanted: string | undefined,
  pipfile: Pipfile,
): ToolChoice {
  if (wanted !== undefined) return { name: 'pipenv', version: wanted, from: 'the policy of this repository' };
  if (pipfile.pipenv !== null) {
    return { name: 'pipenv', version: pipfile.pipenv.version, from: pipfile.pipenv.namedIn };
  }
  const folder = folderOf(lock);
  const candidates = [...tree.files.keys()]
    .map((path) => ({
      path,
      place: PLACES.findIndex((place) => place.test(path)),
      far: distance(folder, folderOf(path)),
    }))
    .filter(({ place }) => place !== -1)
    .sort((a, b) => a.place - b.place || a.far - b.far || (a.path < b.path ? -1 : 1));
  for (const { path } of candidates) {
    const text = readText(tree, path)?.slice(0, LOOKED_AT) ?? '';
    const match = PIN.exec(text);
    const version = match?.[1] ?? match?.[2];
    if (match === null || version === undefined) continue;
    const line = text.slice(0, match.index).split('\n').length;
    return { name: 'pipenv', version, from: `${path}:${line} ${match[0].slice(0, 60)}` };
  }
  return { name: 'pipenv', version: null, from: 'nothing in the repository says: the newest for its Python' };
}

/** How many folders up and down lie between two. */
function distance(a: string, b: string): number {
  const left = a === '.' ? [] : a.split('/');
  const right = b === '.' ? [] : b.split('/');
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  return left.length + right.length - 2 * same;
}

/**
 * First release that needs a Python (its `Requires-Python`), newest first; and the newest Python that releases before it
 * started on, where Python took away what they use.
 */
const FLOORS: readonly (readonly [release: string, python: string])[] = [
  ['2025.1.1', '3.10'],
  ['2025.0.0', '3.9'],
  ['2023.10.20', '3.8'],
  ['2022.4.21', '3.7'],
  ['0', '3.6'],
];
const CEILINGS: readonly (readonly [before: string, python: string])[] = [
  ['2021.11.5', '3.10'],
  ['2023.0', '3.11'],
];

/** Whether a Pipenv (null: the newest that does) runs on a Python (`3.11`, `3.11.4`). */
export function pipenvRunsOn(pipenv: string | null, python: string): boolean {
  const minor = minorOf(python);
  if (!minor.startsWith('3.')) return false;
  if (pipenv === null) return compareVersions(minor, '3.6') >= 0;
  const floor = FLOORS.find(([release]) => compareVersions(pipenv, release) >= 0)?.[1] ?? '3.6';
  const ceiling = CEILINGS.find(([before]) => compareVersions(pipenv, before) < 0)?.[1];
  return (
    compareVersions(minor, floor) >= 0 && (ceiling === undefined || compareVersions(minor, ceiling) <= 0)
  );
}
