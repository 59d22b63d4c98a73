// Draws the figures one after the other, so that the page answers meanwhile. `texts`, `lists` and `plots` stand
// above: a plot refers to a list, and a list of texts to the texts.
const long = lists.map((list) => (Array.isArray(list) ? list : list.t.map((place) => texts[place])));

const filled = (part) => {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) return part.map(filled);
  if ("$" in part) return long[part.$];
  return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, filled(item)]));
};

const draw = async () => {
  for (const { name, data, layout } of plots) {
    await new Promise((resolve) => setTimeout(resolve));
    const place = document.getElementById(name);
    if (place) await Plotly.newPlot(place, filled(data), layout, { responsive: true, displayModeBar: false });
  }
  document.documentElement.dataset.figures = "drawn";
};
draw();
