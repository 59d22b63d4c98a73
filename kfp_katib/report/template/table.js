"use strict";

// The page holds the first rows; all of them, their details and the files are unpacked here.
const AT_ONCE = 50;

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

async function begin(section) {
  const table = section.querySelector("table"), form = section.querySelector("form");
  const more = section.querySelector("#more");
  const { columns, document: whole, without, rows } = await unpacked(section.querySelector("#packed").textContent);
  const lines = elements(`<table><tbody>${rows.map(([, line]) => line).join("")}</tbody></table>`).querySelectorAll("tr");
  const all = rows.map(([number, , command, fields], at) => ({ number, command, fields, row: lines[at] }));
  const trials = [...all].sort((a, b) => a.number - b.number).map(({ fields }) => fields);
  let shown = all, limit = AT_ONCE;

  // What a filter looks at: what the row shows, every value as `name=value`, the message and the log.
  function says(trial) {
    const { name, state, reason, message, parameters, log_tail } = trial.fields;
    const values = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
    return (trial.text ??= [name, state, reason, message, ...values, log_tail].join("\n").toLowerCase());
  }

  function filter() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = form.elements.state.value;
    shown = all.filter((trial) => (!state || trial.fields.state === state) && words.every((word) => says(trial).includes(word)));
    limit = AT_ONCE;
    show();
  }

  function show() {
    const now = shown.slice(0, limit);
    table.tBodies[0].replaceChildren(...now.flatMap(opened));
    const count = (number) => number.toLocaleString("en");
    const total = `${count(all.length)} trial${all.length === 1 ? "" : "s"}`;
    const found = shown.length < all.length ? `${count(shown.length)} of ${total}` : total;
    form.querySelector("output").textContent = now.length < shown.length ? `${found}, the first ${count(now.length)} shown` : found;
    more.hidden = now.length === shown.length;
  }

  function opened(trial) {
    const cell = trial.row.lastElementChild;
    if (!cell.firstChild) {
      const button = Object.assign(element("button", "copy", "Show"), { type: "button" });
      button.setAttribute("aria-label", `Details of ${trial.fields.name}`);
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => toggle(trial, button));
      cell.append(button);
    }
    return trial.open ? [trial.row, trial.open] : [trial.row];
  }

  function toggle(trial, button) {
    if (trial.open) {
      trial.open.remove();
      trial.open = undefined;
    } else {
      const cell = element("td", "", details(trial, without));
      cell.colSpan = trial.row.cells.length;
      trial.row.after(trial.open = element("tr", "details", cell));
      for (const text of cell.querySelectorAll("pre")) text.scrollTop = text.scrollHeight;  // a log is read from its end
    }
    button.textContent = trial.open ? "Hide" : "Show";
    button.setAttribute("aria-expanded", String(Boolean(trial.open)));
  }

  // A click on a heading sorts by its column, a second one the other way; rows without a value stay last.
  function sort(heading) {
    const down = heading.getAttribute("aria-sort") === "ascending", at = heading.cellIndex;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = all.map((trial) => [key(trial.row.cells[at]), trial]);
    keyed.sort(([a, x], [b, y]) => (a === "") - (b === "") || (down ? compare(b, a) : compare(a, b)) || x.number - y.number);
    all.splice(0, all.length, ...keyed.map(([, trial]) => trial));
    filter();
  }

  function hand(button, text, type) {
    if (framed) return sayCopied(button, text);
    const link = document.createElement("a");  // not as data in its address: browsers refuse a long one
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${whole.experiment}.${button.name}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  const csv = () => [columns, ...trials.map((fields) => record(columns, fields))].map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
  const json = () => JSON.stringify({ ...whole, trials }, null, 2);

  for (const state of new Set(all.map((trial) => trial.fields.state))) form.elements.state.add(new Option(state));
  for (const heading of table.tHead.rows[0].cells) heading.querySelector("button")?.addEventListener("click", () => sort(heading));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.elements.csv.addEventListener("click", ({ target }) => hand(target, csv(), "text/csv"));
  form.elements.json.addEventListener("click", ({ target }) => hand(target, json(), "application/json"));
  more.addEventListener("click", () => { limit += AT_ONCE; show(); });
  if (framed) {
    form.elements.csv.textContent = "Copy CSV";
    form.elements.json.textContent = "Copy JSON";
    form.querySelector("#framed").hidden = false;
  }
  form.hidden = false;
  show();
}

function element(tag, name, ...content) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...content);
  return made;
}

// What is known of a trial beyond its row. Everything is put in as text, whatever it says.
function details({ command, fields }, without) {
  const code = fields.exit_code === null || fields.message.includes("xit code") ? "" : `, exit code ${fields.exit_code}`;
  const pairs = [["Ended as", `${fields.reason || fields.state}${code}${fields.message ? `: ${fields.message}` : ""}`]];
  if (fields.started) pairs.push(["Ran", `${moment(fields.started)}${fields.ended ? ` to ${moment(fields.ended)}` : ""}`]);
  pairs.push(...Object.entries(fields.parameters));
  for (const [name, { min, max, latest }] of Object.entries(fields.metrics)) pairs.push([name, `min ${min}, max ${max}, latest ${latest}`]);
  if (fields.model_uri) pairs.push(["Model, if it wrote one", fields.model_uri]);
  const list = element("dl", "pairs", ...pairs.flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]));
  const log = fields.log_tail ? block("End of its log", fields.log_tail) : element("p", "faint", fields.ended ? without : "It still runs.");
  return element("div", "", list, ...(command ? [block("Command", ...command.split(" ").flatMap((word) => [element("span", "", word), " "]).slice(0, -1))] : []), log);
}

function block(title, ...content) {
  const copy = Object.assign(element("button", "copy", "Copy"), { type: "button" });
  copy.setAttribute("aria-label", `Copy: ${title}`);
  const inside = element("pre", "", ...content);
  inside.tabIndex = 0;
  return element("figure", "block", element("figcaption", "", `${title} `, copy), inside);
}

function moment(iso) {
  return `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// The cells of `kfp-katib export --csv`.
function record(columns, fields) {
  return columns.map((column) => {
    const end = column.lastIndexOf(".");
    if (column.startsWith("parameter.")) return fields.parameters[column.slice("parameter.".length)];
    if (column.startsWith("metric.")) return fields.metrics[column.slice("metric.".length, end)]?.[column.slice(end + 1)];
    return fields[column];
  });
}

function quoted(value) {
  const text = String(value ?? "").replace(/\r\n?/g, "\n");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function key(cell) {
  return (cell.dataset.key ?? (cell.title || cell.textContent)).trim();
}

function compare(a, b) {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? a.localeCompare(b, undefined, { numeric: true }) : difference;
}

const section = document.querySelector("#packed")?.closest("section");
if (section) {
  begin(section).catch((error) => {
    const said = document.createElement("p");
    said.textContent = `Only the first trials are shown, since this browser cannot unpack the others (${error.message}). A newer one can.`;
    section.append(said);
  });
}
