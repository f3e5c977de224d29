// Sortable tables, copy buttons, and links that expand their target.
'use strict';

(function () {
  function key(row, column) {
    const cell = row.cells[column];
    const v = cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v;
    const n = Number(v);
    return v === '' ? null : Number.isNaN(n) ? v : n;
  }

  function compare(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return String(a).localeCompare(String(b));
  }

  // sort orders rows by a column, unknown values last.
  function sort(table, head) {
    const column = head.cellIndex;
    const up = head.getAttribute('aria-sort') !== 'ascending';
    for (const th of head.parentNode.cells) th.setAttribute('aria-sort', 'none');
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map(row => ({ row, key: key(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return up ? compare(a.key, b.key) : compare(b.key, a.key);
    });
    body.append(...rows.map(r => r.row));
  }

  for (const head of document.querySelectorAll('table.sorts thead th')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute('aria-sort', 'none');
  }

  document.addEventListener('click', e => {
    const head = e.target.closest('table.sorts th[aria-sort]');
    if (head && e.target.closest('button')) sort(head.closest('table'), head);
    const copy = e.target.closest('button.copy');
    if (copy) copyFrom(copy);
  });

  async function copyFrom(button) {
    const code = button.parentNode.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code); // not permitted: the user can still press Ctrl-C
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }

  function openTarget() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === 'DETAILS') {
      target.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener('hashchange', openTarget);
  openTarget();
})();
