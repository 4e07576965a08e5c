// What takes longer than a page comes after it: parts of the same page as a link leads to, put in the places of these.
"use strict";

async function fill(link) {
  const parts = link.dataset.later;
  const answer = await fetch(link.href);
  if (!answer.ok) return;
  const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
  const old = document.querySelectorAll(parts);
  const fresh = whole.querySelectorAll(parts);
  // Somebody pushed or deleted meanwhile: the link is there still.
  if (old.length !== fresh.length) return;
  old.forEach((one, number) => {
    one.replaceChildren(...fresh[number].childNodes);
  });
  link.remove();
}

document.querySelectorAll("a[data-later]").forEach((link) => fill(link).catch(() => {}));
