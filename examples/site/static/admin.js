// Shows what is written as readers will see it, a moment after the last key. The form works
// without it: the preview then is that of when the page was opened.
"use strict";

const form = document.querySelector("form[data-preview]");
const body = form.elements.body;
const preview = document.getElementById("preview");
let timer;
let asked = 0;

async function show() {
  const number = ++asked;
  const answer = await fetch(form.dataset.preview, {
    method: "POST",
    headers: { "Content-Type": "text/markdown", "X-CSRF-Token": form.elements.csrf_token.value },
    body: body.value,
  });
  // An answer that was overtaken by a later one is for nobody.
  if (answer.ok && number === asked) preview.innerHTML = await answer.text();
}

body.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => show().catch(() => {}), 250);
});

// What was typed is not lost by a slip.
let saved = true;
form.addEventListener("input", () => { saved = false; });
form.addEventListener("submit", () => { saved = true; });
window.addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });
