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

function draw({ name, data, layout }, inDark) {
  const place = document.getElementById(name);
  const options = { responsive: true, displayModeBar: false };
  return place && Plotly.react(place, filled(data, inDark), filled(layout, inDark), options);
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
  addEventListener("beforeprint", () => plots.forEach((plot) => draw(plot, false)));
  addEventListener("afterprint", drawAll);
}).catch((error) => {
  for (const place of document.querySelectorAll(".plot")) place.textContent = `This cannot be drawn: ${error}`;
});
