// The pages work without this. It copies, ticks what is implied, and puts times into the reader's zone.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  const source = document.getElementById(button.dataset.copy);
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Plain HTTP has no clipboard: select it, so that one keystroke copies it.
      if ("select" in source) source.select();
      else getSelection().selectAllChildren(source);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

const boxes = [...document.querySelectorAll("input[data-implies]")];
const own = new Set(boxes.filter((box) => box.checked && !box.disabled));

function tick() {
  const implied = new Set([...own].flatMap((box) => box.dataset.implies.split(" ")));
  for (const box of boxes) {
    box.disabled = implied.has(box.value);
    box.checked = own.has(box) || box.disabled;
  }
}

for (const box of boxes) {
  box.addEventListener("change", () => {
    if (box.checked) own.add(box);
    else own.delete(box);
    tick();
  });
}

const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = shown.format(new Date(time.dateTime));
}

// On a phone the settings are one line that scrolls.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// "t" leads to the search for a file, where a page has one.
document.addEventListener("keydown", (event) => {
  if (event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const link = document.querySelector("a[aria-keyshortcuts='t']");
  if (link) {
    event.preventDefault();
    link.click();
  }
});
