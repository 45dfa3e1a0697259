/** `relock plan` for people. Pure but for styling. */
import type { ImagePlan } from '../images/plan-images.ts';
import type { Skip, Target } from '../model.ts';
import { plural } from '../report/count.ts';
import { commandLine } from '../report/shell.ts';
import { imagesText } from './plan-images-text.ts';
import { styleOf, type Style } from './style.ts';

/** @param styled whether the text goes to a terminal that shows styles. */
export function planText(
  targets: readonly Target[],
  skips: readonly Skip[],
  images: ImagePlan,
  styled: boolean,
): string {
  const style = styleOf(styled);
  const { bold, dim, safe } = style;
  const parts = targets.map((target) => about(target, style));
  if (targets.length === 0) parts.push('No lock to re-lock was found.');
  if (skips.length > 0) {
    const lines = skips.map(({ path, kind, reason }) => {
      const fix = reason.fix === '' ? '' : ` ${reason.fix}`;
      return `  ${safe(path)} ${dim(`(${kind}, ${reason.code})`)}\n    ${safe(reason.message + fix)}`;
    });
    parts.push(`${bold('Left alone')}\n${lines.join('\n')}`);
  }
  parts.push(...imagesText(images, style));
  const look = images.images.length;
  const looked = look === 0 ? '' : ` ${plural(look, 'base image')} to look up.`;
  parts.push(
    `${plural(targets.length, 'lock')} to re-lock, ${plural(skips.length, 'file')} left alone.${looked}`,
  );
  return `${parts.join('\n\n')}\n`;
}

function about(target: Target, { bold, dim, safe }: Style): string {
  const { tool, python } = target;
  const rows: (readonly [string, string])[] = [
    ['from', safe(target.manifests.join(', '))],
    ['tool', `${safe(`${tool.name} ${tool.version ?? unsaid(tool.name)}`)} ${dim(`(${safe(tool.from)})`)}`],
    ['python', `${safe(python.version ?? 'any')} ${dim(`(${safe(python.from)})`)}`],
    ['command', safe(commandLine(target.command, target.cwd))],
    ...target.notes.map((note) => ['note', safe(note)] as const),
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`);
  return [`${bold(safe(target.path))} ${dim(`(${target.kind})`)}`, ...lines].join('\n');
}

/** A version that the repository does not say; `plan` runs nothing, so uv is not asked for its own. */
function unsaid(tool: string): string {
  return tool === 'uv'
    ? 'of the settings, else on PATH, else the copy that Relock brings'
    : 'newest that fits';
}
