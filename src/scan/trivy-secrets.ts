/** Secrets that Trivy found in the files of an image. Pure. */
import type { SecretFinding } from './model.ts';
import { levelOfWord, oneLine } from './program-finding.ts';
import { listAt, needed, numberAt, textAt } from './program-json.ts';
import type { ImageLayout } from './scanner.ts';

/**
 * Threat: Trivy shows the line around a secret, and masks what its rule matched, which need not be all of it. So neither `Match`
 * nor `Code` is read.
 * @param result one entry of `Results`. @throws {AnswerError}
 */
export function secretsOf(result: unknown, { location, platform }: ImageLayout): readonly SecretFinding[] {
  return listAt(result, 'Secrets').map((one) => {
    const line = numberAt(one, 'StartLine');
    const digest = textAt(one, 'Layer', 'Digest') || textAt(one, 'Layer', 'DiffID');
    return {
      location,
      platform,
      rule: oneLine(needed(one, 'RuleID')).slice(0, 120),
      title: oneLine(textAt(one, 'Title')).slice(0, 200),
      severity: levelOfWord(textAt(one, 'Severity')),
      path: oneLine(needed(result, 'Target')).replace(/^\/+/u, '').slice(0, 1000),
      line: line !== null && Number.isSafeInteger(line) && line > 0 ? line : null,
      layer: /^sha256:[0-9a-f]{64}$/u.test(digest) ? digest : null,
    };
  });
}
