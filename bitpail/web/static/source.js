// The pages of files work without this. It marks the lines that an address names, and lets a range be chosen.
"use strict";

const table = document.querySelector("table.source");

function lines() {
  const found = /^#lines-(\d{1,9})(?:[:-](\d{1,9}))?$/.exec(location.hash);
  if (!found) return null;
  const ends = [Number(found[1]), Number(found[2] || found[1])];
  return { first: Math.min(...ends), last: Math.max(...ends) };
}

function mark({ scroll }) {
  for (const row of table.querySelectorAll("tr.on")) row.classList.remove("on");
  const wanted = lines();
  if (!wanted) return;
  const rows = [...table.querySelectorAll("tr[id]")];
  const number = (row) => Number(row.id.slice("lines-".length));
  const chosen = rows.filter((row) => number(row) >= wanted.first && number(row) <= wanted.last);
  for (const row of chosen) row.classList.add("on");
  if (chosen.length) {
    if (scroll) chosen[0].scrollIntoView({ block: "center" });
    return;
  }
  // The line is on another page of the file; asked for once, or a file without it would be loaded for ever.
  const asked = new URLSearchParams(location.search);
  if (document.querySelector(".more-lines, .lines-before") && asked.get("from") !== String(wanted.first)) {
    asked.set("from", wanted.first);
    location.replace(`?${asked}${location.hash}`);
  }
}

if (table) {
  table.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#lines-']");
    const from = lines();
    if (!link || !event.shiftKey || !from) return;
    event.preventDefault();
    const to = Number(link.hash.slice("#lines-".length));
    const [first, last] = [Math.min(from.first, to), Math.max(from.first, to)];
    history.replaceState(null, "", first === last ? `#lines-${first}` : `#lines-${first}:${last}`);
    mark({ scroll: false });
  });
  window.addEventListener("hashchange", () => mark({ scroll: false }));
  mark({ scroll: true });
}

// A permanent address names the same lines.
for (const link of document.querySelectorAll("a.permalink")) {
  link.addEventListener("click", () => { link.hash = location.hash; });
}

// Lines have their numbers in the source only.
if (!table && lines()) {
  const source = document.querySelector("a.viewer");
  if (source) location.replace(source.href + location.hash);
}

// What changed last takes longer than the page: it comes after it.
async function loadChanges(files) {
  const answer = await fetch(files.dataset.changes, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const rows = files.querySelectorAll("tr.entry");
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  (await answer.json()).forEach((change, number) => {
    const row = rows[number];
    if (!change || !row) return;
    const link = document.createElement("a");
    link.href = change.address;
    link.title = change.author;
    link.textContent = change.title;
    const time = document.createElement("time");
    const at = new Date(change.at / 1000);
    time.dateTime = at.toISOString();
    time.title = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    time.textContent = format.format(at);
    row.cells[1].replaceChildren(link);
    row.cells[2].replaceChildren(time);
  });
  document.querySelector(".with-changes")?.remove();
}

const files = document.querySelector("table[data-changes]");
if (files) loadChanges(files).catch(() => {});

// Finding a file while typing: the same page as without script, of which the list is taken.
const finder = document.querySelector("form[data-live]");
if (finder) {
  const field = finder.elements.q;
  let waiting, asked = field.value;

  async function look() {
    const wanted = field.value;
    if (wanted === asked) return;
    asked = wanted;
    const answer = await fetch(`?${new URLSearchParams({ q: wanted })}`);
    if (!answer.ok || field.value !== wanted) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("found").replaceChildren(...page.getElementById("found").children);
    choose(0);
  }

  function choose(step) {
    const links = [...document.querySelectorAll("#found a")];
    const now = links.findIndex((link) => link.classList.contains("on"));
    const next = links[step ? Math.max(0, Math.min(links.length - 1, now + step)) : 0];
    links[now]?.classList.remove("on");
    next?.classList.add("on");
    if (step) next?.scrollIntoView({ block: "nearest" });
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look().catch(() => {}), 100);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  finder.addEventListener("submit", (event) => {
    const chosen = document.querySelector("#found a.on");
    if (!chosen || field.value !== asked) return;
    event.preventDefault();
    location.assign(chosen.href);
  });
  choose(0);
}
