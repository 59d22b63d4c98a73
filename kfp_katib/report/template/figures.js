// Draws what is packed, one figure after the other, so that the page answers meanwhile. A plot refers to a list,
// a list of texts to the texts; `dark` has a colour for each that the plots use.
const night = matchMedia("(prefers-color-scheme: dark)");
let texts, lists, dark, plots;

function filled(part, inDark) {
  if (typeof part === "string") return (inDark && dark[part]) || part;
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) return part.map((item) => filled(item, inDark));
  if ("$" in part) return lists[part.$];
  return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, filled(item, inDark)]));
}

function draw({ name, data, layout }, inDark, size = { autosize: true }) {
  const place = document.getElementById(name);
  const options = { responsive: true, displayModeBar: false };
  return place && Plotly.react(place, filled(data, inDark), { ...filled(layout, inDark), ...size }, options);
}

// Figures follow a new size only after a moment, and paper does not wait for it; nor is it dark.
function printed(yes) {
  document.documentElement.classList.toggle("printed", yes);
  for (const plot of plots) {
    const place = document.getElementById(plot.name);
    const width = Math.min(place.clientWidth, document.body.clientWidth);
    draw(plot, !yes && night.matches, yes ? { autosize: false, width, height: place.clientHeight } : undefined);
    if (!yes) Plotly.Plots.resize(place);
  }
}

async function drawAll() {
  for (const plot of plots) {
    await new Promise((resolve) => setTimeout(resolve));
    await draw(plot, night.matches);
  }
  document.documentElement.dataset.figures = "drawn";
}

unpacked(packed).then((content) => {
  ({ texts, lists, dark, plots } = content);
  lists = lists.map((list) => (Array.isArray(list) ? list : list.t.map((place) => texts[place])));
  drawAll();
  night.addEventListener("change", drawAll);
  addEventListener("beforeprint", () => printed(true));
  addEventListener("afterprint", () => printed(false));
}).catch((error) => {
  for (const place of document.querySelectorAll(".plot")) place.textContent = `This cannot be drawn: ${error}`;
});
