/** Tables, folds and lists of the HTML report. Pure. */
import { escapeHtml } from './html-inline.ts';

/** A cell: finished HTML, and by what it is sorted where that is not its text. */
export type Cell = string | { readonly html: string; readonly sort: number };

/**
 * A table that sorts and filters where scripts run, and reads as it is where they do not.
 * @param caption text. @param head text. @param rows finished HTML; the first cell heads its row.
 */
export function tableHtml(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const heads = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n');
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(caption)}"><table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}
</tbody></table></div>`;
}

function cellHtml(cell: Cell, index: number): string {
  const html = typeof cell === 'string' ? cell : cell.html;
  const sort = typeof cell === 'string' ? '' : ` data-sort="${Number.isFinite(cell.sort) ? cell.sort : -1}"`;
  return index === 0 ? `<th scope="row"${sort}>${html}</th>` : `<td${sort}>${html}</td>`;
}

/** @param summary finished HTML. @param body finished HTML. */
export function foldHtml(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n${body}\n</details>`;
}

/** @param items finished HTML. Empty: none. */
export function listHtml(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

/** A word with a colour; the word is what tells. */
export function badgeHtml(kind: string, words: string): string {
  return `<span class="badge ${kind.replaceAll(/[^a-z-]/gu, '')}">${escapeHtml(words)}</span>`;
}
