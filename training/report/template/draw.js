// SPDX-License-Identifier: Apache-2.0
// Turns the page's numbers into plotly figures, in the colours that the style sheet has at that moment.
"use strict";

const NAMES = { full: "Full", generated: "Model", floor: "Full again" };
const LONGEST_LINE = 26; // letters of a vertical title

function look() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "faint", "line", "panel", "full", "generated", "floor", "low", "zero", "high"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function faded(colour, alpha) {
  const parts = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  return `rgba(${parts.join(",")},${alpha})`;
}

// A value for each bin as a line of steps; a bin without one is a gap.
function stairs(edges, values) {
  const line = { x: [], y: [] };
  values.forEach((value, bin) => {
    line.x.push(edges[bin], edges[bin + 1]);
    line.y.push(value, value);
  });
  return line;
}

// The area between two values for each bin: one closed outline for each run of bins that have both.
function area(edges, lower, upper) {
  const outline = { x: [], y: [] };
  let start = 0;
  for (let bin = 0; bin <= upper.length; bin++) {
    if (bin < upper.length && lower[bin] !== null && upper[bin] !== null) continue;
    if (bin > start) {
      const there = stairs(edges.slice(start, bin + 1), upper.slice(start, bin));
      const back = stairs(edges.slice(start, bin + 1), lower.slice(start, bin));
      outline.x.push(...there.x, ...back.x.reverse(), there.x[0], null);
      outline.y.push(...there.y, ...back.y.reverse(), there.y[0], null);
    }
    start = bin + 1;
  }
  return outline;
}

function band(edges, [values, errors], [lowest, highest]) {
  const at = (sign) => values.map((value, bin) => (
    value === null ? null : Math.min(Math.max(value + sign * (errors[bin] || 0), lowest), highest)
  ));
  return area(edges, at(-1), at(1));
}

function filled(outline, colour, alpha, more) {
  return {
    ...outline, ...more, type: "scatter", mode: "lines", fill: "toself", fillcolor: faded(colour, alpha),
    line: { width: 0 }, hoverinfo: "skip", showlegend: false,
  };
}

function told(name, curve, [values, errors], more) {
  const middles = values.map((_, bin) => (curve.edges[bin] + curve.edges[bin + 1]) / 2);
  return {
    ...more, x: middles, y: values, customdata: errors, name: NAMES[name], type: "scatter", mode: "markers",
    marker: { opacity: 0 }, showlegend: false, hovertemplate: "%{y:.4g} ± %{customdata:.2g}",
  };
}

function sampleTraces(name, curve, colours) {
  const [values, errors] = curve.samples[name];
  const drawable = curve.log ? values.map((value) => (value > 0 ? value : null)) : values;
  const group = { legendgroup: name };
  const colour = colours[name];
  const traces = [filled(band(curve.edges, [drawable, errors], curve.range), colour, 0.35, group)];
  if (name === "full") {
    const bottom = drawable.map(() => curve.range[0]);
    traces.unshift(filled(area(curve.edges, bottom, drawable), colour, 0.22, group));
  }
  traces.push({
    ...stairs(curve.edges, drawable), ...group, name: NAMES[name], type: "scatter", mode: "lines", hoverinfo: "skip",
    line: { color: colour, width: name === "full" ? 1.2 : 1.8, dash: name === "floor" ? "dash" : "solid" },
  });
  traces.push(told(name, curve, [drawable, errors], group));
  return traces;
}

// Where the ratio leaves its axis a triangle at the edge says so.
function beyond(curve, [values], colour, more) {
  const window = curve.window;
  const off = values.map((value) => (value === null || Math.abs(value - 1) <= window ? null : Math.sign(value - 1)));
  return {
    ...more, type: "scatter", mode: "markers", showlegend: false, hoverinfo: "skip",
    x: off.map((_, bin) => (curve.edges[bin] + curve.edges[bin + 1]) / 2),
    y: off.map((side) => (side === null ? null : 1 + side * window * 0.93)),
    marker: { color: colour, size: 7, symbol: off.map((side) => (side > 0 ? "triangle-up" : "triangle-down")) },
  };
}

function ratioTraces(name, curve, colours) {
  const pair = curve.ratios[name];
  const edge = [1 - curve.window, 1 + curve.window];
  const more = { yaxis: "y2", legendgroup: name };
  const inside = pair[0].map((value) => (value === null || value < edge[0] || value > edge[1] ? null : value));
  const line = { color: colours[name], width: name === "floor" ? 1.2 : 1.8, dash: name === "floor" ? "dash" : "solid" };
  return [
    filled(band(curve.edges, [inside, pair[1]], edge), colours[name], name === "floor" ? 0.3 : 0.35, more),
    { ...stairs(curve.edges, inside), ...more, type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false, line },
    ...(name === "floor" ? [] : [beyond(curve, pair, colours[name], more)]),
    told(name, curve, pair, more),
  ];
}

// A title of at most two lines, so that it does not run into the one below it.
function titled(text) {
  const middle = text.length > LONGEST_LINE ? text.lastIndexOf(" ", text.length / 2 + 4) : -1;
  const lines = middle > 0 ? [text.slice(0, middle), text.slice(middle + 1)] : [text];
  return { text: lines.map(plain).join("<br>"), standoff: 6, font: { size: 12 } };
}

// plotly reads a few tags in its texts.
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function axis(colours, more) {
  return {
    color: colours.ink, gridcolor: faded(colours.line, 0.6), linecolor: colours.line, zeroline: false, showline: true,
    mirror: true, ticks: "inside", tickcolor: colours.faint, exponentformat: "power", automargin: true, ...more,
  };
}

function layout(colours, more) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "x unified",
    font: { family: "system-ui, sans-serif", size: 12, color: colours.ink },
    hoverlabel: { bgcolor: colours.panel, bordercolor: colours.line, font: { color: colours.ink } },
    margin: { l: 50, r: 12, t: 8, b: 44 },
    legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom", font: { size: 11 }, itemwidth: 30 },
    ...more,
  };
}

function curveFigure(curve, colours) {
  const ratios = ["floor", "generated"];
  const log = curve.log;
  const x = { range: [curve.edges[0], curve.edges.at(-1)], anchor: "y2", title: { text: plain(curve.x), standoff: 6 } };
  const y = {
    domain: [0.32, 1], range: log ? curve.range.map(Math.log10) : curve.range, type: log ? "log" : "linear",
    title: titled(curve.y),
  };
  if (log) y.dtick = 1;
  const y2 = {
    domain: [0, 0.27], range: [1 - curve.window, 1 + curve.window], nticks: 4,
    title: titled("ratio"),
  };
  return {
    data: [
      ...["full", ...ratios].flatMap((name) => sampleTraces(name, curve, colours)),
      ...ratios.flatMap((name) => ratioTraces(name, curve, colours)),
    ],
    layout: layout(colours, {
      xaxis: axis(colours, x), yaxis: axis(colours, y), yaxis2: axis(colours, y2),
      shapes: [{
        type: "line", xref: "paper", x0: 0, x1: 1, yref: "y2", y0: 1, y1: 1, line: { color: colours.full, width: 1 },
      }],
    }),
  };
}

// A symmetric matrix of the rows of its lower triangle, which are in percent.
function square(size, triangle) {
  const at = (row, column) => {
    const [below, left] = row > column ? [row, column] : [column, row];
    return triangle[(below * (below + 1)) / 2 + left] / 100;
  };
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (__, column) => at(row, column)));
}

function matrixFigure(z, limit, colours) {
  const layers = z.map((_, index) => index + 1);
  const scale = [[0, colours.low], [0.5, colours.zero], [1, colours.high]];
  const side = { color: colours.ink, showgrid: false, zeroline: false, constrain: "domain", title: titled("layer") };
  return {
    data: [{
      type: "heatmap", x: layers, y: layers, z, zmin: -limit, zmax: limit, colorscale: scale,
      hovertemplate: "layers %{x} and %{y}: %{z:.2f}<extra></extra>",
      colorbar: { thickness: 10, outlinewidth: 0, tickfont: { color: colours.ink }, nticks: 5 },
    }],
    layout: layout(colours, {
      hovermode: "closest", xaxis: side, yaxis: { ...side, scaleanchor: "x", autorange: "reversed" },
    }),
  };
}

function correlationFigures({ layers, full, generated }, colours) {
  const difference = generated.map((value, index) => value - full[index]);
  const largest = Math.max(10, ...difference.map(Math.abs));
  return {
    "correlation-full": matrixFigure(square(layers, full), 1, colours),
    "correlation-generated": matrixFigure(square(layers, generated), 1, colours),
    "correlation-difference": matrixFigure(square(layers, difference), largest / 100, colours),
  };
}

function learningFigure({ epoch, loss, val_loss, physics_distance, kept }, colours) {
  const line = (name, y, color, dash, more) => ({
    x: epoch, y, name, type: "scatter", mode: epoch.length > 1 ? "lines" : "markers", line: { color, dash, width: 1.8 },
    marker: { color }, ...more,
  });
  return {
    data: [
      line("loss", loss, colours.floor, "solid"),
      line("validation loss", val_loss, colours.generated, "dash"),
      line("physics distance", physics_distance, colours.ink, "solid", { yaxis: "y2" }),
    ],
    layout: layout(colours, {
      xaxis: axis(colours, { title: titled("epoch"), anchor: "y2" }),
      yaxis: axis(colours, { title: titled("loss"), type: "log", domain: [0.46, 1] }),
      yaxis2: axis(colours, { title: titled("physics distance"), type: "log", domain: [0, 0.4] }),
      shapes: [{
        type: "line", x0: kept, x1: kept, yref: "paper", y0: 0, y1: 1, line: { color: colours.faint, width: 1, dash: "dot" },
      }],
      annotations: [{
        x: kept, xanchor: "auto", yref: "paper", y: 0.4, yanchor: "top", text: `lowest distance: epoch ${kept}`,
        showarrow: false, font: { size: 11, color: colours.faint },
      }],
    }),
  };
}
