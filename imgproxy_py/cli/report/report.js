"use strict";

// The slider of each picture: an ordinary range input, so that keys and screen readers know it.
document.addEventListener("input", (event) => {
  const compare = event.target.closest(".compare");
  if (compare) compare.style.setProperty("--cut", event.target.value + "%");
});

// Filter: rows and cards of one kind.
const filters = document.querySelectorAll(".filter button");
for (const button of filters) {
  button.addEventListener("click", () => {
    for (const other of filters) other.setAttribute("aria-pressed", String(other === button));
    for (const part of document.querySelectorAll("[data-kind]")) {
      part.hidden = button.value !== "all" && part.dataset.kind !== button.value;
    }
  });
}

// Sort: rows by the cell's key, and the cards in the same order. What has no key stands last.
const body = document.querySelector("#pictures tbody");
const cards = document.querySelector("#cards");
const heads = [...document.querySelectorAll("#pictures thead th")];
for (const head of heads) {
  head.querySelector("button").addEventListener("click", () => {
    const isNext = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isNext ? "descending" : "ascending");
    sort(heads.indexOf(head), isNext ? -1 : 1);
  });
}

function sort(column, direction) {
  const key = (row) => row.cells[column].dataset.key;
  const rows = [...body.rows].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    const isText = Number.isNaN(Number(a)) || Number.isNaN(Number(b));
    return direction * (isText ? a.localeCompare(b) : a - b);
  });
  for (const row of rows) {
    body.append(row);
    cards.append(document.getElementById(row.dataset.card));
  }
}
