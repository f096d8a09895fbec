'use strict';
// The page of a run under way: reads the progress aloud, and shows the result at the end.
const progress = document.getElementById('progress');
const said = document.getElementById('said');
new MutationObserver(() => {
  const news = progress.querySelector('[data-said]');
  if (news && said.textContent !== news.dataset.said) said.textContent = news.dataset.said;
}).observe(progress, { childList: true, subtree: true });
progress.addEventListener('done', () => location.reload());
// A program that has ended sends nothing more, and the bar would stand still without a word.
const lost = document.getElementById('lost');
progress.addEventListener('htmx:sse:error', () => { lost.hidden = false; });
progress.addEventListener('htmx:sse:after:connection', () => { lost.hidden = true; });
htmx.process(progress); // htmx has seen the page before its extension was there
