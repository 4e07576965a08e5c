// A click on the number of a line opens the form of its file below that line. Without this one types the number.
"use strict";

// Cells of one side may span two columns.
function columnOf(cell) {
  const before = [...cell.parentElement.cells].slice(0, cell.cellIndex);
  return before.reduce((sum, one) => sum + one.colSpan, 0);
}

for (const file of document.querySelectorAll(".file")) {
  const table = file.querySelector("table.lines");
  const saying = file.querySelector(":scope > .saying");
  if (!table || !saying) continue;
  const own = document.createElement("tr");
  own.className = "said";
  own.insertCell().colSpan = 4;
  table.classList.add("asks");
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell || !/^\d+$/.test(cell.textContent)) return;
    const isNew = columnOf(cell) >= (table.classList.contains("split") ? 2 : 1);
    const form = saying.querySelector("form");
    form.elements.line.value = cell.textContent;
    form.elements.side.value = isNew ? "new" : "old";
    own.cells[0].append(saying);
    cell.closest("tr").after(own);
    saying.open = true;
    form.elements.content.focus();
  });
}
