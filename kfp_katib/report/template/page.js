"use strict";

// Kubeflow Pipelines shows the page in a frame without an origin, which may not ask for the clipboard; the old way
// works there, and does not complain on the console.
const framed = window.parent !== window;

async function copy(text) {
  if (navigator.clipboard && !framed) {
    await navigator.clipboard.writeText(text);
  } else {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    area.style.cssText = "position:fixed;top:0;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser refuses to copy");
  }
}

async function sayCopied(button, text) {
  const before = button.textContent;
  try {
    await copy(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Refused";
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("figcaption .copy")) sayCopied(target, target.closest("figure").querySelector("pre").textContent);
});

// Not by links: in a frame without an address of its own, `#notes` is one of the page around it.
const nav = document.querySelector("nav");
for (const heading of document.querySelectorAll("h2")) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: heading.textContent });
  button.addEventListener("click", () => {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView();
  });
  nav.append(button);
}
nav.hidden = false;
