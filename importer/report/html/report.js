'use strict';
(() => {
  const STATUS = ['created', 'existing', 'skipped', 'invalid', 'failed', 'unknown', 'pending'];
  const PAGE = 100;   // rows on the screen at a time
  const PAPER = 1000; // rows on paper
  const BREATH = 12;  // milliseconds of work before the browser gets its turn

  const $ = id => document.getElementById(id);
  const number = new Intl.NumberFormat('en-US').format;

  // Copying.
  const copied = $('copied');
  for (const button of document.querySelectorAll('.copy')) {
    const code = button.previousElementSibling;
    button.hidden = false;
    button.setAttribute('aria-label', 'Copy the command');
    button.addEventListener('click', async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(code.textContent);
        done = true;
      } catch {
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        try { done = document.execCommand('copy'); } catch { /* the user can copy the selection */ }
      }
      button.textContent = done ? 'Copied' : 'Selected';
      copied.textContent = done ? 'The command is copied.' : 'The command is selected.';
      setTimeout(() => { button.textContent = 'Copy'; copied.textContent = ''; }, 2500);
    });
  }

  if (!$('table')) return;

  // Text is compared without case and accents.
  const fold = text => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

  const rows = [];     // [row, status, label, person ID, problems]
  const haystack = []; // what a search looks through, made when it is first needed
  const hay = i => {
    if (haystack[i] === undefined) {
      const [row, , label, id, problems] = rows[i];
      let text = row + '\n' + fold(label) + '\n' + (id || '');
      for (const [code, cell, message, hint] of problems || []) {
        text += '\n' + fold(code) + '\n' + fold(cell) + '\n' + fold(message) + '\n' + fold(hint);
      }
      haystack[i] = text;
    }
    return haystack[i];
  };

  const body = $('table').tBodies[0];
  const search = $('search');
  const count = $('count');
  const pager = $('pager');
  let wanted = new Set();
  let terms = [];
  let found = [];   // places in rows
  let page = 0;
  let turn = 0;     // of a search that is going on; an older one gives up
  let loaded = false;
  let drawn = false;
  let size = PAGE;  // rows of a page; on paper it is longer
  let typing = 0;   // the search that begins when nothing was typed for a moment

  const cell = (kind, name, text) => {
    const td = document.createElement(kind);
    td.className = name;
    td.setAttribute('role', kind === 'th' ? 'rowheader' : 'cell'); // a phone's layout would take it away
    if (text) td.textContent = text;
    return td;
  };

  const line = i => {
    const [row, status, label, id, problems] = rows[i];
    const tr = document.createElement('tr');
    tr.setAttribute('role', 'row');
    const who = cell('th', 'who', label);
    who.scope = 'row';
    who.dir = 'auto';
    const is = cell('td', 'is');
    const badge = document.createElement('span');
    badge.className = 'badge on-' + STATUS[status];
    badge.textContent = STATUS[status];
    is.append(badge);
    const what = cell('td', 'what');
    for (const [code, where, message, hint] of problems || []) {
      const p = document.createElement('p');
      p.dir = 'auto';
      if (where) {
        const b = document.createElement('b');
        b.textContent = where + ':';
        p.append(b, ' ');
      }
      p.append(message || code);
      what.append(p);
      if (hint) {
        const hinted = document.createElement('p');
        hinted.className = 'try';
        hinted.textContent = hint;
        hinted.dir = 'auto';
        what.append(hinted);
      }
    }
    tr.append(cell('td', 'row', number(row)), who, is, cell('td', 'id', id), what);
    return tr;
  };

  const draw = () => {
    const from = page * PAGE;
    const part = found.slice(from, from + size);
    body.replaceChildren(...part.map(line));
    drawn = true;
    $('table').hidden = part.length === 0;
    $('none').hidden = part.length > 0 || !loaded;
    pager.hidden = found.length <= PAGE;
    const last = Math.ceil(found.length / PAGE) - 1;
    $('where').textContent = number(from + 1) + ' to ' + number(from + part.length) + ' of ' + number(found.length);
    for (const button of pager.querySelectorAll('button')) {
      const back = button.dataset.go === 'first' || button.dataset.go === 'back';
      button.disabled = back ? page === 0 : page >= last;
    }
  };

  const say = () => {
    count.textContent = found.length === rows.length && loaded
      ? number(rows.length) + (rows.length === 1 ? ' row' : ' rows')
      : number(found.length) + ' of ' + number(rows.length) + ' rows' + (loaded ? '' : ', still reading');
  };

  const fits = i => wanted.has(rows[i][1]) && terms.every(term => hay(i).includes(term));

  const breathe = () => new Promise(go => setTimeout(go));

  // find searches all rows, some at a time, and shows the first page when it is full.
  const find = async () => {
    const mine = ++turn;
    clearTimeout(typing); // the text is used below
    const chosen = document.querySelector('#tools input[name=status]:checked');
    wanted = new Set(chosen.value.split(',').map(Number));
    terms = fold(search.value).split(/\s+/).filter(Boolean);
    const hits = [];
    let early = false;
    let start = performance.now();
    for (let i = 0; i < rows.length; i++) {
      if (fits(i)) hits.push(i);
      if ((i & 255) === 255 && performance.now() - start > BREATH) {
        if (!early && hits.length >= PAGE) {
          early = true;
          found = hits.slice();
          page = 0;
          draw();
        }
        await breathe();
        if (mine !== turn) return;
        start = performance.now();
      }
    }
    found = hits;
    page = 0;
    draw();
    say();
  };

  const load = async () => {
    for (const block of document.querySelectorAll('script.rows')) {
      try {
        for (const row of JSON.parse(block.textContent)) rows.push(row);
      } catch { /* a page that was cut off shows the rows before */ }
      block.remove();
      await breathe();
    }
    loaded = true;
    await find();
    search.disabled = false;
    document.documentElement.dataset.ready = 'yes';
  };

  $('tools').hidden = false;
  $('tools').addEventListener('submit', event => event.preventDefault());
  $('tools').addEventListener('change', event => { if (event.target !== search && loaded) find(); });
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => { if (loaded) find(); }, 120);
  });

  pager.addEventListener('click', event => {
    const go = event.target.dataset && event.target.dataset.go;
    if (!go) return;
    const last = Math.ceil(found.length / PAGE) - 1;
    page = { first: 0, back: page - 1, on: page + 1, last }[go];
    page = Math.min(Math.max(page, 0), last);
    draw();
    $('rows').scrollIntoView();
  });

  for (const button of document.querySelectorAll('.show')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      search.value = button.dataset.code;
      const all = [...document.querySelectorAll('#tools input[name=status]')].find(radio => radio.value.length === 13);
      if (all) all.checked = true;
      find();
      $('rows').scrollIntoView();
      search.focus({ preventScroll: true });
    });
  }

  const resize = n => {
    size = n;
    if (drawn) draw();
  };
  addEventListener('beforeprint', () => resize(PAPER));
  addEventListener('afterprint', () => resize(PAGE));

  load();
})();
