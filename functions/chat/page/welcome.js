// What stands where there is no conversation yet: what one can ask.

import { el, icon } from "./dom.js";

const ABOUT_SLUICE = ["How does Sluice stream answers from Lambda?", "How do I deploy it to AWS?", "How do I add my own documents?"];

/** `ask(text)` asks; `canAdd` says whether documents can be put in from here. */
export function greeting(documents, { ask, canAdd }) {
  const ready = documents.filter((each) => each.status === "ready");
  return el(
    "section",
    { class: "welcome" },
    el("h1", {}, "Ask your documents"),
    el("p", {}, "Answers stream in, and every claim shows the page that it rests on."),
    el("div", { class: "suggestions" }, ...suggestions(ready).map((text) => suggestion(text, ask))),
    canAdd ? el("a", { class: "invitation", href: "#/documents" }, icon("upload"), el("span", {}, invitation(documents, ready))) : null,
  );
}

function suggestion(text, ask) {
  return el("button", { type: "button", class: "suggestion", onclick: () => ask(text) }, el("span", {}, text), icon("forward"));
}

function suggestions(ready) {
  const own = ready.filter((each) => each.collection !== "sluice").slice(0, 3);
  if (own.length) return own.map((each) => `What does “${each.title.replace(/\.\w{2,5}$/, "")}” say?`);
  return ready.length ? ABOUT_SLUICE : [];
}

function invitation(documents, ready) {
  if (!documents.length) return "Drop files or folders anywhere here to begin.";
  const busy = documents.length - ready.length;
  const what = `${ready.length} ${ready.length === 1 ? "document" : "documents"} ready${busy ? `, ${busy} not` : ""}.`;
  return `${what} Drop files or folders anywhere to add more.`;
}
