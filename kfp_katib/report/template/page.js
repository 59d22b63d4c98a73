"use strict";

// Kubeflow Pipelines shows the page in a frame without an origin, where the clipboard may be refused.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
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
