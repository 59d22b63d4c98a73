// Draws the figures one after the other, so that the page answers meanwhile; `lists` and `plots` stand above.
const filled = (part) => {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) return part.map(filled);
  if ("$" in part) return lists[part.$];
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
