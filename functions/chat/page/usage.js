// What the caller has used, and what is left.

import { byId, el } from "./dom.js";

const LIMITS = {
  tokens_per_day: ["Tokens today", ({ day }) => day.prompt_tokens + day.completion_tokens],
  tokens_per_month: ["Tokens this month", ({ month }) => month.prompt_tokens + month.completion_tokens],
  dollars_per_day: ["Cost today", ({ day }) => day.cost, dollars],
  dollars_per_month: ["Cost this month", ({ month }) => month.cost, dollars],
};

export async function showUsage(client) {
  const view = byId("usage-body");
  try {
    view.replaceChildren(...cards(await client.json("GET", "/api/usage")));
  } catch (problem) {
    view.replaceChildren(el("p", { class: "failure", role: "alert" }, problem.message));
  }
}

function cards(usage) {
  const limits = Object.entries(LIMITS).filter(([name]) => usage.limits[name] !== undefined);
  return [
    el("div", { class: "spans" }, span("Today", usage.day), span("This month", usage.month)),
    limits.length
      ? el("section", { class: "meters" }, el("h2", {}, "Limits"), ...limits.map(([name, limit]) => meter(usage, name, limit)))
      : el("p", { class: "note" }, "No limits are set for you."),
    el("p", { class: "note" }, "Days and months are those of UTC."),
  ];
}

function span(name, { answers, prompt_tokens, completion_tokens, cost }) {
  const fact = (label, value) => el("div", {}, el("dt", {}, label), el("dd", {}, value));
  return el(
    "section",
    { class: "span" },
    el("h2", {}, name),
    el("dl", {}, fact("Answers", count(answers)), fact("Tokens in", count(prompt_tokens)), fact("Tokens out", count(completion_tokens)), fact("Cost", dollars(cost))),
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

const count = (number) => new Intl.NumberFormat("en").format(number);

function dollars(amount) {
  return amount && amount < 0.01 ? "under $0.01" : `$${amount.toFixed(2)}`;
}
