/**
 * What the HTML report does where scripts run: sorts tables by their heads, filters all rows by words, opens folds for
 * printing. A link can name both: `report.html#filter=urllib3&sort=2&order=descending`.
 */
export const SCRIPT = `
'use strict';
(() => {
  const tables = [...document.querySelectorAll('table')];
  const value = (row, index) => {
    const cell = row.cells[index];
    if (cell === undefined) return '';
    return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
  };
  const compare = (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true, sensitivity: 'base' });
  const sort = (table, index, order) => {
    const head = table.tHead.rows[0].cells;
    if (head[index] === undefined) return;
    for (const cell of head) cell.removeAttribute('aria-sort');
    head[index].setAttribute('aria-sort', order);
    const sign = order === 'descending' ? -1 : 1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, at) => ({ row, at, key: value(row, index) }));
    rows.sort((a, b) => sign * compare(a.key, b.key) || a.at - b.at);
    body.append(...rows.map(({ row }) => row));
  };
  for (const table of tables) {
    for (const [index, cell] of [...table.tHead.rows[0].cells].entries()) {
      if (cell.textContent.trim() === '') continue;
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...cell.childNodes);
      button.addEventListener('click', () =>
        sort(table, index, cell.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending'));
      cell.append(button);
    }
  }
  const tools = document.createElement('div');
  tools.className = 'tools';
  tools.setAttribute('role', 'search');
  const label = document.createElement('label');
  label.textContent = 'Filter rows of all tables ';
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'package, CVE, kind, …';
  label.append(input);
  const count = document.createElement('output');
  tools.append(label, count);
  const filter = () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    let shown = 0;
    let all = 0;
    for (const table of tables) {
      let some = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        all += 1;
        if (!row.hidden) some += 1;
      }
      shown += some;
      table.parentElement.hidden = words.length > 0 && some === 0;
      if (words.length > 0 && some > 0)
        for (let up = table.closest('details'); up !== null; up = up.parentElement.closest('details')) up.open = true;
    }
    count.textContent = words.length === 0 ? '' : shown + ' of ' + all + ' rows';
  };
  input.addEventListener('input', filter);
  if (tables.length > 0) document.querySelector('main').prepend(tools);
  const asked = new URLSearchParams(location.hash.slice(1));
  if (asked.has('sort'))
    for (const table of tables)
      sort(table, Number(asked.get('sort')), asked.get('order') === 'descending' ? 'descending' : 'ascending');
  if (asked.has('filter')) {
    input.value = asked.get('filter');
    filter();
  }
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    for (const fold of closed) fold.open = true;
  });
  addEventListener('afterprint', () => {
    for (const fold of closed) fold.open = false;
  });
})();
`;
