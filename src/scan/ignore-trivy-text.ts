/** Trivy's `.trivyignore`: an id a line, `exp:2027-03-31` after it, comments. Pure. */
import { createRuleReader, endOf, idOf, reasonOf, shown, type ReadRules } from './ignore-rule.ts';

/**
 * A reason is what stands after the id, else the comment right above.
 * @param text without a BOM, lines ended by `\n`.
 */
export function readTrivyText(path: string, text: string): ReadRules {
  const reader = createRuleReader(path, null);
  let comment: string[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.trim();
    if (line.startsWith('#')) {
      comment.push(line.slice(1));
      continue;
    }
    const above = comment.join(' ');
    comment = [];
    if (line === '') continue;
    // Threat: a line of the whole file's length.
    const [name = '', ...words] = line.slice(0, 2000).split(/\s+/u);
    const id = idOf(name);
    const ending = words.find((word) => word.startsWith('exp:'));
    const end = ending === undefined ? { until: null, ends: null } : dayOf(ending.slice('exp:'.length));
    if (id === null) {
      reader.problem(index + 1, `this is no id: ${shown(name)}`);
    } else if (end === null) {
      reader.problem(
        index + 1,
        `${shown(ending ?? '')} is not a day (exp:2027-03-31), so that ${shown(name)} is told`,
      );
    } else {
      const beside = words.filter((word) => word !== ending).join(' ');
      const reason = reasonOf((beside === '' ? above : beside).replace(/^[#\s]+/u, ''));
      // Trivy takes these ids for secrets, too.
      if (!reader.add(index + 1, { of: 'both', id, reason, ...end })) break;
    }
  }
  return reader.done();
}

function dayOf(text: string): ReturnType<typeof endOf> {
  return text.length === 10 ? endOf(text) : null;
}
