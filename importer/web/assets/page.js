'use strict';

// A double click presses a button once: the second click might press what has come to the
// same place.
document.addEventListener('click', (e) => {
  if (e.detail > 1 && e.target.closest('button, a.button')) {
    e.preventDefault();
    e.stopImmediatePropagation();
  }
}, true);

// A page that the browser has kept in memory shows what was, and going back shows what is.
window.addEventListener('pageshow', (e) => {
  if (e.persisted) location.reload();
});
