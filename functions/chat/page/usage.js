// What the caller has used, day by day, and what is left.

import { chart } from "./chart.js";
import { byId, el } from "./dom.js";

const DAYS = 30;

const LIMITS = {
  tokens_per_day: ["Tokens today", ({ day }) => day.prompt_tokens + day.completion_tokens],
  tokens_per_month: ["Tokens this month", ({ month }) => month.prompt_tokens + month.completion_tokens],
  dollars_per_day: ["Cost today", ({ day }) => day.cost, dollars],
  dollars_per_month: ["Cost this month", ({ month }) => month.cost, dollars],
  streams: ["Answers at once", ({ streams }) => streams],
};

export async function showUsage(client) {
  const view = byId("usage-body");
  try {
    view.replaceChildren(...cards(await client.json("GET", `/api/usage?days=${DAYS}`)));
  } catch (problem) {
    view.replaceChildren(el("p", { class: "failure", role: "alert" }, problem.message));
  }
}

function cards(usage) {
  return [
    el("div", { class: "spans" }, span("Today", usage.day), span("This month", usage.month)),
    usage.days.some((day) => day.answers) ? charts(usage.days) : el("p", { class: "empty" }, "Each day’s tokens and cost appear here once you have asked something."),
    limits(usage),
    el("p", { class: "note" }, "Days and months are those of UTC."),
  ];
}

function charts(days) {
  const tokens = [
    { label: "in", of: (day) => day.prompt_tokens },
    { label: "out", of: (day) => day.completion_tokens },
  ];
  return el(
    "div",
    { class: "spans" },
    chart({ title: "Tokens", days, series: tokens, format: count }),
    chart({ title: "Cost", days, series: [{ label: "spent", of: (day) => day.cost }], format: dollars }),
  );
}

function limits(usage) {
  const set = Object.entries(LIMITS).filter(([name]) => usage.limits[name] !== undefined);
  const pace = usage.limits.requests_per_minute;
  if (!set.length && !pace) return el("p", { class: "note" }, "No limits are set for you.");
  return el(
    "section",
    { class: "meters" },
    el("h2", {}, "Limits"),
    ...set.map(([name, limit]) => meter(usage, name, limit)),
    pace ? el("p", { class: "note" }, `${count(pace)} requests a minute`) : null,
  );
}

function span(name, { answers, prompt_tokens, completion_tokens, cost }) {
  const fact = (label, value) => el("div", {}, el("dt", {}, label), el("dd", {}, value));
  return el(
    "section",
    { class: "span" },
    el("h2", {}, name),
    el("dl", {}, fact("Answers", count(answers)), fact("Cost", dollars(cost)), fact("Tokens in", count(prompt_tokens)), fact("Tokens out", count(completion_tokens))),
  );
}

function meter(usage, name, [label, used, format = count]) {
  const [value, limit] = [used(usage), usage.limits[name]];
  const left = usage.left[name] ?? Math.max(limit - value, 0);
  return el(
    "label",
    { class: "meter" },
    el("span", {}, label),
    el("meter", { max: limit, value, high: 0.9 * limit, "aria-label": label }),
    el("span", { class: "note" }, `${format(value)} of ${format(limit)}, ${format(left)} left`),
  );
}

function count(number) {
  return new Intl.NumberFormat("en").format(number);
}

function dollars(amount) {
  return amount && amount < 0.01 ? "under $0.01" : `$${amount.toFixed(2)}`;
}
