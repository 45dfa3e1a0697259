/** The tree in which rattler (resolvo) and libmamba explain why specs do not fit together, boiled down to those that clash. Pure. */
import { short } from '../failure/recogniser.ts';

/** One line of the tree. */
interface Branch {
  readonly depth: number;
  readonly text: string;
}

/** One of the specs that were asked for, and what it comes to. */
interface Root {
  readonly spec: string;
  readonly lines: readonly Branch[];
}

const MOST_LINES = 400;
const MOST_CLASHES = 4;

/**
 * @param lines the explanation, from its first line on.
 * @param asked the specs that were asked for: `python 3.12.*`.
 * @returns sentences without their full stops: `b needs c >=2`; empty when it is no such tree.
 */
export function clashesOf(lines: readonly string[], asked: readonly string[]): readonly string[] {
  const none = lines.flatMap((line) => /No candidates were found for (.{1,200}?)\.?$/u.exec(line)?.[1] ?? []);
  if (none.length > 0) return none.slice(0, MOST_CLASHES).map((spec) => `no package is \`${short(spec)}\``);
  const roots = rootsOf(lines.slice(0, MOST_LINES));
  const contested = new Set(
    roots.flatMap(({ lines: all }) =>
      all.flatMap(
        ({ text }) => /^(\S+) .*(?:conflicts with|which cannot be installed because)/u.exec(text)?.[1] ?? [],
      ),
    ),
  );
  const clashes = roots.flatMap((root) => clashOf(root, contested, asked));
  return [...new Set(clashes)].slice(0, MOST_CLASHES);
}

function rootsOf(written: readonly string[]): readonly Root[] {
  const lines = written.map((line) => line.replace(/^Cannot solve the request because of: /u, ''));
  // A tree of one root stands without a branch of its own.
  const alone = lines.some((line) => ALONE.test(line));
  const roots: { spec: string; lines: Branch[] }[] = [];
  for (const line of lines) {
    const branch = /^((?:[│ ] {2})*)[├└]─ ?(.*)$/u.exec(line);
    if (branch === null) {
      if (ALONE.test(line)) roots.push({ spec: specOf(line), lines: [] });
      continue;
    }
    const depth = (branch[1] ?? '').length / 3;
    const text = (branch[2] ?? '').trim();
    if (depth === 0 && !alone) roots.push({ spec: specOf(text), lines: [] });
    else roots.at(-1)?.lines.push({ depth, text });
  }
  return roots;
}

const ALONE = /^[^│├└\s].{0,300} (?:cannot be installed|is not installable) because/u;

/** What one root asks of a package that others ask something else of. */
function clashOf(
  { spec, lines }: Root,
  contested: ReadonlySet<string>,
  asked: readonly string[],
): readonly string[] {
  const missing = lines.find(({ text }) =>
    /for which no candidates|does not exist|nothing provides/u.test(text),
  );
  const last = missing ?? lines.findLast(({ text }) => contested.has(nameOf(text)) && !isVersionOnly(text));
  if (last === undefined) {
    const young = lines.find(({ text }) => text.includes('is excluded because'));
    return young === undefined
      ? [`\`${spec}\` cannot be installed`]
      : [`\`${spec}\` has only ${short(young.text)}`];
  }
  const wanted = specOf(last.text);
  const through = lines
    .slice(0, lines.indexOf(last))
    .filter(({ depth, text }) => depth < last.depth && text.endsWith(' would require'))
    .map(({ text }) => nameOf(text))
    .filter((name) => name !== nameOf(spec));
  const way = through.length === 0 ? '' : ` (through ${[...new Set(through)].slice(-2).join(' and ')})`;
  const rival = asked.find((one) => nameOf(one) === nameOf(wanted) && nameOf(one) !== nameOf(spec));
  const why =
    missing === undefined
      ? ''
      : rival === undefined
        ? ', which no channel has'
        : `, and \`${rival}\` is asked for`;
  return [`\`${spec}\`${way} needs \`${wanted}\`${why}`];
}

/** `c 1.0, which conflicts …` and `c 2.0`: a package, not a wish. */
function isVersionOnly(text: string): boolean {
  return (
    /^\S+ [\w.!+|\s]+(?:, which conflicts| would require|$)/u.test(text) &&
    !/[<>=*]/u.test(text.split(',', 1)[0] ?? '')
  );
}

/** `c >=2` of `c >=2, which can be installed with any of the following options:`. */
function specOf(text: string): string {
  return short(
    text
      .replace(
        /(?:, (?:which|for which)| (?:can be|cannot be) installed| is (?:not )?installable| would require| does not exist).*$/u,
        '',
      )
      .replace(/ \*$/u, ''),
    120,
  );
}

function nameOf(text: string): string {
  return /^[^\s=<>!~[]+/u.exec(text)?.[0] ?? '';
}
