// SPDX-License-Identifier: Apache-2.0
// Shows the chosen point, again whenever the choice, the colours or the paper change.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const CONFIG = { responsive: true, displayModeBar: false };
const chooser = document.querySelector(".chooser");
const selects = [...chooser.querySelectorAll("select")];
let shown = DATA.points[0];

function figureOf(name) {
  return document.querySelector(`[data-figure="${name}"]`);
}

function draw(name, figure, agreement = "") {
  const frame = figureOf(name);
  const title = frame.querySelector("strong").textContent;
  const plot = frame.querySelector(".plot");
  frame.querySelector(".agreement").textContent = agreement;
  plot.setAttribute("aria-label", [title, shown.name, agreement].filter(Boolean).join(". "));
  Plotly.react(plot, figure.data, { ...figure.layout, ...paperSize(plot) }, CONFIG);
  frame.querySelector("button").onclick = () => save(plot, figure, title);
}

// plotly follows a new size only after a moment, and paper does not wait for it.
function paperSize(plot) {
  const printing = document.documentElement.classList.contains("printed");
  return printing ? { width: plot.clientWidth, height: plot.clientHeight } : { autosize: true };
}

function save(plot, figure, title) {
  const heading = { text: plain(`${title}, ${shown.name}`), font: { size: 14 }, x: 0.02, xanchor: "left" };
  const layout = { ...figure.layout, title: heading, margin: { ...figure.layout.margin, t: 70 } };
  const size = { width: 640, height: 520, format: "svg", filename: `${title} ${shown.name}`.replaceAll(/[^\w]+/g, "-") };
  Plotly.downloadImage({ data: figure.data, layout }, size);
}

function drawAll() {
  const colours = look();
  shown.curves.forEach((curve, number) => draw(`curve-${number}`, curveFigure(curve, colours), curve.agreement));
  for (const [name, figure] of Object.entries(correlationFigures(shown.correlations, colours))) draw(name, figure);
  if (DATA.learning) draw("learning", learningFigure(DATA.learning, colours));
}

function cell(kind, words) {
  const made = document.createElement(kind);
  if (kind === "th") made.scope = "row";
  words.forEach((word, number) => {
    const span = document.createElement("span");
    span.textContent = word;
    made.append(...(number ? [" ", span] : [span]));
  });
  return made;
}

function fillTable() {
  const rows = shown.rows.map(([name, ...numbers]) => {
    const row = document.createElement("tr");
    row.append(cell("th", [name]), ...numbers.map((words) => cell("td", words)));
    return row;
  });
  document.querySelector("#differences tbody").replaceChildren(...rows);
}

function show(point) {
  shown = point;
  selects.forEach((select, number) => { select.value = point.choice[number]; });
  const showers = point.showers.toLocaleString("en");
  document.getElementById("shown").textContent = `${point.name}: ${showers} showers`;
  fillTable();
  drawAll();
}

// Not every combination need exist: what was just chosen holds, and of the rest as much as there is.
function nearest(changed) {
  const wanted = selects.map((select) => select.value);
  const score = (point) => point.choice.reduce(
    (sum, value, number) => sum + (value === wanted[number] ? (number === changed ? 10 : 1) : 0), 0,
  );
  return DATA.points.reduce((best, point) => (score(point) > score(best) ? point : best));
}

function printed(yes) {
  document.documentElement.classList.toggle("printed", yes);
  drawAll();
}

chooser.addEventListener("submit", (event) => event.preventDefault());
selects.forEach((select, number) => select.addEventListener("change", () => show(nearest(number))));
document.getElementById("worst")?.addEventListener("click", ({ target }) => show(DATA.points[target.dataset.point]));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
window.addEventListener("beforeprint", () => printed(true));
window.addEventListener("afterprint", () => {
  printed(false);
  for (const plot of document.querySelectorAll(".plot")) Plotly.Plots.resize(plot);
});
show(shown);
