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
    if (e.dataTransfer.files.length > 1) {
      const says = document.getElementById('uploading');
      says.textContent = says.dataset.several;
    } else if (e.dataTransfer.files.length) {
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
  const of = '?shown=' + holder.dataset.shown + '&show=' + encodeURIComponent(holder.dataset.show);
  const said = document.getElementById('said');
  const wide = header.length > 30; // to measure so many columns takes minutes

  const rowsAfter = (line) => base + '/rows' + of + '&after=' + line;
  const lastLine = () => table.getData().reduce((last, row) => Math.max(last, row.line), 0);

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
      title: '', titleFormatter: () => textNode(heading), field: 'c' + i, minWidth: 110, ...(wide ? { width: 140 } : {}), formatter: format, editor: 'input',
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
    layout: wide ? 'fitData' : 'fitDataFill',
    placeholder: words.empty,
    ajaxURL: base + '/rows',
    ajaxURLGenerator: (url, config, params) => rowsAfter(params.page > 1 ? lastLine() : 0),
    progressiveLoad: 'scroll',
    progressiveLoadScrollMargin: 600,
    paginationSize: 200,
    ajaxResponse: (url, params, answer) => ({ last_page: params.page + (answer.more ? 1 : 0), data: answer.data.map(flat) }),
    selectableRange: 1,
    selectableRangeColumns: false,
    selectableRangeRows: false,
    editTriggerEvent: 'dblclick',
    clipboard: false,
    autoResize: false, // it draws all anew when the grid comes into view, and ends an edit
  });
  holder.table = table;
  addEventListener('resize', () => {
    if (!holder.querySelector('.tabulator-editing')) table.redraw();
  });
  // The part that scrolls has the focus, and so needs a role inside the grid. The grid
  // asks for the focus whenever rows are loaded, which scrolls the page under the mouse:
  // only a person who is in the grid already gets it back.
  let inGrid = false;
  for (const kind of ['focusin', 'pointerdown']) {
    document.addEventListener(kind, (e) => { inGrid = holder.contains(e.target); }, true);
  }
  const scroller = table.rowManager.element;
  scroller.focus = () => { if (inGrid) HTMLElement.prototype.focus.call(scroller, { preventScroll: true }); };
  table.on('dataLoadError', () => warn(words.not_loaded));
  table.on('tableBuilt', () => {
    scroller.setAttribute('role', 'rowgroup');
    holder.querySelector('.tabulator-table').setAttribute('role', 'presentation');
  });

  // Tab moves through the page, and to the next cell only while a cell is edited: Tabulator
  // would keep it, and a person without a mouse could not get past the headings.
  holder.addEventListener('keydown', (e) => {
    if (e.key === 'Tab' && !e.target.closest('.tabulator-editing')) e.stopPropagation();
  }, true);

  async function save(changes) {
    let answer;
    try {
      const response = await fetch(base + '/cells' + of, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(changes),
      });
      if (!response.ok) throw new Error('refused');
      if (response.redirected) { location.reload(); return true; }
      answer = await response.json();
    } catch {
      warn(words.failed);
      return false;
    }
    const shown = new Set(table.getData().map((row) => row.line));
    await table.updateData(answer.rows.filter((row) => shown.has(row.line)).map(flat));
    for (const row of answer.rows) {
      const one = shown.has(row.line) && table.getRow(row.line);
      if (one) one.reformat();
    }
    showSummary(answer.summary);
    return true;
  }

  function warn(text) {
    said.textContent = text;
    const hint = document.getElementById('rows-hint');
    hint.textContent = text;
    hint.setAttribute('role', 'alert');
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
    save([{ line: cell.getData().line, column, text: String(cell.getValue()) }]).then((taken) => {
      if (!taken) cell.restoreOldValue(); // the cell shows what an import would read
    });
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
    const range = table.getRanges()[0];
    const first = range && range.getRows()[0];
    const field = range && range.getColumns().length ? range.getColumns()[0].getField() : '';
    const text = e.clipboardData.getData('text/plain');
    if (!first || !/^c\d+$/.test(field) || !text) return;
    e.preventDefault();
    pasteBlock(parse(text), first, Number(field.slice(1)));
  });

  // pasteBlock loads the rows that a long block needs, and says how many cells have no
  // place in the list.
  async function pasteBlock(block, first, left) {
    let rows = table.getData();
    const from = rows.findIndex((row) => row.line === first.getData().line);
    try {
      for (let more = true; more && rows.length < from + block.length; rows = table.getData()) {
        const answer = await (await fetch(rowsAfter(lastLine()))).json();
        await table.addData(answer.data.map(flat));
        more = answer.more;
      }
    } catch {
      warn(words.failed);
      return;
    }
    const changes = [];
    let cut = 0;
    block.forEach((cells, down) => {
      const row = rows[from + down];
      cells.forEach((cell, right) => {
        const column = left + right;
        if (!row || row.done || column >= header.length) {
          if (cell !== '') cut++;
        } else if (row['c' + column] !== cell) changes.push({ line: row.line, column, text: cell });
      });
    });
    if (changes.length && !await save(changes)) return;
    if (cut) warn(words.cut.replace('%', cut));
  }

  document.body.addEventListener('rows-changed', () => {
    const head = document.querySelector('#summary h1');
    said.textContent = words.saved + ': ' + (head ? head.textContent : '');
    table.setData(base + '/rows');
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
