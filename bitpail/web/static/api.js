// The page is a reference without this. It sends what a form of the page describes, and shows the answer.
"use strict";

const token = document.querySelector('input[name="form_token"]')?.value ?? "";

async function send(form, out) {
  const told = form.closest("details").querySelector("summary");
  const method = told.querySelector(".method").textContent;
  let path = told.querySelector("code").textContent;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("input")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.value) query.set(field.name, field.value);
  }
  const body = form.querySelector("textarea")?.value.trim();
  const headers = { "X-Bitpail-Token": token };
  if (body) headers["Content-Type"] = "application/json";
  const address = query.size ? `${path}?${query}` : path;
  const answer = await fetch(address, { method, headers, body: body || undefined });
  const text = await answer.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not one JSON value: as it is */ }
  out.textContent = `${answer.status} ${answer.statusText}\n${shown}`;
}

for (const form of document.querySelectorAll("form.try")) {
  const out = form.querySelector("pre");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    out.hidden = false;
    try { await send(form, out); } catch (error) { out.textContent = `Nothing was sent: ${error.message}`; }
  });
}

// A link to an operation opens it.
function open() {
  const part = location.hash && document.getElementById(location.hash.slice(1));
  if (part && "open" in part) part.open = true;
}
addEventListener("hashchange", open);
open();
