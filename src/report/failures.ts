/** What was not done, and what the reader can do about it. */
import type { Reason, Skip, TargetResult } from '../model.ts';
import { code, fenced, fold, sentence, withoutPath } from './markdown.ts';
import type { Section } from './sections.ts';

/** Sections of locks that failed, and of those held back with them. */
export function failureSections(results: readonly TargetResult[]): readonly Section[] {
  const failed = results.filter(({ status }) => status === 'failed' || status === 'skipped');
  if (failed.length === 0) return [];
  const sections: Section[] = [{ text: '## Not re-locked', drop: 9, name: 'the failures' }];
  for (const { target, reason } of failed) {
    if (reason === null) continue;
    sections.push({
      text: `- ${about(target.path, reason)}`,
      drop: 8,
      name: `why ${target.path} was not re-locked`,
    });
    if (reason.detail !== '') {
      sections.push({
        text: fold(`What the tool said of ${code(target.path)}`, fenced(reason.detail)),
        drop: 1,
        name: `the tool's words about ${target.path}`,
      });
    }
  }
  return sections;
}

/** The section of files that were found and left alone. */
export function skipSections(skips: readonly Skip[]): readonly Section[] {
  const told = skips.filter(({ reason }) => reason.code !== 'not-selected');
  if (told.length === 0) return [];
  const lines = told.map(({ path, kind, reason }) => `- ${about(path, reason, ` (${kind})`)}`);
  const text = fold(`Left alone: ${told.length === 1 ? '1 file' : `${told.length} files`}`, lines.join('\n'));
  return [{ text, drop: 2, name: 'the files left alone' }];
}

function about(path: string, reason: Reason, kind = ''): string {
  const fix = reason.fix === '' ? '' : ` ${sentence(reason.fix)}`;
  return `${code(path)}${kind}: ${sentence(withoutPath(reason.message, path))}${fix} (${code(reason.code)})`;
}
