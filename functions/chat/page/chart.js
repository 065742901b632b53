// A small chart: a bar for each day, of one or more parts on top of each other.

import { el, svg } from "./dom.js";

const [WIDTH, HEIGHT, GAP] = [300, 84, 0.28];

/** `series` are `{label, of(day)}`, the first at the bottom; `format(number)` says an amount in words. */
export function chart({ title, days, series, format }) {
  const sums = days.map((day) => total(series, day));
  const most = Math.max(...sums);
  const whole = `${format(sums.reduce((sum, each) => sum + each, 0))} in ${days.length} days`;
  const told = el("span", { class: "note" }, whole);
  const tell = (day) => (told.textContent = day ? inWords(day, series, format) : whole);
  const bars = days.map((day, index) => bar({ day, index, count: days.length, series, most, tell }));
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", {}, el("h2", {}, title), ...(series.length > 1 ? series.map(swatch) : []), told),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", onpointerleave: () => tell(null) }, ...bars),
    el("p", { class: "axis note", "aria-hidden": "true" }, el("span", {}, named(days[0])), el("span", {}, `most in a day: ${format(most)}`), el("span", {}, "today")),
    // A table keeps its size, whatever style it has; what is around it does not.
    el("div", { class: "unseen" }, table({ title, days, series, format })),
  );
}

function swatch({ label }, number) {
  return el("span", { class: "swatch note", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 10 10" }, svg("rect", { class: `part-${number}`, width: 10, height: 10, rx: 2 })), label);
}

function bar({ day, index, count, series, most, tell }) {
  const step = WIDTH / count;
  const place = { x: index * step, width: step };
  let top = HEIGHT;
  const parts = series.map((part, number) => {
    const height = most ? (part.of(day) / most) * (HEIGHT - 2) : 0;
    top -= height;
    return svg("rect", { class: `part-${number}`, x: place.x + (step * GAP) / 2, width: step * (1 - GAP), y: top, height });
  });
  const ground = svg("rect", { class: "ground", ...place, y: HEIGHT - 1, height: 1 });
  const target = svg("rect", { class: "target", ...place, y: 0, height: HEIGHT });
  return svg("g", { onpointerenter: () => tell(day) }, target, ground, ...parts);
}

/** The same figures for those who listen instead of looking. */
function table({ title, days, series, format }) {
  const used = days.filter((day) => total(series, day));
  const head = el("tr", {}, el("th", { scope: "col" }, "Day"), ...series.map(({ label }) => el("th", { scope: "col" }, label)));
  const rows = used.map((day) => el("tr", {}, el("th", { scope: "row" }, named(day)), ...series.map((part) => el("td", {}, format(part.of(day))))));
  return el("table", {}, el("caption", {}, `${title}, days with answers`), el("thead", {}, head), el("tbody", {}, ...rows));
}

const total = (series, day) => series.reduce((sum, part) => sum + part.of(day), 0);
const inWords = (day, series, format) => `${named(day)}: ${series.map((part) => `${format(part.of(day))} ${part.label}`).join(", ")}`;
const named = ({ date }) => new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(date));
