// The pages where repositories are made work without this: it shows addresses while one types, and how far an import is.
"use strict";

// The address of a repository while one types its name: as policy/names.py makes it; a test holds the two together.
const letters = { "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe" };

function slugOf(name) {
  const plain = [...name.trim().toLowerCase()].map((one) => {
    if (one.charCodeAt(0) < 128) return one;
    return letters[one] ?? one.normalize("NFKD").replace(/[^\0-\x7f]/g, "").toLowerCase();
  }).join("");
  const slug = plain.replace(/[^a-z0-9_.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return slug.slice(0, 62).replace(/[-.]+$/, "");
}

for (const name of document.querySelectorAll("input[data-slug]")) {
  const shown = document.getElementById(name.dataset.slug);
  const line = shown.closest("[data-slug-line]");
  const follow = () => {
    shown.textContent = slugOf(name.value);
    line.hidden = !shown.textContent;
  };
  name.addEventListener("input", follow);
  follow();
}

for (const place of document.querySelectorAll("[data-workspace-of]")) {
  const into = document.getElementById(place.dataset.workspaceOf);
  into.addEventListener("change", () => { place.textContent = into.value.split("/")[0]; });
}

// A page of something that goes on asks how far it is, and shows that in its place.
async function askAgain() {
  const main = document.querySelector("main[data-again]");
  if (!main) return;
  await new Promise((then) => { setTimeout(then, main.dataset.again * 1000); });
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = shown.querySelector("main");
    const status = main.querySelector("[role=status]");
    if (now.dataset.again) status.innerHTML = now.querySelector("[role=status]").innerHTML;
    else location.reload();
  } catch {
    // The server is away for a moment.
  }
  askAgain();
}
askAgain();
