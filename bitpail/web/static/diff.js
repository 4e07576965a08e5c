// Differences work without this. More lines come where one is, and a click on a line's number opens the form below it.
"use strict";

// More lines around the changes of one file: of the page on which that file is alone.
async function widen(link) {
  const file = link.closest(".file");
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".file > .shown");
  if (!fresh) throw new Error("no such file");
  const saying = file.querySelector(".saying > form [name=line]")?.closest(".saying");
  if (saying) file.append(saying);
  file.querySelector(".shown").replaceWith(fresh);
  (fresh.querySelector(".wider") ?? fresh.querySelector(".buttons a")).focus();
}

// Cells of one side may span two columns.
function columnOf(cell) {
  const before = [...cell.parentElement.cells].slice(0, cell.cellIndex);
  return before.reduce((sum, one) => sum + one.colSpan, 0);
}

function askBelow(cell, saying) {
  const form = saying.querySelector("form");
  const isSplit = cell.closest("table").classList.contains("split");
  form.elements.line.value = cell.textContent;
  form.elements.side.value = columnOf(cell) >= (isSplit ? 2 : 1) ? "new" : "old";
  const before = saying.closest("tr.said");
  const row = document.createElement("tr");
  row.className = "said";
  const place = row.insertCell();
  place.colSpan = 4;
  place.append(saying);
  cell.parentElement.after(row);
  before?.remove();
  saying.open = true;
  form.elements.content.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.wider");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    widen(link).catch(() => { location.assign(link.href); });
    return;
  }
  const cell = event.target.closest(".file table.lines > tbody > tr:not(.said) > td");
  const saying = cell?.closest(".file").querySelector(".saying > form [name=line]")?.closest(".saying");
  if (saying && /^\d+$/.test(cell.textContent)) askBelow(cell, saying);
});
