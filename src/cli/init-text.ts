/** What `relock init` says. Pure but for styling. */
import type { InitProposal, Suggestion } from '../init/model.ts';
import { commandLine } from '../report/shell.ts';
import { styleOf, type Style } from './style.ts';

export interface InitShown extends InitProposal {
  /** Absolute folder. */
  readonly root: string;
  /** Paths of `files` that were written; null: `--write` was not given. */
  readonly written: readonly string[] | null;
}

/** @param styled whether the text goes to a terminal that shows styles. */
export function initText(shown: InitShown, styled: boolean): string {
  const { files, there, suggestions, written, root } = shown;
  const style = styleOf(styled);
  const { bold, dim, safe } = style;
  const parts = files.map(({ path, text, purpose }) => {
    const state = written?.includes(path) === true ? 'written' : 'new';
    const head = `${bold(safe(path))} ${dim(`(${state})`)}\n  ${safe(purpose)}`;
    return written === null ? `${head}\n\n${indented(text, '    ', style)}` : head;
  });
  if (there.length > 0) {
    const lines = there.map(({ path, what }) => `  ${safe(path)} ${dim(`(${safe(what)})`)}`);
    parts.push(`${bold('There already, and left as it is')}\n${lines.join('\n')}`);
  }
  if (suggestions.length > 0) {
    parts.push(
      `${bold('To change by hand')}\n${suggestions.map((one) => suggestionText(one, style)).join('\n\n')}`,
    );
  }
  if (files.length > 0 && written === null) {
    const command = safe(commandLine(['relock', 'init', root, '--write'], '.'));
    parts.push(`Nothing was written. This writes what is new:\n  ${command}`);
  }
  if (files.length === 0 && suggestions.length === 0) {
    parts.push('This repository has all that Relock would propose.');
  }
  return `${parts.join('\n\n')}\n`;
}

function suggestionText({ path, line, message, snippet }: Suggestion, style: Style): string {
  const place = `${style.safe(path)}${line === null ? '' : `:${line}`}`;
  const lines = snippet === '' ? '' : `\n\n${indented(snippet, '      ', style)}`;
  return `  ${place}\n    ${style.safe(message)}${lines}`;
}

function indented(text: string, margin: string, { safe }: Style): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `${margin}${safe(line)}`))
    .join('\n');
}
