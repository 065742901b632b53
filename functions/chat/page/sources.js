// The sources of an answer: numbered, each opening the quoted passage in its place.

import { isSignedIn } from "./credentials.js";
import { el, iconButton } from "./dom.js";

const MARKER = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;

export class Sources {
  #panel;
  #client;
  #answer = { sources: [], text: "" };
  #opener = null;

  constructor(panel, client) {
    this.#panel = panel;
    this.#client = client;
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.show(this.#answer);
  }

  /** Shows the sources of an answer, those that it cites first. */
  show(answer) {
    const same = answer.sources === this.#answer.sources;
    this.#answer = answer;
    if (same && answer.sources.length) return this.#markCited();
    this.#panel.replaceChildren(
      el("header", {}, el("h2", {}, "Sources"), iconButton("close", "Close sources", () => this.close(), { class: "quiet narrow-only" })),
      answer.sources.length
        ? el("ol", { class: "cards" }, ...answer.sources.map((source) => this.#card(source)))
        : el("p", { class: "note" }, "The passages that an answer rests on appear here, with their pages."),
    );
    this.#markCited();
  }

  /** Opens the passage of a source and takes the focus there; `opener` gets it back. */
  async open(answer, source, opener) {
    this.show(answer);
    this.#reveal(opener);
    const card = this.#panel.querySelector(`[data-source="${source?.id ?? answer.sources[0]?.id}"]`);
    if (!card) return;
    const button = card.querySelector("button");
    if (source) await this.#expand(card, source);
    button.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.#panel.classList.remove("open");
    this.#opener?.focus();
    this.#opener = null;
  }

  #reveal(opener) {
    this.#opener = opener ?? null;
    this.#panel.classList.add("open");
  }

  #markCited() {
    const cited = citedIn(this.#answer.text);
    for (const card of this.#panel.querySelectorAll(".card")) {
      card.classList.toggle("cited", cited.has(Number(card.dataset.source)));
    }
  }

  #card(source) {
    const name = fileName(source.source);
    const place = [source.page && `Page ${source.page}`, name !== source.title && name].filter(Boolean).join(" · ");
    const card = el("li", { class: "card", "data-source": source.id });
    const toggle = () => (card.classList.contains("open") ? collapse(card) : this.#expand(card, source));
    card.append(
      el("button", { type: "button", "aria-expanded": "false", onclick: toggle },
        el("span", { class: "number" }, String(source.id)),
        el("span", { class: "title" }, source.title),
        el("span", { class: "place" }, place),
        el("span", { class: "quote" }, source.quote),
      ),
      el("div", { class: "passage", hidden: true }),
    );
    return card;
  }

  async #expand(card, source) {
    for (const other of this.#panel.querySelectorAll(".card.open")) if (other !== card) collapse(other);
    card.classList.add("open");
    card.querySelector("button").setAttribute("aria-expanded", "true");
    const passage = card.querySelector(".passage");
    passage.hidden = false;
    if (passage.hasChildNodes()) return;
    const text = el("p", { tabindex: "0" }, el("mark", {}, source.quote));
    passage.replaceChildren(text, this.#link(source));
    text.replaceChildren(...(await this.#inContext(source)));
    text.scrollTop = Math.max(0, text.querySelector("mark").offsetTop - text.offsetTop - 60);
  }

  /** Opens the document itself, a PDF at its page. A link carries no key, so that one who has a key asks for the address. */
  #link({ document_id, page }) {
    const [path, place] = [`/v1/sources/${document_id}`, page ? `#page=${page}` : ""];
    const fetched = async (event) => {
      if (!isSignedIn()) return;
      event.preventDefault();
      const { url } = await this.#client.json("GET", path, undefined, { headers: { accept: "application/json" } });
      open(url + place, "_blank", "noopener");
    };
    const words = page ? `Open page ${page}` : "Open the document";
    return el("a", { href: `.${path}${place}`, target: "_blank", rel: "noopener", onclick: fetched }, words);
  }

  /** The quote within the passage around it; alone where the passage can't be had. */
  async #inContext(source) {
    const query = { query: source.quote, limit: 10, filter: { document_ids: [source.document_id] } };
    const found = await this.#client.json("POST", "/api/search", query).catch(() => ({ results: [] }));
    const passage = found.results.find((each) => each.start <= source.start && source.end <= each.end);
    const at = passage ? passage.content.indexOf(source.quote) : -1;
    if (at < 0) return [el("mark", {}, source.quote)];
    const { content } = passage;
    return [content.slice(0, at), el("mark", {}, source.quote), content.slice(at + source.quote.length)];
  }
}

function collapse(card) {
  card.classList.remove("open");
  card.querySelector("button").setAttribute("aria-expanded", "false");
  card.querySelector(".passage").hidden = true;
}

/** Returns the numbers that a text cites. */
export function citedIn(text) {
  return new Set([...text.matchAll(MARKER)].flatMap((match) => match[1].split(",").map(Number)));
}

/** Returns the last part of `s3://bucket/folder/name`. */
export const fileName = (source) => source.slice(source.lastIndexOf("/") + 1);
