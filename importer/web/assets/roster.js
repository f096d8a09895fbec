'use strict';

// Upload: a file that is chosen or dropped anywhere on the page is sent at once.
function watchUpload() {
  const form = document.getElementById('upload');
  if (!form) return;
  const input = form.querySelector('input[type=file]');
  const send = () => {
    if (!input.files.length) return;
    const says = document.getElementById('uploading');
    says.textContent = says.dataset.says;
    form.requestSubmit();
  };
  input.addEventListener('change', send);
  document.addEventListener('dragover', (e) => { e.preventDefault(); form.parentElement.classList.add('over'); });
  document.addEventListener('dragleave', () => form.parentElement.classList.remove('over'));
  document.addEventListener('drop', (e) => {
    e.preventDefault();
    form.parentElement.classList.remove('over');
    if (e.dataTransfer.files.length) {
      input.files = e.dataTransfer.files;
      send();
    }
  });
}

// Columns: a changed choice shows what it gives.
function watchColumns() {
  const form = document.getElementById('columns');
  if (!form) return;
  form.addEventListener('change', (e) => {
    if ('preview' in e.target.dataset) form.requestSubmit(form.querySelector('button[value=preview]'));
  });
}

// Check: a grid of the rows. Cells are text: nothing in a cell is ever read as HTML.
function textNode(text) {
  const node = document.createElement('span');
  node.className = 'cell-text';
  node.textContent = text === undefined || text === null ? '' : text;
  return node;
}

function startGrid(holder) {
  const words = JSON.parse(holder.dataset.words);
  const header = JSON.parse(holder.dataset.header) || [];
  const base = '/roster/' + holder.dataset.draft;
  const said = document.getElementById('said');

  const flat = (row) => {
    row.cells.forEach((cell, i) => { row['c' + i] = cell; });
    return row;
  };

  function format(cell) {
    const row = cell.getData();
    const field = cell.getField();
    const column = Number(field.slice(1));
    const element = cell.getElement();
    const bad = row.bad[column];
    element.classList.toggle('bad', !!bad);
    element.classList.toggle('edited', (row.edited || []).includes(column));
    if (bad) element.setAttribute('aria-invalid', 'true'); else element.removeAttribute('aria-invalid');
    return textNode(cell.getValue());
  }

  function status(cell) {
    const row = cell.getData();
    const badge = textNode(row.says);
    badge.className = 'badge is-' + row.status;
    const why = textNode(row.why);
    why.className = 'why-row';
    const both = document.createElement('span');
    both.append(badge, why);
    return both;
  }

  function actions(cell) {
    const row = cell.getData();
    const box = document.createElement('span');
    box.className = 'row-actions';
    if (row.done) return box;
    const link = document.createElement('a');
    link.href = base + '/row/' + row.line;
    link.textContent = words.form;
    box.append(link);
    const decide = (word, decision) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = word;
      button.addEventListener('click', () => save([{ line: row.line, decide: decision }]));
      box.append(button);
    };
    if (row.decision) {
      decide(words.undecided, '');
    } else if (row.status === 'skipped') {
      decide(words.person, 'person');
    } else {
      decide(words.not_person, 'not_person');
      decide(words.leave_out, 'leave_out');
    }
    return box;
  }

  const columns = [
    { title: '', titleFormatter: () => textNode(words.row), field: 'number', width: 70, frozen: true },
    { title: '', titleFormatter: () => textNode(words.status), field: 'says', width: 250, variableHeight: true, formatter: status },
    ...header.map((heading, i) => ({
      title: '', titleFormatter: () => textNode(heading), field: 'c' + i, minWidth: 110, formatter: format, editor: 'input',
      editable: (cell) => !cell.getData().done,
      tooltip: (e, cell) => (cell.getData().bad[i] ? textNode(cell.getData().bad[i]) : ''),
    })),
    { title: '', titleFormatter: () => textNode(words.actions), field: 'line', width: 270, formatter: actions },
  ];
  for (const column of columns) column.headerSort = false;

  const table = new Tabulator(holder, {
    columns,
    index: 'line',
    maxHeight: '70vh',
    layout: 'fitDataFill',
    placeholder: words.empty,
    ajaxURL: base + '/rows',
    ajaxParams: { show: holder.dataset.show },
    progressiveLoad: 'scroll',
    progressiveLoadScrollMargin: 600,
    paginationSize: 200,
    ajaxResponse: (url, params, answer) => ({ last_page: answer.last_page, data: answer.data.map(flat) }),
    selectableRange: 1,
    selectableRangeColumns: false,
    selectableRangeRows: false,
    editTriggerEvent: 'dblclick',
    clipboard: false,
  });
  holder.table = table;
  // The part that scrolls has the focus, and so needs a role inside the grid. The grid
  // asks for the focus whenever rows are loaded, which scrolls the page under the mouse:
  // only a person who is in the grid already gets it back.
  let inGrid = false;
  for (const kind of ['focusin', 'pointerdown']) {
    document.addEventListener(kind, (e) => { inGrid = holder.contains(e.target); }, true);
  }
  const scroller = table.rowManager.element;
  scroller.focus = () => { if (inGrid) HTMLElement.prototype.focus.call(scroller, { preventScroll: true }); };
  table.on('tableBuilt', () => {
    scroller.setAttribute('role', 'rowgroup');
    holder.querySelector('.tabulator-table').setAttribute('role', 'presentation');
  });

  async function save(changes) {
    let answer;
    try {
      const response = await fetch(base + '/cells?show=' + encodeURIComponent(holder.dataset.show), {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(changes),
      });
      if (!response.ok) throw new Error('refused');
      if (response.redirected) { location.reload(); return; }
      answer = await response.json();
    } catch {
      said.textContent = words.failed;
      const alert = document.getElementById('rows-hint');
      alert.textContent = words.failed;
      alert.setAttribute('role', 'alert');
      return;
    }
    const shown = new Set(table.getData().map((row) => row.line));
    await table.updateData(answer.rows.filter((row) => shown.has(row.line)).map(flat));
    for (const row of answer.rows) {
      const one = shown.has(row.line) && table.getRow(row.line);
      if (one) one.reformat();
    }
    showSummary(answer.summary);
  }

  function showSummary(html) {
    const summary = document.getElementById('summary');
    summary.innerHTML = html; // written by this server's templates
    htmx.process(summary);
    const head = summary.querySelector('h1');
    said.textContent = words.saved + ': ' + (head ? head.textContent : '');
  }

  table.on('cellEdited', (cell) => {
    const column = Number(cell.getField().slice(1));
    if (cell.getValue() === cell.getOldValue()) return;
    save([{ line: cell.getData().line, column, text: String(cell.getValue()) }]);
  });

  // Typing replaces the chosen cell, as in a spreadsheet program.
  holder.addEventListener('keydown', (e) => {
    if (e.key.length !== 1 || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|BUTTON|A)$/.test(e.target.tagName)) return;
    const range = table.getRanges()[0];
    const cell = range && range.getCells()[0][0];
    if (!cell || !/^c\d+$/.test(cell.getField()) || cell.getData().done) return;
    e.preventDefault();
    cell.edit();
    const input = cell.getElement().querySelector('input');
    if (input) input.value = e.key;
  });

  // A block that was copied in a spreadsheet program is pasted from the chosen cell on.
  document.addEventListener('paste', (e) => {
    if (!holder.contains(document.activeElement) || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    const changes = block(e.clipboardData.getData('text/plain'));
    if (!changes.length) return;
    e.preventDefault();
    save(changes);
  });

  function block(text) {
    const range = table.getRanges()[0];
    if (!range) return [];
    const rows = table.getRows();
    const first = range.getRows()[0];
    const from = first ? rows.indexOf(first) : -1;
    const field = range.getColumns().length ? range.getColumns()[0].getField() : '';
    const left = /^c\d+$/.test(field) ? Number(field.slice(1)) : -1;
    if (from < 0 || left < 0) return [];
    const changes = [];
    parse(text).forEach((cells, down) => {
      const row = rows[from + down];
      if (!row || row.getData().done) return;
      cells.forEach((cell, right) => {
        const column = left + right;
        if (column < header.length && row.getData()['c' + column] !== cell) changes.push({ line: row.getData().line, column, text: cell });
      });
    });
    return changes;
  }

  document.body.addEventListener('rows-changed', () => {
    const head = document.querySelector('#summary h1');
    said.textContent = words.saved + ': ' + (head ? head.textContent : '');
    table.setData(base + '/rows', { show: holder.dataset.show });
  });
}

// parse reads the text of a block: tabs between cells, quotes around cells with breaks.
function parse(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { cell += '"'; i++; } else if (c === '"') quoted = false; else cell += c;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === '\t') { rows.at(-1).push(cell); cell = ''; }
    else if (c === '\n') { rows.at(-1).push(cell); cell = ''; rows.push([]); }
    else if (c !== '\r') cell += c;
  }
  rows.at(-1).push(cell);
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === '') rows.pop();
  return rows;
}

watchUpload();
watchColumns();
const grid = document.getElementById('grid');
if (grid) startGrid(grid);
