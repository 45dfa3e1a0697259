/** Advice on the image as a whole: its base, its user, its size. Pure. */
import { quoted } from './advice-words.ts';
import { rootStage, type DockerfileOutline } from './dockerfile-outline.ts';
import type { Advice, BuiltImage } from './model.ts';

interface BaseFacts {
  readonly endOfLife: string | null;
  readonly musl: string | null;
}

export function adviseOnBase(outline: DockerfileOutline, { endOfLife, musl }: BaseFacts): readonly Advice[] {
  const { path } = outline;
  const line = rootStage(outline)?.line ?? null;
  const found: Advice[] = [];
  if (endOfLife !== null) {
    const message = `${endOfLife} No rebuild brings fixes that nobody makes: move to a base of a later release.`;
    found.push({ code: 'end-of-life-base', path, line, message });
  }
  if (musl !== null) {
    const message = `${musl} A base with glibc (\`-slim\`) takes the wheels as they are.`;
    found.push({ code: 'musl-base', path, line, message });
  }
  return found;
}

const ROOT = /^(?:root|0)(?::.*)?$/u;

/** @param published `User` of the published image; it tells where the Dockerfile does not. */
export function adviseOnUser(outline: DockerfileOutline, published: string | null): readonly Advice[] {
  const last = outline.stages.at(-1);
  const named = last?.user ?? null;
  const name = named === null || named.name.includes('$') ? published : named.name;
  if (name === null || (name !== '' && !ROOT.test(name))) return [];
  const says = named === null ? 'No USER is named, so that' : `${quoted(`USER ${name}`)} is the last one:`;
  return [
    {
      code: 'runs-as-root',
      path: outline.path,
      line: named?.line ?? last?.line ?? null,
      message: `${says} what runs in the image runs as root. Add a user, and \`USER\` with its name below the last step that needs root.`,
    },
  ];
}

interface SizeFacts {
  readonly size: { readonly from: number; readonly to: number } | null;
  readonly sizeBudget: BuiltImage['sizeBudget'];
}

export function adviseOnSize({ size, sizeBudget }: SizeFacts): readonly Advice[] {
  if (size === null || sizeBudget === null) return [];
  const growth = size.to - size.from;
  const isPercent = 'percent' in sizeBudget;
  const most = isPercent ? (size.from * sizeBudget.percent) / 100 : sizeBudget.bytes;
  if (growth <= most) return [];
  const budget = isPercent ? `${sizeBudget.percent}%` : megabytes(sizeBudget.bytes);
  const share = size.from > 0 ? ` (${((growth / size.from) * 100).toFixed(1)}%)` : '';
  return [
    {
      code: 'size-budget',
      path: null,
      line: null,
      message: `The image grew by ${megabytes(growth)}${share}, from ${megabytes(size.from)} to ${megabytes(size.to)} compressed; its budget is ${budget}. See which packages were added, and that each step deletes what it downloaded.`,
    },
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
