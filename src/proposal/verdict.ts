/** One answer from what was decided of several proposals. Pure. */
import { code } from '../report/markdown.ts';
import type { Decision } from './decide.ts';
import { IMAGES } from './parts.ts';

export interface Verdict extends Pick<Decision, 'verdict' | 'because'> {
  readonly notes: readonly string[];
}

const WORST_FIRST = ['failed', 'proposed', 'left-alone', 'nothing'] as const;

/** @param parts in order, each with the path that its proposal is named by. Without any, there was nothing to do. */
export function oneVerdict(
  parts: readonly (Verdict & { readonly lock: string | null })[],
  nothing: string,
): Verdict {
  const [only] = parts;
  if (only === undefined) return { verdict: 'nothing', because: nothing, notes: [] };
  if (parts.length === 1) return only;
  const verdict = WORST_FIRST.find((kind) => parts.some((part) => part.verdict === kind)) ?? 'nothing';
  const told = parts.filter((part) => part.verdict !== 'nothing');
  const because = told.map((part) => `- ${nameOf(part.lock)}${part.because}`);
  const notes = [...new Set(parts.flatMap((part) => part.notes))];
  return { verdict, because: because.length === 0 ? nothing : because.join('\n'), notes };
}

function nameOf(lock: string | null): string {
  if (lock === null) return '';
  return lock === IMAGES ? 'Base images: ' : `${code(lock)}: `;
}
