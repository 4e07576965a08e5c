// Shows how a text will look while it is written. Without this, the button Preview does the same.
"use strict";

for (const form of document.querySelectorAll("form[data-preview]")) {
  const shown = document.getElementById(form.dataset.preview);
  const button = form.querySelector("button[value=preview]");
  let waiting = 0;
  let asked = null;

  async function look() {
    asked?.abort();
    asked = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    fields.set(button.name, button.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body: fields, signal: asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const made = page.getElementById(form.dataset.preview);
      if (made === null) return;
      shown.replaceChildren(...made.childNodes);
      shown.parentElement.hidden = false;
    } catch {
      // Another look is on its way, or nobody answers: what is shown stays.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 500);
  });
  button.addEventListener("click", (event) => {
    event.preventDefault();
    look();
  });
}
