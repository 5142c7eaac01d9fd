"use strict";

// Every copy button takes the lines that stand above it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  await copy(button.parentElement.querySelector("code"));
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
});

// The clipboard is there only on https and localhost; a selection can be copied everywhere.
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
    getSelection().removeAllRanges();
  }
}

// A key that is typed in stands in all lines. It stays in this page.
const field = document.querySelector("#key");
field.addEventListener("input", () => {
  for (const place of document.querySelectorAll("code .key")) {
    place.textContent = field.value.trim() || field.placeholder;
  }
});
