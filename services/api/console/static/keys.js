// The keyboard: j and k move along the lines of a page, / searches, t is Today, ? helps. Pages work without it.
"use strict";

const lines = () =>
  [...document.querySelectorAll("[data-row]")].filter((line) => line.getClientRects().length > 0);
const help = document.querySelector("dialog.help");
const typing = (target) => target.matches("input, textarea, select") || target.isContentEditable;

function move(step) {
  const all = lines();
  const here = all.indexOf(document.activeElement);
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
  if (!all[next]) return;
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.querySelector("[data-search]")?.select(),
  t: () => location.assign("/"),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (help?.open) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.querySelector("[data-help]")?.addEventListener("click", () => help?.showModal());

function openNamed() {
  const named = location.hash.startsWith("#task-") && document.getElementById(location.hash.slice(1));
  const details = named && named.querySelector("details");
  if (details) details.open = true;
}
openNamed();
addEventListener("hashchange", openNamed);
