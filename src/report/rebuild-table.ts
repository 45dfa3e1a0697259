/** The table of what a published image lacks. Pure. */
import type { RebuildResult, WaitingUpdate } from '../rebuild/model.ts';
import { wayInWords, worstFirst } from '../rebuild/words.ts';
import { plural } from './count.ts';
import { code, fold, sentence, table } from './markdown.ts';
import { sinceInWords } from './rebuild-words.ts';
import type { Section } from './sections.ts';

/** Tables up to this many rows stand open. */
const OPEN_ROWS = 12;
/** Longer ones are cut, and say so. */
const MOST_ROWS = 100;
const MOST_CHARACTERS = 15_000;
const MOST_ADVISORIES = 3;
const LONGEST_NAME = 80;
const LONGEST_WHY = 120;

/** What waits on any platform: security fixes, then the rest, which is folded where both are many. */
export function waitingSections({ image, published }: RebuildResult, now: Date | null): readonly Section[] {
  const rows = foldRows(published);
  const everywhere = published.length;
  const fixes = rows.filter(({ security }) => security);
  const others = rows.filter(({ security }) => !security);
  const tables =
    rows.length <= OPEN_ROWS
      ? [{ title: '', rows }]
      : [
          { title: plural(fixes.length, 'security fix', 'security fixes'), rows: fixes },
          { title: plural(others.length, fixes.length === 0 ? 'update' : 'other update'), rows: others },
        ];
  return tables
    .filter((one) => one.rows.length > 0)
    .map(({ title, rows: some }, index) => {
      const body = tableOf(some, everywhere, now);
      const open = title === '' || (some === fixes && some.length <= OPEN_ROWS);
      return {
        text: open ? body : fold(`${title} ${some.length === 1 ? 'waits' : 'wait'}`, body),
        drop: some === others || index > 0 ? 3 : 6,
        name: `what the image ${image.ref} lacks`,
      };
    });
}

interface Row {
  readonly name: string;
  readonly security: boolean;
  readonly since: string | null;
  readonly advisories: readonly string[];
  readonly cells: (now: Date | null) => readonly string[];
  readonly platforms: readonly string[];
}

/** What waits alike on several platforms is one row. */
function foldRows(published: RebuildResult['published']): readonly Row[] {
  const all = published.flatMap(({ platform, waiting }) => waiting.map((one) => ({ platform, one })));
  const alike = Map.groupBy(all, ({ one: { update, way } }) =>
    JSON.stringify([update.name, update.from, update.to, update.security, update.suite, update.kind, way]),
  );
  return [...alike.values()]
    .flatMap((same): readonly Row[] => {
      const [first] = same;
      if (first === undefined) return [];
      const { name, security, since, advisories } = first.one.update;
      const platforms = [...new Set(same.map(({ platform }) => platform))];
      return [{ name, security, since, advisories, platforms, cells: (now) => cellsOf(first.one, now) }];
    })
    .toSorted(worstFirst);
}

function tableOf(rows: readonly Row[], everywhere: number, now: Date | null): string {
  const apart = rows.some(({ platforms }) => platforms.length < everywhere);
  const kept: (readonly string[])[] = [];
  let size = 0;
  for (const { cells, platforms } of rows.slice(0, MOST_ROWS)) {
    const where =
      platforms.length === everywhere ? 'all' : platforms.map((name) => code(name, LONGEST_NAME)).join(', ');
    const row = [...cells(now), ...(apart ? [where] : [])];
    size += row.join(' | ').length;
    if (size > MOST_CHARACTERS && kept.length > 0) break;
    kept.push(row);
  }
  const more = rows.length - kept.length;
  const head = ['Package', 'Published → offered', 'Kind', 'Offered by', 'Waiting', 'Comes with'];
  const text = table([...head, ...(apart ? ['Platforms'] : [])], kept);
  return more === 0
    ? text
    : `${text}\n\nAnd ${more.toLocaleString('en-US')} more; \`relock run --json\` gives all of them.`;
}

function cellsOf(waiting: WaitingUpdate, now: Date | null): readonly string[] {
  const { name, from, to, suite, since } = waiting.update;
  return [
    code(name, LONGEST_NAME),
    `${code(from, LONGEST_NAME)} → ${code(to, LONGEST_NAME)}`,
    kindOf(waiting),
    suite === '' ? 'not told' : code(suite, LONGEST_NAME),
    sinceInWords(since, now).replace(/^for /u, '') || 'not told',
    `${wayInWords(waiting)}${whyOf(waiting)}`,
  ];
}

function kindOf({ update: { security, advisories } }: WaitingUpdate): string {
  const shown = advisories.slice(0, MOST_ADVISORIES).map((id) => code(id, 40));
  const more = advisories.length - shown.length;
  const named = [...shown, ...(more > 0 ? [`${more.toLocaleString('en-US')} more`] : [])].join(', ');
  const kind = security ? 'security' : 'update';
  return named === '' ? kind : `${kind} (${named})`;
}

/** Threat: it names packages; a pipe ends the cell, also inside a code span. */
function whyOf({ way, update: { because } }: WaitingUpdate): string {
  if (way !== 'not-yet' || because === null || because === '') return '';
  const plain = because.replaceAll(/[`|]/gu, ' ');
  return ` (${sentence(plain.length > LONGEST_WHY ? `${plain.slice(0, LONGEST_WHY - 1)}…` : plain)})`;
}
