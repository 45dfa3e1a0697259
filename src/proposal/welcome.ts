/** The issue that greets a repository, where its policy wants one. Pure. */
import type { AppPolicy } from '../config/policy.ts';
import type { JobOutcome } from '../outcome.ts';
import { plural } from '../report/count.ts';
import { code } from '../report/markdown.ts';

const NAMED = 50;

/** Title and body, in Markdown. */
export function welcome(
  { results, skips, images }: Pick<JobOutcome, 'results' | 'skips' | 'images'>,
  { schedule }: Pick<AppPolicy, 'schedule'>,
): { readonly title: string; readonly body: string } {
  const locks = results.map(({ target }) => `- ${code(target.path)} (${target.kind})`);
  const more = locks.length > NAMED ? [`- and ${plural(locks.length - NAMED, 'more lock')}`] : [];
  const when =
    schedule === null
      ? 'It looks when somebody asks'
      : `It looks ${'cron' in schedule ? 'when the schedule of the policy says so' : schedule.every}`;
  const body = [
    results.length === 0
      ? 'Relock is installed here. It found no lock file that it can make anew.'
      : `Relock is installed here, and looks after ${plural(results.length, 'lock')}:`,
    [...locks.slice(0, NAMED), ...more].join('\n'),
    images.results.length === 0
      ? ''
      : `It looks at ${plural(images.results.length, 'base image')}, and moves the digests that are pinned.`,
    skips.length === 0
      ? ''
      : `${plural(skips.length, 'file')} that looked like a lock ${skips.length === 1 ? 'is' : 'are'} left alone.`,
    `${when}, and at once when somebody who may write here comments \`/rebuild\`. What should be otherwise goes into ` +
      '`.github/relock.toml`. This issue can be closed.',
  ];
  return { title: 'Relock is installed', body: body.filter((part) => part !== '').join('\n\n') };
}
