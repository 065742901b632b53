// Questions and answers as they stand in the thread.

import { announce, el, icon, iconButton } from "./dom.js";
import { LiveText } from "./live.js";

/** Returns a question; `on` holds what its buttons do: `edit(text)`, `step(message)`. */
export function questionView(message, others, on) {
  const view = el("article", { class: "question", "aria-label": "Question" });
  const show = () =>
    view.replaceChildren(
      el("div", { class: "bubble" }, message.content),
      el("div", { class: "tools" }, stepper(message, others, on.step), iconButton("pencil", "Edit question", edit)),
    );
  const edit = () => {
    const form = editor(message.content, show, (text) => on.edit(text));
    view.replaceChildren(form);
    form.querySelector("textarea").focus();
  };
  show();
  return view;
}

function editor(text, cancel, save) {
  const field = el("textarea", { "aria-label": "Edit question", rows: "3" });
  field.value = text;
  const send = (event) => {
    event.preventDefault();
    if (field.value.trim()) save(field.value.trim());
  };
  const keys = (event) => {
    if (event.key === "Escape") (event.stopPropagation(), cancel());
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  };
  field.addEventListener("keydown", keys);
  return el(
    "form",
    { class: "editor", onsubmit: send },
    field,
    el("div", { class: "actions" },
      el("button", { type: "button", onclick: cancel }, "Cancel"),
      el("button", { class: "primary" }, "Ask again"),
    ),
  );
}

/** `‹ 2/3 ›` between the messages that stand in the same place; null for one that stands alone. */
function stepper(message, others, step) {
  if (others.length < 2) return null;
  const place = others.indexOf(message);
  const to = (offset, name, label) =>
    iconButton(name, label, () => step(others[place + offset]), { disabled: !others[place + offset] });
  return el(
    "span",
    { class: "stepper" },
    to(-1, "back", "Previous version"),
    el("span", {}, `${place + 1}/${others.length}`),
    to(1, "forward", "Next version"),
  );
}

/** An answer, streaming or whole: `show(answer)` as often as it changes. */
export class AnswerView {
  #on;
  #answer = { sources: [] };
  #rating = null;
  #text;
  #status = el("p", { class: "status" });
  #failure = el("div", { class: "failure", role: "alert", hidden: true });
  #tools = el("div", { class: "tools" });

  /** `on` holds what its buttons do: `cite(source)`, `sources()`, `regenerate()`, `retry()`, `rate(1 or -1)`, `step(message)`. */
  constructor(on) {
    this.#on = on;
    const prose = el("div", { class: "prose" });
    this.#text = new LiveText(prose, (number) => this.#citation(number));
    this.element = el("article", { class: "answer", "aria-label": "Answer" }, prose, this.#status, this.#failure, this.#tools);
  }

  show(answer, { running = false, message = null, others = [] } = {}) {
    this.#answer = answer;
    this.#text.show(answer.text);
    if (!running) this.#text.flush();
    this.#showStatus(answer, running);
    this.#showFailure(answer.error);
    this.element.setAttribute("aria-busy", String(running));
    this.#tools.replaceChildren(...(running ? this.#sourcesButton() : this.#actions(message, others)));
  }

  #citation(number) {
    const source = this.#answer.sources.find((each) => each.id === number);
    if (!source) return null;
    const label = `Source ${number}: ${source.title}${source.page ? `, page ${source.page}` : ""}`;
    const open = (event) => this.#on.cite(source, event.currentTarget);
    return el("button", { type: "button", class: "citation", "aria-label": label, title: label, onclick: open }, String(number));
  }

  #showStatus(answer, running) {
    const waiting = running && !answer.text ? (answer.sources.length ? "Writing…" : "Searching your documents…") : null;
    const ended = { stopped: "Stopped.", interrupted: "This answer was interrupted.", length: "Cut off at the model's limit." };
    const words = answer.status ?? waiting ?? (running ? null : ended[answer.done?.finish_reason] ?? null);
    this.#status.textContent = words ?? "";
    this.#status.classList.toggle("waiting", running && words !== null);
  }

  #showFailure(error) {
    this.#failure.hidden = !error;
    if (!error) return;
    this.#failure.replaceChildren(
      icon("alert"),
      el("p", {}, error.message),
      error.retryable !== false
        ? el("button", { type: "button", onclick: () => this.#on.retry() }, "Try again")
        : el("code", {}, error.code ?? ""),
    );
  }

  #actions(message, others) {
    const copy = async () => {
      await navigator.clipboard.writeText(this.#answer.text);
      announce("Copied.");
    };
    return [
      ...this.#sourcesButton(),
      this.#answer.text ? iconButton("copy", "Copy answer", copy) : null,
      message ? this.#thumbs() : null,
      iconButton("again", "Regenerate answer", () => this.#on.regenerate()),
      message ? stepper(message, others, this.#on.step) : null,
      this.#answer.done?.model ? el("span", { class: "note" }, this.#answer.done.model) : null,
    ].filter(Boolean);
  }

  #thumbs() {
    const thumb = (rating, label) => {
      const pressed = { "aria-pressed": String(this.#rating === rating), "data-rating": rating };
      return iconButton("thumb", label, () => this.#rate(rating), pressed);
    };
    return el("span", { class: "thumbs" }, thumb(1, "This helped"), thumb(-1, "This did not help"));
  }

  async #rate(rating) {
    await this.#on.rate(rating);
    this.#rating = rating;
    for (const thumb of this.#tools.querySelectorAll("[data-rating]")) {
      thumb.setAttribute("aria-pressed", String(Number(thumb.dataset.rating) === rating));
    }
    announce("Thank you.");
  }

  #sourcesButton() {
    const { length } = this.#answer.sources;
    if (!length) return [];
    const label = length === 1 ? "1 source" : `${length} sources`;
    return [el("button", { type: "button", class: "pill", onclick: (event) => this.#on.sources(event.currentTarget) }, icon("quote"), label)];
  }
}
